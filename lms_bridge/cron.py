"""Cron lines, read as cron reads them.

APScheduler 3 counts weekdays from Monday; every cron, and so everybody who writes such a
line, counts them from Sunday (APScheduler issue 286). It also demands both a day of the
month and a weekday to fit, where cron takes either, so a line that names both is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(
    r"(?:\*|(?P<first>[a-z]{3}|[0-7])(?:-(?P<last>[a-z]{3}|[0-7]))?)(?:/(?P<step>\d+))?"
)


def trigger(line: str, zone: dt.tzinfo) -> CronTrigger:
    """When the cron `line` (minute hour day month weekday) falls, in the time zone `zone`.

    >>> trigger("0 3 * * 6", dt.UTC)
    <CronTrigger (day_of_week='sat', hour='3', minute='0', timezone='UTC')>

    Raises :exc:`ValueError` with what is wrong with the line.
    """
    # Not before it is needed: whoever only reads the configuration may never need it.
    from apscheduler.triggers.cron import CronTrigger

    fields = line.lower().split()
    if len(fields) != 5:
        raise ValueError(f"it has {len(fields)} fields instead of 5")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise ValueError("it names both a day of the month and a weekday; use one of them")
    found = CronTrigger(
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        day_of_week=_weekdays(weekday),
        timezone=zone,
    )
    if found.get_next_fire_time(None, dt.datetime.now(zone)) is None:
        raise ValueError("there is no such day")
    return found


def _weekdays(field: str) -> str:
    """The weekdays of a cron line by name, which both count alike.

    >>> _weekdays("5-7,1")
    'sun,mon,fri,sat'
    """
    if field == "*":
        return field
    chosen: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no weekday: 0 to 7 (0 and 7 are Sunday), or mon to sun")
        step = int(match["step"] or 1)
        first = _number(match["first"] or "0")
        last = _number(match["last"] or match["first"] or "6")
        if match["first"] and not match["last"] and match["step"]:
            last = 6  # cron: "2/3" goes on to the end of the week
        if step == 0:
            raise ValueError(f"{part!r} goes on by 0 days")
        # A range may reach over the end of the week, as from Friday to Sunday.
        chosen.update(day % 7 for day in range(first, last + (7 if last < first else 0) + 1, step))
    return ",".join(name for number, name in enumerate(_DAYS) if number in chosen)


def _number(day: str) -> int:
    if day.isdecimal():
        return int(day)
    if day not in _DAYS:
        raise ValueError(f"{day!r} is no weekday: mon, tue, wed, thu, fri, sat or sun")
    return _DAYS.index(day)
