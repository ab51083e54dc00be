"""Working hours: when a registry may be called, and when it may be called next.

>>> hours = Hours(["Mon-Fri 07:00-17:00", "Sat 08:00-12:00"], ZoneInfo("Asia/Jakarta"))
>>> friday_evening = dt.datetime(2026, 11, 27, 13, 0, tzinfo=dt.UTC)
>>> hours.are_now(friday_evening)
False
>>> hours.begin_after(friday_evening).astimezone(hours.zone).isoformat()
'2026-11-28T08:00:00+07:00'
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lms_bridge.config.problems import shown
from lms_bridge.config.remote import RegistrySettings
from lms_bridge.reasons import Reason

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INDONESIAN = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
_MINUTES = 24 * 60
_WINDOW = re.compile(
    r"(?P<days>[a-z ,\-]+?)\s+(?P<from>\d{1,2}[:.]\d\d)\s*-\s*(?P<to>\d{1,2}[:.]\d\d)",
    re.IGNORECASE,
)


class Window(NamedTuple):
    """Some days of the week, from one time to another, in minutes since midnight.

    A time `to` that is not after `since` is one of the next day.
    """

    days: frozenset[int]
    since: int
    to: int

    def on(self, day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime] | None:
        """From when to when it is open that begins on `day`."""
        if day.weekday() not in self.days:
            return None
        to = self.to if self.to > self.since else self.to + _MINUTES
        return _at(day, self.since, zone), _at(day, to, zone)


class Hours:
    """The windows in which a registry may be called; without any it may always be.

    Raises :exc:`ValueError`, in words for who wrote them.
    """

    def __init__(self, windows: Sequence[str], zone: ZoneInfo) -> None:
        self.zone = zone
        self._windows = [_window(text) for text in windows]

    def are_now(self, now: dt.datetime) -> bool:
        """Whether it may be called now."""
        return not self._windows or any(
            since <= now < to for since, to in self._around(now, days=range(-1, 1))
        )

    def begin_after(self, now: dt.datetime) -> dt.datetime:
        """When it may be called next: now, or when the next window begins."""
        if self.are_now(now):
            return now
        # A week and a day: a window whose first minutes a change of the clocks has swallowed
        # is still one that begins.
        return min(since for since, _ in self._around(now, days=range(9)) if since > now)

    def closed(self, remote: str, now: dt.datetime) -> Reason | None:
        """Why `remote` is not called now, if it is not, and from when on it is."""
        if self.are_now(now):
            return None
        begin = self.begin_after(now).astimezone(self.zone)
        return Reason(
            "outside_working_hours",
            remote=remote,
            day=DAYS[begin.weekday()],
            time=f"{begin:%Y-%m-%d %H:%M}",
            zone=self.zone.key,
        )

    def _around(
        self, now: dt.datetime, *, days: range
    ) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        today = now.astimezone(self.zone).date()
        for number in days:
            for window in self._windows:
                if found := window.on(today + dt.timedelta(days=number), self.zone):
                    yield found


def hours_of(settings: RegistrySettings, zone: str) -> Hours:
    """When a registry with these settings may be called, in its time zone or in the `zone`."""
    return Hours(settings.windows, ZoneInfo(settings.time_zone or zone))


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text.replace("–", "-").strip())
    if not found:
        raise ValueError(
            f'expected days and times, such as "Mon-Fri 07:00-17:00", got {shown(text)}'
        )
    since, to = _minutes(found["from"], text), _minutes(found["to"], text)
    if since in (to, _MINUTES):
        raise ValueError(f"{shown(text)} begins when it ends; a whole day is 00:00-24:00")
    days: set[int] = set()
    for part in found["days"].split(","):
        first, _, last = part.partition("-")
        start = _day(first, text)
        end = _day(last, text) if last else start
        days |= {(start + number) % 7 for number in range((end - start) % 7 + 1)}
    return Window(frozenset(days), since, to)


def _day(name: str, text: str) -> int:
    name = name.strip().casefold()
    for names in (DAYS, _INDONESIAN):
        for number, day in enumerate(names):
            if name in (day, day[:3]):
                return number
    raise ValueError(f"{shown(name)} in {shown(text)} is no day; there are Mon, Tue … (Sen, Sel …)")


def _minutes(time: str, text: str) -> int:
    hour, minute = map(int, re.split("[:.]", time))
    if minute > 59 or hour * 60 + minute > _MINUTES:
        raise ValueError(f"{time} in {shown(text)} is no time of the day")
    return hour * 60 + minute


def _at(day: dt.date, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """That many minutes by the clock on the wall after `day` has begun."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=minutes // _MINUTES), dt.time())
    minutes %= _MINUTES
    return midnight.replace(hour=minutes // 60, minute=minutes % 60, tzinfo=zone).astimezone(dt.UTC)
