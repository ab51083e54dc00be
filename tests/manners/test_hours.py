"""Working hours: what is open when, and when it opens next."""

from __future__ import annotations

import contextlib
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.manners.hours import DAYS, Hours

WIB = ZoneInfo("Asia/Jakarta")


def at(text: str) -> dt.datetime:
    """A moment of the week of Monday 23 November 2026, e.g. "Tue 07:00"."""
    day, _, time = text.partition(" ")
    number = next(n for n, name in enumerate(DAYS) if name.startswith(day.lower()))
    hour, _, minute = time.partition(":")
    return dt.datetime(2026, 11, 23 + number, int(hour), int(minute), tzinfo=WIB)


def shown(moment: dt.datetime) -> str:
    return moment.astimezone(WIB).strftime("%a %H:%M")


OFFICE = "Mon-Fri 07:00-17:00"


@pytest.mark.parametrize(
    ("windows", "now", "opens"),
    [
        ([], "Sun 03:00", "Sun 03:00"),
        ([OFFICE], "Mon 06:59", "Mon 07:00"),
        ([OFFICE], "Mon 07:00", "Mon 07:00"),
        ([OFFICE], "Mon 16:59", "Mon 16:59"),
        ([OFFICE], "Mon 17:00", "Tue 07:00"),
        ([OFFICE], "Fri 17:00", "Mon 07:00"),
        ([OFFICE, "Sat 08:00-12:00"], "Fri 18:00", "Sat 08:00"),
        ([OFFICE, "Sat 08:00-12:00"], "Sat 12:00", "Mon 07:00"),
        (["Mon-Fri 07:00-12:00", "Mon-Fri 13:00-17:00"], "Wed 12:30", "Wed 13:00"),
        (["Senin-Kamis 07.30-16.00", "Jum 07.30-11.30"], "Fri 11:45", "Mon 07:30"),
        (["mon,wed 9:00-10:00"], "Mon 10:00", "Wed 09:00"),
        (["Fri–Mon 22:00 – 05:00"], "Sun 04:59", "Sun 04:59"),
        (["Fri-Sun 22:00-05:00"], "Mon 04:59", "Mon 04:59"),
        (["Fri-Sun 22:00-05:00"], "Mon 05:00", "Fri 22:00"),
        (["Fri-Sun 22:00-05:00"], "Fri 04:59", "Fri 22:00"),
        (["Mon-Sun 00:00-24:00"], "Sun 23:59", "Sun 23:59"),
        (["Mon 00:00-24:00"], "Tue 00:00", "Mon 00:00"),
    ],
)
def test_what_is_open_and_when_it_opens_next(windows, now, opens) -> None:
    hours = Hours(windows, WIB)
    moment = at(now)
    assert shown(hours.begin_after(moment)) == opens
    assert hours.are_now(moment) == (opens == now)


def test_hours_are_those_of_their_own_zone() -> None:
    """Seven in Jayapura is five in Jakarta."""
    assert Hours([OFFICE], ZoneInfo("Asia/Jayapura")).are_now(at("Mon 05:00"))


def test_hours_that_the_clocks_skip_begin_on_another_day() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = Hours(["Sun 02:00-02:30"], zone)
    before = dt.datetime(2026, 3, 28, 12, tzinfo=zone)
    begin = hours.begin_after(before)
    assert begin > before
    assert begin - before < dt.timedelta(days=9)


def test_why_it_is_not_called_is_said_in_both_languages() -> None:
    reason = Hours([OFFICE], WIB).closed("registry.siasn", at("Fri 17:00"))
    assert reason is not None
    assert reason.sentence() == (
        "registry.siasn is called in its working hours only; they begin again on Monday,"
        " 2026-11-30 07:00 (Asia/Jakarta)."
    )
    assert "Senin, 2026-11-30 07:00" in reason.sentence("id")
    assert Hours([OFFICE], WIB).closed("registry.siasn", at("Fri 16:59")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'expected days and times, such as "Mon-Fri 07:00-17:00", got ""'),
        ("07:00-17:00", "expected days and times"),
        ("Mon-Fri", "expected days and times"),
        ("Mon-Fri 7-17", "expected days and times"),
        ("Mon-Fri 07:00-17:00 WIB", "expected days and times"),
        ("Mon-Frei 07:00-17:00", '"frei" in "Mon-Frei 07:00-17:00" is no day'),
        ("Mon, 07:00-17:00", "is no day"),
        ("Mon 07:60-17:00", '07:60 in "Mon 07:60-17:00" is no time of the day'),
        ("Mon 07:00-24:01", "24:01"),
        ("Mon 07:00-07:00", "begins when it ends; a whole day is 00:00-24:00"),
        ("Mon 24:00-07:00", "begins when it ends"),
    ],
)
def test_what_is_no_hours_is_told(text, message) -> None:
    with pytest.raises(ValueError) as caught:
        Hours([text], WIB)
    assert message in str(caught.value)


FIRST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
MINUTES = st.integers(0, 24 * 60 - 1)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), MINUTES, MINUTES), min_size=1),
    st.integers(0, 15 * 365 * 24 * 60),
    st.sampled_from(["Asia/Jakarta", "Asia/Jayapura", "Europe/Berlin", "America/New_York"]),
)
def test_it_opens_within_eight_days_and_is_open_then(windows, minutes, zone) -> None:
    texts = [
        f"{DAYS[a][:3]}-{DAYS[b]} {since // 60:02}:{since % 60:02}-{to // 60:02}:{to % 60:02}"
        for a, b, since, to in windows
        if since != to
    ]
    hours, now = Hours(texts, ZoneInfo(zone)), FIRST + dt.timedelta(minutes=minutes)
    begin = hours.begin_after(now)
    assert dt.timedelta() <= begin - now <= dt.timedelta(days=8, hours=2)
    assert (begin == now) == hours.are_now(now)
    if zone.startswith("Asia"):  # where the clocks are changed, an hour of a window may be none
        assert hours.are_now(begin)


@given(st.text(max_size=40))
def test_any_text_is_hours_or_told_to_be_none(text) -> None:
    with contextlib.suppress(ValueError):
        assert Hours([text], WIB).begin_after(FIRST) >= FIRST
