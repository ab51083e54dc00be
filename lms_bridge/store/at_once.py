"""Storing statements with a single call of the driver: placed, written and committed at once.

A transaction of several calls costs several ways to PostgreSQL and back. With SQLite each call is
a moment in which the thread lets go of the interpreter, and then waits for it behind all others.
Either takes longer than writing a few statements.
"""

from __future__ import annotations

import datetime as dt
import functools
import sqlite3
import struct
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
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

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dialect = store.engine.dialect
        self._in_postgresql = self._dialect.name == "postgresql"
        self._kept: PoolProxiedConnection | None = None

    def append(self, rows: Sequence[Row], *, now: dt.datetime) -> bool:
        """Store the statements in `rows`, durably, each with a place behind all that are stored.

        Or else none of them, and the answer is no: then one has an id that is there already.
        Raises :exc:`sqlalchemy.exc.DBAPIError`, as a transaction does.
        """
        sql, values = (_call if self._in_postgresql else _insertion)(rows, place_of(now))
        try:
            with self._store.turn():
                self._connection().execute(sql, values)
        except (psycopg.errors.UniqueViolation, sqlite3.IntegrityError):
            return False
        except (psycopg.Error, sqlite3.Error) as error:
            self.close()
            kind = psycopg.Error if self._in_postgresql else sqlite3.Error
            raise DBAPIError.instance(
                sql, None, error, kind, hide_parameters=True, dialect=self._dialect
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
            driver: Any = self._kept.driver_connection
            if self._in_postgresql:
                driver.autocommit = True
            return driver
        return self._kept.driver_connection


# --- SQLite ---------------------------------------------------------------------------------


def _insertion(rows: Sequence[Row], place: int) -> tuple[str, list[Any]]:
    values: list[Any] = [place]
    for number, row in enumerate(rows):
        values.append(number)
        values += row
    return _insertion_of(len(rows)), values


@functools.lru_cache
def _insertion_of(rows: int) -> str:
    """What inserts so many `rows`; the same text each time, so that the driver knows it."""
    places = ", ".join(["(?, ?, ?, ?, ?, ?)"] * rows)
    return (
        "INSERT INTO statements (seq, id, sender, raw, version, authority)"  # noqa: S608
        " SELECT max(?, (SELECT ifnull(max(seq), 0) + 1 FROM statements)) + column1,"
        f" column2, column3, column4, column5, column6 FROM (VALUES {places})"
    )


# --- PostgreSQL -----------------------------------------------------------------------------

_CALL: Final = "SELECT place_statements(%s, %b, %b, %b, %b, %b)"
"""the function of the schema that takes the place of the first, and the columns"""


def _call(rows: Sequence[Row], place: int) -> tuple[str, tuple[Any, ...]]:
    ids, senders, raws, versions, authorities = zip(*rows, strict=True)
    return _CALL, (
        place,
        Texts(ids),
        Texts(senders),
        Blobs(raws),
        Texts(versions),
        Blobs(authorities),
    )


class Texts(tuple[str, ...]):
    """An array of texts, as PostgreSQL takes it most quickly."""

    __slots__ = ()


class Blobs(tuple[bytes | None, ...]):
    """An array of bytes, likewise."""

    __slots__ = ()


_ARRAY: Final = struct.Struct("!iiIii").pack
"""how an array begins: dimensions, whether there are nulls, kind, how many, the first index"""
_LENGTH: Final = struct.Struct("!i").pack
_NULL: Final = _LENGTH(-1)


def _array(kind: str, values: Sequence[bytes | None]) -> bytes:
    """`values` as an array in the binary form of PostgreSQL (``array_recv``)."""
    parts = [_ARRAY(1, None in values, psycopg.postgres.types[kind].oid, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts += (_LENGTH(len(value)), value)
    return b"".join(parts)


class _TextsDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.postgres.types["text"].array_oid

    def dump(self, obj: Texts) -> bytes:
        return _array("text", list(map(str.encode, obj)))


class _BlobsDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.postgres.types["bytea"].array_oid

    def dump(self, obj: Blobs) -> bytes:
        return _array("bytea", obj)


psycopg.adapters.register_dumper(Texts, _TextsDumper)
psycopg.adapters.register_dumper(Blobs, _BlobsDumper)
