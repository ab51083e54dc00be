"""Reading the tables that offices make: XLSX, and CSV with any of the usual separators."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lms_bridge.sheets import DigitsLost, SheetError, is_workbook, rows_of


class TableError(Exception):
    """The file cannot be imported; `problems` says why, a line each. Nothing was imported."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in self.problems))


def read_table(
    path: Path, *, required: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) for each row that is not empty; column names are lower-cased.

    Raises :exc:`TableError` when the file is neither UTF-8 text nor a workbook, lacks a
    required column, has one that is not known or stands there twice, or has a row with more
    values than columns, whose values would stand in the wrong ones.
    """
    lines = read_lines(path)
    _, head = next(lines, (1, []))
    names = [name.lower() for name in head]
    if problems := list(_problems(names, required, optional)):
        raise TableError(path.name, problems)
    for number, row in lines:
        if any(row[len(names) :]):
            problem = f"has {len(row)} values for {len(names)} columns"
            raise TableError(path.name, [f"line {number}: {problem}"])
        if any(row):
            row += [""] * (len(names) - len(row))
            named = {name: value for name, value in zip(names, row, strict=False) if name}
            if problems := [f"line {number}: {each}" for each in _digits_lost(named)]:
                raise TableError(path.name, problems)
            yield number, named


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, values) of each line of a CSV or XLSX file, as they stand there.

    Raises :exc:`TableError`.
    """
    try:
        if is_workbook(path):
            yield from rows_of(path)
            return
    except SheetError as error:
        raise TableError(path.name, [str(error)]) from error
    except OSError as error:
        raise TableError(path.name, [error.strerror or str(error)]) from error
    text = _text_of(path)
    # A sheet saved in Indonesia is separated by semicolons.
    head = text.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for values in reader:
            yield reader.line_num, [value.strip() for value in values]
    except csv.Error as error:
        raise TableError(path.name, [f"line {reader.line_num}: {error}"]) from error


def _digits_lost(row: Mapping[str, str]) -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, DigitsLost):
            yield (
                f"{name}: {value} is kept as a number, whose last digits are lost; format the"
                " column as text and enter it anew"
            )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text ({error}); save it as “CSV UTF-8”"
        raise TableError(path.name, [problem]) from error
    except OSError as error:
        raise TableError(path.name, [error.strerror or str(error)]) from error


def _problems(
    names: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterator[str]:
    known = [*required, *optional]
    yield from (f"lacks the column {name}" for name in required if name not in names)
    for place, name in enumerate(names):
        if name and name not in known:
            yield f"has an unknown column {name!r}; there are {', '.join(known)}"
        elif name and name in names[:place]:
            yield f"has the column {name} twice"
