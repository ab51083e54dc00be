"""Running a job once, and the row that it leaves: when, how long, what it did, what failed.

The row of a run that is under way is also its lease: it names the process, which renews it.
A process that was killed leaves its row behind; whoever comes next sees that nobody is
behind it any more and marks it as interrupted.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, delete, select, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries.ownership import is_certainly_dead
from lms_bridge.jobs.base import Busy, Job, JobFailed, Progress, Stopped
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.jobs.steering import is_paused, pause, take
from lms_bridge.redaction import redact
from lms_bridge.store.engine import Store, alone
from lms_bridge.store.schema import job_runs
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)

__all__ = ["is_paused", "pause"]

_LEASE = dt.timedelta(seconds=60)
_LOOK_SECONDS = 1.0
"""between two looks whether to go on"""
_KEEP_RUNS = 2000
"""of each job"""

# In the text of the SQL: by a parameter neither database would find its partial index.
_IS_RUNNING = job_runs.c.outcome == bindparam(None, "running", literal_execute=True)


def nothing(_done: int, _total: int | None) -> None:
    """A progress that nobody looks at."""


def always() -> bool:
    """That nobody wants the run to end before its time."""
    return True


class NotAsked(Exception):
    """Nobody asks for the run, or another process has begun it."""


class Reached:
    """How far a run has come, as it last said."""

    far: tuple[int, int | None] | None = None


def run(
    bridge: Bridge,
    name: str,
    progress: Progress = nothing,
    *,
    go_on: Callable[[], bool] = always,
    job: Job | None = None,
    asked: bool = False,
) -> Counter[str]:
    """Run the job `name` now and leave a row about it; ends early when `go_on` says no.

    `job` is run in its place where it is to do something narrower than on schedule. With `asked`
    it is run because somebody has asked for it, and no more than once for each time; otherwise
    :exc:`NotAsked`.

    Raises :exc:`Busy` when the job is exclusive and runs elsewhere, and :exc:`JobFailed`.
    """
    job = job or JOBS[name](bridge)
    run_id = _begin(bridge, name, exclusive=job.exclusive, asked=asked)
    outcome, counts, error = "interrupted", Counter[str](), ""
    reached = Reached()
    with _kept(bridge.store, run_id, go_on, reached) as is_to_stop:

        def report(done: int, total: int | None) -> None:
            reached.far = done, total
            progress(done, total)
            if is_to_stop():
                raise Stopped

        try:
            counts = job.run(report)
            outcome = "done"
        except Stopped as stopped:
            outcome, counts = "stopped", stopped.counts
        except JobFailed as failure:
            outcome, counts, error = "failed", failure.counts, str(failure)
            raise
        except Exception as failure:
            outcome, error = "failed", f"{type(failure).__name__}: {failure}"
            log.exception("job failed", job=name)
            raise JobFailed(error) from failure
        finally:
            _finish(bridge.store, run_id, outcome, counts, error)
    if any(counts.values()):
        log.info("job done", job=name, **counts)
    return counts


def is_abandoned(row: AnyRow, now: dt.datetime) -> bool:
    """Whether the run of `row` says that it is under way, and its process is no more."""
    if row.outcome != "running":
        return False
    return row.lease_until <= now or is_certainly_dead(row.owner)


def close_abandoned(db: Connection, now: dt.datetime) -> None:
    """Mark the runs of processes that are no more as interrupted; how long they took is unknown."""
    running = db.execute(select(job_runs).where(_IS_RUNNING)).all()
    gone = [row.id for row in running if is_abandoned(row, now)]
    if gone:
        db.execute(
            update(job_runs)
            .where(job_runs.c.id.in_(gone), _IS_RUNNING)
            .values(outcome="interrupted", lease_until=None)
        )


def note_idle(store: Store, name: str, *, since: dt.datetime, times: int) -> None:
    """The job found nothing to do, `times` times `since` then: one row for all of them."""
    with store.writing() as db:
        last = db.execute(
            select(job_runs).where(job_runs.c.job == name).order_by(job_runs.c.id.desc()).limit(1)
        ).one_or_none()
        if last is not None and last.outcome == "idle":
            db.execute(
                update(job_runs)
                .where(job_runs.c.id == last.id)
                .values(times=job_runs.c.times + times, finished_at=utc_now())
            )
        else:
            db.execute(
                job_runs.insert().values(
                    job=name,
                    started_at=since,
                    finished_at=utc_now(),
                    outcome="idle",
                    times=times,
                    counts={},
                )
            )


def _begin(bridge: Bridge, name: str, *, exclusive: bool, asked: bool) -> int:
    """The id of a new run of the job. Raises :exc:`Busy` and :exc:`NotAsked`."""
    now = utc_now()
    with bridge.store.writing() as db:
        alone(db, f"job {name}")
        close_abandoned(db, now)
        others = select(job_runs.c.id).where(job_runs.c.job == name, _IS_RUNNING)
        if exclusive and db.execute(others).first() is not None:
            raise Busy(f"{name} is being run at this moment")
        asked_by = take(db, name) if asked else None
        if asked and asked_by is None:
            raise NotAsked
        new = job_runs.insert().values(
            job=name,
            started_at=now,
            outcome="running",
            owner=bridge.owner,
            lease_until=now + _LEASE,
            asked_by=asked_by,
        )
        return int(db.execute(new.returning(job_runs.c.id)).scalar_one())


@contextmanager
def _kept(
    store: Store, run_id: int, go_on: Callable[[], bool], reached: Reached
) -> Iterator[Callable[[], bool]]:
    """Keep the run's lease while the block runs; yields what says whether it is to end.

    How far it has come is written down once a second, if that has changed.
    """
    over, stopping = threading.Event(), threading.Event()
    noted = None

    def keep() -> None:
        nonlocal noted
        renew_at = time.monotonic() + _LEASE.total_seconds() / 3
        while not over.wait(_LOOK_SECONDS):
            try:
                if not go_on():
                    stopping.set()
                if reached.far != noted:
                    noted = reached.far
                    _note_reached(store, run_id, noted)
                if time.monotonic() >= renew_at:
                    renew_at = time.monotonic() + _LEASE.total_seconds() / 3
                    if not _renew(store, run_id):
                        log.error("a run was taken for dead, and ends", run=run_id)
                        stopping.set()
            except Exception:
                log.exception("could not renew the lease of a run", run=run_id)

    keeper = threading.Thread(target=keep, name=f"run-{run_id}", daemon=True)
    keeper.start()
    try:
        yield stopping.is_set
    finally:
        over.set()
        keeper.join()


def _note_reached(store: Store, run_id: int, far: tuple[int, int | None] | None) -> None:
    if far is not None:
        with store.writing() as db:
            mine = update(job_runs).where(job_runs.c.id == run_id, _IS_RUNNING)
            db.execute(mine.values(done=far[0], total=far[1]))


def _renew(store: Store, run_id: int) -> bool:
    with store.writing() as db:
        renewed = db.execute(
            update(job_runs)
            .where(job_runs.c.id == run_id, _IS_RUNNING)
            .values(lease_until=utc_now() + _LEASE)
        )
    return bool(renewed.rowcount)


def _finish(store: Store, run_id: int, outcome: str, counts: Counter[str], error: str) -> None:
    values: dict[str, Any] = {"counts": dict(counts), "error": redact(error)}
    with store.writing() as db:
        db.execute(
            update(job_runs)
            .where(job_runs.c.id == run_id)
            .values(finished_at=utc_now(), outcome=outcome, lease_until=None, **values)
        )
        if run_id % 100 == 0:  # now and then is often enough, whichever job it was
            for name in JOBS:
                _forget_old(db, name)


def _forget_old(db: Connection, name: str) -> None:
    newest = (
        select(job_runs.c.id)
        .where(job_runs.c.job == name)
        .order_by(job_runs.c.id.desc())
        .offset(_KEEP_RUNS)
        .limit(1)
        .scalar_subquery()
    )
    old = (job_runs.c.job == name) & (job_runs.c.id <= newest)
    db.execute(delete(job_runs).where(old, job_runs.c.outcome != "running"))
