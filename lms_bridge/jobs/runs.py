"""Running a job once, and the row that it leaves: when, how long, what it did, what failed."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, delete, or_, select, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries.ownership import is_certainly_dead
from lms_bridge.jobs.base import JobFailed, Progress
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.redaction import redact
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import job_runs, jobs

log = structlog.get_logger(__name__)

_LEASE = dt.timedelta(seconds=60)
_KEEP_RUNS = 2000
"""of each job"""


class Busy(Exception):
    """Another process is running the job at this moment."""


def nothing(_done: int, _total: int | None) -> None:
    """A progress that nobody looks at."""


def run(bridge: Bridge, name: str, progress: Progress = nothing) -> Counter[str]:
    """Run the job `name` now and leave a row about it.

    Raises :exc:`Busy` when the job is exclusive and runs elsewhere, and :exc:`JobFailed`.
    """
    job = JOBS[name](bridge)
    with _lease(bridge, name, wanted=job.exclusive):
        started_at = utc_now()
        with bridge.store.writing() as db:
            run_id = db.execute(
                job_runs.insert()
                .values(job=name, started_at=started_at, outcome="running")
                .returning(job_runs.c.id)
            ).scalar_one()
        counts: Counter[str] = Counter()
        outcome, error = "failed", ""
        try:
            counts = job.run(progress)
            outcome = "done"
        except JobFailed as failure:
            error = str(failure)
            raise
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            log.exception("job failed", job=name)
            raise JobFailed(error) from failure
        finally:
            with bridge.store.writing() as db:
                db.execute(
                    update(job_runs)
                    .where(job_runs.c.id == run_id)
                    .values(
                        finished_at=utc_now(),
                        outcome=outcome,
                        counts=dict(counts),
                        error=redact(error),
                    )
                )
                _forget_old(db, name, run_id)
        if any(counts.values()):
            log.info("job done", job=name, **counts)
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


def pause(db: Connection, name: str, *, paused: bool) -> None:
    """Stop the job from being run on schedule, or let it be again."""
    db.execute(
        insert(db, jobs)
        .values(name=name, paused=paused)
        .on_conflict_do_update(index_elements=["name"], set_={"paused": paused})
    )


def is_paused(db: Connection, name: str) -> bool:
    """Whether somebody has paused the job."""
    return bool(db.execute(select(jobs.c.paused).where(jobs.c.name == name)).scalar())


@contextmanager
def _lease(bridge: Bridge, name: str, *, wanted: bool) -> Iterator[None]:
    """Hold the job's lease, renewed while the block runs. Raises :exc:`Busy`."""
    if not wanted:
        yield
        return
    with bridge.store.writing() as db:
        if not _take(db, name, bridge.owner):
            raise Busy(f"{name} is being run by another process at this moment")
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_LEASE.total_seconds() / 3):
            try:
                with bridge.store.writing() as db:
                    _take(db, name, bridge.owner)
            except Exception:
                log.exception("could not renew the lease of a job", job=name)

    keeper = threading.Thread(target=renew, name=f"lease-{name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()
        with bridge.store.writing() as db:
            db.execute(
                update(jobs)
                .where(jobs.c.name == name, jobs.c.lease_owner == bridge.owner)
                .values(lease_owner=None, lease_until=None)
            )


def _take(db: Connection, name: str, owner: str) -> bool:
    now = utc_now()
    db.execute(insert(db, jobs).values(name=name, paused=False).on_conflict_do_nothing())
    holder = db.execute(
        select(jobs.c.lease_owner).where(jobs.c.name == name).with_for_update()
    ).scalar()
    free = or_(jobs.c.lease_owner.is_(None), jobs.c.lease_owner == owner, jobs.c.lease_until <= now)
    if holder and is_certainly_dead(holder):
        free = or_(free, jobs.c.lease_owner == holder)
    taken = db.execute(
        update(jobs)
        .where(jobs.c.name == name, free)
        .values(lease_owner=owner, lease_until=now + _LEASE)
    )
    return taken.rowcount == 1


def _forget_old(db: Connection, name: str, run_id: int) -> None:
    if run_id % 100:
        return
    newest = (
        select(job_runs.c.id)
        .where(job_runs.c.job == name)
        .order_by(job_runs.c.id.desc())
        .offset(_KEEP_RUNS)
        .limit(1)
        .scalar_subquery()
    )
    db.execute(delete(job_runs).where(job_runs.c.job == name, job_runs.c.id <= newest))
