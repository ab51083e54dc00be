"""Whose badges are to be looked at again, and who may have any.

Who is noted in the transaction that changes something: :mod:`lms_bridge.people.changed`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, func, select, union

from lms_bridge.people.changed import BADGES
from lms_bridge.store.schema import awards, completions, history_rows

AWARDING = "awarding"
"""what only one transaction is at: looking at people, and changing who they are"""

ask, is_any, how_many, take = BADGES.ask, BADGES.is_any, BADGES.how_many, BADGES.take


def ask_for_everybody(db: Connection, now: dt.datetime) -> None:
    """Have everybody looked at who may have earned anything."""
    BADGES.ask_for(db, select(_MAY_HAVE.c.employee_id), now)


def who_may_have_badges(db: Connection, *, after: int, most: int) -> Sequence[int]:
    """So many of those who have learned anything or have a badge, in order of their numbers."""
    people = select(_MAY_HAVE.c.employee_id).where(_MAY_HAVE.c.employee_id > after)
    return db.execute(people.order_by(_MAY_HAVE.c.employee_id).limit(most)).scalars().all()


def how_many_may_have_badges(db: Connection) -> int:
    """How many those are."""
    return db.execute(select(func.count()).select_from(_MAY_HAVE)).scalar_one()


_MAY_HAVE = union(
    select(completions.c.employee_id),
    select(history_rows.c.employee_id),
    select(awards.c.employee_id),
).subquery("may_have")
