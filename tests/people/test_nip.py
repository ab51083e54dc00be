"""The personnel number: eighteen digits, and hints that warn and refuse nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.people.nip import doubts, normalise, printed, status
from lms_bridge.sandbox.residents import many_people

eighteen_digits = st.text("0123456789", min_size=18, max_size=18)


@given(eighteen_digits)
def test_eighteen_digits_are_a_nip_whatever_they_say(nip: str) -> None:
    assert normalise(nip) == nip


@given(eighteen_digits)
def test_a_nip_as_bkn_prints_it_is_the_same_nip(nip: str) -> None:
    assert normalise(printed(nip)) == nip


@given(eighteen_digits, st.lists(st.tuples(st.integers(0, 18), st.sampled_from(" .-'\u00a0\t"))))
def test_a_nip_is_the_same_however_it_is_broken_up(nip: str, marks: list[tuple[int, str]]) -> None:
    typed = list(nip)
    for place, mark in marks:
        typed.insert(place, mark)
    assert normalise("".join(typed)) == nip


@given(st.text("0123456789 ", max_size=30))
def test_any_other_count_of_digits_is_none(text: str) -> None:
    digits = text.replace(" ", "")
    assert normalise(text) == (digits if len(digits) == 18 else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "learner1",
        "1.98703E+17",  # what a spreadsheet makes of it
        "19870315201001200A",
        "\u0661\u0669" + "8703152010012001",  # digits, but not those
        "NIP 198703152010012001",
        "198703152010012001, 199002282015031002",
    ],
)
def test_what_is_not_eighteen_digits_is_no_nip(text: str) -> None:
    assert normalise(text) is None


@pytest.mark.parametrize(
    ("nip", "expected"),
    [
        ("198703152010012001", "PNS"),
        ("198703152010122001", "PNS"),
        ("199103052024211005", "PPPK"),
        ("199103052024221005", "PPPK"),
        ("199103052024131005", ""),
        ("199103052024001005", ""),
    ],
)
def test_the_month_of_appointment_or_the_number_of_the_agreement_tells_the_status(
    nip: str, expected: str
) -> None:
    assert status(nip) == expected


@given(eighteen_digits)
def test_a_number_of_which_nothing_is_said_can_be_somebodys(nip: str) -> None:
    if not doubts(nip):
        assert dt.date(int(nip[:4]), int(nip[4:6]), int(nip[6:8])) < dt.date(2016, 1, 1)
        assert status(nip)
        assert nip[14] in "12"


def test_nothing_is_doubtful_about_the_nips_of_a_whole_city() -> None:
    assert [one.nip for one in many_people(3000) if doubts(one.nip)] == []


@pytest.mark.parametrize(
    ("nip", "doubt"),
    [
        ("198713152010012001", "Digits 1 to 8 are no date of birth. (19871315)"),
        ("187003152010012001", "born in 1870"),
        ("198703151990012001", "Appointed in 1990"),
        ("198703152010132001", "neither a month nor an agreement"),
        ("198703152010013001", "Digit 15 is neither 1 nor 2. (3)"),
        ("198703152010012000", "spreadsheet"),
    ],
)
def test_what_looks_mistyped_is_said(nip: str, doubt: str) -> None:
    (said,) = doubts(nip)
    assert doubt in str(said)


@given(
    born=st.dates(dt.date(1960, 1, 1), dt.date(2004, 12, 31)),
    month=st.sampled_from([*range(1, 13), 21, 22]),
    sex=st.sampled_from("12"),
    serial=st.integers(1, 999),
)
def test_a_number_that_follows_the_rules_raises_no_doubt(
    born: dt.date, month: int, sex: str, serial: int
) -> None:
    assert doubts(f"{born:%Y%m%d}{born.year + 24}{month:02}{sex}{serial:03}") == []
