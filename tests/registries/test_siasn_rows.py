"""Trainings as rows of SIASN: written under one set of names and read back under another."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.registries.base import RegistryEmployee, Training
from lms_bridge.registries.siasn import rows

INSTANSI = "A5EB03E23CA8F6A0E040640A040252AD"
NIP = "198703152010012001"
SITI = RegistryEmployee(nip=NIP, person_id="8AE4", name="SITI")


def training(**changes) -> Training:
    given = {
        "name": "Pelatihan Layanan Publik Digital",
        "organiser": "BKPSDM Kota Pematangsiantar",
        "kind": 16,
        "hours": 20,
        "certificate_number": "LPD-2026/00007",
        "starts": dt.date(2026, 11, 23),
        "ends": dt.date(2026, 11, 24),
    }
    return Training(**given | changes)


def test_a_kursus_is_written_with_the_names_and_types_of_the_api():
    assert rows.written(SITI, training(), INSTANSI) == {
        "id": None,
        "pnsOrangId": "8AE4",
        "instansiId": INSTANSI,
        "jenisDiklatId": "16",
        "jenisKursus": "",
        "jenisKursusSertipikat": "T",
        "namaKursus": "Pelatihan Layanan Publik Digital",
        "institusiPenyelenggara": "BKPSDM Kota Pematangsiantar",
        "nomorSertipikat": "LPD-2026/00007",
        "jumlahJam": 20,
        "tahunKursus": 2026,
        "tanggalKursus": "23-11-2026",
        "tanggalSelesaiKursus": "24-11-2026",
        "lokasiId": "",
    }


def test_a_structural_diklat_has_other_names():
    assert rows.written(SITI, training(kind=1, structural_training="3"), INSTANSI) == {
        "id": None,
        "pnsOrangId": "8AE4",
        "latihanStrukturalId": "3",
        "nomor": "LPD-2026/00007",
        "tanggal": "23-11-2026",
        "tanggalSelesai": "24-11-2026",
        "tahun": 2026,
        "jumlahJam": 20,
        "institusiPenyelenggara": "BKPSDM Kota Pematangsiantar",
        "bobot": 0,
        "jenisKompetensi": "",
    }


@pytest.mark.parametrize("kind", range(1, 26))
def test_only_kind_1_belongs_to_the_diklat_history(kind):
    diklat = kind == 1
    assert rows.save_path(kind) == ("/diklat/save" if diklat else "/kursus/save")
    assert rows.history_path(NIP, kind).startswith("/pns/rw-diklat" if diklat else "/pns/rw-kursus")


@pytest.mark.parametrize(
    ("kind", "letter"),
    [(2, "F"), (3, "T"), (4, "P"), (5, "T"), (7, "P"), (9, "P"), (14, "T"), (16, "T"), (25, "T")],
)
def test_the_letter_of_a_kind_is_that_of_the_reference_list(kind, letter):
    assert rows.written(SITI, training(kind=kind), "")["jenisKursusSertipikat"] == letter


def test_a_row_is_read_under_the_names_that_reading_has():
    row = {
        "id": "8ae482898d2f4a1f018d30b1a5c01f2e",
        "namaKursus": "Pelatihan Layanan Publik Digital",
        "institusiPenyelenggara": "BKPSDM",
        "noSertipikat": "LPD-2026/00007",
        "jenisKursusSertifikat": "T",
        "jenisDiklatId": "16",
        "jumlahJam": "20",
        "tahunKursus": "2026",
        "tanggalKursus": "23-11-2026",
        "tanggalSelesaiKursus": "24-11-2026",
        "path": None,
    }
    read = rows.read(row, 16)
    assert (read.id, read.certificate_number) == (row["id"], "LPD-2026/00007")
    assert (read.hours, read.kind) == (20, 16)
    assert (read.starts, read.ends) == (dt.date(2026, 11, 23), dt.date(2026, 11, 24))


def test_a_diklat_row_has_the_name_of_the_reference_list():
    row = {
        "id": "x",
        "latihanStrukturalNama": "SEPADYA/SPAMA/DIKLAT PIM TK. III",
        "nomor": "7",
        "tanggal": "01-02-2026",
        "tanggalSelesai": "",
        "jumlahJam": 900,
    }
    read = rows.read(row, 1)
    assert read.name == "SEPADYA/SPAMA/DIKLAT PIM TK. III"
    assert (read.certificate_number, read.kind) == ("7", 1)
    assert read.ends == dt.date(2026, 2, 1)


def test_a_row_of_nothing_but_empties_is_read():
    empty = dict.fromkeys(("id", "namaKursus", "noSertipikat", "jenisDiklatId"), "")
    read = rows.read(empty | {"jumlahJam": None, "tanggalKursus": None, "path": None}, 16)
    assert (read.hours, read.kind, read.starts, read.ends) == (None, None, None, None)


@pytest.mark.parametrize("last", ["", None, "01-01-0001"])
def test_without_a_last_day_the_first_is_meant(last):
    row = {"tanggalKursus": "23-11-2026", "tanggalSelesaiKursus": last}
    assert rows.read(row, 16).ends == dt.date(2026, 11, 23)


def test_the_older_name_of_the_last_day_is_known():
    row = {"tanggalKursus": "23-11-2026", "tglSelesaiKursus": "24-11-2026"}
    assert rows.read(row, 16).ends == dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        (20, 20),
        ("20", 20),
        ("20 JP", 20),
        ("JP: 20", 20),
        (20.0, 20),
        ("20.0", 20),
        (None, None),
        ("", None),
        ("dua puluh", None),
        (True, None),
        (-1, None),
        ("-5", None),
        (float("nan"), None),
    ],
)
def test_hours_are_read_however_they_are_written(value, hours):
    assert rows.number(value) == hours


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("29-01-2024", dt.date(2024, 1, 29)),
        ("05-06-2024", dt.date(2024, 6, 5)),
        ("5/6/2024", dt.date(2024, 6, 5)),
        ("2024-06-05", dt.date(2024, 6, 5)),
        ("2024-06-05T00:00:00Z", dt.date(2024, 6, 5)),
        ("01-01-0001", None),
        ("0001-01-01T00:00:00Z", None),
        ("31-02-2024", None),
        ("", None),
        (None, None),
        (20240605, None),
    ],
)
def test_dates_are_day_month_year_and_the_zero_date_is_none(value, day):
    assert rows.date(value) == day


def test_names_lose_what_is_no_character():
    assert rows.text("  Pelatihan \ufffdDigital\x00\ud800 ") == "Pelatihan Digital"


@pytest.mark.parametrize(
    ("data", "kind", "row_id"),
    [
        ({"rwKursusId": "8ae4"}, 16, "8ae4"),
        ({"rwDiklatId": "0a1b-2c"}, 1, "0a1b-2c"),
        ({"rwKursusId": "k", "rwDiklatId": "d"}, 1, "d"),
        ({"rwKursusId": "k", "rwDiklatId": "d"}, 16, "k"),
        ({"rwKursusId": "k"}, 1, "k"),
        ("8ae482898d2f4a1f018d30b1a5c01f2e", 16, "8ae482898d2f4a1f018d30b1a5c01f2e"),
        ("Data berhasil disimpan", 16, ""),
        ("success", 16, ""),
        ("success", 1, ""),
        (None, 16, ""),
        ({}, 16, ""),
        ([], 16, ""),
    ],
)
def test_the_id_of_a_new_row_is_found_where_it_has_been_seen(data, kind, row_id):
    assert rows.new_id(data, kind) == row_id


def as_siasn_gives_it_back(written: dict[str, object]) -> dict[str, object]:
    """A written kursus as it is read, per the table of mismatched names (section 2)."""
    back = dict(written)
    for old, new in (
        ("pnsOrangId", "idPns"),
        ("nomorSertipikat", "noSertipikat"),
        ("jenisKursusSertipikat", "jenisKursusSertifikat"),
        ("jenisKursus", "jenisKursusId"),
    ):
        back[new] = back.pop(old)
    return back | {"id": "1", "tahunKursus": str(back["tahunKursus"]), "path": None}


plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).map(
    lambda text: text.replace("\ufffd", "").strip()
)


@given(
    st.builds(
        Training,
        name=plain,
        organiser=plain,
        kind=st.integers(2, 25),
        hours=st.integers(0, 10_000),
        certificate_number=plain,
        starts=st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)),
        ends=st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)),
        structural_training=st.just(""),
    )
)
def test_what_is_written_is_read_back_the_same(written):
    read = rows.read(as_siasn_gives_it_back(rows.written(SITI, written, INSTANSI)), written.kind)
    assert (read.name, read.organiser) == (written.name, written.organiser)
    assert read.certificate_number == written.certificate_number
    assert (read.hours, read.kind) == (written.hours, written.kind)
    assert (read.starts, read.ends) == (written.starts, written.ends)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "id",
                "namaKursus",
                "noSertipikat",
                "jumlahJam",
                "jenisDiklatId",
                "tanggalKursus",
                "tanggalSelesaiKursus",
                "tanggal",
                "nomor",
            ]
        ),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("99-99-9999"),
    ),
    st.integers(1, 25),
)
def test_every_row_can_be_read(row, kind):
    read = rows.read(row, kind)
    assert "\x00" not in read.id + read.name + read.certificate_number
    assert read.hours is None or read.hours >= 0
