"""The row of a run that is under way: it is a lease, and names the process, which renews it.

A process that was killed leaves its row behind; whoever comes next sees that nobody is
behind it any more and marks it as interrupted. A process that was only silent finds that out
when it comes to renew the lease, ends the run, and leaves the row as it is.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.bridge import utc_now
from lms_bridge.deliveries.ownership import is_certainly_dead
from lms_bridge.jobs import steering
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import job_runs
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)

_LEASE = dt.timedelta(seconds=60)
_SHARED_LEASE = dt.timedelta(seconds=20)
"""where another host may have to see from it alone that a process is no more"""
_LOOK_SECONDS = 1.0
"""between two looks whether to go on"""
_TAKEN_UP = 3
"""how often in a row a run is taken up that was interrupted"""

# In the text of the SQL: by a parameter neither database would find its partial index.
IS_RUNNING = job_runs.c.outcome == bindparam(None, "running", literal_execute=True)


class Reached:
    """How far a run has come, as it last said."""

    far: tuple[int, int | None] | None = None


def lease(store: Store) -> dt.timedelta:
    """For how long a run is its process's without a word from it."""
    return _SHARED_LEASE if store.is_shared else _LEASE


def is_abandoned(row: AnyRow, now: dt.datetime) -> bool:
    """Whether the run of `row` says that it is under way, and its process is no more."""
    if row.outcome != "running":
        return False
    return row.lease_until <= now or is_certainly_dead(row.owner)


def is_any(db: Connection, name: str, now: dt.datetime) -> bool:
    """Whether some process is at the job `name`."""
    running = select(job_runs).where(job_runs.c.job == name, IS_RUNNING)
    return not all(is_abandoned(row, now) for row in db.execute(running))


def close_abandoned(db: Connection, now: dt.datetime) -> None:
    """Mark the runs of processes that are no more as interrupted; how long they took is unknown."""
    running = db.execute(select(job_runs).where(IS_RUNNING)).all()
    gone = [row.id for row in running if is_abandoned(row, now)]
    if gone:
        db.execute(
            update(job_runs)
            .where(job_runs.c.id.in_(gone), IS_RUNNING)
            .values(outcome="interrupted", lease_until=None)
        )


def close_of(db: Connection, owner: str, names: Collection[str]) -> None:
    """The runs of `names` that `owner` has under way are no longer its own: it ends them."""
    theirs = (job_runs.c.owner == owner) & job_runs.c.job.in_(names)
    db.execute(
        update(job_runs).where(theirs, IS_RUNNING).values(outcome="interrupted", lease_until=None)
    )


def was_cut_off(db: Connection, name: str) -> bool:
    """Whether the last run of the job was interrupted, and should be taken up again.

    Not for ever: a run may itself be why its processes end.
    """
    last = [run.outcome for run in steering.history(db, name, limit=_TAKEN_UP, idle=False)]
    return last[:1] == ["interrupted"] and last != ["interrupted"] * _TAKEN_UP


@contextmanager
def kept(
    store: Store, run_id: int, go_on: Callable[[], bool], reached: Reached
) -> Iterator[Callable[[], bool]]:
    """Keep the run's lease while the block runs; yields what says whether it is to end.

    How far it has come is written down once a second, if that has changed.
    """
    over, stopping = threading.Event(), threading.Event()
    noted = None

    def keep() -> None:
        nonlocal noted
        between = lease(store).total_seconds() / 4
        renew_at = time.monotonic() + between
        while not over.wait(_LOOK_SECONDS):
            try:
                if not go_on():
                    stopping.set()
                if reached.far != noted:
                    noted = reached.far
                    _note_reached(store, run_id, noted)
                if time.monotonic() >= renew_at:
                    renew_at = time.monotonic() + between
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
            mine = update(job_runs).where(job_runs.c.id == run_id, IS_RUNNING)
            db.execute(mine.values(done=far[0], total=far[1]))


def _renew(store: Store, run_id: int) -> bool:
    with store.writing() as db:
        renewed = db.execute(
            update(job_runs)
            .where(job_runs.c.id == run_id, IS_RUNNING)
            .values(lease_until=utc_now() + lease(store))
        )
    return bool(renewed.rowcount)
