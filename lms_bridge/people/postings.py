"""In which work unit somebody was, and since when: what is left of moves between OPDs.

A registry says only where people are now. So a posting begins when it is first seen, and ends
when another is. Each registry has its own ids of units and so its own postings; what HR's table
says is kept beside them, as of the registry ``""``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.store.schema import postings
from lms_bridge.text import fitting, storable

HR = ""
"""the registry of postings that HR's table tells of"""
_LONGEST_ID = 64


class Posting(msgspec.Struct, frozen=True):
    """That somebody was in a unit."""

    registry: str
    unit_id: str
    unit_name: str
    since: dt.datetime
    """when it was first seen"""
    until: dt.datetime | None
    """when it was seen no more; None: it is so still"""


def note(
    db: Connection,
    employee_id: int,
    registry: str,
    unit_id: str,
    unit_name: str,
    now: dt.datetime,
    *,
    left: bool = False,
) -> None:
    """`registry` says that the employee is in this unit, or in none at all.

    In none is also what it says where a field was left empty; so it ends a posting only for
    somebody of whom it says besides that they have `left` the service.
    """
    unit_id = fitting(storable(unit_id), _LONGEST_ID)
    mine = {"employee_id": employee_id, "registry": registry}
    row = db.execute(_CURRENT, {"employee": employee_id, "of_registry": registry}).one_or_none()
    if not unit_id and not unit_name:
        if left and row is not None:
            db.execute(update(postings).where(postings.c.id == row.id).values(until=now))
        return
    if row is not None:
        same = row.unit_id == unit_id if unit_id and row.unit_id else row.unit_name == unit_name
        if same:
            said = {"unit_id": unit_id or row.unit_id, "unit_name": unit_name or row.unit_name}
            if (row.unit_id, row.unit_name) != tuple(said.values()):  # it was given another name
                db.execute(update(postings).where(postings.c.id == row.id).values(said))
            return
        db.execute(update(postings).where(postings.c.id == row.id).values(until=now))
    db.execute(_NEW, {**mine, "unit_id": unit_id, "unit_name": unit_name, "since": now})


_CURRENT = (
    select(postings)
    .where(
        postings.c.employee_id == bindparam("employee"),
        postings.c.registry == bindparam("of_registry"),
        postings.c.until.is_(None),
    )
    .with_for_update()
)
_NEW = postings.insert()


def of(db: Connection, employee_id: int) -> Sequence[Posting]:
    """The postings of the employee, the latest first."""
    query = select(postings).where(postings.c.employee_id == employee_id)
    return [
        Posting(row.registry, row.unit_id, row.unit_name, row.since, row.until)
        for row in db.execute(query.order_by(postings.c.since.desc(), postings.c.id.desc()))
    ]


def hand_over(db: Connection, former: int, employee_id: int, now: dt.datetime) -> None:
    """The postings of `former` are the employee's, and over."""
    mine = postings.c.employee_id == former
    db.execute(update(postings).where(mine, postings.c.until.is_(None)).values(until=now))
    db.execute(update(postings).where(mine).values(employee_id=employee_id))
