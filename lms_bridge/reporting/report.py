"""What report is asked for: a value that can be typed, kept and asked for again."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec

from lms_bridge.i18n import mark

Kind = Literal["lacking", "employees", "units", "training", "completions"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

TITLES: Final[Mapping[Kind, str]] = {
    "lacking": mark("Who lacks JP"),
    "employees": mark("JP by employee"),
    "units": mark("JP by unit"),
    "training": mark("Training by kind and competency"),
    "completions": mark("Completed courses"),
}
ABOUT: Final[Mapping[Kind, str]] = {
    "lacking": mark("Employees who have not reached their JP of the year, the fewest first."),
    "employees": mark("Everybody in service with their JP of the year, by name."),
    "units": mark("For each work unit, how many have reached their JP, and how many lack some."),
    "training": mark("How often which kind of training was completed, and for which competency."),
    "completions": mark("Each completion with person, course, days, JP and certificate number."),
}
YEARLY: Final[frozenset[Kind]] = frozenset(("lacking", "employees", "units", "training"))
"""those that JP are counted in, which is done by the year"""

_RELATIVE = ("this-year", "last-year", "this-month", "last-month")
_FIXED = re.compile(r"(?P<year>20[0-9]{2})(-(?P<month>0[1-9]|1[0-2])|-Q(?P<quarter>[1-4]))?")


class BadReport(ValueError):
    """There is no such report; the message says why, a marked sentence."""


class Period(msgspec.Struct, frozen=True):
    """From the first to the last day."""

    first: dt.date
    last: dt.date

    @property
    def year(self) -> int:
        return self.last.year


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which report, of when, of whom.

    >>> Report(kind="lacking", period="2026").period_at(dt.date(2027, 1, 4))
    Period(first=datetime.date(2026, 1, 1), last=datetime.date(2026, 12, 31))

    Raises :exc:`BadReport`.
    """

    kind: Kind
    period: str = "this-year"
    """``2026``, ``2026-03``, ``2026-Q1``, or relative to the day on which it is made:
    ``this-year``, ``last-year``, ``this-month``, ``last-month``"""
    unit: str = ""
    """id of a work unit: of it and those below; empty: all that may be seen"""
    jp: int | None = None
    """JP to be reached by everybody, instead of those of the configuration (`lacking`)"""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadReport(mark("There is no such report."))
        if self.period not in _RELATIVE and not _FIXED.fullmatch(self.period):
            raise BadReport(mark("A period is a year (2026), a month (2026-03) or a quarter."))
        if self.kind in YEARLY and not self.is_of_a_year:
            raise BadReport(mark("JP are counted by the year: choose a whole year."))
        if self.jp is not None and not 1 <= self.jp <= 8760:
            raise BadReport(mark("JP are a number from 1 to 8760."))
        if len(self.unit) > 64:
            raise BadReport(mark("There is no such work unit."))

    def arguments(self) -> dict[str, str]:
        """By which it is found again; what says nothing is left out."""
        found = {"report": self.kind, "period": self.period, "unit": self.unit}
        if self.jp:
            found["jp"] = str(self.jp)
        return {name: value for name, value in found.items() if value}

    @property
    def is_of_a_year(self) -> bool:
        return self.period.endswith("-year") or "-" not in self.period

    @property
    def is_relative(self) -> bool:
        """Whether its period goes along with the calendar, so that it is worth mailing."""
        return self.period in _RELATIVE

    def period_at(self, today: dt.date) -> Period:
        """The days that are meant on that day."""
        if found := _FIXED.fullmatch(self.period):
            year = int(found["year"])
            if found["month"]:
                return _months(year, int(found["month"]), 1)
            if found["quarter"]:
                return _months(year, 3 * int(found["quarter"]) - 2, 3)
            return _months(year, 1, 12)
        if self.is_of_a_year:
            return _months(today.year - (self.period == "last-year"), 1, 12)
        day = today.replace(day=1)
        if self.period == "last-month":
            day = (day - dt.timedelta(days=1)).replace(day=1)
        return _months(day.year, day.month, 1)


def _months(year: int, first: int, many: int) -> Period:
    last = first + many - 1
    days = calendar.monthrange(year, last)[1]
    return Period(dt.date(year, first, 1), dt.date(year, last, days))
