"""When jobs are run, by their schedules."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lms_bridge import cron
from lms_bridge.config.settings import Job as JobSettings
from lms_bridge.config.settings import Settings

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger


AT_SET_TIMES = frozenset(
    {
        "pull_completions",
        "refresh_employees",
        "read_histories",
        "reconcile",
        "watch_tokens",
        "notify",
        "send_reports",
        "backup",
    }
)
"""the jobs that are run because it is time; all others because there is something to do"""


def trigger_of(settings: Settings, name: str) -> BaseTrigger | None:
    """When the job `name` is run; None if it is switched off."""
    job: JobSettings = getattr(settings.jobs, name)
    if not job.enabled:
        return None
    zone = ZoneInfo(job.time_zone or settings.time_zone)
    if job.cron:
        return cron.trigger(job.cron, zone)
    # Whoever only shows something may never need it.
    from apscheduler.triggers.interval import IntervalTrigger

    return IntervalTrigger(seconds=job.every_seconds or 1, timezone=zone)


def next_run(settings: Settings, name: str, *, now: dt.datetime) -> dt.datetime | None:
    """When the job is run next, by its schedule."""
    job: JobSettings = getattr(settings.jobs, name)
    if not job.enabled:
        return None
    if not job.cron:
        return now + dt.timedelta(seconds=job.every_seconds or 1)
    trigger = cron.trigger(job.cron, ZoneInfo(job.time_zone or settings.time_zone))
    found: dt.datetime | None = trigger.get_next_fire_time(None, now)
    return found


def is_missed(settings: Settings, name: str, *, last: dt.datetime, now: dt.datetime) -> bool:
    """Whether a time of the job's cron line has come since its last run began.

    A run stands for the time before it, by the clock of whoever began it. One that is run every
    so many seconds misses nothing.
    """
    if not getattr(settings.jobs, name).cron:
        return False
    after = next_run(settings, name, now=last + dt.timedelta(microseconds=1))
    return after is not None and after <= now
