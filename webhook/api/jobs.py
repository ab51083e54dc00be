"""``/jobs``: the sync jobs, how each ran, and having one run."""

from __future__ import annotations

from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.api import jobs as told
from lms_bridge.api.jobs import Jobs, Run, RunsAsked
from lms_bridge.api.paging import BadCursor, Page
from lms_bridge.bridge import utc_now
from lms_bridge.jobs import steering
from lms_bridge.jobs.titles import TITLES
from webhook.api import problems
from webhook.api.people import bad_cursor
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""
    bridge = service.bridge
    store = bridge.store

    @service.get("/jobs", Permission.SYSTEM, answers=Jobs)
    def jobs() -> Jobs:
        """The sync jobs, each with its last run."""
        return _every()

    @service.get("/jobs/<name>/runs", Permission.SYSTEM, asks=RunsAsked, answers=Page[Run])
    def job_runs(name: str, asked: RunsAsked) -> Page[Run]:
        """The runs of a job, the newest first."""
        _known(name)
        with store.reading() as db:
            try:
                return told.runs(db, name, asked)
            except BadCursor:
                raise bad_cursor() from None

    @service.post("/jobs/<name>/run", Permission.OPERATE, answers=Jobs, status=202)
    def run_job(name: str) -> Jobs:
        """Have a job run as soon as a worker sees it, which is within a second.

        If that was asked before and has not begun, it is run once.
        """
        _known(name)
        now = utc_now()
        with store.writing() as db:
            if steering.ask(db, name, by=service.actor.name, now=now):
                audit.note(db, service.actor, "job.run", f"job:{name}", now=now)
        return _every()

    def _every() -> Jobs:
        with store.reading() as db:
            return told.every(db, bridge.settings, language=service.language, now=utc_now())


def _known(name: str) -> None:
    if name not in TITLES:
        raise problems.missing()
