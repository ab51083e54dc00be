"""The XLSX files that offices make, read as tables."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_bridge.catalogue import importing as courses
from lms_bridge.people import importing as people
from lms_bridge.tables import TableError, read_table
from tests.test_tables import COLUMNS, rows

NIP = "198703152010012001"
Book = Callable[..., Path]


def written(path: Path, *lines: Sequence[Any], hidden_first: bool = False) -> Path:
    """A workbook with these rows, each value as what it is."""
    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        first = book.add_worksheet("notes")
        sheet = book.add_worksheet("table") if hidden_first else first
        if hidden_first:
            sheet.activate()
            sheet.set_first_sheet()
            first.write(0, 0, "not this one")
            first.hide()
        day = book.add_format({"num_format": "dd-mm-yyyy"})
        for number, line in enumerate(lines):
            for column, value in enumerate(line):
                if isinstance(value, dt.date):
                    sheet.write_datetime(number, column, value, day)
                elif isinstance(value, str):
                    sheet.write_string(number, column, value)
                else:
                    sheet.write(number, column, value)
    return path


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return lambda *lines, **how: written(tmp_path / "table.xlsx", *lines, **how)


def problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as refused:
        rows(path)
    return list(map(str, refused.value.problems))


def test_a_workbook_is_read_like_a_csv_file(book: Book) -> None:
    path = book(["NIP ", "Name", None], [NIP, " Siti "], [], ["1", "Budi"])
    assert rows(path) == [(2, {"nip": NIP, "name": "Siti"}), (4, {"nip": "1", "name": "Budi"})]


def test_it_is_known_by_what_it_is_and_not_by_its_name(book: Book) -> None:
    path = book(["nip"], ["1"])
    assert rows(path.rename(path.with_suffix(".csv"))) == [(2, {"nip": "1"})]


def test_numbers_and_dates_are_what_a_person_would_write(book: Book) -> None:
    path = book(["nip", "name", "email"], [20, 0.7, dt.date(2026, 3, 2)])
    assert rows(path) == [(2, {"nip": "20", "name": "0.7", "email": "2026-03-02"})]


def test_an_nip_that_excel_has_spoiled_is_told_of(book: Book) -> None:
    (said,) = problems(book(["nip"], ["1"], [int(NIP)]))
    assert said.startswith("Line 3, nip: 1.98703152010012e+17 is kept as a number")


def test_the_first_sheet_that_is_shown_is_read(book: Book) -> None:
    assert rows(book(["nip"], ["1"], hidden_first=True)) == [(2, {"nip": "1"})]


def test_the_rules_of_a_table_are_the_same(book: Book) -> None:
    assert problems(book(["name"])) == ["The column nip is missing."]
    assert problems(book(["nip", "nip"])) == ["The column nip is there twice."]


def test_what_is_noted_beside_the_table_is_passed_over(book: Book) -> None:
    assert rows(book(["nip"], ["1", "", "to be checked"])) == [(2, {"nip": "1"})]


def test_a_stray_value_at_the_end_of_the_sheet_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as stray:
        sheet = stray.add_worksheet()
        sheet.write(0, 0, "nip")
        sheet.write(1_048_575, 16_383, "x")
    (said,) = problems(path)
    assert said == "A cell stands far away from the table, in row 1048576. Delete it there."


def test_what_unpacks_to_too_much_is_not_unpacked(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms_bridge.sheets._MOST_BYTES", 1000)
    assert problems(book(["nip"])) == ["The file is too large."]


def _without_a_sheet() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as empty:
        empty.writestr("hello.txt", "hello")
    return archive.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 and no more", "This XLSX file cannot be read."),
        (_without_a_sheet(), "This XLSX file cannot be read."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "This is an Excel file of the old kind"),
    ],
)
def test_what_is_no_workbook_is_said_to_be_none(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)
    (problem,) = problems(path)
    assert problem.startswith(said)


def test_employees_come_from_a_workbook(book: Book) -> None:
    path = book(["nip", "name", "former_nips"], [NIP, "Siti", "198703152010012002"])
    ((line, person),) = people.from_file(path)
    assert (line, person.nip, person.former_nips) == (2, NIP, ("198703152010012002",))


def test_courses_come_from_a_workbook_with_real_numbers_and_dates(book: Book) -> None:
    path = book(
        ["key", "name", "organiser", "kind", "hours", "starts", "external_ids"],
        ["PKA", "Kepemimpinan", "BKPSDM", 5, 40, dt.date(2026, 3, 2), "DIKLAT-PKA"],
    )
    (course,) = courses.from_file(path)
    assert (course.kind, course.hours, course.starts) == (5, 40, dt.date(2026, 3, 2))


def test_each_row_that_is_wrong_is_named(book: Book) -> None:
    with pytest.raises(TableError) as refused:
        people.from_file(book(["nip", "email"], ["12", ""], [NIP, "siti"]))
    assert list(map(str, refused.value.problems)) == [
        "Line 2, nip: “12” is not 18 digits.",
        "Line 3, email: “siti” is no e-mail address.",
    ]


cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(cells, cells), max_size=5))
def test_what_a_spreadsheet_writes_is_what_is_read(
    tmp_path: Path, table: list[tuple[str, str]]
) -> None:
    path = written(tmp_path / "sheet.xlsx", ("nip", "name"), *table)
    read = [tuple(row.values()) for _, row in read_table(path, **COLUMNS)]
    assert read == [row for row in table if any(row)]
