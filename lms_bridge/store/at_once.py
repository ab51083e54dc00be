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
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult
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
        self._way = _POSTGRESQL if store.engine.dialect.name == "postgresql" else _SQLITE
        self._kept: PoolProxiedConnection | None = None

    def append(self, rows: Sequence[Row], *, now: dt.datetime) -> bool:
        """Store the statements in `rows`, durably, each with a place behind all that are stored.

        Or else none of them, and the answer is no: then one has an id that is there already.
        Raises :exc:`sqlalchemy.exc.DBAPIError`, as a transaction does.
        """
        try:
            with self._store.turn():
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
            self._way.prepare(self._kept.driver_connection)
        return self._kept.driver_connection


class _Way(NamedTuple):
    """How a driver does it."""

    prepare: Callable[[Any], object]
    append: Callable[[Any, Sequence[Row], int], object]
    is_there_already: type[Exception]
    error: type[Exception]


# --- SQLite ---------------------------------------------------------------------------------


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


_SQLITE: Final = _Way(lambda _: None, _insert, sqlite3.IntegrityError, sqlite3.Error)


# --- PostgreSQL -----------------------------------------------------------------------------

# Past the half of the driver that is written in Python, for it takes longer than all the rest.

_NAME: Final = b"place_statements"
_CALL: Final = b"SELECT place_statements($1, $2, $3, $4, $5, $6)"
"""the function of the schema that takes the place of the first, and the columns"""
_TEXT: Final = psycopg.postgres.types["text"]
_BYTEA: Final = psycopg.postgres.types["bytea"]
_KINDS: Final = (
    psycopg.postgres.types["bigint"].oid,
    *(kind.array_oid for kind in (_TEXT, _TEXT, _BYTEA, _TEXT, _BYTEA)),
)
_BINARY: Final = (Format.BINARY,) * len(_KINDS)


def _prepare(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = True
    _check(connection.pgconn.prepare(_NAME, _CALL, _KINDS), ExecStatus.COMMAND_OK)


def _call(connection: psycopg.Connection[Any], rows: Sequence[Row], place: int) -> None:
    ids, senders, raws, versions, authorities = zip(*rows, strict=True)
    values = (
        _PLACE(place),
        _array(_TEXT.oid, list(map(str.encode, ids))),
        _array(_TEXT.oid, list(map(str.encode, senders))),
        _array(_BYTEA.oid, raws),
        _array(_TEXT.oid, list(map(str.encode, versions))),
        _array(_BYTEA.oid, authorities),
    )
    result = connection.pgconn.exec_prepared(_NAME, values, _BINARY)
    _check(result, ExecStatus.TUPLES_OK)


def _check(result: PGresult, expected: ExecStatus) -> None:
    """Raise the :exc:`psycopg.Error` that the server, or the lack of one, amounts to."""
    if result.status == expected:
        return
    state = result.error_field(DiagnosticField.SQLSTATE)
    if state is None:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
    said = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b""
    raise psycopg.errors.lookup(state.decode())(said.decode(errors="replace"))


_PLACE: Final = struct.Struct("!q").pack
_ARRAY: Final = struct.Struct("!iiIii").pack
"""how an array begins: dimensions, whether there are nulls, kind, how many, the first index"""
_LENGTH: Final = struct.Struct("!i").pack
_NULL: Final = _LENGTH(-1)


def _array(kind: int, values: Sequence[bytes | None]) -> bytes:
    """`values` as an array in the binary form of PostgreSQL (``array_recv``)."""
    parts = [_ARRAY(1, None in values, kind, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts += (_LENGTH(len(value)), value)
    return b"".join(parts)


_POSTGRESQL: Final = _Way(_prepare, _call, psycopg.errors.UniqueViolation, psycopg.Error)
