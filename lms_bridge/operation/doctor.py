"""Looking at all of a bridge at once, and saying in words what is wrong and what to do about it.

Beside what :mod:`lms_bridge.operation.condition` says of its parts: what they stand on, what they
are kept in, and how others are reached. Nothing is changed, and nothing is asked of others but
whether they are there. As much as can be said is said, also where the database cannot be opened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.checks import Check
from lms_bridge.config.loading import ConfigError, load
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON
from lms_bridge.errors import DatabaseUnfit
from lms_bridge.i18n import mark
from lms_bridge.jobs import steering
from lms_bridge.jobs.times import next_run
from lms_bridge.jobs.titles import TITLES
from lms_bridge.manners import tokens
from lms_bridge.mendable import sentence_of
from lms_bridge.operation import backups, condition, counting, factors, ground, reaching, storage
from lms_bridge.operation.condition import RemoteCondition
from lms_bridge.reasons import SENTENCES
from lms_bridge.store.engine import open_store

_LATE = dt.timedelta(minutes=10)
"""how long after its time a job may begin"""


def examined(path: Path, *, outside: bool = True) -> Iterator[Check]:
    """Everything about the bridge that the configuration at `path` describes.

    `outside`: others are connected to as well.
    """
    subject = mark("Configuration")
    try:
        settings = load(path)
    except ConfigError as error:
        for problem in error.problems:
            yield Check(
                subject,
                "failed",
                "%(problem)s",
                mark("Correct it in %(path)s."),
                {"problem": str(problem), "path": str(path)},
            )
        return
    says = mark("it can be used: %(place)s")
    yield Check(subject, "ok", says, details={"place": str(path.absolute())})
    yield _time_zone(settings.time_zone)
    yield from ground.secret_files(settings)
    yield from ground.guessable(settings)
    try:
        store = open_store(settings.database.url, path.parent)
    except Exception as error:
        yield _no_database(error)
        return
    bridge = Bridge(settings, store, base=path.parent)
    try:
        yield from ground.folder(bridge)
        yield ground.port(settings.web)
        try:
            if ground.is_missing(store):
                yield _no_database_yet()
            else:
                store.check_sessions()
                with store.reading() as db:
                    yield from _inside(bridge, db)
        except Exception as error:
            yield _no_database(error)
        if outside:
            closed = bridge.closed(utc_now())
            yield from reaching.checks(reaching.hosts(settings, closed), utc_now)
    finally:
        store.close()


def _no_database(error: Exception) -> Check:
    sentence = sentence_of(error) or (str(error) if isinstance(error, ValueError) else None)
    if sentence is None:
        raise error
    advises = mark("See that the server runs and the folder is there; nothing works without it.")
    if isinstance(error, DatabaseUnfit):
        advises = mark("No process starts until that is so.")
    return Check(mark("Database"), "failed", "%(error)s", advises, {"error": sentence})


def _no_database_yet() -> Check:
    says = mark("there is none yet.")
    return Check(mark("Database"), "warning", says, mark("It is made at the first start."))


def _inside(bridge: Bridge, db: Connection) -> Iterator[Check]:
    now = utc_now()
    found = list(storage.checks(bridge, db))
    yield from found
    if found[0].verdict != "ok":
        return  # its schema is another
    yield from backups.checks(bridge, db, now)
    yield from factors.checks(bridge, db)
    yield from condition.work(bridge, db, now)
    yield from _overdue(bridge, db, now)
    for remote in condition.remotes(bridge, db, now):
        yield from _remote(remote)
    for line in tokens.standing(db, bridge.settings, now):
        if line.concern:
            sentence = SENTENCES[line.concern.code]
            subject = f"{line.remote}: token {line.name}"
            details = line.concern.details
            yield Check(subject, "warning", sentence.what, sentence.remedy, details)
    waiting = counting.by_state(db, bridge.remotes, FOR_A_PERSON)
    many = sum(some.many for states in waiting.values() for some in states.values())
    if many:
        yield Check(
            mark("Deliveries"),
            "warning",
            mark("Deliveries that wait for a person: %(count)s."),
            mark("lms-bridge attention says why, and what to do."),
            {"count": many},
        )


def _overdue(bridge: Bridge, db: Connection, now: dt.datetime) -> Iterator[Check]:
    """The jobs that should have run since they last did."""
    subject, fine = mark("Sync jobs"), True
    for name in TITLES:
        if steering.is_paused(db, name):
            fine = False
            says = mark("“%(job)s” is paused.")
            advises = mark("If that is not wanted any more: lms-bridge jobs resume %(job)s")
            yield Check(subject, "warning", says, advises, {"job": name})
            continue
        last = steering.last(db, name)
        if last is None or last.is_running:
            continue
        due = next_run(bridge.settings, name, now=last.finished_at or last.started_at)
        if due is not None and due + _LATE < now and getattr(bridge.settings.jobs, name).cron:
            fine = False
            yield Check(
                subject,
                "warning",
                mark("“%(job)s” should have run at %(time)s, and has not."),
                mark("Is a worker running? lms-bridge jobs run %(job)s runs it now."),
                {"job": name, "time": f"{due:%Y-%m-%d %H:%M}"},
            )
    if fine:
        yield Check(subject, "ok", mark("none is paused or overdue."))


def _remote(remote: RemoteCondition) -> Iterator[Check]:
    subject = remote.name
    if remote.state == "down" and remote.health.reason:
        yield Check.that_failed(subject, remote.health.reason)
    elif remote.health.paused is not None:
        sentence = SENTENCES[remote.health.paused.code]
        details = remote.health.paused.details
        yield Check(subject, "warning", sentence.what, sentence.remedy, details)
    else:
        yield Check(subject, "ok", mark("what is to be done there is done."))
    if remote.target is not None and (concern := remote.target.concern):
        sentence = SENTENCES[concern.code]
        yield Check(subject, "warning", sentence.what, sentence.remedy, concern.details)


def _time_zone(name: str) -> Check:
    local = utc_now().astimezone(ZoneInfo(name))
    says = mark("in %(zone)s it is %(time)s now.")
    details = {"zone": name, "time": f"{local:%Y-%m-%d %H:%M}"}
    return Check(mark("Time zone"), "ok", says, details=details)
