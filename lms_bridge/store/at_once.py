"""Storing statements with a single call of the driver: placed, written and committed at once.

A transaction of several calls costs several ways to PostgreSQL and back. With SQLite each call is
a moment in which the thread lets go of the interpreter, and then waits for it behind all others.
Either takes longer than writing a few statements.
"""

from __future__ import annotations

import datetime as dt
import functools
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

from lms_bridge.store.engine import Store
from lms_bridge.store.places import place_of

Row: TypeAlias = tuple[str, str, bytes, str, bytes | None]
"""id, sender, raw, version and authority of a statement"""

MOST: Final = 2000
"""how many rows one call takes; SQLite counts the values in them"""


class Appender:
    """Stores statements, for one thread, over a connection that it keeps.

    >>> Appender(store).append(rows, now=utc_now())
    True
    """

    def __init__(self, store: Store, *, waits: bool = True) -> None:
        """Without `waits` it raises :exc:`TimeoutError` where another has to be waited for."""
        self._store = store
        self._waits = waits
        self._way = _way_with(store.engine.dialect.name)
        self._kept: PoolProxiedConnection | None = None

    def append(self, rows: Sequence[Row], *, now: dt.datetime) -> bool:
        """Store the statements in `rows`, durably, each with a place behind all that are stored.

        Or else none of them, and the answer is no: then one has an id that is there already.
        Raises :exc:`sqlalchemy.exc.DBAPIError`, as a transaction does.
        """
        try:
            with self._store.turn(waits=self._waits):
                self._way.append(self._connection(), rows, place_of(now))
        except self._way.is_there_already:
            return False
        except self._way.error as error:
            self.close()
            dialect = self._store.engine.dialect
            raise DBAPIError.instance(
                "place statements", None, error, self._way.error, dialect=dialect
            ) from error
        return True

    def close(self) -> None:
        """Give up the connection."""
        if self._kept is not None:
            self._kept.invalidate()
            self._kept = None

    def _connection(self) -> Any:
        if self._kept is None:
            self._kept = self._store.engine.raw_connection()
            self._way.prepare(self._kept.driver_connection, self._waits)
        return self._kept.driver_connection


class Way(NamedTuple):
    """How a driver does it."""

    prepare: Callable[[Any, bool], object]
    """makes a connection ready, for whoever waits or does not"""
    append: Callable[[Any, Sequence[Row], int], object]
    is_there_already: type[Exception]
    error: type[Exception]


def _way_with(dialect: str) -> Way:
    if dialect == "sqlite":
        return _SQLITE
    # Loads a driver that whoever has SQLite does not need.
    from lms_bridge.store.at_once_postgresql import POSTGRESQL

    return POSTGRESQL


def _prepare(connection: sqlite3.Connection, waits: bool) -> None:
    if not waits:
        connection.execute("PRAGMA busy_timeout = 0")
        # Once in a while a commit takes the time to carry what was written into the file.
        connection.execute("PRAGMA wal_autocheckpoint = 0")


def _insert(connection: sqlite3.Connection, rows: Sequence[Row], place: int) -> None:
    values: list[Any] = [place]
    for number, row in enumerate(rows):
        values.append(number)
        values += row
    connection.execute(_insertion(len(rows)), values)


@functools.lru_cache
def _insertion(rows: int) -> str:
    """What inserts so many `rows`; the same text each time, so that the driver knows it."""
    places = ", ".join(["(?, ?, ?, ?, ?, ?)"] * rows)
    return (
        "INSERT INTO statements (seq, id, sender, raw, version, authority)"  # noqa: S608
        " SELECT max(?, (SELECT ifnull(max(seq), 0) + 1 FROM statements)) + column1,"
        f" column2, column3, column4, column5, column6 FROM (VALUES {places})"
    )


_SQLITE: Final = Way(_prepare, _insert, sqlite3.IntegrityError, sqlite3.Error)
