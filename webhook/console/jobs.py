"""Sync jobs: when each runs, what its last run did, and running, pausing and resuming it."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import msgspec
from flask import Response, request, url_for
from flask_babel import gettext

from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.config.settings import Job as JobSettings
from lms_bridge.jobs import steering
from lms_bridge.jobs.steering import Asked, Run
from lms_bridge.jobs.titles import TITLES
from lms_bridge.operation import workers
from lms_bridge.reporting import showing
from lms_bridge.wording import word
from webhook import dressing
from webhook.console.site import Site

_SHOWN = 50
_DAILY = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7])")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class JobLine(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the page shows it."""

    name: str
    title: str
    schedule: str
    is_enabled: bool
    is_paused: bool
    next_run: dt.datetime | None
    last: Run | None
    asked: Asked | None


def pages(site: Site) -> None:
    """Register them."""
    own = _Jobs(site)
    site.page("/jobs", Permission.SYSTEM, name="jobs")(own.every)
    site.page("/jobs/<name>", Permission.SYSTEM, name="job")(own.one)
    act = Permission.OPERATE
    site.act("/jobs/<name>/run", act, name="job_run")(own.run)
    site.act("/jobs/<name>/pause", act, name="job_pause")(own.pause)
    site.act("/jobs/<name>/resume", act, name="job_resume")(own.resume)


class _Jobs:
    def __init__(self, site: Site) -> None:
        self._site = site

    def every(self) -> str:
        """All jobs."""
        bridge, now = self._site.bridge, utc_now()
        with bridge.store.reading() as db:
            asked = steering.requests(db)
            alive = any(one.is_alive for one in workers.every(db, now=now))
            lines = [
                self._line(
                    name,
                    last=steering.last(db, name),
                    is_paused=steering.is_paused(db, name),
                    asked=asked.get(name),
                    now=now,
                )
                for name in TITLES
            ]
        return self._site.show("console/jobs.html", jobs=lines, alive=alive)

    def one(self, name: str) -> str:
        """One job and its runs."""
        bridge, now = self._site.bridge, utc_now()
        self._known(name)
        before, idle = request.args.get("before", type=int), "idle" in request.args
        with bridge.store.reading() as db:
            runs = steering.history(db, name, limit=_SHOWN + 1, before=before, idle=idle)
            line = self._line(
                name,
                last=steering.last(db, name),
                is_paused=steering.is_paused(db, name),
                asked=steering.requests(db).get(name),
                now=now,
            )
            alive = any(one.is_alive for one in workers.every(db, now=now))
        shown, more = runs[:_SHOWN], {"idle": "1"} if idle else {}
        return self._site.show(
            "console/job.html",
            job=line,
            runs=shown,
            alive=alive,
            idle=idle,
            next_url=url_for("console.job", name=name, before=shown[-1].id, **more)  # type: ignore[arg-type]
            if len(runs) > _SHOWN
            else "",
            first_url=url_for("console.job", name=name, **more) if before else "",  # type: ignore[arg-type]
        )

    def run(self, name: str) -> Response:
        """Ask the worker for a run."""
        site, now = self._site, utc_now()
        self._known(name)
        with site.bridge.store.writing() as db:
            if steering.ask(db, name, by=site.user.username, now=now):
                audit.note(db, site.actor, "job.run", f"job:{name}", now=now)
        return site.back("console.jobs", told=gettext("%(name)s is run now.", name=name))

    def pause(self, name: str) -> Response:
        """Run it no more on schedule."""
        return self._pause(name, paused=True, told=gettext("%(name)s is paused.", name=name))

    def resume(self, name: str) -> Response:
        """Run it on schedule again."""
        told = gettext("%(name)s runs on schedule again.", name=name)
        return self._pause(name, paused=False, told=told)

    def _pause(self, name: str, *, paused: bool, told: str) -> Response:
        site, now = self._site, utc_now()
        self._known(name)
        with site.bridge.store.writing() as db:
            steering.pause(db, name, paused=paused)
            action = "job.paused" if paused else "job.resumed"
            audit.note(db, site.actor, action, f"job:{name}", now=now)
        return site.back("console.jobs", told=told)

    def _known(self, name: str) -> None:
        if name not in TITLES:
            raise self._site.missing()

    def _line(
        self, name: str, *, last: Run | None, is_paused: bool, asked: Asked | None, now: dt.datetime
    ) -> JobLine:
        from lms_bridge.jobs import times  # loads what reads cron lines

        settings = self._site.bridge.settings
        job: JobSettings = getattr(settings.jobs, name)
        return JobLine(
            name=name,
            title=TITLES[name],
            schedule=schedule_in_words(job, ZoneInfo(job.time_zone or settings.time_zone)),
            is_enabled=job.enabled,
            is_paused=is_paused,
            next_run=None if is_paused else times.next_run(settings, name, now=now),
            last=last,
            asked=asked,
        )


def schedule_in_words(job: JobSettings, zone: ZoneInfo) -> str:
    """When a job runs, as people say it; a cron line that is not simple as it stands."""
    if not job.cron:
        seconds = job.every_seconds or 1
        if seconds < 120:
            return str(gettext("every %(count)s s", count=f"{seconds:g}"))
        return str(gettext("every %(count)s min", count=f"{seconds / 60:g}"))
    found = _DAILY.fullmatch(job.cron)
    if not found:
        return f"{job.cron} ({zone.key})"
    time = showing.clock(dt.time(int(found[2]), int(found[1])), dressing.language())
    if found[3] == "*":
        return str(gettext("every day at %(time)s", time=time))
    day = word(_DAYS[int(found[3])], dressing.language())
    return str(gettext("%(day)s at %(time)s", day=day, time=time))
