"""The place of a statement among all: when it was stored, in microseconds since 1970.

No two statements have the same place, and whoever reads them in the order of their places reads
them in the order in which they became visible: one that was stored later never has a place before
one that could be read already. So "after this place" is all that a reader has to remember
(:mod:`lms_bridge.store.marks`), and a time is a place as well:

>>> place_of(dt.datetime(2026, 11, 24, 6, 9, 28, tzinfo=dt.UTC))
1795500568000000
>>> moment_of(1795500568000000).isoformat()
'2026-11-24T06:09:28+00:00'
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, func, select

from lms_bridge.store.engine import alone
from lms_bridge.store.schema import statements

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def place_of(moment: dt.datetime) -> int:
    """The place of what is stored at `moment`."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(place: int) -> dt.datetime:
    """When it was stored."""
    return _EPOCH + dt.timedelta(microseconds=place)


def next_place(db: Connection, now: dt.datetime) -> int:
    """The place of the next statement that is stored; those after it have the ones that follow.

    Whoever asks keeps all others from asking until the transaction ends. When the clock was
    put back, places go on from the last one that was given.
    """
    alone(db, "storing statements")
    last: int | None = db.scalar(_LAST)
    return max(place_of(now), (last or 0) + 1)


_LAST = select(func.max(statements.c.seq))
