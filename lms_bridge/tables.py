"""Reading the tables that offices make: XLSX, and CSV with any of the usual separators."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lms_bridge.i18n import mark
from lms_bridge.objections import Objected, Objection, Unfit, objection
from lms_bridge.sheets import DigitsLost, is_workbook, rows_of

_UNREADABLE = mark("The file cannot be read.")


class TableError(Unfit):
    """The file cannot be imported; `problems` say why. Nothing was imported."""

    def __init__(self, source: str, problems: Sequence[Objection]) -> None:
        super().__init__(problems, source)


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
            problem = objection(
                mark("There are %(values)s values for %(columns)s columns."),
                line=number,
                values=len(row),
                columns=len(names),
            )
            raise TableError(path.name, [problem])
        if any(row):
            row += [""] * (len(names) - len(row))
            named = {name: value for name, value in zip(names, row, strict=False) if name}
            if problems := list(_digits_lost(number, named)):
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
    except Objected as error:
        raise TableError(path.name, [error.objection]) from error
    except OSError as error:
        raise TableError(path.name, [_unreadable(error)]) from error
    text = _text_of(path)
    # A sheet saved in Indonesia is separated by semicolons.
    head = text.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for values in reader:
            yield reader.line_num, [value.strip() for value in values]
    except csv.Error as error:
        problem = objection(_UNREADABLE, line=reader.line_num, value=str(error))
        raise TableError(path.name, [problem]) from error


def missing(column: str, line: int = 0) -> Objection:
    """That there is no such column."""
    return objection(mark("The column %(column)s is missing."), line=line, column=column)


def twice(column: str, line: int = 0) -> Objection:
    """That there are two such columns."""
    return objection(mark("The column %(column)s is there twice."), line=line, column=column)


def _digits_lost(line: int, row: Mapping[str, str]) -> Iterator[Objection]:
    for name, value in row.items():
        if isinstance(value, DigitsLost):
            yield objection(
                mark(
                    "%(value)s is kept as a number, whose last digits are lost. Format the column"
                    " as text, and enter it anew."
                ),
                line=line,
                field=name,
                value=value,
            )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = objection(mark("This is not text in UTF-8. Save it as “CSV UTF-8”."))
        raise TableError(path.name, [problem]) from error
    except OSError as error:
        raise TableError(path.name, [_unreadable(error)]) from error


def _unreadable(error: OSError) -> Objection:
    return objection(_UNREADABLE, value=error.strerror or str(error))


def _problems(
    names: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterator[Objection]:
    known = [*required, *optional]
    yield from (missing(name) for name in required if name not in names)
    for place, name in enumerate(names):
        if name and name not in known:
            yield objection(
                mark("There is no column %(column)s; there are %(known)s."),
                column=name,
                known=", ".join(known),
            )
        elif name and name in names[:place]:
            yield twice(name)
