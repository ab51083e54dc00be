"""Reading the result file of a registry, CSV or XLSX, by the headings that are configured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from lms_bridge.i18n import mark
from lms_bridge.objections import Objected
from lms_bridge.registries.files.layout import Layout, known_as
from lms_bridge.registries.files.writing import unguarded
from lms_bridge.sheets import DigitsLost
from lms_bridge.tables import TableError, missing, read_lines, twice


class Line(msgspec.Struct, frozen=True):
    """A line of the file, its values by :func:`~lms_bridge.registries.files.layout.known_as`."""

    line: int
    values: Mapping[str, str]

    def value(self, heading: str) -> str:
        """What stands under `heading`; nothing if there is none.

        Raises :exc:`.Objected` for a number that is longer than a workbook keeps right.
        """
        found = self.values.get(known_as(heading), "") if heading else ""
        if isinstance(found, DigitsLost):
            raise Objected(
                mark(
                    "%(value)s is kept as a number, whose last digits are lost. Have the column as"
                    " text."
                ),
                field=heading,
                value=found,
            )
        return found


def read(path: Path, layout: Layout) -> list[Line]:
    """The lines of the file by heading. Raises :exc:`~lms_bridge.tables.TableError`."""
    lines = read_lines(path)
    _, head = next(lines, (1, []))
    names = [known_as(unguarded(heading)) for heading in head]
    problems = [
        missing(heading, 1) for heading in _needed(layout) if known_as(heading) not in names
    ]
    problems += [
        twice(name, 1)
        for name in sorted({name for name in names if name and names.count(name) > 1})
    ]
    if problems:
        raise TableError(path.name, problems)
    return [
        Line(number, dict(zip(names, map(_kept, row), strict=False)))
        for number, row in lines
        if any(row)
    ]


def _needed(layout: Layout) -> Iterator[str]:
    results = layout.settings.results
    yield from layout.match()
    yield from filter(None, (results.state, results.message, results.id))


def _kept(cell: str) -> str:
    """A cell as it was before it was guarded; one that has lost digits says so further on."""
    return cell if isinstance(cell, DigitsLost) else unguarded(cell)
