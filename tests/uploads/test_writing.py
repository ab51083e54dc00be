"""Files: what is written is what is read back, and no cell is a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from lms_bridge.config.loading import ConfigError
from lms_bridge.mapped.templates import WordMissing
from lms_bridge.registries.base import Training
from lms_bridge.registries.files import profiles
from lms_bridge.registries.files.layout import Cell, Layout
from lms_bridge.registries.files.writing import guarded, unguarded, written
from lms_bridge.tables import read_lines
from tests.config.documents import problems
from tests.conftest import NOW
from tests.uploads.desk import form

NIP = "198703152010012001"
PERSON = {
    "nip": NIP,
    "employee_name": "Siti Rahmawati",
    "unit_id": "7",
    "unit_name": "Diskominfo",
    "status": "Aktif",
}
TRAINING = Training(
    name="Literasi Digital ASN",
    organiser="BKPSDM Kota Pematangsiantar",
    kind=16,
    hours=20,
    certificate_number="LITDIG/2026/00001",
    starts=dt.date(2026, 3, 2),
    ends=dt.date(2026, 3, 4),
)


def file_of(layout: Layout, rows: list[list[Cell]]) -> bytes:
    return written(layout.settings, layout.headings, rows, layout.number_formats(), NOW)


def row(layout: Layout, **changes: Any) -> list[Cell]:
    training = {name: getattr(TRAINING, name) for name in TRAINING.__struct_fields__} | changes
    person = PERSON | {name: training.pop(name) for name in PERSON if name in training}
    return layout.fill(person, Training(**training), batch=7, row=1)


def read_back(content: bytes, folder: Path) -> list[list[str]]:
    path = folder / "file"
    path.write_bytes(content)
    return [cells for _, cells in read_lines(path)]


def test_an_nip_is_text_and_a_number_a_number_and_a_date_a_date() -> None:
    layout = form(format="xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(file_of(layout, [row(layout)])))
    heads, cells = book.get_sheet_by_index(0).to_python()
    assert book.sheet_names == ["Sheet1"]
    assert heads == ["No", "NIP", "Nama", "Kursus", "Nomor", "JP", "Mulai"]
    assert cells[0:2] == [1.0, NIP]
    assert cells[5:] == [20.0, dt.date(2026, 3, 2)]


def test_the_same_rows_are_the_same_bytes() -> None:
    layout = form(format="xlsx")
    first = file_of(layout, [row(layout)])
    dates = {one.date_time for one in zipfile.ZipFile(io.BytesIO(first)).infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert file_of(layout, [row(layout)]) == first


FORMULAS = ["=1+1", "+62812", "-1", "@SUM(A1)", "'=1", "＝1+1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_file_is_a_formula(text: str) -> None:
    layout = form()
    content = file_of(layout, [row(layout, name=text)]).decode("utf-8-sig")
    *_, cells = csv.reader(io.StringIO(content), delimiter=";")
    assert cells[3] == f"'{text}"


@pytest.mark.parametrize("text", [*FORMULAS, "https://example.go.id", "mailto:a@b", "{=A1}", "12"])
def test_no_cell_of_a_workbook_is_anything_but_its_text(text: str) -> None:
    layout = form(format="xlsx")
    content = file_of(layout, [row(layout, name=text)])
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.get_sheet_by_index(0).to_python()[1][3] == text


outside = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(text=st.one_of(outside, st.sampled_from("'=+-@").flatmap(lambda c: outside.map(c.__add__))))
def test_what_is_guarded_is_no_formula_and_comes_back_as_it_was(text: str) -> None:
    assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert unguarded(guarded(text)) == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(outside, outside), max_size=4),
    kind=st.sampled_from(["csv", "xlsx"]),
    delimiter=st.sampled_from(";,\t"),
)
def test_what_is_written_is_what_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str]], kind: str, delimiter: str
) -> None:
    layout = form(format=kind, delimiter=delimiter)
    filled = [row(layout, name=name, employee_name=person) for name, person in rows]
    head, *cells = read_back(file_of(layout, filled), tmp_path)
    assert head == layout.headings
    day = "02-03-2026" if kind == "csv" else "2026-03-02"
    assert [[unguarded(cell) if kind == "csv" else cell for cell in each] for each in cells] == [
        [*(cell.shown.strip() for cell in each[:-1]), day] for each in filled
    ]


def test_control_characters_and_breaks_of_lines_are_blanks() -> None:
    assert row(form(), name="Literasi\r\nDigital\x00\x1b ASN")[3].shown == "Literasi Digital  ASN"


def test_what_the_encoding_has_not_is_told_of() -> None:
    layout = form(encoding="windows-1252")
    with pytest.raises(WordMissing) as missing:
        row(layout, name="Literasi → Digital")
    assert (missing.value.enumeration, missing.value.value) == ("windows-1252", "→")
    assert row(layout, name="“Literasi” é")[3].shown == "“Literasi” é"


def test_the_number_of_the_batch_and_constants_may_be_in_a_row() -> None:
    text = 'columns = [{ heading = "A", value = "{nip}/{batch}/{row}/{constants.x}" }]\n'
    layout = form(text + "constants = { x = 5 }")
    assert row(layout)[0].shown == f"{NIP}/7/1/5"


# --- the forms that are shipped


def shipped(name: str, more: str = "") -> Layout:
    return form(f'profile = "{name}"\n{more}')


def test_the_form_for_kursus_in_siasn(tmp_path: Path) -> None:
    layout = shipped("siasn-kursus")
    head, cells = read_back(file_of(layout, [row(layout)]), tmp_path)
    assert dict(zip(head, cells, strict=True)) == {
        "NIP": NIP,
        "Nama": "Siti Rahmawati",
        "Jenis Diklat": "E-Learning",
        "ID Jenis Diklat": "16",
        "Nama Kursus": "Literasi Digital ASN",
        "Institusi Penyelenggara": "BKPSDM Kota Pematangsiantar",
        "Nomor Sertipikat": "LITDIG/2026/00001",
        "Jumlah Jam": "20",
        "Tahun Kursus": "2026",
        "Tanggal Kursus": "02-03-2026",
        "Tanggal Selesai Kursus": "04-03-2026",
        "Jenis Kursus Sertipikat": "T",
    }
    assert layout.match() == ["NIP", "Nomor Sertipikat"]
    for kind in layout.settings.kinds:
        assert row(layout, kind=kind)[2].shown


def test_the_form_of_a_local_table(tmp_path: Path) -> None:
    layout = shipped("pegdiklat", 'constants = { place = "Pematangsiantar" }')
    head, cells = read_back(file_of(layout, [row(layout, kind=9)]), tmp_path)
    found = dict(zip(head, cells, strict=True))
    assert (found["jenisdiklat"], found["tptdiklat"]) == ("50", "Pematangsiantar")
    assert (found["tglmulai"], found["nosttpp"]) == ("2026-03-02", "LITDIG/2026/00001")
    with pytest.raises(WordMissing):
        row(layout, kind=16)
    assert layout.match() == ["nip", "nosttpp"]


def test_every_form_that_is_shipped_is_tried_here() -> None:
    assert profiles.names() == ["pegdiklat", "siasn-kursus"]


# --- the configuration


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ("[]", "columns: there is none; add { heading = …, value = … }"),
        (
            '[{ heading = "A", value = "{name}" }]',
            "columns: none names {nip}: whose rows are they?",
        ),
        (
            '[{ heading = "A", value = "{nipp}" }, { heading = "B", value = "{nip}" }]',
            "columns #1.value: there is no field {nipp}; did you mean nip?",
        ),
        (
            '[{ heading = "A", value = "{nip}" }, { heading = " a", value = "" }]',
            "columns: the heading 'a' stands there 2 times",
        ),
        (
            '[{ heading = "A", value = "{nip}" },'
            ' { heading = "B", value = "{starts:%d}.", cell = "date" }]',
            'columns #2.value: with cell = "date" it is one date alone, such as {starts:%d-%m-%Y}',
        ),
    ],
)
def test_what_is_wrong_with_a_form_is_told_when_it_is_loaded(columns: str, problem: str) -> None:
    found = problems(f'[registry.bkd]\ntype = "file"\ncolumns = {columns}')
    assert f"registry.bkd.{problem}" in found


def test_headings_of_a_result_that_the_form_has_not_are_told_of() -> None:
    with pytest.raises(ConfigError, match="there is no column 'NIPP'"):
        form('columns = [{ heading = "NIP", value = "{nip}" }]\nresults = { match = ["NIPP"] }')
