"""A batch as a file, byte for byte the same for the same cells.

What a course is called comes from outside, and a cell that begins with ``=`` is a formula to a
spreadsheet. XLSX says of each cell what it is. CSV cannot, so there such a cell gets an
apostrophe before it, as spreadsheets themselves mark text; :func:`unguarded` takes it away.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence

from lms_bridge.registries.files.layout import Cell
from lms_bridge.registries.files.settings import FileSettings

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_GUARDED = re.compile(r"''*[=+\-@\t\r＝＋－＠]")
_WIDEST = 60


def written(
    settings: FileSettings,
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    number_formats: Sequence[str],
    made_at: dt.datetime,
) -> bytes:
    """The file that `settings` ask for."""
    if settings.format == "csv":
        return _csv(settings, headings, rows)
    return _xlsx(settings.sheet, headings, rows, number_formats, made_at)


def guarded(text: str) -> str:
    """`text` as a cell of a CSV file, which no spreadsheet takes for a formula.

    >>> guarded("=1+1"), guarded("Literasi Digital")
    ("'=1+1", 'Literasi Digital')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text that was guarded as `text`.

    >>> unguarded("'=1+1"), unguarded("'quoted'")
    ('=1+1', "'quoted'")
    """
    return text[1:] if _GUARDED.match(text) else text


def _csv(settings: FileSettings, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, delimiter=settings.delimiter, lineterminator="\r\n")
    writer.writerow([guarded(heading) for heading in headings])
    writer.writerows([[guarded(cell.shown) for cell in row] for row in rows])
    return sheet.getvalue().encode(settings.encoding)


def _xlsx(
    name: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    number_formats: Sequence[str],
    made_at: dt.datetime,
) -> bytes:
    import xlsxwriter  # not before it is needed: many ask about batches, few write one

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": made_at.astimezone(dt.UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet(name)
        bold = book.add_format({"bold": True, "num_format": "@"})
        formats = [book.add_format({"num_format": one}) for one in number_formats]
        for column, heading in enumerate(headings):
            shown = [len(heading), *(len(row[column].shown) for row in rows)]
            # As text, so that what is typed below the last row, an NIP for example, stays whole.
            sheet.set_column(column, column, min(max(shown) + 2, _WIDEST), formats[column])
            sheet.write_string(0, column, heading, bold)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                match cell.value:
                    case dt.date() as day:
                        sheet.write_datetime(number, column, day, formats[column])
                    case int() as count:
                        sheet.write_number(number, column, count, formats[column])
                    case str() as words:
                        sheet.write_string(number, column, words, formats[column])
    return file.getvalue()
