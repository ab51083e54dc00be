"""Whose badges are to be looked at again.

Asked for in the transaction in which something changes that badges may rest on, and struck out in
the one in which they were looked at; so none is forgotten, whenever a process dies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    func,
    literal,
    select,
    true,
    union,
)

from lms_bridge.store.engine import in_dialects, insert
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, badge_reviews, completions, history_rows

AWARDING = "awarding"
"""what only one transaction is at: looking at people, and changing who they are"""


def ask(db: Connection, employee_id: int, now: dt.datetime) -> None:
    """Something has changed of what the badges of the employee rest on."""
    db.execute(_new(db), {"employee_id": employee_id, "asked_at": now})


def ask_for(db: Connection, which: ColumnElement[bool], now: dt.datetime) -> None:
    """The same for everybody who has a completion of those `which`."""
    _ask_for(db, select(completions.c.employee_id).where(which), now)


def ask_for_everybody(db: Connection, now: dt.datetime) -> None:
    """The same for everybody who may have earned anything."""
    _ask_for(db, select(_MAY_HAVE.c.employee_id), now)


def who_may_have_badges(db: Connection, *, after: int, most: int) -> Sequence[int]:
    """So many of those who have learned anything or have a badge, in order of their numbers."""
    people = select(_MAY_HAVE.c.employee_id).where(_MAY_HAVE.c.employee_id > after)
    return db.execute(people.order_by(_MAY_HAVE.c.employee_id).limit(most)).scalars().all()


def how_many_may_have_badges(db: Connection) -> int:
    """How many those are."""
    return db.execute(select(func.count()).select_from(_MAY_HAVE)).scalar_one()


def _ask_for(db: Connection, people: Select[tuple[int]], now: dt.datetime) -> None:
    some = people.distinct().subquery()
    rows = select(some.c.employee_id, literal(now, badge_reviews.c.asked_at.type))
    # In one order, so that of two who ask for the same people none waits for the other.
    rows = rows.where(true()).order_by(some.c.employee_id)
    new = insert(db, badge_reviews).from_select(["employee_id", "asked_at"], rows)
    db.execute(_again(new))


def is_any(db: Connection) -> bool:
    """Whether anybody's are to be looked at."""
    return db.execute(select(badge_reviews.c.employee_id).limit(1)).first() is not None


def how_many(db: Connection) -> int:
    """Whose are to be looked at, as a number."""
    return db.execute(select(func.count()).select_from(badge_reviews)).scalar_one()


def take(db: Connection, most: int) -> list[int]:
    """Some of those whose are to be looked at, struck out with the transaction of `db`.

    Not whoever is asked for by a transaction that has not ended: what that changes cannot be seen
    yet.
    """
    some = select(badge_reviews.c.employee_id).order_by(badge_reviews.c.asked_at).limit(most)
    people = list(db.execute(some.with_for_update(skip_locked=True)).scalars())
    if people:
        db.execute(delete(badge_reviews).where(among(badge_reviews.c.employee_id, people)))
    return people


def _again(new: Any) -> Any:
    """Ask, also for whom was asked before.

    That is written anew: otherwise PostgreSQL would let somebody be looked at, and struck out, in
    between, before that can be seen which this transaction has changed.
    """
    return new.on_conflict_do_update(
        index_elements=["employee_id"], set_={"asked_at": new.excluded.asked_at}
    )


@in_dialects
def _new(insert: Any) -> Any:
    return _again(insert(badge_reviews))


_MAY_HAVE = union(
    select(completions.c.employee_id),
    select(history_rows.c.employee_id),
    select(awards.c.employee_id),
).subquery("may_have")
