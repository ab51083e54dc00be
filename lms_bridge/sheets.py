"""Reading the first sheet of an XLSX file as rows of text.

Excel keeps numbers as floating point, of which only fifteen digits are right: an NIP that was
typed into a cell that is not formatted as text has lost its last three. Such a cell is told
of, and never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lms_bridge.i18n import mark
from lms_bridge.objections import Objected

_SIGNATURE = b"PK\x03\x04"
_OLD_SIGNATURE = b"\xd0\xcf\x11\xe0"
_EXACT_BELOW = 10**15
_MOST_BYTES = 400_000_000
"""of a workbook, unpacked"""
_MOST_CELLS = 20_000_000
"""in the rectangle around all cells of a sheet, for each of which memory is taken"""
_CELL = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_CHUNK = 1 << 20


class DigitsLost(str):
    """The text of a cell whose number is longer than a workbook keeps right."""


def is_workbook(path: Path) -> bool:
    """Whether the file is a workbook by its first bytes, whatever it is called.

    Raises :exc:`.Objected` for a workbook of before 2007.
    """
    with path.open("rb") as file:
        first = file.read(4)
    if first == _OLD_SIGNATURE:
        raise Objected(
            mark("This is an Excel file of the old kind, or has a password. Save it as .xlsx.")
        )
    return first == _SIGNATURE


def rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of each row of the first sheet that is shown; row 1 is the top one.

    Raises :exc:`.Objected` if the file cannot be read as a workbook.
    """
    # Not before it is needed: every command knows the errors of this module.
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        _check_size(path)
        with CalamineWorkbook.from_path(path) as book:
            shown = [one for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
            if not shown:
                raise Objected(mark("The file has no sheet that is shown."))
            cells = book.get_sheet_by_name(shown[0].name).to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise Objected(mark("This XLSX file cannot be read."), value=str(error)) from error
    for number, row in enumerate(cells, start=1):
        yield number, [text_of(value) for value in row]


def text_of(value: Any) -> str:
    """A cell as a person would write it in a CSV file: whole numbers plain, dates in ISO 8601.

    >>> text_of(20.0), text_of(dt.datetime(2026, 3, 2))
    ('20', '2026-03-02')
    """
    match value:
        case str():
            return value.strip()
        case bool():
            return "true" if value else "false"
        case int() | float() if abs(value) >= _EXACT_BELOW:
            return DigitsLost(f"{value:.15g}")
        case float() if value.is_integer():
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(" ")
        case _:
            return str(value)


def _check_size(path: Path) -> None:
    """Refuse what would take all memory before it is read: each cell of a rectangle takes some."""
    with zipfile.ZipFile(path) as archive:
        if sum(one.file_size for one in archive.infolist()) > _MOST_BYTES:
            raise Objected(mark("The file is too large."))
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as sheet:
                    _check_cells(sheet)


def _check_cells(sheet: Any) -> None:
    columns = rows = 0
    rest = b""
    while chunk := sheet.read(_CHUNK):
        text = rest + chunk
        for letters, number in _CELL.findall(text):
            columns, rows = max(columns, _column(letters)), max(rows, int(number))
        if columns * rows > _MOST_CELLS:
            raise Objected(
                mark("A cell stands far away from the table, in row %(row)s. Delete it there."),
                row=rows,
            )
        rest = text[-32:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
