"""Lengths of time as people write them: ``90 days``, ``36 months``, ``2 years``, ``forever``.

>>> before("2 months", dt.datetime(2026, 4, 30, tzinfo=dt.UTC)).isoformat()
'2026-02-28T00:00:00+00:00'
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Annotated, Final

import msgspec

Length = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(forever|1 (day|month|year)|[1-9][0-9]{0,3} (days|months|years))$",
        description='a length such as "90 days", "36 months", "2 years", or "forever"',
    ),
]

_EARLIEST: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def before(length: str, now: dt.datetime) -> dt.datetime | None:
    """What is older than this is not kept; None if all is.

    A month back from the 31st is the last day of the month before. Nothing that the bridge has is
    from before 1970.
    """
    if length == "forever":
        return None
    number, _, unit = length.partition(" ")
    if unit.startswith("day"):
        days = dt.timedelta(days=int(number))
        return now - days if now - _EARLIEST > days else _EARLIEST
    months = int(number) * (12 if unit.startswith("year") else 1)
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    if year < _EARLIEST.year:
        return _EARLIEST
    day = min(now.day, calendar.monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)
