"""Running a job once, and the row that it leaves: when, how long, what it did, what failed.

While the run is under way its row is also its lease (:mod:`~lms_bridge.jobs.under_way`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Connection, delete, select, update
from structlog.contextvars import bound_contextvars

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs.base import Busy, Job, JobFailed, Progress, Stopped
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.jobs.steering import is_paused, pause, take
from lms_bridge.jobs.under_way import IS_RUNNING, Reached, close_abandoned, kept, lease
from lms_bridge.redaction import redact
from lms_bridge.store.engine import Store, alone
from lms_bridge.store.schema import job_runs

log = structlog.get_logger(__name__)

__all__ = ["is_paused", "pause"]

_KEEP_RUNS = 2000
"""of each job"""


def nothing(_done: int, _total: int | None) -> None:
    """A progress that nobody looks at."""


def always() -> bool:
    """That nobody wants the run to end before its time."""
    return True


def never() -> bool:
    """That the run ends early only because somebody wants it."""
    return False


def whenever(_db: Connection) -> bool:
    """That nothing speaks against beginning the run."""
    return True


class NotAsked(Exception):
    """Nobody asks for the run (any more), or another process has begun it."""


def run(
    bridge: Bridge,
    name: str,
    progress: Progress = nothing,
    *,
    go_on: Callable[[], bool] = always,
    job: Job | None = None,
    asked: bool = False,
    may_begin: Callable[[Connection], bool] = whenever,
    is_cut_off: Callable[[], bool] = never,
) -> Counter[str]:
    """Run the job `name` now and leave a row about it; ends early when `go_on` says no.

    `job` is run in its place where it is to do something narrower than on schedule. With `asked`
    it is run because somebody has asked for it, and no more than once for each time; otherwise
    :exc:`NotAsked`. So too if `may_begin` says no, in the transaction that begins the run. One that
    ends early counts as interrupted when `is_cut_off`: it is to be taken up again.

    Raises :exc:`Busy` when the job is exclusive and runs elsewhere, and :exc:`JobFailed`.
    """
    job = job or JOBS[name](bridge)
    run_id = _begin(bridge, name, may_begin, exclusive=job.exclusive, asked=asked)
    outcome, counts, error = "interrupted", Counter[str](), ""
    reached = Reached()
    about = bound_contextvars(job=name, run=run_id)
    with about, kept(bridge.store, run_id, go_on, reached) as is_to_stop:

        def report(done: int, total: int | None) -> None:
            reached.far = done, total
            progress(done, total)
            if is_to_stop():
                raise Stopped

        try:
            counts = job.run(report)
            outcome = "done"
        except Stopped as stopped:
            outcome, counts = "interrupted" if is_cut_off() else "stopped", stopped.counts
        except JobFailed as failure:
            outcome, counts, error = "failed", failure.counts, str(failure)
            raise
        except Exception as failure:
            outcome, error = "failed", f"{type(failure).__name__}: {failure}"
            log.exception("job failed")
            raise JobFailed(error) from failure
        finally:
            _finish(bridge.store, run_id, outcome, counts, error)
    if any(counts.values()):
        log.info("job done", job=name, **counts)
    return counts


def counted_since(db: Connection, name: str, since: dt.datetime) -> Counter[str]:
    """What was done by the runs of the job `name` that ended `since` then, of any process."""
    ended = select(job_runs.c.counts).where(job_runs.c.job == name, job_runs.c.finished_at >= since)
    counts = Counter[str]()
    for each in db.execute(ended).scalars():
        counts.update(each or {})
    return counts


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


def _begin(
    bridge: Bridge,
    name: str,
    may_begin: Callable[[Connection], bool],
    *,
    exclusive: bool,
    asked: bool,
) -> int:
    """The id of a new run of the job. Raises :exc:`Busy` and :exc:`NotAsked`."""
    now = utc_now()
    with bridge.store.writing() as db:
        alone(db, f"job {name}")
        close_abandoned(db, now)
        others = select(job_runs.c.id).where(job_runs.c.job == name, IS_RUNNING)
        if exclusive and db.execute(others).first() is not None:
            raise Busy(f"{name} is being run at this moment")
        if not may_begin(db):
            raise NotAsked
        asked_by = take(db, name) if asked else None
        if asked and asked_by is None:
            raise NotAsked
        new = job_runs.insert().values(
            job=name,
            started_at=now,
            outcome="running",
            owner=bridge.owner,
            lease_until=now + lease(bridge.store),
            asked_by=asked_by,
        )
        return int(db.execute(new.returning(job_runs.c.id)).scalar_one())


def _finish(store: Store, run_id: int, outcome: str, counts: Counter[str], error: str) -> None:
    values: dict[str, Any] = {"counts": dict(counts), "error": redact(error)}
    with store.writing() as db:
        ended = db.execute(
            update(job_runs)
            .where(job_runs.c.id == run_id, IS_RUNNING)
            .values(finished_at=utc_now(), outcome=outcome, lease_until=None, **values)
        )
        if not ended.rowcount:  # what others have made of it stands
            log.warning("a run that was taken for dead has ended", run=run_id, outcome=outcome)
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
