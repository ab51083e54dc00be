"""How much there is of everything, and how late it is, in figures for a monitoring system.

They are read from the database, so whichever web process is asked tells the same of all processes
on all hosts, and a worker needs no port. Nothing in them is of a person: a label is the name of
something that is configured, or a word of ours.

A query here goes through an index at the most, and no more often than :class:`Cached` lets it.
"""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import msgspec
import structlog
from sqlalchemy import Connection, Select, func, select, text

from lms_bridge import __version__
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import breaker, health
from lms_bridge.deliveries.due import IS_OPEN
from lms_bridge.events import journal
from lms_bridge.jobs import steering
from lms_bridge.jobs.titles import TITLES
from lms_bridge.manners import tokens
from lms_bridge.operation import workers
from lms_bridge.operation.condition import folder_of_data, size_of_database
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store import marks, migrations
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import (
    completions,
    deliveries,
    job_runs,
    messages,
    sightings,
    statements,
    unforwarded,
    withdrawals,
)

log = structlog.get_logger(__name__)

READERS = ("recognition", "index", "backup")
"""of the statements, beside those that send them on; ``backup`` is what is in no backup"""
_SECONDS = 10.0
_SHARE = 50
"""figures that took a second to read are good for so many: 2 % of the time goes there at most"""
_EXACT = 1_000_000
"""more statements than these PostgreSQL estimates"""


class Figure(msgspec.Struct, frozen=True):
    """A figure as it is now, for each set of labels."""

    name: str
    says: str
    """what it is, in English"""
    labels: tuple[str, ...] = ()
    values: list[tuple[tuple[str, ...], float]] = []


def read(bridge: Bridge, db: Connection, now: dt.datetime) -> list[Figure]:
    """Every figure."""
    return [
        Figure(
            "info",
            "The version that runs, its kind of database and the version of the schema.",
            ("version", "database", "schema"),
            [((__version__, db.dialect.name, migrations.NEWEST), 1)],
        ),
        *_what_came(bridge, db, now),
        *_deliveries(bridge, db, now),
        *_remotes(bridge, db, now),
        *_jobs(db),
        *_room(bridge, db),
        _one(
            "workers",
            "Worker processes that are alive, on all hosts.",
            sum(line.is_alive for line in workers.every(db, now=now)),
        ),
    ]


def _one(name: str, says: str, value: float) -> Figure:
    return Figure(name, says, (), [((), value)])


def _by(name: str, says: str, label: str, values: Iterable[tuple[str, float]]) -> Figure:
    return Figure(name, says, (label,), [((word,), value) for word, value in values])


def _what_came(bridge: Bridge, db: Connection, now: dt.datetime) -> Iterator[Figure]:
    yield _one("statements", "Statements that are stored, own ones included.", _statements(db))
    newest = db.scalar(select(func.max(statements.c.seq)))
    yield Figure(
        "newest_statement_timestamp_seconds",
        "When the newest statement was stored, in seconds since 1970.",
        (),
        [] if newest is None else [((), newest / 1e6)],
    )
    behind: dict[str, float] = {}
    for reader in (*READERS, *(one for one in bridge.remotes if one.startswith("lrs."))):
        first = marks.first_unread(db, reader)
        behind[reader] = 0 if first is None else (now - moment_of(first)).total_seconds()
    for target in bridge.settings.events:
        waiting = journal.waiting(db, target.remote, target.types, most=1)
        behind[target.remote] = (now - waiting[0].at).total_seconds() if waiting else 0
    yield _by(
        "reader_behind_seconds",
        "How long the oldest of what a reader has not read yet has waited.",
        "reader",
        ((reader, max(0, seconds)) for reader, seconds in behind.items()),
    )
    seen = select(func.count()).select_from(sightings)
    yield _by(
        "sightings",
        "What was seen in statements, by state.",
        "state",
        # One by one, or SQLite would go through the rows and not the index.
        ((one, db.scalar(seen.where(sightings.c.state == one)) or 0) for one in SightingState),
    )
    total = db.scalar(select(func.count()).select_from(completions)) or 0
    back = select(func.count()).select_from(withdrawals).where(withdrawals.c.ended_at.is_(None))
    withdrawn = db.scalar(back) or 0
    yield _by(
        "completions",
        "Completions that hold, and that were taken back.",
        "state",
        [("in_force", total - withdrawn), ("withdrawn", withdrawn)],
    )


def _deliveries(bridge: Bridge, db: Connection, now: dt.datetime) -> Iterator[Figure]:
    which = deliveries.c.state, deliveries.c.remote  # as they stand in the index
    query = select(*which, func.count()).group_by(*which).order_by(*which)
    yield Figure(
        "deliveries",
        "Deliveries by where they go and how they stand.",
        ("remote", "state"),
        [((remote, state), many) for state, remote, many in db.execute(query)],
    )
    oldest = []
    for remote in bridge.remotes:
        mine = deliveries.c.remote == remote, IS_OPEN, deliveries.c.due_at <= now
        due = db.scalar(select(func.min(deliveries.c.due_at)).where(*mine))
        oldest.append((remote, (now - due).total_seconds() if due else 0.0))
    yield _by(
        "delivery_oldest_due_seconds",
        "How long the oldest delivery that is due has waited.",
        "remote",
        oldest,
    )
    apart = unforwarded.c.remote, unforwarded.c.state
    query = select(*apart, func.count()).group_by(*apart).order_by(*apart)
    yield Figure(
        "unforwarded_statements",
        "Statements that another LRS did not take, or is not to get.",
        ("remote", "state"),
        [((remote, state), many) for remote, state, many in db.execute(query)],
    )
    kept = select(messages.c.state, func.count()).group_by(messages.c.state)
    yield _by("messages", "E-mails and webhooks to people, by state.", "state", _rows(db, kept))


def _remotes(bridge: Bridge, db: Connection, now: dt.datetime) -> Iterator[Figure]:
    known, closed = health.read_all(db), bridge.closed(now)
    each = {name: known.get(name, breaker.healthy(now)) for name in bridge.remotes}
    yield _by(
        "remote_up",
        "1: the outside system can be used; 0: it is down.",
        "remote",
        ((name, not one.is_down) for name, one in each.items()),
    )
    yield _by(
        "remote_paused",
        "1: a person has paused it, or it is outside of its working hours.",
        "remote",
        ((name, one.paused is not None or name in closed) for name, one in each.items()),
    )
    yield Figure(
        "token_expires_timestamp_seconds",
        "Until when a token is good, in seconds since 1970; renewed says who renews it.",
        ("remote", "token", "renewed"),
        [
            (
                (line.remote, line.name, "bridge" if line.issued else "person"),
                line.good_until.timestamp(),
            )
            for line in tokens.standing(db, bridge.settings, now)
            if line.good_until
        ],
    )


def _jobs(db: Connection) -> Iterator[Figure]:
    good, bad, took = [], [], []
    for name in TITLES:
        if ended := _newest(db, name, "done", "idle"):
            good.append((name, ended[1].timestamp()))
        if failed := _newest(db, name, "failed"):
            bad.append((name, failed[1].timestamp()))
        if run := _newest(db, name, "done", "failed", "stopped"):
            took.append((name, (run[1] - run[0]).total_seconds()))
    yield _by(
        "job_last_success_timestamp_seconds", "When the job last did what it is for.", "job", good
    )
    yield _by("job_last_failure_timestamp_seconds", "When the job last failed.", "job", bad)
    yield _by("job_last_duration_seconds", "How long its last run took.", "job", took)
    yield _by(
        "job_paused",
        "1: a person has paused the job.",
        "job",
        ((name, steering.is_paused(db, name)) for name in TITLES),
    )


def _room(bridge: Bridge, db: Connection) -> Iterator[Figure]:
    yield _one("database_bytes", "How large the database is.", size_of_database(bridge, db))
    free: list[tuple[tuple[str, ...], float]] = []
    with suppress(OSError):
        free.append(((), shutil.disk_usage(folder_of_data(bridge)).free))
    yield Figure("disk_free_bytes", "What is free where this host keeps its data.", (), free)


def _newest(db: Connection, name: str, *outcomes: str) -> tuple[dt.datetime, dt.datetime] | None:
    """When the newest run of a job that ended like this began and ended."""
    mine = job_runs.c.job == name, job_runs.c.outcome.in_(outcomes)
    query = select(job_runs.c.started_at, job_runs.c.finished_at).where(
        *mine, job_runs.c.finished_at.is_not(None)
    )
    row = db.execute(query.order_by(job_runs.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.started_at, row.finished_at)


def _rows(db: Connection, query: Select[str, int]) -> list[tuple[str, float]]:
    return [(row[0], row[1]) for row in db.execute(query)]


def _statements(db: Connection) -> float:
    if db.dialect.name == "postgresql":
        query = "SELECT reltuples FROM pg_class WHERE oid = 'statements'::regclass"
        about = db.scalar(text(query))
        if about is not None and about > _EXACT:
            return float(about)
    return db.scalar(select(func.count()).select_from(statements)) or 0


class Cached:
    """The figures of a bridge, read anew only now and then, by one thread at a time.

    >>> Cached(bridge).figures()[0].name
    'database_up'
    """

    def __init__(self, bridge: Bridge, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._bridge = bridge
        self._clock = clock
        self._lock = threading.Lock()
        self._good_until = float("-inf")
        self._figures: list[Figure] = []

    def figures(self) -> list[Figure]:
        """As they are, or were some seconds ago; one alone if the database does not answer."""
        with self._lock:
            begun = self._clock()
            if begun >= self._good_until:
                self._figures = self._read()
                ended = self._clock()
                took = ended - begun
                self._figures.append(
                    _one("figures_seconds", "How long it took to read the figures.", took)
                )
                self._good_until = ended + max(_SECONDS, _SHARE * took)
            return self._figures

    def _read(self) -> list[Figure]:
        says = "1: the database answers."
        try:
            with self._bridge.store.reading() as db:
                return [_one("database_up", says, 1), *read(self._bridge, db, utc_now())]
        except Exception as error:
            log.error("the figures cannot be read", reason=str(error))
            return [_one("database_up", says, 0)]
