"""The pace of the calls to one outside system, which all threads and all processes keep together.

The database holds when the next request may begin. Whoever wants to make one takes that moment
for itself and puts it off for the others, in a transaction of its own; then it waits, holding
nothing. So requests begin evenly, however many there are to make them.

With a pause between writes they go one by one: who writes is in the database as well, until it has
its answer, and the next write begins after the pause. A process that died at it keeps nobody
waiting on its own machine, and nobody anywhere for longer than a call can take.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection, func, select, update

from lms_bridge.config.remote import ConnectionSettings
from lms_bridge.deliveries.ownership import is_certainly_dead
from lms_bridge.http import gate
from lms_bridge.http.client import PATIENCE
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import paces
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.2
"""how often it is looked whether the write of another process is over"""
_LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Pace:
    """The pace towards `remote`, kept by the process `owner` like all others.

    `rate` requests are begun in a second (0: as many as there are), and `pause` seconds lie
    between one write and the next.
    """

    def __init__(
        self,
        store: Store,
        remote: str,
        settings: ConnectionSettings,
        owner: str,
        *,
        rate: float,
        pause: float = 0,
    ) -> None:
        self._store = store
        self._remote = remote
        self._owner = owner
        self._gap = dt.timedelta(seconds=1 / rate if rate else 0)
        self._pause = dt.timedelta(seconds=pause)
        # How long the answer to a call can be waited for, see lms_bridge.http.client.
        self._longest = dt.timedelta(
            seconds=settings.connect_timeout_seconds
            + (PATIENCE + 1) * settings.read_timeout_seconds
        )
        self._writing = threading.Lock()

    @contextlib.contextmanager
    def turn(self, *, writes: bool) -> Iterator[None]:
        """Wait for the turn of a call, which is made inside the block.

        Raises :exc:`~lms_bridge.http.gate.Ended` when this thread is to end.
        """
        alone = writes and bool(self._pause)
        with self._only_writer() if alone else contextlib.nullcontext():
            begun = time.monotonic()
            taken = False
            try:
                while not taken:
                    seconds, taken = self._take(alone=alone)
                    gate.sleep(seconds)
                if time.monotonic() - begun > _LOOK_SECONDS or alone:
                    gate.make_sure()
                yield
            finally:
                if alone and taken:
                    self._written()

    @contextlib.contextmanager
    def _only_writer(self) -> Iterator[None]:
        """Alone among the threads of this process."""
        while not self._writing.acquire(timeout=_LOOK_SECONDS):
            gate.sleep(0)
        try:
            yield
        finally:
            self._writing.release()

    def _take(self, *, alone: bool) -> tuple[float, bool]:
        """Seconds to wait, and whether the turn has come then, or is to be asked for again."""
        with self._store.writing() as db:
            row = self._locked(db)
            now = _clock(db)
            if alone and row.writer != self._owner and row.write_at > now:
                if row.writer and is_certainly_dead(row.writer):
                    self._put(db, {"writer": None, "write_at": now + self._pause})
                    return self._pause.total_seconds(), False
                left = (row.write_at - now).total_seconds()
                return min(left, _LOOK_SECONDS) if row.writer else left, False
            begin = max(now, row.next_at)
            values: dict[str, Any] = {"next_at": begin + self._gap}
            if alone:
                values |= {"writer": self._owner, "write_at": begin + self._longest + self._pause}
            self._put(db, values)
        return (begin - now).total_seconds(), True

    def _written(self) -> None:
        """The answer is there, or is not waited for any more: from now the pause is counted."""
        try:
            with self._store.writing() as db:
                self._locked(db)
                self._put(db, {"writer": None, "write_at": _clock(db) + self._pause})
        except Exception:
            # What the other side has answered counts for more than the pace.
            log.exception("could not note the end of a write", remote=self._remote)

    def _locked(self, db: Connection) -> AnyRow:
        """What is known of the pace, which nobody else changes until the transaction ends."""
        query = select(paces.c.next_at, paces.c.writer, paces.c.write_at)
        query = query.where(paces.c.remote == self._remote).with_for_update()
        row = db.execute(query).one_or_none()
        if row is None:
            new = {"remote": self._remote, "next_at": _LONG_AGO, "write_at": _LONG_AGO}
            db.execute(insert(db, paces).values(new).on_conflict_do_nothing())
            row = db.execute(query).one()
        return row

    def _put(self, db: Connection, values: Mapping[str, Any]) -> None:
        db.execute(update(paces).where(paces.c.remote == self._remote).values(values))


def _clock(db: Connection) -> dt.datetime:
    """The time that all processes share: the server's, or where there is none the machine's."""
    if db.dialect.name == "postgresql":
        found: dt.datetime = db.execute(select(func.clock_timestamp())).scalar_one()
        return found.astimezone(dt.UTC)
    return dt.datetime.now(dt.UTC)
