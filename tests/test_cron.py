"""Cron lines, read as cron reads them."""

from __future__ import annotations

import contextlib
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge import cron

SUNDAY = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


def weekdays(field: str) -> set[int]:
    """The weekdays on which "0 3 * * FIELD" falls, counted from Sunday."""
    trigger = cron.trigger(f"0 3 * * {field}", dt.UTC)
    fires = [trigger.get_next_fire_time(None, SUNDAY + dt.timedelta(days=day)) for day in range(7)]
    return {(one - SUNDAY).days for one in fires if one - SUNDAY < dt.timedelta(days=7)}


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", {0}),
        ("7", {0}),
        ("6", {6}),
        ("1-5", {1, 2, 3, 4, 5}),
        ("mon-fri", {1, 2, 3, 4, 5}),
        ("5-7", {5, 6, 0}),
        ("fri-sun", {5, 6, 0}),
        ("0,3", {0, 3}),
        ("*/2", {0, 2, 4, 6}),
        ("1-6/2", {1, 3, 5}),
        ("2/3", {2, 5}),
        ("SAT", {6}),
    ],
)
def test_weekdays_are_counted_from_sunday(field: str, days: set[int]) -> None:
    assert weekdays(field) == days


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_range_of_weekdays_is_the_same_by_number_and_by_name(first: int, last: int) -> None:
    assert weekdays(f"{first}-{last}") == weekdays(f"{NAMES[first]}-{NAMES[last]}")


def test_a_line_falls_at_its_time_in_its_zone() -> None:
    trigger = cron.trigger("15 1 * * *", ZoneInfo("Asia/Jakarta"))
    fires = trigger.get_next_fire_time(None, SUNDAY)
    assert fires.astimezone(dt.UTC).isoformat() == "2026-11-22T18:15:00+00:00"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "it has 0 fields instead of 5"),
        ("@daily", "it has 1 fields instead of 5"),
        ("0 3 * * * *", "it has 6 fields instead of 5"),
        ("60 * * * *", "60"),
        ("x * * * *", '"x"'),
        ("0 3 * * 8", "'8' is no weekday"),
        ("0 3 * * sunday", "'sunday' is no weekday"),
        ("0 3 * * xyz", "'xyz' is no weekday"),
        ("0 3 * * */0", "by 0 days"),
        ("0 3 31 2 *", "there is no such day"),
        ("0 3 1 * 1", "both a day of the month and a weekday"),
    ],
)
def test_a_line_that_is_wrong_is_told_why(line: str, why: str) -> None:
    with pytest.raises(ValueError) as error:
        cron.trigger(line, dt.UTC)
    assert why in str(error.value)


@given(st.text("0123456789*/-, monsun", max_size=20))
def test_no_line_does_anything_but_be_a_trigger_or_be_wrong(line: str) -> None:
    with contextlib.suppress(ValueError):
        assert cron.trigger(line, dt.UTC).get_next_fire_time(None, SUNDAY)
