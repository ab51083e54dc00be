"""A report as a file: what a spreadsheet and a printer make of it."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from lms_bridge.reporting import files
from lms_bridge.reporting.files import Format
from lms_bridge.reporting.table import Column, Row, Table

NIP = "198703152010012001"
MADE = dt.datetime(2026, 11, 24, 3, 5, tzinfo=dt.UTC)
COLUMNS = (
    Column("NIP", "nip", 19),
    Column("Nama", width=30),
    Column("JP", "number", 8, summed=True),
    Column("Hari terakhir", "date", 13),
)
SITI: Row = (NIP, "Siti", 12, dt.date(2026, 5, 2))


def file_of(folder: Path, form: Format, *rows: Row, language: str = "id", **more: Any) -> Path:
    values: dict[str, Any] = {
        "title": "Yang kurang JP",
        "about": [("Unit kerja", "Dinas Kesehatan")],
        "columns": COLUMNS,
        "rows": iter(rows),
        "notes": ["Tiap pelatihan dihitung sekali."],
        "sums": (None, None, sum(row[2] for row in rows if isinstance(row[2], int)), None),
        "count": len(rows),
        "language": language,
        "name": "lacking",
    }
    path = folder / f"report.{form}"
    zone = ZoneInfo("Asia/Jakarta")
    files.write(Table(**values | more), form, path, made_at=MADE, zone=zone)
    return path


@pytest.mark.parametrize(("language", "between"), [("id", ";"), ("en", ",")])
def test_a_csv_file_opens_with_a_double_click_where_its_language_is_spoken(
    tmp_path: Path, language: str, between: str
) -> None:
    path = file_of(tmp_path, "csv", SITI, language=language)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # or Excel takes it for another encoding
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file, delimiter=between)
    assert head == ["NIP", "Nama", "JP", "Hari terakhir"]
    assert row == ["19870315 201001 2 001", "Siti", "12", "2026-05-02"]


def test_nobody_is_called_a_formula(tmp_path: Path) -> None:
    path = file_of(tmp_path, "csv", (NIP, '=HYPERLINK("https://evil")', None, None))
    assert ";\"'=HYPERLINK" in path.read_text("utf-8-sig")
    workbook = file_of(tmp_path, "xlsx", (NIP, "=1+1", 3, None))
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<f>") == 1  # of the sum
    assert "=1+1" in sheet


def test_a_workbook_has_numbers_days_and_nips_that_keep_their_last_digits(tmp_path: Path) -> None:
    path = file_of(tmp_path, "xlsx", SITI, (NIP, "Budi", None, None))
    with CalamineWorkbook.from_path(path) as book:
        rows = book.get_sheet_by_index(0).to_python()
    head = rows.index(["NIP", "Nama", "JP", "Hari terakhir"])
    assert rows[head + 1] == [NIP, "Siti", 12.0, dt.date(2026, 5, 2)]
    assert rows[head + 2][:3] == [NIP, "Budi", ""]
    assert rows[-1][2] == 12.0
    said = "\n".join(str(row[0]) for row in rows[:head])
    assert "Dinas Kesehatan" in said
    assert "24 November 2026 10.05 WIB" in said


def test_a_workbook_keeps_its_headings_in_sight_and_on_each_page(tmp_path: Path) -> None:
    with zipfile.ZipFile(file_of(tmp_path, "xlsx", SITI)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        book = archive.read("xl/workbook.xml").decode()
    assert 'state="frozen"' in sheet
    assert 'orientation="landscape"' in sheet
    assert 'paperSize="9"' in sheet
    assert "_xlnm.Print_Titles" in book


def test_each_printed_page_has_the_headings_and_its_number(tmp_path: Path) -> None:
    rows = [(NIP, f"Siti {number}", 1000, dt.date(2026, 8, 17)) for number in range(90)]
    pages = PdfReader(file_of(tmp_path, "pdf", *rows)).pages
    texts = [page.extract_text() for page in pages]
    assert len(pages) > 1
    for number, text in enumerate(texts, start=1):
        assert "Hari terakhir" in text
        assert f"Halaman {number} dari {len(pages)}" in text
    assert pages[0].mediabox.width > pages[0].mediabox.height
    assert "19870315 201001 2 001" in texts[0]
    assert "17 Agu 2026" in texts[0]
    assert "Dinas Kesehatan" in texts[0]
    assert "90.000" in texts[-1]


@pytest.mark.parametrize("name", ["Ńgūyễn Łukasz", "Ҷамшед", "𝒞 Siti", "\u200bSiti", "x" * 900])
def test_any_name_can_be_printed(tmp_path: Path, name: str) -> None:
    text = PdfReader(file_of(tmp_path, "pdf", (NIP, name, 1, None))).pages[0].extract_text()
    if name.isprintable() and len(name) < 20 and name.isalpha():
        assert name in text
    assert "19870315" in text


def test_a_very_long_report_says_that_print_has_only_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_PRINTED", 3)
    rows = [(NIP, f"Siti-{number}", 1, None) for number in range(5)]
    text = PdfReader(file_of(tmp_path, "pdf", *rows)).pages[0].extract_text()
    assert "Siti-2" in text
    assert "Siti-3" not in text
    assert "3 baris pertama" in text
