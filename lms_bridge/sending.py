"""Who sends statements: what came of their requests, hour by hour, and what they sent last.

The web service counts in memory and adds its counts to a row of the sender and hour every few
seconds, so that a request costs no write of its own. What was counted and not yet added is lost
when the process is killed; it is a number for people, and nothing rests on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, func, select

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.operation import counting
from lms_bridge.operation.counting import Some
from lms_bridge.redaction import redact
from lms_bridge.store.engine import insert
from lms_bridge.store.places import moment_of, place_of
from lms_bridge.store.schema import sender_hours, statement_keys

NOBODY = ""
"""as whom a request is counted that came with no credentials that are known"""
_KEPT = dt.timedelta(days=90)
_LONGEST = 300


class Count(NamedTuple):
    """Requests of one sender in one hour."""

    taken: int
    refused: int
    said: str
    """to the last that was refused; empty: none was"""
    at: dt.datetime
    """when the last of them came"""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has sent."""

    last_at: dt.datetime | None
    """when their last statement came"""
    last_hour: Some
    last_day: Some
    """statements"""
    taken: int
    refused: int
    """requests of the last day"""
    said: str
    """to the last that was refused"""
    refused_at: dt.datetime | None

    @property
    def error_rate(self) -> float | None:
        """Which share of the requests of the last day was refused; None: there were none."""
        every = self.taken + self.refused
        return self.refused / every if every else None


def add(db: Connection, counts: Mapping[tuple[str, dt.datetime], Count]) -> None:
    """Add to what was counted, by sender and hour; what is old is forgotten."""
    for (sender, hour), one in counts.items():
        new = insert(db, sender_hours).values(
            sender=sender,
            hour=hour,
            taken=one.taken,
            refused=one.refused,
            said=redact(one.said)[:_LONGEST],
            refused_at=one.at if one.refused else None,
        )
        more = {
            "taken": sender_hours.c.taken + new.excluded.taken,
            "refused": sender_hours.c.refused + new.excluded.refused,
        }
        if one.refused:
            more |= {"said": new.excluded.said, "refused_at": new.excluded.refused_at}
        db.execute(new.on_conflict_do_update(index_elements=["sender", "hour"], set_=more))
        db.execute(delete(sender_hours).where(sender_hours.c.hour < hour - _KEPT))


def of(db: Connection, senders: Iterable[str], *, now: dt.datetime) -> dict[str, Sent]:
    """What each of the senders has sent."""
    counted = _counted(db, now)
    return {name: _sent(db, name, counted.get(name), now) for name in senders}


def _counted(db: Connection, now: dt.datetime) -> dict[str, tuple[int, int]]:
    sums = select(
        sender_hours.c.sender, func.sum(sender_hours.c.taken), func.sum(sender_hours.c.refused)
    )
    day = sums.where(sender_hours.c.hour > now - dt.timedelta(days=1))
    rows = db.execute(day.group_by(sender_hours.c.sender))
    return {sender: (int(taken), int(refused)) for sender, taken, refused in rows}


def _sent(db: Connection, name: str, counted: tuple[int, int] | None, now: dt.datetime) -> Sent:
    mine = statement_keys.c.key == key(Kind.SENDER, name)
    newest = select(statement_keys.c.seq).where(mine).order_by(statement_keys.c.seq.desc())
    last = db.scalar(newest.limit(1))
    hour, day = (
        counting.up_to(
            db,
            statement_keys,
            mine,
            statement_keys.c.seq > place_of(now - dt.timedelta(hours=long)),
        )
        for long in (1, 24)
    )
    refusal = select(sender_hours.c.said, sender_hours.c.refused_at).where(
        sender_hours.c.sender == name, sender_hours.c.refused_at.is_not(None)
    )
    told = db.execute(refusal.order_by(sender_hours.c.hour.desc()).limit(1)).one_or_none()
    taken, refused = counted or (0, 0)
    return Sent(
        last_at=None if last is None else moment_of(last),
        last_hour=hour,
        last_day=day,
        taken=taken,
        refused=refused,
        said=told.said if told else "",
        refused_at=told.refused_at if told else None,
    )
