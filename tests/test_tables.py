"""The CSV files that offices make."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_bridge.tables import TableError, read_table

COLUMNS = {"required": ("nip",), "optional": ("name", "email")}


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    return list(read_table(path, **COLUMNS))


def problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as refused:
        rows(path)
    return list(map(str, refused.value.problems))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_is_read_however_it_was_saved(file, separator: str, end: str, mark: str) -> None:
    content = mark + end.join(separator.join(row) for row in (("nip", "name"), ("1", "Siti")))
    assert rows(file(content)) == [(2, {"nip": "1", "name": "Siti"})]


def test_names_of_columns_may_be_in_capitals_and_have_blanks_around_them(file) -> None:
    assert rows(file(" NIP ; Name\n1;Siti")) == [(2, {"nip": "1", "name": "Siti"})]


def test_empty_rows_and_columns_without_a_name_are_passed_over(file) -> None:
    assert rows(file("nip,name,,\n\n,,\n1,Siti,,\n")) == [(4, {"nip": "1", "name": "Siti"})]


def test_a_short_row_has_empty_cells_at_its_end(file) -> None:
    assert rows(file("nip,name,email\n1")) == [(2, {"nip": "1", "name": "", "email": ""})]


def test_a_row_is_named_by_the_line_on_which_it_ends(file) -> None:
    assert rows(file('nip,name\n1,"Siti\nRahmawati"\n2,Budi'))[1][0] == 4


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "The column nip is missing."),
        ("name\nSiti", "The column nip is missing."),
        ("nip,nama\n", "There is no column nama; there are nip, name, email."),
        ("nip,name,name\n", "The column name is there twice."),
        ("nip,name\n1,Siti\n2,Rahmawati, Siti\n", "Line 3: There are 3 values for 2 columns."),
        (b"nip,name\n1,Siti \xe9\n", "This is not text in UTF-8."),
        (
            "nip,name\n1," + "x" * 200_000,
            "Line 2: The file cannot be read. (field larger than field limit",
        ),
    ],
)
def test_what_would_be_read_wrongly_is_not_read(file, content: str | bytes, problem: str) -> None:
    (said,) = problems(file(content))
    assert said.startswith(problem)


def test_a_file_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    assert problems(tmp_path / "nothing.csv") == [
        "The file cannot be read. (No such file or directory)"
    ]


def test_every_problem_names_the_file(file) -> None:
    with pytest.raises(TableError, match=r"table\.csv: The column nip is missing"):
        rows(file("name\n"))


cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(cells, cells), max_size=5), separator=st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_what_is_read(
    tmp_path: Path, table: list[tuple[str, str]], separator: str
) -> None:
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter=separator).writerows([("nip", "name"), *table])
    path = tmp_path / "sheet.csv"
    path.write_text(sheet.getvalue(), encoding="utf-8", newline="")
    read = [tuple(row.values()) for _, row in rows(path)]
    assert read == [row for row in table if any(row)]
