"""Who is at work on what, and taking over from workers that are no more.

A claimed delivery is its worker's for the time of its lease, which the worker renews while
it lives. One that is killed leaves its deliveries behind: they are released as soon as its
process is certainly dead, or else when the lease has run out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, or_, select, update

from lms_bridge.deliveries import lifecycle, standing
from lms_bridge.deliveries.due import IS_RUNNING
from lms_bridge.deliveries.ownership import is_certainly_dead
from lms_bridge.deliveries.whose import Whose
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.schema import attempts, deliveries

_INTERRUPTED = Reason("interrupted")


def renew(
    db: Connection, owner: str, held: Collection[int], *, now: dt.datetime, lease_seconds: float
) -> None:
    """`owner` is alive and at work on the deliveries `held`: it keeps them."""
    mine = (
        select(deliveries.c.id)
        .where(deliveries.c.id.in_(held), IS_RUNNING, deliveries.c.lease_owner == owner)
        # One that is locked is just being written by ourselves, which renews it too.
        .with_for_update(skip_locked=True)
    )
    ids = db.execute(mine).scalars().all()
    until = now + dt.timedelta(seconds=lease_seconds)
    db.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(lease_until=until))


def release_abandoned(db: Connection, *, now: dt.datetime) -> int:
    """Take back what dead or silent workers hold; how many there were.

    Each becomes due at once: its step looks up first what the dead worker may have done.
    """
    abandoned = (
        select(
            deliveries.c.id,
            deliveries.c.completion_id,
            deliveries.c.award_id,
            deliveries.c.step,
            deliveries.c.remote,
            deliveries.c.attempts,
            deliveries.c.changed_at,
        )
        .where(_is_abandoned(db, now))
        .with_for_update(skip_locked=True)
    )
    rows = db.execute(abandoned).all()
    if not rows:
        return 0
    db.execute(
        update(deliveries)
        .where(deliveries.c.id.in_([row.id for row in rows]))
        .values(
            state=lifecycle.leads_to("release"),
            due_at=now,
            lease_owner=None,
            lease_until=None,
            fence=deliveries.c.fence + 1,
            changed_at=now,
            **reason_columns(_INTERRUPTED),
        )
    )
    db.execute(
        attempts.insert(),
        [
            {
                "delivery_id": row.id,
                "number": row.attempts,
                "started_at": row.changed_at,
                "finished_at": now,
                "outcome": "interrupted",
                **reason_columns(_INTERRUPTED),
                "exchanges": [],
            }
            for row in rows
        ],
    )
    for row in rows:
        whose = Whose(row.completion_id, row.award_id)
        standing.follow(db, whose, row.step, row.remote, now)
    return len(rows)


def is_anything_abandoned(db: Connection, *, now: dt.datetime) -> bool:
    """Whether :func:`release_abandoned` would find something."""
    found = select(deliveries.c.id).where(_is_abandoned(db, now)).limit(1)
    return db.execute(found).first() is not None


def _is_abandoned(db: Connection, now: dt.datetime) -> ColumnElement[bool]:
    holders = db.execute(select(deliveries.c.lease_owner).where(IS_RUNNING).distinct()).scalars()
    dead = [owner for owner in holders if owner and is_certainly_dead(owner)]
    return IS_RUNNING & or_(deliveries.c.lease_until <= now, deliveries.c.lease_owner.in_(dead))
