"""What the registry's words about somebody come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.people import service
from lms_bridge.registries.siasn.status import STATUS_NAMES

PNS, PPPK, ODD = "198703152010012001", "199008072023211008", "198703152010152001"
STILL_THERE = {"01", "03", "11", "15", "16"}
RETIRED = {"88", "98", "99"}


@pytest.mark.parametrize("number", STATUS_NAMES)
def test_every_status_of_the_reference_list_is_told_apart(number: str) -> None:
    expected = "active" if number in STILL_THERE else "retired" if number in RETIRED else "inactive"
    assert service.standing(STATUS_NAMES[number]) == expected


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("PPPK Aktif", "active"),
        ("AKTIF", "active"),
        (" Aktif  ", "active"),
        ("PPPK Tidak Aktif", "inactive"),
        ("Non-Aktif", "inactive"),
        ("Nonaktif", "inactive"),
        ("Meninggal Dunia", "inactive"),
        ("Cuti di Luar Tanggungan Negara", "inactive"),
        ("PPPK Diberhentikan", "inactive"),
        ("Pensiun BUP", "retired"),
        ("PENSIUNAN", "retired"),
        ("Purna Tugas", "retired"),
        ("PNS", ""),
        ("", ""),
    ],
)
def test_other_registries_are_understood_where_they_say_it_alike(
    status: str, standing: str
) -> None:
    assert service.standing(status) == standing


@pytest.mark.parametrize(
    ("nip", "status", "kind"),
    [
        (PNS, "Aktif", "PNS"),
        (PNS, "PPPK Aktif", "PPPK"),
        (PPPK, "", "PPPK"),
        (PPPK, "P3K", "PPPK"),
        (PPPK, "CPNS", "PNS"),
        (ODD, "Aktif", "other"),
    ],
)
def test_the_registrys_word_goes_before_the_look_of_the_nip(
    nip: str, status: str, kind: str
) -> None:
    assert service.kind(nip, status) == kind


@given(st.text())
def test_any_word_comes_to_something(status: str) -> None:
    assert service.standing(status) in ("active", "inactive", "retired", "")
    assert service.kind(PNS, status) in ("PNS", "PPPK", "other")
