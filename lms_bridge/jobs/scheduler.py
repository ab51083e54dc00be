"""Running the sync jobs at their times, with APScheduler."""

from __future__ import annotations

import datetime as dt
import threading
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from lms_bridge import cron
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Job as JobSettings
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.jobs import runs
from lms_bridge.jobs.base import Busy, JobFailed
from lms_bridge.jobs.catalogue import JOBS

log = structlog.get_logger(__name__)

_IDLE_NOTED_EVERY = dt.timedelta(minutes=1)


class Scheduler:
    """Runs the enabled jobs of a bridge until :meth:`stop`."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._scheduler = BackgroundScheduler(
            timezone=ZoneInfo(bridge.settings.time_zone),
            executors={"default": ThreadPoolExecutor(len(JOBS))},
            # A run that is late is made once, however many were missed.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._idle: dict[str, tuple[dt.datetime, int]] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin; returns at once."""
        now = utc_now()
        with self._bridge.store.writing() as db:
            runs.close_abandoned(db, now)
            health.note_configured(db, self._bridge.remotes, now=now)
        for name in JOBS:
            trigger = trigger_of(self._bridge.settings, name)
            if trigger is not None:
                self._scheduler.add_job(self._run, trigger, args=[name], id=name)
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no run any more, and wait until those under way have ended, which they do soon."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        for name in list(self._idle):
            self._flush_idle(name)

    def _run(self, name: str) -> None:
        try:
            if not self._goes_on(name):
                return
            if not JOBS[name](self._bridge).has_work():
                self._note_idle(name)
                return
            self._flush_idle(name)
            runs.run(self._bridge, name, go_on=lambda: self._goes_on(name))
        except Busy:
            log.debug("job runs elsewhere", job=name)
        except JobFailed as failure:
            log.error("job failed", job=name, reason=str(failure))
        except Exception:
            log.exception("job could not be run", job=name)

    def _goes_on(self, name: str) -> bool:
        if self._stopping.is_set():
            return False
        with self._bridge.store.reading() as db:
            return not runs.is_paused(db, name)

    def _note_idle(self, name: str) -> None:
        since, times = self._idle.get(name, (utc_now(), 0))
        self._idle[name] = (since, times + 1)
        if utc_now() - since > _IDLE_NOTED_EVERY:
            self._flush_idle(name)

    def _flush_idle(self, name: str) -> None:
        since, times = self._idle.pop(name, (utc_now(), 0))
        if times:
            runs.note_idle(self._bridge.store, name, since=since, times=times)


def trigger_of(settings: Settings, name: str) -> BaseTrigger | None:
    """When the job `name` is run; None if it is switched off."""
    job: JobSettings = getattr(settings.jobs, name)
    if not job.enabled:
        return None
    zone = ZoneInfo(job.time_zone or settings.time_zone)
    if job.cron:
        return cron.trigger(job.cron, zone)
    return IntervalTrigger(seconds=job.every_seconds or 1, timezone=zone)


def next_run(settings: Settings, name: str, *, now: dt.datetime) -> dt.datetime | None:
    """When the job is run next, by its schedule."""
    trigger = trigger_of(settings, name)
    if trigger is None:
        return None
    if isinstance(trigger, IntervalTrigger):
        interval: dt.timedelta = trigger.interval
        return now + interval
    found: dt.datetime | None = trigger.get_next_fire_time(None, now)
    return found
