"""What the makers of reports are given, and what they have in common."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec

from lms_bridge.accounts.sight import Sight, Unit
from lms_bridge.config.settings import YearlyHours
from lms_bridge.i18n import gettext, mark
from lms_bridge.reporting import showing
from lms_bridge.reporting.report import TITLES, Period, Report

_UNFIT = re.compile(r"[\W_]+")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A report, with all that it is made by."""

    report: Report
    period: Period
    seen_by: tuple[Sight, ...]
    """whoever is in it is seen by each of these"""
    unit: Unit | None
    yearly: YearlyHours
    language: str
    limit: int | None
    """how many rows; None: all"""
    now: dt.datetime | None = None
    """that the sums may be a minute old, and when it is; None: they are to be those of the rows"""

    def say(self, message: str, **details: Any) -> str:
        """The marked `message` in the language of the report."""
        text = gettext(message, self.language)
        return text % details if details else text

    @property
    def title(self) -> str:
        return self.say(TITLES[self.report.kind])

    @property
    def about(self) -> list[tuple[str, str]]:
        """Of which unit it is and of when."""
        unit = self.unit or next((one.inside[0] for one in self.seen_by if one.inside), None)
        return [
            (self.say(mark("Work unit")), unit.name if unit else self.say(mark("all"))),
            (self.say(mark("Period")), self.when),
        ]

    @property
    def when(self) -> str:
        """The period in words."""
        first, last = self.period.first, self.period.last
        if (first.month, last.month) == (1, 12):
            return str(first.year)
        name = showing.month(first.month, self.language)
        if first.month != last.month:
            name += f"–{showing.month(last.month, self.language)}"
        return f"{name} {first.year}"

    @property
    def file_name(self) -> str:
        """What a file with it is called, without what follows the dot."""
        words = [self.title, self.unit.name if self.unit else "", self.when]
        return _UNFIT.sub("-", " ".join(words)).strip("-")[:120]
