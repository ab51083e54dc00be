"""How every part of the bridge is doing, each in a sentence, with what to do about it.

Nothing here reads more than a few hundred rows, however large the database is.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select, text

from lms_bridge.bridge import Bridge
from lms_bridge.checks import Check
from lms_bridge.deliveries import breaker, health
from lms_bridge.deliveries.breaker import Health
from lms_bridge.deliveries.due import IS_OPEN
from lms_bridge.forwarding import backlog
from lms_bridge.forwarding.backlog import Standing
from lms_bridge.i18n import mark
from lms_bridge.jobs import steering
from lms_bridge.jobs.titles import TITLES
from lms_bridge.manners import tokens
from lms_bridge.manners.tokens import TokenLine
from lms_bridge.operation import counting, renewing, trying, workers
from lms_bridge.operation.counting import Some
from lms_bridge.operation.renewing import Renewable
from lms_bridge.operation.trying import Try
from lms_bridge.operation.workers import WorkerLine
from lms_bridge.reasons import Reason
from lms_bridge.recognition import sightings
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import deliveries

_GIB = 1 << 30
_MIB = 1 << 20
_SLOW = dt.timedelta(minutes=10)
"""work that could be done has waited too long after this"""


class RemoteCondition(msgspec.Struct, frozen=True, kw_only=True):
    """How an outside system is doing, and all that can be done about it."""

    name: str
    health: Health
    closed: Reason | None
    """why it is not called now, for it is not its time"""
    tried: Try | None
    issued: list[TokenLine]
    """tokens that the bridge has had issued, and renews by itself"""
    secrets: list[Renewable]
    states: dict[str, Some]
    """how much is to be delivered there, by state"""
    target: Standing | None
    """what another LRS has not got"""

    @property
    def state(self) -> str:
        """In one word: ``up``, ``down``, ``paused`` or ``attention``."""
        if self.health.is_down:
            return "down"
        if self.health.paused is not None:
            return "paused"
        concerned = any(one.missing or (one.token and one.token.concern) for one in self.secrets)
        failed = self.tried is not None and self.tried.failed
        refusing = self.target is not None and self.target.concern is not None
        return "attention" if concerned or failed or refusing else "up"


def remotes(bridge: Bridge, db: Connection, now: dt.datetime) -> list[RemoteCondition]:
    """Every outside system that is configured."""
    known, closed, tried = health.read_all(db), bridge.closed(now), trying.last(db)
    lines = tokens.standing(db, bridge.settings, now)
    targets = {one.remote: one for one in backlog.standing(db, bridge.settings.forward, now=now)}
    open_ = counting.unfinished(db, bridge.remotes)
    return [
        RemoteCondition(
            name=name,
            health=known.get(name, breaker.healthy(now)),
            closed=closed.get(name),
            tried=tried.get(name),
            issued=[line for line in lines if line.remote == name and line.issued],
            secrets=renewing.of(bridge, name, lines),
            states=open_.get(name, {}),
            target=targets.get(name),
        )
        for name in bridge.remotes
    ]


def parts(bridge: Bridge, db: Connection, now: dt.datetime) -> list[Check]:
    """What the bridge consists of itself."""
    return [*work(bridge, db, now), _database(bridge, db), *disks(bridge)]


def work(bridge: Bridge, db: Connection, now: dt.datetime) -> list[Check]:
    """Whether what is to be done is done."""
    return [*_scheduler(db, now), *_queue(bridge, db, now), *_jobs(db)]


def _scheduler(db: Connection, now: dt.datetime) -> Iterator[Check]:
    subject = mark("Scheduler")
    lines = workers.every(db, now=now)
    alive = [line for line in lines if line.is_alive]
    if alive:
        where = ", ".join(sorted({line.host for line in alive}))
        says = mark("Workers at work: %(count)s, on %(where)s.")
        yield Check(subject, "ok", says, details={"count": len(alive), "where": where})
        if db.dialect.name == "postgresql":
            yield _active(lines)
        return
    advises = mark(
        "Start the service on the server: systemctl start lms-bridge, or lms-bridge serve. If it"
        " runs, its log says why the worker ends."
    )
    says = mark("No worker is running, so nothing is judged, delivered or run on schedule.")
    yield Check(subject, "failed", says, advises)


def _active(lines: Sequence[WorkerLine]) -> Check:
    """Which of several workers begins what runs at set times; one of SQLite has no others."""
    subject = mark("Scheduler")
    if active := [line.name for line in lines if line.is_active]:
        says = mark("The active worker, which begins the jobs of set times: %(name)s.")
        return Check(subject, "ok", says, details={"name": active[0]})
    return Check(
        subject,
        "warning",
        mark("No worker is the active one, so no job is begun at its set time."),
        mark(
            "This passes within seconds of a worker's end. If it stays, the log of the workers says"
            " why; a pooler between them and PostgreSQL must leave each its own session."
        ),
    )


def _queue(bridge: Bridge, db: Connection, now: dt.datetime) -> Iterator[Check]:
    subject = mark("Queue")
    first = sightings.oldest_unseen(db)
    if first is not None and now - moment_of(first) > _SLOW:
        seconds = int((now - moment_of(first)).total_seconds() // 60)
        yield Check(
            subject,
            "warning",
            mark("Statements have waited for %(minutes)s minutes to be judged."),
            mark("See in Sync jobs whether “recognise” is paused, or what its last run says."),
            {"minutes": seconds},
        )
    known, closed = health.read_all(db), bridge.closed(now)
    late = []
    for remote in bridge.remotes:
        one = known.get(remote, breaker.healthy(now))
        if one.is_down or one.paused or remote in closed:
            continue  # it says so itself
        query = select(func.min(deliveries.c.due_at)).where(
            deliveries.c.remote == remote, IS_OPEN, deliveries.c.due_at <= now
        )
        oldest = db.scalar(query)
        if oldest is not None and now - oldest > _SLOW:
            late.append(remote)
    if late:
        yield Check(
            subject,
            "warning",
            mark("Deliveries that could be made are waiting for longer than usual: %(where)s."),
            mark(
                "If many came at once they are worked off in order. If it does not become less, see"
                " whether “deliver” is paused in Sync jobs."
            ),
            {"where": ", ".join(late)},
        )
    elif first is None or now - moment_of(first) <= _SLOW:
        yield Check(subject, "ok", mark("Nothing waits that could be done now."))


def _jobs(db: Connection) -> Iterator[Check]:
    for name in TITLES:
        last = steering.last(db, name)
        if last is not None and last.outcome == "failed":
            yield Check(
                mark("Sync jobs"),
                "warning",
                mark("The last run of “%(job)s” failed: %(error)s"),
                mark(
                    "Mend what it says and run it again in Sync jobs; it is also tried again"
                    " by itself at its next time."
                ),
                {"job": name, "error": last.error},
            )


def _database(bridge: Bridge, db: Connection) -> Check:
    begun = time.perf_counter()
    db.execute(text("SELECT 1"))
    took = (time.perf_counter() - begun) * 1000
    kind, size = db.dialect.name, size_of_database(bridge, db)
    details = {
        "kind": {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[kind],
        "ms": max(1, round(took)),
        "size": size_in_words(size),
    }
    says = mark("%(kind)s answers within %(ms)s ms and holds %(size)s.")
    return Check(mark("Database"), "ok", says, details=details)


def size_of_database(bridge: Bridge, db: Connection) -> int:
    """Its bytes; 0 where that cannot be told."""
    if db.dialect.name == "postgresql":
        return db.scalar(text("SELECT pg_database_size(current_database())")) or 0
    return _size_of(Path(bridge.store.engine.url.database or ""))


def folder_of_data(bridge: Bridge) -> Path:
    """Where what grows is kept on this machine."""
    url = bridge.store.engine.url
    if url.drivername.startswith("sqlite") and url.database:
        return Path(url.database).parent.absolute()
    return bridge.base.absolute()


def disks(bridge: Bridge) -> Iterator[Check]:
    """Whether there is room where the data are kept."""
    for place in dict.fromkeys((folder_of_data(bridge), bridge.base.absolute())):
        try:
            usage = shutil.disk_usage(place)
        except OSError:
            continue
        yield _disk(place, usage.free, usage.total)
        return


def _disk(place: Path, free: int, total: int) -> Check:
    subject = mark("Disk")
    details = {
        "free": size_in_words(free),
        "total": size_in_words(total),
        "place": str(place),
    }
    says = mark("%(free)s of %(total)s are free at %(place)s.")
    advises = mark(
        "Make room: delete what is not needed, or enlarge the disk. When it is full no statement is"
        " taken in; nothing that was taken in is lost."
    )
    if free < _GIB // 2:
        return Check(subject, "failed", says, advises, details)
    if free < 2 * _GIB or free < total * 0.05:
        return Check(subject, "warning", says, advises, details)
    return Check(subject, "ok", says, details=details)


def size_in_words(size: int) -> str:
    """A number of bytes as people say it, without fractions: it is the same in every language.

    >>> size_in_words(84395327488), size_in_words(1613348864)
    ('79 GB', '1539 MB')
    """
    if size >= 10 * _GIB:
        return f"{round(size / _GIB)} GB"
    return f"{max(1, round(size / _MIB))} MB"


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
