"""What SIASN tells of people besides their trainings: IP-ASN, and the units that they are in."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.errors import DeliveryError
from lms_bridge.http.values import decimal, year
from lms_bridge.registries.base import (
    KeepsHistories,
    ListsUnits,
    ProfessionalityIndex,
    RatesEmployees,
    RegistryUnit,
)
from lms_bridge.registries.siasn import professionality, rows
from lms_bridge.registries.siasn.units import unit_of

NIP = "198703152010012001"
INDEX = f"/pns/nilaiipasn/{NIP}"
UNITS = "/referensi/ref-unor?limit=500&offset={}"
NOT_FOUND = (404, {"code": 0, "data": "Data tidak ditemukan"})


def test_siasn_has_every_optional_verb(siasn):
    assert isinstance(siasn, KeepsHistories)
    assert isinstance(siasn, ListsUnits)
    assert isinstance(siasn, RatesEmployees)
    assert {rows.history_path(NIP, kind) for kind in siasn.histories.values()} == {
        f"/pns/rw-kursus/{NIP}",
        f"/pns/rw-diklat/{NIP}",
    }


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("22.5", 22.5),
        ("22,5", 22.5),
        ("67", 67.0),
        (22.5, 22.5),
        (0, 0.0),
        ("", None),
        (None, None),
        ("-", None),
        (True, None),
        ("-1", None),
        ("1e5", None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_number_with_decimals_is_read_however_it_is_written(value, number):
    assert decimal(value) == number


@pytest.mark.parametrize(
    ("value", "read"), [("2026", 2026), (2026, 2026), ("0", None), ("", None), ("TA 2026", 2026)]
)
def test_a_year_is_one_only_if_it_can_be_one(value, read):
    assert year(value) == read


def test_ip_asn_is_read_with_its_date(siasn, service, employee):
    data = {
        "nip_baru": NIP,
        "kualifikasi": "15",
        "kompetensi": "22.5",
        "kinerja": "25",
        "disiplin": "5",
        "subtotal": "67.5",
        "created_at": "2026-02-03T07:41:12Z",
    }
    service.answers(INDEX, {"code": 1, "data": data})
    index = siasn.professionality_of(employee)
    assert (index.total, index.qualification, index.competence) == (67.5, 15, 22.5)
    assert (index.performance, index.discipline) == (25, 5)
    assert index.as_of == dt.date(2026, 2, 3)


def test_of_several_indexes_the_latest_is_meant():
    listed = [
        {"subtotal": "60", "created_at": "2025-02-03 07:41:12"},
        {"subtotal": "70", "created_at": "2026-02-03 07:41:12"},
        {"subtotal": "50", "created_at": "0001-01-01T00:00:00Z"},
    ]
    assert professionality.read(listed, NIP).total == 70


@pytest.mark.parametrize("nothing", [None, [], [{}], {"subtotal": "", "nip_baru": NIP}])
def test_an_index_that_was_never_computed_is_none(nothing):
    assert professionality.read(nothing, NIP) is None


def test_an_index_that_is_not_found_is_none(siasn, service, employee):
    service.answers(INDEX, NOT_FOUND)
    assert siasn.professionality_of(employee) is None


@pytest.mark.parametrize("data", ["67.5", {"nip_baru": "199002282015031002", "subtotal": "1"}])
def test_an_index_of_another_person_or_none_at_all_is_not_taken(siasn, service, employee, data):
    service.answers(INDEX, {"code": 1, "data": data})
    with pytest.raises(DeliveryError) as caught:
        siasn.professionality_of(employee)
    assert caught.value.reason.code == "unreadable_answer"
    assert not caught.value.remote_wide


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(["nip_baru", "subtotal", "kinerja", "created_at"]), json_values)
    | json_values
)
def test_every_answer_is_read_or_told_to_be_none(data):
    with suppress(ValueError):
        index = professionality.read(data, NIP)
        assert index is None or index != ProfessionalityIndex()


def unit(number, above=""):
    return {"Id": str(number), "NamaUnor": f"Unit {number}", "DiatasanId": above}


def test_units_are_read_page_after_page(siasn, service):
    service.answers(UNITS.format(0), {"code": 1, "data": [unit(1), unit(2, "1")], "count": 3})
    service.answers(UNITS.format(2), {"code": 1, "data": [unit(3, "1")], "count": "3"})
    listed = siasn.units()
    assert listed.whole
    assert listed.units[1] == RegistryUnit("2", "Unit 2", "1")
    assert [one.id for one in listed.units] == ["1", "2", "3"]


def test_a_list_that_never_comes_to_what_it_counts_is_not_whole(siasn, service):
    service.answers(UNITS.format(0), {"code": 1, "data": [unit(1), unit(1)], "count": 2})
    listed = siasn.units()
    assert ([one.id for one in listed.units], listed.whole) == (["1"], False)
    assert len(service.asked(UNITS.format(0))) == 3


def test_a_list_without_a_count_ends_where_nothing_new_comes(siasn, service):
    service.answers(UNITS.format(0), {"code": 1, "data": [unit(1), unit(2)]})
    service.answers(UNITS.format(2), {"code": 1, "data": [unit(1), unit(2)]})
    listed = siasn.units()
    assert (len(listed.units), listed.whole) == (2, True)


def test_rows_without_an_id_are_no_units_and_count_as_none(siasn, service):
    service.answers(UNITS.format(0), {"code": 1, "data": [unit(1), unit("")], "count": 2})
    listed = siasn.units()
    assert ([one.id for one in listed.units], listed.whole) == (["1"], True)


def test_no_units_at_all_is_no_whole_list(siasn, service):
    service.answers(UNITS.format(0), NOT_FOUND)
    listed = siasn.units()
    assert (listed.units, listed.whole) == ((), False)


def test_a_list_of_something_else_is_not_taken(siasn, service):
    service.answers(UNITS.format(0), {"code": 1, "data": ["Dinas Pendidikan"], "count": 1})
    with pytest.raises(DeliveryError) as caught:
        siasn.units()
    assert caught.value.reason.code == "unreadable_answer"


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ({"Id": "a", "NamaUnor": " Dinas\ufffd "}, RegistryUnit("a", "Dinas")),
        ({"id": "a", "namaUnor": "Dinas", "diatasanId": "b"}, RegistryUnit("a", "Dinas", "b")),
        ({"Id": 7, "NamaUnor": "", "NamaJabatan": "Kepala"}, RegistryUnit("7", "Kepala")),
        ({"Id": "a", "NamaUnor": "Kota", "DiatasanId": "a"}, RegistryUnit("a", "Kota")),
        ({"Id": "a", "NamaUnor": "Kota", "DiatasanId": None}, RegistryUnit("a", "Kota")),
    ],
)
def test_a_unit_is_read_however_its_names_are_written(row, read):
    assert unit_of(row) == read


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ({"881": {"dok_id": "881", "dok_uri": "peremajaan/usulan/881_x.pdf"}}, True),
        ({"874": {"dok_id": "874", "object": "peremajaan/usulan/874_x.pdf"}}, True),
        ([{"dok_id": "881", "dok_uri": "x.pdf"}], True),
        ({"881": {"dok_id": "881", "dok_uri": ""}}, False),
        ({"881": None}, False),
        ({}, False),
        ([], False),
        ("", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("kind", [1, 3])
def test_whether_a_certificate_is_there_is_read_from_path(path, there, kind):
    assert rows.read({"id": "1", "path": path}, kind).document is there
    assert rows.read({"id": "1"}, kind).document is None


def test_a_row_says_its_year_by_itself():
    assert rows.read({"tahunKursus": "2023"}, 16).year == 2023
    assert rows.read({"tahun": 2019}, 1).year == 2019
    assert rows.read({"tahunKursus": ""}, 16).year is None
