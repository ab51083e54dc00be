"""The journal of what happened, and how far each target has read it.

Whoever changes something calls :func:`note` in the same transaction. As long as nobody is to be
told it writes nothing. A row has no place in the order at first: of two transactions the one that
commits first need not have the lower number, and a reader with a mark would miss the other. So the
one that tells gives each row that it can see its place (:func:`arrange`), once and for all.

In a row stand numbers and codes only; names and NIPs are read when it is told.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from lms_bridge.events.kinds import Kind
from lms_bridge.reasons import Reason
from lms_bridge.store import marks
from lms_bridge.store.engine import alone, in_dialects
from lms_bridge.store.schema import events, events_raised
from lms_bridge.store.schema import marks as table_of_marks
from lms_bridge.store.types import AnyRow

KEPT = dt.timedelta(days=30)
"""how long it can be seen what was told"""
PREFIX = "events."
_AT_ONCE = 1000


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    place: int
    public_id: str
    """by which a receiver knows that it had it before"""
    type: str
    at: dt.datetime
    details: dict[str, Any]


def note(db: Connection, kind: Kind, now: dt.datetime, **details: Any) -> None:
    """`kind` has happened, to what the `details` name."""
    db.execute(
        _NOTE, {"id_": str(uuid.uuid4()), "kind": kind.value, "at_": now, "details_": details}
    )


def note_waiting(
    db: Connection, seen: Collection[int], values: Mapping[str, Any], now: dt.datetime
) -> None:
    """What was `seen` waits for a person, if it does by these `values` of its columns."""
    if values.get("state") == "attention":
        for sighting_id in seen:
            _raise(db, "sighting", sighting_id, values["reason_code"], now)


def note_stopped(
    db: Connection, delivery_id: int, reason: Reason, now: dt.datetime, *, looked_at: bool
) -> None:
    """A delivery waits for a person.

    `looked_at`: it may have done so before, and it was only looked whether the person did it.
    """
    if looked_at:
        _raise(db, "delivery", delivery_id, reason.code, now)
    else:
        note(db, Kind.ATTENTION, now, delivery=delivery_id, reason=reason.code)


def _raise(db: Connection, what: str, number: int, code: str, now: dt.datetime) -> None:
    """Something waits for a person; that it still does, after it was judged again, is no news."""
    if not db.scalar(_ANYBODY):
        return
    subject = f"{what}:{number}"
    if db.execute(_new_cause(db), {"subject": subject, "reason_code": code}).first():
        note(db, Kind.ATTENTION, now, **{what: number, "reason": code})


@in_dialects
def _new_cause(insert: Any) -> Any:
    put = insert(events_raised)
    return put.on_conflict_do_update(
        index_elements=["subject"],
        set_={"reason_code": put.excluded.reason_code},
        where=events_raised.c.reason_code != put.excluded.reason_code,
    ).returning(events_raised.c.subject)


def note_health(
    db: Connection, remote: str, now: dt.datetime, *, down: Reason | None = None
) -> None:
    """`remote` cannot be used any more, or can be again; of a target nobody is told."""
    if remote.startswith(PREFIX):
        return
    if down is None:
        note(db, Kind.UP, now, remote=remote)
        return
    reason = {"code": down.code, "details": down.details}
    note(db, Kind.DOWN, now, remote=remote, reason=reason)


_IS_ANYBODY = exists(
    select(literal(1))
    .select_from(table_of_marks)
    .where(table_of_marks.c.reader.startswith(PREFIX, autoescape=True))
)
_ANYBODY = select(_IS_ANYBODY)
_NOTE = insert(events).from_select(
    ["public_id", "type", "at", "details"],
    select(
        bindparam("id_", type_=events.c.public_id.type),
        bindparam("kind", type_=events.c.type.type),
        bindparam("at_", type_=events.c.at.type),
        bindparam("details_", type_=events.c.details.type),
    ).where(_IS_ANYBODY),
)


# --- who reads it -------------------------------------------------------------------------------


def begin(db: Connection, remotes: Collection[str]) -> None:
    """Note from where on each of `remotes` reads, if it is new; forget those that are none."""
    is_reader = table_of_marks.c.reader.startswith(PREFIX, autoescape=True)
    known = set(db.scalars(select(table_of_marks.c.reader).where(is_reader)))
    if known == set(remotes):
        return
    last = _last(db)
    for remote in set(remotes) - known:
        marks.begin(db, remote, last)
    gone = known - set(remotes)
    db.execute(delete(table_of_marks).where(table_of_marks.c.reader.in_(gone)))


def arrange(db: Connection) -> int:
    """Give the rows that have none a place, in the order of their numbers; how many."""
    alone(db, "events")
    query = select(events.c.id).where(events.c.place.is_(None)).order_by(events.c.id)
    ids = db.scalars(query.limit(_AT_ONCE)).all()
    if ids:
        first = _last(db) + 1
        rows = [{"row": row, "at_place": first + number} for number, row in enumerate(ids)]
        db.execute(_PLACE, rows)
    return len(ids)


def is_any(db: Connection, remotes: Iterable[str]) -> bool:
    """Whether something has no place, or comes after the mark of one of `remotes`."""
    unplaced = select(events.c.id).where(events.c.place.is_(None)).limit(1)
    if db.execute(unplaced).first() is not None:
        return True
    last = db.scalar(select(func.max(events.c.place))) or 0
    return any(marks.read_through(db, remote) < last for remote in remotes)


def following(db: Connection, mark: int, *, limit: int) -> list[Event]:
    """The events after the place `mark`, in order."""
    query = select(events).where(events.c.place > mark).order_by(events.c.place).limit(limit)
    return [_event(row) for row in db.execute(query)]


def waiting(db: Connection, remote: str, types: Collection[str], *, most: int) -> list[Event]:
    """What `remote` has still to be told, the first `most` of it."""
    query = select(events).where(
        events.c.place.is_(None) | (events.c.place > marks.read_through(db, remote))
    )
    if types:
        query = query.where(events.c.type.in_(types))
    query = query.order_by(events.c.id).limit(most)
    return [_event(row) for row in db.execute(query)]


def forget(db: Connection, *, now: dt.datetime) -> None:
    """Let go of what is old and was told to everybody."""
    is_reader = table_of_marks.c.reader.startswith(PREFIX, autoescape=True)
    told = db.scalar(select(func.min(table_of_marks.c.through)).where(is_reader))
    old = events.c.at < now - KEPT
    db.execute(delete(events).where(old, events.c.place <= (told or 0)))


def _last(db: Connection) -> int:
    """The last place that was given; also if its row is there no more."""
    is_reader = table_of_marks.c.reader.startswith(PREFIX, autoescape=True)
    read = db.scalar(select(func.max(table_of_marks.c.through)).where(is_reader))
    return max(db.scalar(select(func.max(events.c.place))) or 0, read or 0)


_PLACE = update(events).where(events.c.id == bindparam("row")).values(place=bindparam("at_place"))


def _event(row: AnyRow) -> Event:
    return Event(
        place=row.place or 0,
        public_id=row.public_id,
        type=row.type,
        at=row.at,
        details=row.details,
    )
