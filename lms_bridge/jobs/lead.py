"""Which worker is the active one: it alone begins the jobs that run at set times.

On PostgreSQL each worker tries to get one advisory lock, on a connection of its own. Who has it
begins a *term*, and says every second on the row of it that it still leads. The server gives the
lock back as soon as the connection is gone: so another follows within two seconds where a worker
was killed. A worker that is merely frozen keeps its connection; when it has been silent for
:data:`_SILENT_SECONDS` whoever waits has the server end that connection, and is next.

A worker believes itself to lead only for :data:`_SURE_SECONDS` after it was last told so. One that
wakes up late knows at once that it may not be the one any more. And because no clock can be relied
on for that, each run is begun in a transaction that looks whether the term still lasts
(:meth:`Lead.lasts`), so that two can never begin the same.

With SQLite there is one worker, and nothing to agree on (:class:`Alone`).
"""

from __future__ import annotations

import threading
import time
import zlib
from contextlib import suppress
from typing import Protocol

import structlog
from sqlalchemy import Connection, bindparam, func, select, text, update

from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import leads
from lms_bridge.store.watched import connect

log = structlog.get_logger(__name__)

SCHEDULER = "scheduler"
_LOOK_SECONDS = 1.0
_SURE_SECONDS = 4.0
_SILENT_SECONDS = 6.0
"""must be more than a worker that is not heard of believes that it leads"""
_LOCK = zlib.crc32(b"the active worker")

_MINE = (
    (leads.c.name == SCHEDULER)
    & (leads.c.owner == bindparam("me"))
    & (leads.c.term == bindparam("mine"))
)
_BEAT = update(leads).where(_MINE).values(seen_at=func.clock_timestamp())
_LASTS = select(leads.c.term).where(_MINE).with_for_update(read=True)
_SILENT = select(leads.c.term).where(
    leads.c.name == SCHEDULER,
    leads.c.seen_at < func.clock_timestamp() - text(f"INTERVAL '{_SILENT_SECONDS} seconds'"),
)
# A lock of one number stands there in two halves; ours fits into the second.
_END_HOLDER = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = 0 AND objid = :key AND objsubid = 1"
)


class Leading(Protocol):
    """Whether this worker is the active one."""

    is_shared: bool
    """whether there may be others"""

    @property
    def term(self) -> int | None:
        """The number of the term in which it leads; None if it does not."""

    @property
    def before(self) -> str | None:
        """Who led before it."""

    def lasts(self, db: Connection) -> bool:
        """Whether its term lasts for as long as this transaction does."""

    def start(self) -> None:
        """Begin to look."""

    def stop(self) -> None:
        """Lead no more."""


class Alone:
    """The only worker."""

    is_shared = False
    term: int | None = 1
    before: str | None = None

    def lasts(self, db: Connection) -> bool:
        """Always."""
        return True

    def start(self) -> None:
        """Nothing to look for."""

    def stop(self) -> None:
        """Nothing to leave to anybody."""


class Lead:
    """One of the workers `owner` on PostgreSQL."""

    is_shared = True

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._db: Connection | None = None
        self._term: int | None = None
        self._sure_until = 0.0
        self._suspected: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lead", daemon=True)
        self.before: str | None = None

    @property
    def term(self) -> int | None:
        """The number of the term in which it leads; None if it does not, or cannot be sure."""
        return self._term if time.monotonic() < self._sure_until else None

    def lasts(self, db: Connection) -> bool:
        """Whether its term lasts; nobody else can begin one before the transaction ends."""
        mine = {"me": self._owner, "mine": self._term}
        return self.term is not None and db.execute(_LASTS, mine).first() is not None

    def start(self) -> None:
        """Begin to look, each second, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Lead no more, so that another can at once."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._leave()

    def _run(self) -> None:
        while True:
            self.look()
            if self._stopping.wait(_LOOK_SECONDS):
                return

    def look(self) -> None:
        """Say that it still leads, or try to."""
        begun_at, led = time.monotonic(), self._term is not None
        try:
            if self._db is None:
                self._db = connect(self._store)
            if not (self._goes_on(self._db) if led else self._begins(self._db)):
                return
        except Exception as error:
            log.warning("cannot tell which worker is the active one", error=str(error))
            self._leave()
            return
        self._sure_until = begun_at + _SURE_SECONDS
        if not led:
            log.info("this worker is the active one now", term=self._term)

    def _goes_on(self, db: Connection) -> bool:
        if db.execute(_BEAT, {"me": self._owner, "mine": self._term}).rowcount:
            return True
        self._leave()  # with the lock, should it still be held
        return False

    def _begins(self, db: Connection) -> bool:
        if not db.scalar(select(func.pg_try_advisory_lock(_LOCK))):
            self._end_silent(db)
            return False
        self._suspected = None
        query = select(leads.c.owner).where(leads.c.name == SCHEDULER)
        self.before = db.scalar(query)
        now = func.clock_timestamp()
        mine = {"owner": self._owner, "since": now, "seen_at": now}
        new = insert(db, leads).values(name=SCHEDULER, term=1, **mine)
        put = new.on_conflict_do_update(
            index_elements=["name"], set_={**mine, "term": leads.c.term + 1}
        )
        self._term = db.execute(put.returning(leads.c.term)).scalar_one()
        return True

    def _end_silent(self, db: Connection) -> None:
        """End the connection of who leads and has long said nothing.

        Only at the second look: at the first the next one may just be about to begin its term.
        """
        silent = db.scalar(_SILENT)
        if silent is not None and silent == self._suspected:
            log.warning("the active worker is silent; another takes its place", term=silent)
            db.execute(_END_HOLDER, {"key": _LOCK})
        self._suspected = silent

    def _leave(self) -> None:
        if self._term is not None:
            log.info("this worker is not the active one any more", term=self._term)
        self._term, self._sure_until = None, 0.0
        db, self._db = self._db, None
        if db is not None:
            with suppress(Exception):
                db.close()


def lead_of(store: Store, owner: str) -> Leading:
    """How the worker `owner` learns whether it is the active one."""
    return Lead(store, owner) if store.engine.dialect.name == "postgresql" else Alone()
