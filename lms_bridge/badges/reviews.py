"""Whose badges are to be looked at again.

Asked for in the transaction in which something changes that badges may rest on, and struck out in
the one in which they were looked at; so none is forgotten, whenever a process dies.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, literal, select

from lms_bridge.store.engine import in_dialects, insert
from lms_bridge.store.many import among
from lms_bridge.store.schema import badge_reviews, completions


def ask(db: Connection, employee_id: int, now: dt.datetime) -> None:
    """Something has changed of what the badges of the employee rest on."""
    db.execute(_new(db), {"employee_id": employee_id, "asked_at": now})


def ask_for(db: Connection, which: ColumnElement[bool], now: dt.datetime) -> None:
    """The same for everybody who has a completion of those `which`."""
    people = select(completions.c.employee_id, literal(now, badge_reviews.c.asked_at.type))
    new = insert(db, badge_reviews).from_select(
        ["employee_id", "asked_at"], people.where(which).distinct()
    )
    db.execute(new.on_conflict_do_nothing())


def is_any(db: Connection) -> bool:
    """Whether anybody's are to be looked at."""
    return db.execute(select(badge_reviews.c.employee_id).limit(1)).first() is not None


def how_many(db: Connection) -> int:
    """Whose are to be looked at, as a number."""
    return db.execute(select(func.count()).select_from(badge_reviews)).scalar_one()


def take(db: Connection, most: int) -> list[int]:
    """Some of those whose are to be looked at, struck out with the transaction of `db`."""
    some = select(badge_reviews.c.employee_id).order_by(badge_reviews.c.asked_at).limit(most)
    people = list(db.execute(some).scalars())
    if people:
        db.execute(delete(badge_reviews).where(among(badge_reviews.c.employee_id, people)))
    return people


@in_dialects
def _new(insert: Any) -> Any:
    return insert(badge_reviews).on_conflict_do_nothing()
