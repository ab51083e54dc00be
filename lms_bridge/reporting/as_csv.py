"""A table as CSV, as a spreadsheet takes it: a NIP in groups, which it leaves alone, no formulas.

A spreadsheet that is set to Indonesian takes the comma for the sign between a number and its
fraction, and so opens only files whose values are parted by semicolons.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence

from lms_bridge.registries.files.writing import guarded
from lms_bridge.reporting import showing
from lms_bridge.reporting.table import Cell, Column, Row, Table

BYTE_ORDER_MARK = "\ufeff"
"""without it Excel takes UTF-8 for something else"""
_LINES_AT_ONCE = 200


def for_people(table: Table) -> Iterator[str]:
    """A file for a spreadsheet, with the headings that people know."""
    yield BYTE_ORDER_MARK
    between = ";" if table.language == "id" else ","
    heads = [column.heading for column in table.columns]
    yield from _lines(table.columns, table.rows, heads, between, "\r\n")


def for_machines(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[str]:
    """The same with the short names of the columns, parted by commas."""
    yield from _lines(columns, rows, [column.name for column in columns], ",", "\n")


def _lines(
    columns: Sequence[Column], rows: Iterable[Row], heads: Sequence[str], between: str, end: str
) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=between, lineterminator=end)
    writer.writerow(map(guarded, heads))
    for number, row in enumerate(rows, start=1):
        writer.writerow(map(_written, row, columns))
        if number % _LINES_AT_ONCE == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _written(cell: Cell, column: Column) -> str | int:
    match cell:
        case None:
            return ""
        case int():
            return cell
        case dt.date():
            return cell.isoformat()
        case str():
            return guarded(showing.nip(cell) if column.kind == "nip" else cell)
