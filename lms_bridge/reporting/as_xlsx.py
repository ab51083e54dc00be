"""A table as a workbook: NIPs as text, numbers and dates as such, ready to be filtered and printed.

The rows are written as they come (``constant_memory``), so that they are never all in memory.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final

from lms_bridge.reporting.table import Cell, Column, Table

_A4: Final = 9
_INK, _GROUND, _LINE = "#15527A", "#E8F0F5", "#B8C4CC"
_SHEET: Final = "Laporan"
_NARROWEST, _WIDEST = 8.0, 60.0
_SUBTOTAL: Final = 109
"""SUBTOTAL's number for the sum of the rows that a filter leaves"""


def write(table: Table, path: Path, *, made: str, total: str) -> None:
    """Write `table` to the file at `path`; `made` says by whom and when, `total` names the sums."""
    from xlsxwriter import Workbook

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": False,
    }
    with Workbook(str(path), options) as book:
        book.set_properties({"title": table.title, "comments": "lms-bridge"})
        _Sheet(book, table, made, total).fill()


class _Sheet:
    """The one sheet, from the top down: it cannot be written in another order."""

    def __init__(self, book: Any, table: Table, made: str, total: str) -> None:
        self._table, self._made, self._total = table, made, total
        self._sheet = book.add_worksheet(_SHEET)
        self._title = book.add_format({"bold": True, "font_size": 14, "font_color": _INK})
        self._faint = book.add_format({"font_color": "#606770"})
        head = {"bold": True, "bg_color": _GROUND, "bottom": 1, "bottom_color": _LINE}
        head |= {"text_wrap": True, "valign": "vcenter"}
        self._head = {
            False: book.add_format(head),
            True: book.add_format({**head, "align": "right"}),
        }
        forms = {
            "text": {"valign": "top"},
            "nip": {"num_format": "@", "valign": "top"},
            "number": {"num_format": "#,##0", "valign": "top"},
            "date": {"num_format": "d mmm yyyy", "align": "left", "valign": "top"},
        }
        self._forms = {kind: book.add_format(form) for kind, form in forms.items()}
        self._sum = book.add_format({"num_format": "#,##0", "bold": True, "top": 1})

    def fill(self) -> None:
        table, sheet = self._table, self._sheet
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, min(max(column.width * 1.1, _NARROWEST), _WIDEST))
        sheet.write_string(0, 0, table.title, self._title)
        row = 1
        for label, value in table.about:
            sheet.write_string(row, 0, f"{label}: {value}", self._faint)
            row += 1
        for note in (*table.notes, self._made):
            sheet.write_string(row, 0, note, self._faint)
            row += 1
        head = row + 1
        for place, column in enumerate(table.columns):
            sheet.write_string(head, place, column.heading, self._head[column.kind == "number"])
        last = self._rows(head + 1)
        sheet.freeze_panes(head + 1, 0)
        # A NIP is a text, and is meant to be one: no green corner in each cell.
        sheet.ignore_errors(
            {"number_stored_as_text": f"A1:{_letters(len(table.columns))}{last + 1}"}
        )
        sheet.autofilter(head, 0, max(last - 1, head), len(table.columns) - 1)
        self._set_up_print(head)

    def _rows(self, first: int) -> int:
        """Write the rows from `first` on, and below them the sums; the row after the last."""
        row = first
        for cells in self._table.rows:
            for place, (cell, column) in enumerate(zip(cells, self._table.columns, strict=True)):
                self._write(row, place, cell, column)
            row += 1
        if row > first and self._table.sums is not None:
            self._sums(row + 1, first, row)
        return row

    def _sums(self, at: int, first: int, end: int) -> None:
        """The sums, in the row `at`, which is not right below: a filter would take it along.

        Those of columns whose rows add up follow what is filtered.
        """
        self._sheet.write_string(at, 0, self._total, self._sum)
        sums = self._table.sums or ()
        for place, (cell, column) in enumerate(zip(sums, self._table.columns, strict=True)):
            if not isinstance(cell, int):
                continue
            if column.summed:
                letter = _letters(place)
                formula = f"=SUBTOTAL({_SUBTOTAL},{letter}{first + 1}:{letter}{end})"
                self._sheet.write_formula(at, place, formula, self._sum, cell)
            else:
                self._sheet.write_number(at, place, cell, self._sum)

    def _write(self, row: int, place: int, cell: Cell, column: Column) -> None:
        form = self._forms[column.kind]
        match cell:
            case None:
                pass
            case int():
                self._sheet.write_number(row, place, cell, form)
            case dt.date():
                self._sheet.write_datetime(row, place, cell, form)
            case str():
                self._sheet.write_string(row, place, cell, form)

    def _set_up_print(self, head: int) -> None:
        sheet = self._sheet
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(head)
        sheet.set_footer("&L&8" + self._table.title.replace("&", "&&")[:100] + "&R&8&P / &N")


def _letters(place: int) -> str:
    """
    >>> _letters(0), _letters(27)
    ('A', 'AB')
    """
    found, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
