"""Deciding that something which waits is not to be recorded, and taking that back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal_column, select, update

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.sight import Sight
from lms_bridge.attention import waiting
from lms_bridge.attention.groups import PAGE, Cause, Kind, Member
from lms_bridge.reasons import Reason
from lms_bridge.recognition import dismissals
from lms_bridge.recognition.sightings import SightingState, hold
from lms_bridge.recognition.sightings import waits as waits_for
from lms_bridge.store.many import among
from lms_bridge.store.schema import dismissals as table
from lms_bridge.store.schema import sightings

_IS_DISMISSED = sightings.c.state == literal_column("'dismissed'")
_COLUMNS: Mapping[str, ColumnElement[str]] = {
    "course": sightings.c.object_id,
    "person": sightings.c.actor,
}


class Standing(msgspec.Struct, frozen=True):
    """A dismissal that holds for all that comes in."""

    id: int
    kind: str
    title: str
    """the course or the account"""
    at: dt.datetime
    by: str
    why: str
    count: int
    """what was dismissed by it so far"""


def dismiss(
    db: Connection, cause: Cause, *, most: int, actor: Actor, why: str, now: dt.datetime
) -> int:
    """Dismiss `most` of the group, and what comes in of the same course or account; how many.

    What a statement says is dismissed for what is there only. To be called until there are none
    left (:mod:`lms_bridge.attention.bulk`).
    """
    hold(db)
    row = waiting.row_of(db, cause)
    if row is None:
        return 0
    if cause.kind is Kind.COURSE:
        dismissals.begin(db, "course", row.object_id, by=actor.name, why=why, now=now)
    elif cause.kind is Kind.PERSON:
        dismissals.begin(db, "person", row.actor, by=actor.name, why=why, now=now)
    last = case((sightings.c.id == cause.member, 1), else_=0)  # by it the group is known
    some = select(sightings.c.id).where(waiting.same(cause.kind, row)).order_by(last).limit(most)
    ids = list(db.execute(some).scalars())
    return _dismiss(db, ids, actor, why, now, subject=f"{cause.kind}:{cause.member}")


def dismiss_some(
    db: Connection, ids: Collection[int], *, actor: Actor, why: str, now: dt.datetime
) -> int:
    """Dismiss those of the sightings `ids` that wait, and nothing that comes later; how many."""
    hold(db)
    return _dismiss(db, ids, actor, why, now, subject="sightings")


def standing(db: Connection, sight: Sight, *, after: int = 0, limit: int = PAGE) -> list[Standing]:
    """The dismissals that hold; for whoever sees everybody."""
    if not sight.is_whole:
        return []
    query = (
        select(table)
        .where(table.c.ended_at.is_(None), table.c.id > after)
        .order_by(table.c.id)
        .limit(limit)
    )
    return [
        Standing(
            id=row.id,
            kind=row.kind,
            title=_title(db, row.kind, row.key),
            at=row.at,
            by=row.by,
            why=row.why,
            count=_how_many(db, row.kind, row.key),
        )
        for row in db.execute(query).all()
    ]


def dismissed(db: Connection, sight: Sight, *, after: int = 0, limit: int = PAGE) -> list[Member]:
    """What was dismissed, one by one."""
    return waiting.listed(db, _IS_DISMISSED, sight, after=after, limit=limit)


def take_back(
    db: Connection, dismissal_id: int, *, most: int, actor: Actor, now: dt.datetime
) -> int:
    """End a dismissal, and have `most` of what was dismissed by it judged again; how many."""
    hold(db)
    row = db.execute(select(table).where(table.c.id == dismissal_id)).one_or_none()
    if row is None:
        return 0
    dismissals.end(db, row.kind, row.key, by=actor.name, now=now)
    mine = and_(_IS_DISMISSED, _COLUMNS[row.kind] == row.key)
    ids = list(db.execute(select(sightings.c.id).where(mine).limit(most)).scalars())
    return _judge_again(db, ids, actor, now, subject=f"dismissal:{dismissal_id}")


def take_back_some(db: Connection, ids: Collection[int], *, actor: Actor, now: dt.datetime) -> int:
    """Have those of the sightings `ids` that were dismissed judged again; how many."""
    hold(db)
    return _judge_again(db, ids, actor, now, subject="sightings")


def _dismiss(
    db: Connection, ids: Collection[int], actor: Actor, why: str, now: dt.datetime, *, subject: str
) -> int:
    columns = dismissals.is_dismissed(by=actor.name, why=why) | {"decided_at": now}
    which = and_(waiting.IS_WAITING, among(sightings.c.id, list(ids)))
    count = db.execute(update(sightings).where(which).values(**columns)).rowcount
    if count:
        details = {"count": count, "why": why}
        audit.note(db, actor, "attention.dismissed", subject, details, now=now)
    return count


def _judge_again(
    db: Connection, ids: Collection[int], actor: Actor, now: dt.datetime, *, subject: str
) -> int:
    which = and_(_IS_DISMISSED, among(sightings.c.id, list(ids)))
    # What was pulled from the LMS has no statement to be judged by: it waits for the next pull.
    pulled = and_(which, sightings.c.statement_seq.is_(None))
    count = 0
    for row in db.execute(select(sightings.c.id, sightings.c.actor_name).where(pulled)).all():
        values = waits_for(Reason("unknown_person", actor=row.actor_name))
        count += db.execute(
            update(sightings).where(sightings.c.id == row.id).values(**values)
        ).rowcount
    count += db.execute(update(sightings).where(which).values(state=SightingState.NEW)).rowcount
    if count:
        audit.note(db, actor, "attention.taken_back", subject, {"count": count}, now=now)
    return count


def _title(db: Connection, kind: str, key: str) -> str:
    """What the course or account of a dismissal is called."""
    column = sightings.c.course_name if kind == "course" else sightings.c.actor_name
    query = select(column).where(_COLUMNS[kind] == key).order_by(sightings.c.id).limit(1)
    name = db.execute(query).scalar()
    return name or (key if kind == "course" else waiting.called(key))


def _how_many(db: Connection, kind: str, key: str) -> int:
    query = select(func.count()).where(_IS_DISMISSED, _COLUMNS[kind] == key)
    return db.execute(query).scalar_one()
