"""The sync jobs, and their runs."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection

from lms_bridge.api import paging
from lms_bridge.api.paging import Page, Paged
from lms_bridge.config.settings import Settings
from lms_bridge.i18n import gettext
from lms_bridge.jobs import steering, times
from lms_bridge.jobs.titles import TITLES
from lms_bridge.redaction import redact


class RunsAsked(Paged, frozen=True, kw_only=True):
    """Which runs are asked for."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job."""

    id: int
    started_at: dt.datetime
    finished_at: dt.datetime | None
    outcome: str
    times: int
    """how often in a row nothing was to be done"""
    counts: dict[str, int]
    error: str
    asked_by: str
    """who wanted it; empty: the schedule, or a command"""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A sync job."""

    name: str
    what: str
    """what it does"""
    enabled: bool
    paused: bool
    next_run: dt.datetime | None
    """by its schedule; null: it is off or paused"""
    asked_at: dt.datetime | None
    """when somebody wanted it to be run, which no worker has begun yet"""
    last: Run | None


class Jobs(msgspec.Struct, frozen=True, kw_only=True):
    """All sync jobs."""

    items: list[Job]


def every(db: Connection, settings: Settings, *, language: str, now: dt.datetime) -> Jobs:
    """All jobs, each with its last run."""
    asked = steering.requests(db)
    found = []
    for name, title in TITLES.items():
        paused = steering.is_paused(db, name)
        last = steering.last(db, name)
        found.append(
            Job(
                name=name,
                what=gettext(title, language),
                enabled=getattr(settings.jobs, name).enabled,
                paused=paused,
                next_run=None if paused else times.next_run(settings, name, now=now),
                asked_at=asked[name].at if name in asked else None,
                last=_run(last) if last else None,
            )
        )
    return Jobs(items=found)


def runs(db: Connection, name: str, asked: RunsAsked) -> Page[Run]:
    """The runs of a job, the newest first. Raises :exc:`~lms_bridge.api.paging.BadCursor`."""
    before = paging.number_of(asked.next)
    found = steering.history(db, name, limit=asked.limit + 1, before=before)
    return paging.page(found, asked.limit, lambda one: one.id, _run)


def _run(one: steering.Run) -> Run:
    return Run(
        id=one.id,
        started_at=one.started_at,
        finished_at=one.finished_at,
        outcome=one.outcome,
        times=one.times,
        counts=dict(one.counts),
        error=redact(one.error),
        asked_by=one.asked_by,
    )
