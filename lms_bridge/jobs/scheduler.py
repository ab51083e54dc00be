"""Running the sync jobs at their times, with APScheduler."""

from __future__ import annotations

import datetime as dt
import threading
import time
from contextlib import suppress
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import health
from lms_bridge.jobs import runs, steering
from lms_bridge.jobs.base import Busy, JobFailed
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.jobs.times import next_run, trigger_of
from lms_bridge.operation import trying, workers

__all__ = ["Scheduler", "next_run", "trigger_of"]

log = structlog.get_logger(__name__)

_ATTEND_SECONDS = 1.0
"""how soon what is asked for is taken up"""
_IDLE_NOTED_EVERY = dt.timedelta(minutes=1)


class Scheduler:
    """Runs the enabled jobs of a bridge until :meth:`stop`."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._scheduler = BackgroundScheduler(
            timezone=ZoneInfo(bridge.settings.time_zone),
            # One more each for who asks for a run while the others are at work.
            executors={"default": ThreadPoolExecutor(len(JOBS) + 2)},
            # A run that is late is made once, however many were missed.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._idle: dict[str, tuple[dt.datetime, int]] = {}
        self._stopping = threading.Event()
        self._attending: threading.Thread | None = None

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
        self._attending = threading.Thread(target=self._attend, name="attending", daemon=True)
        self._attending.start()

    def stop(self) -> None:
        """Begin no run any more, and wait until those under way have ended, which they do soon."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        for name in list(self._idle):
            self._flush_idle(name)
        if self._attending is not None:
            self._attending.join()

    def _attend(self) -> None:
        """Say that this process lives, and do what is asked for."""
        owner, store = self._bridge.owner, self._bridge.store
        beat_at = 0.0
        while True:
            try:
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + workers.EVERY_SECONDS
                    workers.beat(store, owner, now=utc_now())
                with store.reading() as db:
                    wanted = steering.requests(db)
                    tries = trying.asked(db, now=utc_now())
                for name in wanted:
                    self._scheduler.add_job(self._run_asked, args=[name])
                for remote in tries:
                    self._scheduler.add_job(trying.carry_out, args=[self._bridge, remote])
            except Exception:
                log.exception("could not look for what is asked")
            if self._stopping.wait(_ATTEND_SECONDS):
                break
        with suppress(Exception):
            workers.leave(store, owner)

    def _run_asked(self, name: str) -> None:
        """Somebody wants the job to be run now, also when it is paused."""
        try:
            runs.run(self._bridge, name, go_on=lambda: not self._stopping.is_set(), asked=True)
        except runs.NotAsked:
            pass  # another process was quicker
        except Busy:
            log.debug("job runs already", job=name)
        except JobFailed as failure:
            log.error("job failed", job=name, reason=str(failure))
        except Exception:
            log.exception("job could not be run", job=name)

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
