"""Which worker processes are alive: each says so every few seconds, on a row of its own."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, delete, select

from lms_bridge.deliveries.ownership import is_certainly_dead
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import leads, workers

EVERY_SECONDS = 5.0
_SILENT = dt.timedelta(seconds=30)
"""after which one counts as dead"""
_FORGOTTEN = dt.timedelta(days=1)


class WorkerLine(msgspec.Struct, frozen=True):
    """A worker process."""

    owner: str
    started_at: dt.datetime
    seen_at: dt.datetime
    is_alive: bool
    is_active: bool = False
    """whether it is the one that begins what runs at set times, where several share the work"""

    @property
    def name(self) -> str:
        """As a person finds it: where it runs, and the number of its process there."""
        return f"{self.host}, {self.owner.split(':')[-2]}" if ":" in self.owner else self.owner

    @property
    def host(self) -> str:
        """Where it runs."""
        return self.owner.partition("/")[0]


def beat(store: Store, owner: str, *, now: dt.datetime) -> None:
    """The worker `owner` is alive."""
    with store.writing() as db:
        new = insert(db, workers).values(owner=owner, started_at=now, seen_at=now)
        db.execute(new.on_conflict_do_update(index_elements=["owner"], set_={"seen_at": now}))


def leave(store: Store, owner: str) -> None:
    """It ends as it should; those that fell silent long ago are forgotten."""
    now = dt.datetime.now(dt.UTC)
    with store.writing() as db:
        gone = (workers.c.owner == owner) | (workers.c.seen_at < now - _FORGOTTEN)
        db.execute(delete(workers).where(gone))


def every(db: Connection, *, now: dt.datetime) -> list[WorkerLine]:
    """The workers that were seen within a day, the latest first."""
    leading = leads.c.owner == workers.c.owner
    query = (
        select(workers, leads.c.seen_at.label("led_at"))
        .outerjoin(leads, leading)
        .where(workers.c.seen_at > now - _FORGOTTEN)
    )
    return [
        WorkerLine(
            row.owner,
            row.started_at,
            row.seen_at,
            row.seen_at > now - _SILENT and not is_certainly_dead(row.owner),
            row.led_at is not None and row.led_at > now - _SILENT,
        )
        for row in db.execute(query.order_by(workers.c.seen_at.desc()))
    ]
