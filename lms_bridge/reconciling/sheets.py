"""Findings as a spreadsheet takes them, row by row, however many there are."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lms_bridge.people import nip as nips
from lms_bridge.reconciling.looking import Line
from lms_bridge.registries.files.writing import guarded

COLUMNS = (
    "finding",
    "kind",
    "remote",
    "nip",
    "name",
    "unit",
    "course",
    "completion",
    "row",
    "what",
    "repairs",
    "state",
    "decided_by",
    "decided_why",
)
Words = Callable[[Line], str]
"""what a finding says, in the reader's language"""


def write_csv(path: Path, lines: Iterable[Line], words: Words) -> int:
    """Write them to `path`, which must not be there yet; how many there were."""
    count = 0
    with path.open("x", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for cells in _rows(lines, words):
            writer.writerow([guarded(cell) for cell in cells])
            count += 1
    return count


def write_xlsx(path: Path, lines: Iterable[Line], words: Words) -> int:
    """The same as a workbook, every cell of which is text."""
    import xlsxwriter  # not before it is needed: most findings are shown and not written

    count = 0
    with path.open("xb") as file, xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("temuan")
        text = book.add_format({"num_format": "@"})
        sheet.set_column(0, len(COLUMNS) - 1, 22, text)
        sheet.freeze_panes(1, 0)
        for number, cells in enumerate(_all(lines, words)):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell, text)
            count = number
    return count


def _all(lines: Iterable[Line], words: Words) -> Iterator[list[str]]:
    yield list(COLUMNS)
    yield from _rows(lines, words)


def _rows(lines: Iterable[Line], words: Words) -> Iterator[list[str]]:
    """A NIP is written in groups: a number of 18 digits a spreadsheet would round."""
    for one in lines:
        yield [
            str(one.id),
            one.kind,
            one.remote,
            nips.printed(one.nip) if one.nip else "",
            one.employee,
            one.unit,
            one.course,
            str(one.completion_id or ""),
            one.row_id,
            words(one),
            " ".join(one.repairs),
            one.state,
            one.decided_by,
            one.decided_why,
        ]
