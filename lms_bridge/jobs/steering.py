"""What a person may want of a job: that it pauses, goes on, or is run now; and how it stands.

Whoever shows or asks this need not load the jobs themselves. To be run now is asked by a row; a
worker takes it within a second, in the transaction that begins the run, so that each time it is
asked the job is run once, whichever process is killed when.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from lms_bridge.store.engine import insert
from lms_bridge.store.schema import job_requests, job_runs, jobs
from lms_bridge.store.types import AnyRow


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job."""

    id: int
    started_at: dt.datetime
    finished_at: dt.datetime | None
    outcome: str
    times: int
    """how often in a row nothing was to be done"""
    done: int | None
    """how far it has come"""
    total: int | None
    asked_by: str
    """who wanted it; empty: the schedule, or a command"""
    counts: Mapping[str, int]
    error: str

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        if self.finished_at is None or self.outcome == "idle":
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def latest_begin(self) -> dt.datetime:
        """When it began; of several in a row that had nothing to do, the last of them."""
        if self.outcome == "idle" and self.finished_at is not None:
            return self.finished_at
        return self.started_at

    @property
    def is_running(self) -> bool:
        """Whether it is under way."""
        return self.outcome == "running"


class Asked(msgspec.Struct, frozen=True):
    """That somebody wants a run now."""

    at: dt.datetime
    by: str


def pause(db: Connection, name: str, *, paused: bool) -> None:
    """Stop the job from being run on schedule, or let it be again.

    A scheduled run that is under way ends soon.
    """
    db.execute(
        insert(db, jobs)
        .values(name=name, paused=paused)
        .on_conflict_do_update(index_elements=["name"], set_={"paused": paused})
    )


def is_paused(db: Connection, name: str) -> bool:
    """Whether somebody has paused the job."""
    return bool(db.scalar(_PAUSED, {"job": name}))


_PAUSED = select(jobs.c.paused).where(jobs.c.name == bindparam("job"))


def ask(db: Connection, name: str, *, by: str, now: dt.datetime) -> bool:
    """Have the job run as soon as a worker sees it; False if that was asked already."""
    new = insert(db, job_requests).values(job=name, asked_at=now, asked_by=by)
    done = new.on_conflict_do_nothing().returning(job_requests.c.job)
    return db.execute(done).first() is not None


def requests(db: Connection) -> dict[str, Asked]:
    """The jobs that are to be run now."""
    rows = db.execute(select(job_requests))
    return {row.job: Asked(row.asked_at, row.asked_by) for row in rows}


def take(db: Connection, name: str) -> str | None:
    """Who asks for the run that begins in this transaction; None if nobody does."""
    mine = delete(job_requests).where(job_requests.c.job == name)
    found: str | None = db.execute(mine.returning(job_requests.c.asked_by)).scalar()
    return found


def history(
    db: Connection, name: str, *, limit: int, before: int | None = None, idle: bool = True
) -> list[Run]:
    """The newest runs of the job, before the one numbered `before`; with the `idle` ones or not."""
    query = select(job_runs).where(job_runs.c.job == name).order_by(job_runs.c.id.desc())
    if before is not None:
        query = query.where(job_runs.c.id < before)
    if not idle:
        query = query.where(job_runs.c.outcome != "idle")
    return [_run(row) for row in db.execute(query.limit(limit))]


def last(db: Connection, name: str) -> Run | None:
    """The newest run of the job."""
    found = history(db, name, limit=1)
    return found[0] if found else None


def _run(row: AnyRow) -> Run:
    counts: dict[str, Any] = row.counts or {}
    return Run(
        id=row.id,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=row.outcome,
        times=row.times,
        done=row.done,
        total=row.total,
        asked_by=row.asked_by or "",
        counts={name: count for name, count in counts.items() if count},
        error=row.error or "",
    )
