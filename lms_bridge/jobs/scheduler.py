"""Running the sync jobs at their times, with APScheduler.

Of several workers each looks for what there is to do, and only the active one
(:mod:`~lms_bridge.jobs.lead`) begins what is run because it is time. Now and then, and as soon as
it has become the active one, it also makes the runs that nobody was there to begin, and those
that were cut off.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import health
from lms_bridge.jobs import runs, steering, under_way
from lms_bridge.jobs.base import Busy, JobFailed
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.jobs.lead import lead_of
from lms_bridge.jobs.times import AT_SET_TIMES, is_missed, next_run, trigger_of
from lms_bridge.operation import trying, workers

__all__ = ["Scheduler", "next_run", "trigger_of"]

log = structlog.get_logger(__name__)

_ATTEND_SECONDS = 1.0
"""how soon what is asked for is taken up"""
_CATCH_UP_SECONDS = 30.0
"""between two looks for runs that were missed or cut off"""
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
        self._lead = lead_of(bridge.store, bridge.owner)
        self._caught_up: tuple[int | None, float] = None, 0.0
        self._attending: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        now = utc_now()
        with self._bridge.store.writing() as db:
            under_way.close_abandoned(db, now)
            health.note_configured(db, self._bridge.remotes, now=now)
        for name in JOBS:
            trigger = trigger_of(self._bridge.settings, name)
            if trigger is not None:
                self._scheduler.add_job(self._run, trigger, args=[name], id=name)
        self._scheduler.start()
        self._lead.start()
        self._attending = threading.Thread(target=self._attend, name="attending", daemon=True)
        self._attending.start()

    def stop(self) -> None:
        """Begin no run any more, and wait until those under way have ended, which they do soon."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._lead.stop()
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
                if self._lead.is_shared:
                    self._catch_up()
            except Exception:
                log.exception("could not look for what is asked")
            if self._stopping.wait(_ATTEND_SECONDS):
                break
        with suppress(Exception):
            workers.leave(store, owner)

    def _catch_up(self) -> None:
        """Begin what was missed or cut off, where this is the active worker."""
        term, (caught_up_in, again_at) = self._lead.term, self._caught_up
        if term is None or (term == caught_up_in and time.monotonic() < again_at):
            return
        now = utc_now()
        with self._bridge.store.writing() as db:
            if not self._lead.lasts(db):
                return
            if term != caught_up_in and self._lead.before:
                under_way.close_of(db, self._lead.before, AT_SET_TIMES)
            under_way.close_abandoned(db, now)
            left = [name for name in sorted(AT_SET_TIMES) if self._is_left(db, name, now)]
        self._caught_up = term, time.monotonic() + _CATCH_UP_SECONDS
        for name in left:
            log.info("a run was missed or cut off, and is made now", job=name)
            self._scheduler.add_job(self._run, args=[name])

    def _is_left(self, db: Connection, name: str, now: dt.datetime) -> bool:
        """Whether the job should have been run, as far as its last run tells."""
        if steering.is_paused(db, name) or trigger_of(self._bridge.settings, name) is None:
            return False
        last = steering.last(db, name)
        return last is not None and (
            under_way.was_cut_off(db, name)
            or is_missed(self._bridge.settings, name, last=last.latest_begin, now=now)
        )

    def _may_begin(self, db: Connection, name: str) -> bool:
        """Whether it is this worker that begins a run because it is time, and none has done so."""
        if not self._lead.is_shared or name not in AT_SET_TIMES:
            return True
        if not self._lead.lasts(db):
            return False
        by_cron = bool(getattr(self._bridge.settings.jobs, name).cron)
        return not by_cron or steering.last(db, name) is None or self._is_left(db, name, utc_now())

    def _run_asked(self, name: str) -> None:
        """Somebody wants the job to be run now, also when it is paused."""
        with self._told(name):
            runs.run(
                self._bridge,
                name,
                go_on=lambda: not self._stopping.is_set(),
                asked=True,
                is_cut_off=self._is_cut_off,
            )

    def _run(self, name: str) -> None:
        with self._told(name):
            if name in AT_SET_TIMES and self._lead.term is None:
                return
            if not self._goes_on(name):
                return
            if not JOBS[name](self._bridge).has_work():
                self._note_idle(name)
                return
            self._flush_idle(name)
            runs.run(
                self._bridge,
                name,
                go_on=lambda: self._goes_on(name),
                may_begin=lambda db: self._may_begin(db, name),
                is_cut_off=self._is_cut_off,
            )

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Around a run of the job: the log is told what kept it from being made, or ended it."""
        try:
            yield
        except Busy:
            log.debug("job runs already", job=name)
        except runs.NotAsked:
            log.debug("the run is another process's, or was made", job=name)
        except JobFailed as failure:
            log.error("job failed", job=name, reason=str(failure))
        except Exception:
            log.exception("job could not be run", job=name)

    def _goes_on(self, name: str) -> bool:
        if self._stopping.is_set():
            return False
        with self._bridge.store.reading() as db:
            return not runs.is_paused(db, name)

    def _is_cut_off(self) -> bool:
        """Whether a run ends because this worker does, where another can take it up."""
        return self._lead.is_shared and self._stopping.is_set()

    def _note_idle(self, name: str) -> None:
        since, times = self._idle.get(name, (utc_now(), 0))
        self._idle[name] = (since, times + 1)
        if utc_now() - since > _IDLE_NOTED_EVERY:
            self._flush_idle(name)

    def _flush_idle(self, name: str) -> None:
        since, times = self._idle.pop(name, (utc_now(), 0))
        if times:
            runs.note_idle(self._bridge.store, name, since=since, times=times)
