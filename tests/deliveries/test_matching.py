"""Whether a row of the registry already is what a completion would become."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.deliveries.matching import Ours, key, match
from lms_bridge.registries.base import RecordedTraining, Training

DAY = dt.date(2026, 11, 24)
ANOTHER_DAY = dt.date(2026, 11, 30)
NOBODY = Ours()


def training(**changes: Any) -> Training:
    values: dict[str, Any] = {
        "name": "Literasi Digital ASN",
        "organiser": "BKPSDM Kota Pematangsiantar",
        "kind": 16,
        "hours": 20,
        "certificate_number": "LITDIG-2026/2026/00007",
        "starts": DAY,
        "ends": DAY,
    }
    return Training(**values | changes)


def row(**changes: Any) -> RecordedTraining:
    """The row that :func:`training` becomes."""
    values: dict[str, Any] = {
        "id": "row-1",
        "name": "Literasi Digital ASN",
        "organiser": "BKPSDM Kota Pematangsiantar",
        "certificate_number": "LITDIG-2026/2026/00007",
        "hours": 20,
        "starts": DAY,
        "ends": DAY,
        "kind": 16,
    }
    return RecordedTraining(**values | changes)


PIM = training(name="Pelatihan Kepemimpinan Administrator", kind=1, structural_training="3")


def structural(**changes: Any) -> RecordedTraining:
    """The row that `PIM` becomes: it keeps the registry's name of it, and no other."""
    values = {"name": "SEPADYA/SPAMA/DIKLAT PIM TK. III", "kind": 1, "structural_training": "3"}
    return row(**values | changes)


def is_it(one: RecordedTraining, ours: Training | None = None, others: Ours = NOBODY) -> bool:
    return match(ours or training(), [one], others) is not None


def test_the_row_that_was_written_is_found_again():
    assert is_it(row())


def test_an_empty_history_holds_nothing_of_ours():
    assert match(training(), [], NOBODY) is None


# --- by number


@pytest.mark.parametrize(
    "typed",
    [
        "litdig-2026/2026/00007",
        " LITDIG-2026 / 2026 / 00007 ",
        "LITDIG 2026 2026 7",
        "LITDIG.2026.2026.0007",
        "ＬＩＴＤＩＧ-2026/2026/00007",
    ],
)
def test_a_number_is_the_same_however_it_is_typed(typed: str):
    assert is_it(row(certificate_number=typed, starts=None, organiser="?"))


@pytest.mark.parametrize(
    "other", ["LITDIG-2026/2026/00017", "LITDIG-2026/20260/0007", "LITDIG-202/6202/600007"]
)
def test_a_number_whose_parts_are_others_is_another(other: str):
    assert not is_it(row(certificate_number=other, starts=None))


def test_a_row_with_our_number_and_another_name_of_the_same_day_is_ours():
    """The registry or an operator may have changed the name."""
    assert is_it(row(name="LITERASI DIGITAL BAGI ASN"))


def test_a_row_with_our_number_and_name_is_ours_though_its_days_were_corrected():
    assert is_it(row(starts=ANOTHER_DAY, ends=ANOTHER_DAY))


def test_a_number_alone_is_not_enough():
    """One letter of assignment is given as the number of quite different courses."""
    assert not is_it(row(name="Bimtek Arsip", starts=ANOTHER_DAY, ends=ANOTHER_DAY))


@pytest.mark.parametrize("nothing", ["", "-", " . ", "/"])
def test_rows_without_a_number_are_not_all_the_same(nothing: str):
    mine = training(certificate_number=nothing)
    assert not is_it(row(certificate_number=nothing, name="Bimtek Arsip"), mine)


# --- by name and days


def test_a_row_that_somebody_typed_by_hand_for_the_same_course_is_ours():
    assert is_it(row(certificate_number="800/123/2026"))
    assert is_it(row(certificate_number="", organiser=""))


def test_the_same_course_by_another_organiser_is_another():
    assert not is_it(row(certificate_number="", organiser="LAN RI"))


@pytest.mark.parametrize("days", [(ANOTHER_DAY, DAY), (DAY, ANOTHER_DAY), (None, None)])
def test_the_same_course_on_other_days_is_another(days):
    starts, ends = days
    assert not is_it(row(certificate_number="", starts=starts, ends=ends))


def test_a_name_is_the_same_whatever_its_case_and_its_signs():
    assert is_it(row(certificate_number="", name="LITERASI  DIGITAL-ASN."))


# --- structural trainings, whose rows have no name of ours (registry facts, section 2)


def test_a_structural_row_is_found_by_its_number_though_it_has_another_name():
    assert is_it(structural(), PIM)


def test_a_structural_row_whose_days_were_corrected_is_found_by_its_kind_and_number():
    assert is_it(structural(starts=ANOTHER_DAY, ends=ANOTHER_DAY), PIM)


def test_a_structural_row_typed_by_hand_without_a_number_is_found_by_its_kind_and_days():
    assert is_it(structural(certificate_number=""), PIM)


def test_another_structural_training_on_the_same_days_is_another():
    assert not is_it(structural(certificate_number="", structural_training="2"), PIM)


# --- the person's other completions


def test_a_row_that_belongs_to_another_completion_is_not_ours():
    assert not is_it(row(), others=Ours(ids=frozenset({"row-1"})))


def test_the_row_of_another_run_on_the_same_day_is_not_ours():
    """Its number is known from the other completion, though its id may not be yet."""
    others = Ours(numbers=frozenset({"LITDIG-2026/2026/00008"}))
    assert not is_it(row(certificate_number="LITDIG-2026/2026/00008"), others=others)


def test_of_two_runs_with_one_number_each_finds_a_row_of_its_own():
    """A template without a sequence gives both the same number."""
    rows = [row(id="a"), row(id="b")]
    number = frozenset({training().certificate_number})
    first = match(training(), rows, Ours(numbers=number))
    assert first is not None
    second = match(training(), rows, Ours(ids=frozenset({first.id}), numbers=number))
    assert second is not None
    assert {first.id, second.id} == {"a", "b"}
    both = Ours(ids=frozenset({"a", "b"}), numbers=number)
    assert match(training(), rows, both) is None


def test_other_completions_without_a_number_take_no_rows_away():
    assert is_it(row(certificate_number=""), others=Ours(numbers=frozenset({"", "-"})))


def test_the_row_with_our_number_is_preferred_to_the_one_typed_by_hand():
    typed, written = row(id="typed", certificate_number="800/1"), row(id="written")
    found = match(training(), [typed, written], NOBODY)
    assert found is not None
    assert found.id == "written"


# --- in general

texts = st.text(alphabet="aB1 0-/.", max_size=8)
days = st.none() | st.sampled_from([DAY, ANOTHER_DAY])
rows_of_any_kind = st.lists(
    st.builds(
        RecordedTraining,
        id=st.sampled_from("abcdef"),
        name=texts,
        organiser=texts,
        certificate_number=texts,
        starts=days,
        ends=days,
        structural_training=st.sampled_from(["", "2", "3"]),
    ),
    max_size=6,
)


@given(rows_of_any_kind, texts, st.frozensets(st.sampled_from("abcdef")), st.frozensets(texts))
def test_a_row_of_another_completion_is_never_taken(rows, number, ids, numbers):
    mine = training(certificate_number=number)
    found = match(mine, rows, Ours(ids=ids, numbers=numbers))
    if found is not None:
        assert found.id not in ids
        theirs = key(found.certificate_number)
        assert theirs == key(number) or theirs not in {key(one) for one in numbers} - {""}


@given(rows_of_any_kind)
def test_what_was_written_is_found_among_any_other_rows(rows):
    written = row(id="ours")
    found = match(training(), [*rows, written], NOBODY)
    assert found is not None
    again = match(training(), [*rows, written], Ours(ids=frozenset("abcdef")))
    assert again == written


@given(st.text())
def test_a_key_is_its_own_key(text):
    assert key(key(text)) == key(text)
