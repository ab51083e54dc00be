"""What came of an act: how much of what waited is a completion now, and what the rest waits for."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.reasons import Reason
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.many import among
from lms_bridge.store.schema import sightings

_SECONDS = 3.0
"""how long is judged at once, before it is left to the worker"""


class Outcome(msgspec.Struct, frozen=True):
    """What became of what waited."""

    recognised: int
    left: int
    """that are still to be judged, or about which the LMS is asked first"""
    others: Sequence[tuple[Reason, int]]
    """why others are no completion, or wait still, the most first"""


def judge(bridge: Bridge, *, seconds: float = _SECONDS) -> None:
    """Judge what is new, for so long; what is left a worker does."""
    from lms_bridge.recognition.recogniser import Recogniser  # only who acts needs it

    until = time.monotonic() + seconds
    judging = Recogniser(bridge.store, bridge.settings, {}, clock=utc_now)
    judging.judge(lambda _done: time.monotonic() < until)


def of_accounts(keys: Collection[str]) -> ColumnElement[bool]:
    """That a sighting is of one of the accounts."""
    return among(sightings.c.actor, list(keys))


def read(db: Connection, which: ColumnElement[bool], *, since: dt.datetime) -> Outcome:
    """What became of the sightings `which` that were judged from `since` on."""
    to_judge = sightings.c.state.in_([SightingState.NEW, SightingState.ASKING])
    left = db.execute(select(func.count()).where(which, to_judge)).scalar_one()
    query = (
        select(
            sightings.c.state,
            sightings.c.reason_code,
            func.min(sightings.c.id).label("first"),
            func.count().label("many"),
        )
        .where(which, ~to_judge, sightings.c.decided_at >= since)
        .group_by(sightings.c.state, sightings.c.reason_code)
        .order_by(func.count().desc())
    )
    rows = db.execute(query).all()
    details = {
        row.id: row.reason_details
        for row in db.execute(
            select(sightings.c.id, sightings.c.reason_details).where(
                among(sightings.c.id, [row.first for row in rows])
            )
        )
    }
    return Outcome(
        recognised=sum(row.many for row in rows if row.state == SightingState.RECOGNISED),
        left=left,
        others=[
            (Reason.stored(row.reason_code, details[row.first]), row.many)
            for row in rows
            if row.state != SightingState.RECOGNISED and row.reason_code
        ],
    )
