"""Which sync jobs do not work: their last run failed, and for how long that has been so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, func, select

from lms_bridge.jobs.titles import TITLES
from lms_bridge.store.schema import job_runs

_WORKED = ("done", "idle")
_TELLING = (*_WORKED, "failed")
"""outcomes by which a job works or does not; one that was stopped says nothing"""


class Failing(msgspec.Struct, frozen=True):
    """A job whose last run failed."""

    job: str
    since: dt.datetime
    """when the first of the runs began that have failed since it last worked"""
    error: str
    """of the last one, redacted"""


def failing(db: Connection) -> Iterator[Failing]:
    """All of them, whether they are paused by now or not."""
    for name in TITLES:
        mine = select(job_runs.c.outcome, job_runs.c.error).where(
            job_runs.c.job == name, job_runs.c.outcome.in_(_TELLING)
        )
        last = db.execute(mine.order_by(job_runs.c.id.desc()).limit(1)).one_or_none()
        if last is not None and last.outcome == "failed":
            yield Failing(name, _since(db, name), last.error or "")


def _since(db: Connection, name: str) -> dt.datetime:
    worked = select(func.coalesce(func.max(job_runs.c.id), 0)).where(
        job_runs.c.job == name, job_runs.c.outcome.in_(_WORKED)
    )
    first = select(func.min(job_runs.c.started_at)).where(
        job_runs.c.job == name,
        job_runs.c.outcome == "failed",
        job_runs.c.id > worked.scalar_subquery(),
    )
    found: dt.datetime = db.execute(first).scalar_one()
    return found
