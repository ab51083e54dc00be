"""Each training counts once, wherever it is known from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.people.hours import Hours, Learned, Ours, Row, gather, hours_of

FIRST, LAST = dt.date(2026, 11, 23), dt.date(2026, 11, 24)


def ours(**changes: Any) -> Ours:
    values: dict[str, Any] = {
        "id": 1,
        "name": "Literasi Digital",
        "organiser": "BKPSDM",
        "certificate_number": "800/1",
        "hours": 20,
        "starts": FIRST,
        "ends": LAST,
    }
    return Ours(**values | changes)


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {
        "registry": "siasn",
        "history": "kursus",
        "id": "A5EB",
        "name": "Literasi Digital",
        "organiser": "BKPSDM",
        "certificate_number": "800/1",
        "hours": 20,
        "starts": FIRST,
        "ends": LAST,
        "year": 2026,
    }
    return Row(**values | changes)


def hours(*known: Ours | Row, year: int = 2026) -> tuple[int, int]:
    """JP of ours, and from elsewhere."""
    mine = [one for one in known if isinstance(one, Ours)]
    found = hours_of(gather(mine, [one for one in known if isinstance(one, Row)]), year)
    assert found.total == found.ours + found.elsewhere
    return found.ours, found.elsewhere


def test_a_row_that_a_delivery_brought_about_counts_with_its_completion() -> None:
    changed = row(completion_id=1, name="Diubah", certificate_number="lain", hours=8)
    assert hours(ours(), changed) == (20, 0)
    [one] = gather([ours()], [changed])
    assert (one.completion_id, [place.id for place in one.rows]) == (1, ["A5EB"])


def test_a_row_of_others_counts_beside_it() -> None:
    assert hours(ours(), row(name="Kearsipan", certificate_number="800/2")) == (20, 20)


def test_the_same_number_and_name_is_the_same_training_however_they_are_written() -> None:
    assert hours(ours(), row(certificate_number="800 / 001", name="LITERASI DIGITAL")) == (20, 0)


def test_the_same_number_of_another_training_is_a_mistake_and_counts() -> None:
    other = row(name="Kearsipan", ends=dt.date(2026, 3, 1))
    assert hours(ours(), other) == (20, 20)


def test_a_structural_training_has_another_name_and_the_same_last_day() -> None:
    pim = row(history="diklat", name="SEPADYA/SPAMA/DIKLAT PIM TK. III")
    assert hours(ours(name="Pelatihan Kepemimpinan Administrator"), pim) == (20, 0)


def test_rows_of_two_registries_with_the_same_number_count_once() -> None:
    city = row(registry="simpeg", id="7", organiser="BKPSDM Kota", hours=None)
    assert hours(row(), city) == (0, 20)
    [one] = gather([], [row(), city])
    assert [place.registry for place in one.rows] == ["siasn", "simpeg"]


def test_without_numbers_the_same_days_are_the_same_training_in_another_registry() -> None:
    assert hours(row(certificate_number="-"), row(registry="simpeg", certificate_number="")) == (
        0,
        20,
    )


def test_without_numbers_two_rows_of_one_registry_are_two_sessions() -> None:
    assert hours(row(certificate_number=""), row(id="B", certificate_number="")) == (0, 40)


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate_number": "900/9"},
        {"certificate_number": "", "name": "Kearsipan"},
        {"certificate_number": "", "starts": LAST},
        {"certificate_number": "", "organiser": "LAN"},
        {"certificate_number": "", "starts": None, "ends": None},
    ],
)
def test_what_differs_is_another_training(changes: dict[str, Any]) -> None:
    assert hours(row(), row(registry="simpeg", **changes)) == (0, 40)


def test_what_was_taken_back_does_not_count_and_neither_does_its_row() -> None:
    assert hours(ours(withdrawn=True), row(completion_id=1)) == (0, 0)
    [one] = gather([ours(withdrawn=True)], [row(completion_id=1)])
    assert not one.counts


def test_what_hr_had_the_registry_keep_counts() -> None:
    assert hours(ours(withdrawn=True, kept=True), row(completion_id=1)) == (20, 0)


def test_a_row_of_others_is_not_taken_for_what_was_taken_back() -> None:
    assert hours(ours(withdrawn=True), row()) == (0, 20)


def test_only_the_year_of_the_last_day_counts() -> None:
    over_new_year = ours(starts=dt.date(2025, 12, 30), ends=dt.date(2026, 1, 2))
    assert (hours(over_new_year), hours(over_new_year, year=2025)) == ((20, 0), (0, 0))


def test_a_row_of_a_completion_of_another_year_is_left_to_that_year() -> None:
    assert hours(row(completion_id=99)) == (0, 0)


def test_hours_that_a_row_does_not_say_are_none() -> None:
    [one] = gather([], [row(hours=None)])
    assert one.hours is None
    assert hours(row(hours=None)) == (0, 0)


def test_the_latest_comes_first_and_what_has_no_time_last() -> None:
    found = gather(
        [ours()],
        [
            row(id="x", certificate_number="1", starts=None, ends=None, year=None, name="Tanpa"),
            row(id="y", certificate_number="2", starts=None, ends=None, year=2027, name="Depan"),
        ],
    )
    assert [one.name for one in found] == ["Depan", "Literasi Digital", "Tanpa"]


words = st.sampled_from(["", "-", "800/1", "800 1", "Literasi", "LITERASI", "Arsip"])
some_day = st.none() | st.dates(dt.date(2025, 12, 30), dt.date(2026, 1, 2))
some_rows = st.lists(
    st.builds(
        Row,
        registry=st.sampled_from(["siasn", "simpeg"]),
        history=st.just("kursus"),
        id=st.uuids().map(str),
        name=words,
        organiser=words,
        certificate_number=words,
        hours=st.none() | st.integers(0, 40),
        starts=some_day,
        ends=some_day,
        year=st.just(2026),
        completion_id=st.none() | st.integers(1, 2),
    ),
    max_size=6,
)
some_ours = st.lists(
    st.builds(
        Ours,
        id=st.integers(1, 3),
        name=words,
        organiser=words,
        certificate_number=words,
        hours=st.integers(0, 40),
        starts=st.just(FIRST),
        ends=st.just(LAST),
        withdrawn=st.booleans(),
        kept=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: one.id,
)


@given(some_ours, some_rows)
def test_every_row_is_in_one_training_and_every_completion_is_one(
    mine: Sequence[Ours], rows: Sequence[Row]
) -> None:
    found: list[Learned] = gather(mine, rows)
    known = {one.id for one in mine}
    placed = [place.id for one in found for place in one.rows]
    expected = [one.id for one in rows if one.completion_id in (None, *known)]
    assert sorted(placed) == sorted(expected)
    assert sorted(one.completion_id for one in found if one.completion_id) == sorted(known)
    most = sum(one.hours for one in mine) + sum(one.hours or 0 for one in rows)
    assert hours_of(found, 2026).total <= most
    assert hours_of([], 2026) == Hours(0, 0, 0)
