"""What there is to be told now: what waits for a person, what is down or fails, what expires.

A :class:`Fact` is of now, and not of a moment: whoever could not be told of it yet is told of what
it has become by then. It names nobody; what it is about is a kind of cause, with how much there is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection

from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.attention import overview
from lms_bridge.attention.groups import Kind
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.i18n import gettext, mark
from lms_bridge.jobs.failing import failing
from lms_bridge.manners import tokens
from lms_bridge.notices.settings import Told
from lms_bridge.reasons import Reason
from lms_bridge.redaction import mask_nip

_SETTLED: Final = dt.timedelta(minutes=5)
"""how long an outside system has to be down, or a job that is run all the time has to fail, before
it is worth a message"""
_WAITS: Mapping[Kind, str] = {
    Kind.COURSE: mark("Completions of courses that are not in the catalogue: %(count)s"),
    Kind.PERSON: mark("Completions of accounts of which nobody knows whose they are: %(count)s"),
    Kind.STATEMENT: mark("Statements that cannot be taken as they are: %(count)s"),
    Kind.DELIVERY: mark("Records and badges that a registry or an LMS refuses: %(count)s"),
    Kind.UPLOAD: mark("Files for a registry to be made or uploaded: %(count)s"),
    Kind.WITHDRAWAL: mark("Completions that were taken back after they were recorded: %(count)s"),
    Kind.FINDING: mark("Differences between LMS, bridge and registry: %(count)s"),
}
_BACK = mark("%(remote)s can be used again.")
_WORKS = mark("The job “%(job)s” works again.")
REMOTE, TOKEN, ATTENTION, JOB = "remote:", "token:", "attention:", "job:"


class Fact(msgspec.Struct, frozen=True):
    """Something that somebody should know."""

    key: str
    """the same for as long as it is the same thing"""
    about: Told
    count: int
    path: str
    """of the page of the console where more of it is"""
    reason: Reason | None = None

    @property
    def is_told_once(self) -> bool:
        """Whether it is not told again until it is over, however long that takes."""
        return self.key.startswith(JOB)

    def line(self, language: str) -> str:
        """What is so, and what to do, for an e-mail."""
        if self.reason is not None:
            return mask_nip(self.reason.sentence(language))
        kind = Kind(self.key.removeprefix(ATTENTION))
        return gettext(_WAITS[kind], language) % {"count": self.count}


def over(key: str, language: str) -> str:
    """That what was told under that key is so no more; empty where it goes without saying."""
    if key.startswith(REMOTE):
        return gettext(_BACK, language) % {"remote": key.removeprefix(REMOTE)}
    if key.startswith(JOB):
        return gettext(_WORKS, language) % {"job": key.removeprefix(JOB)}
    return ""


def current(db: Connection, settings: Settings, now: dt.datetime) -> list[Fact]:
    """All that could be told."""
    return [*waiting(db), *amiss(db, settings, now)]


def waiting(db: Connection) -> Iterator[Fact]:
    """What waits for a person, by the kind of its cause."""
    for kind, count in overview.count(db, EVERYBODY).items():
        if count:
            yield Fact(f"{ATTENTION}{kind}", "attention", count, "/console/attention")


def amiss(db: Connection, settings: Settings, now: dt.datetime) -> Iterator[Fact]:
    """What is wrong with outside systems, their tokens, and the jobs."""
    for name, known in health.read_all(db).items():
        if known.is_down and known.reason is not None and known.since <= now - _SETTLED:
            yield Fact(f"{REMOTE}{name}", "remotes", 1, "/console/health", known.reason)
    for reasons in tokens.concerns(db, settings, now).values():
        for reason in reasons:
            key = f"{TOKEN}{reason.details['setting']}:{reason.code}"
            yield Fact(key, "tokens", 1, "/console/health", reason)
    for one in failing(db):
        # One that is run once a night is not waited for another night.
        rests = bool(getattr(settings.jobs, one.job).cron)
        if rests or one.since <= now - _SETTLED:
            reason = Reason("job_fails", job=one.job, error=one.error)
            yield Fact(f"{JOB}{one.job}", "jobs", 1, f"/console/jobs/{one.job}", reason)
