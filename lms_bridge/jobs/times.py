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
