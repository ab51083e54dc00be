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
from sqlalchemy.exc import DBAPIError

from lms_bridge.store.engine import Store
from lms_bridge.store.places import place_of

Row: TypeAlias = tuple[str, str, bytes, str, bytes | None]
"""id, sender, raw, version and authority of a statement"""

MOST: Final = 2000
"""how many rows one call takes; SQLite counts the values in them"""


def append_at_once(store: Store, rows: Sequence[Row], *, now: dt.datetime) -> bool:
    """Store the statements in `rows`, durably, each with a place behind all that are stored.

    Or else none of them, and the answer is no: then one has an id that is there already.
    Raises :exc:`sqlalchemy.exc.DBAPIError`, as a transaction does.
    """
    if store.engine.dialect.name == "postgresql":
        return _in_postgresql(store, rows, place_of(now))
    return _in_sqlite(store, rows, place_of(now))


# --- SQLite ---------------------------------------------------------------------------------


def _in_sqlite(store: Store, rows: Sequence[Row], place: int) -> bool:
    values: list[Any] = [place]
    for number, row in enumerate(rows):
        values.append(number)
        values += row
    sql = _insertion(len(rows))
    with store.driver(writes=True) as connection:
        try:
            connection.execute(sql, values)
        except sqlite3.IntegrityError:
            return False
        except sqlite3.Error as error:
            raise _wrapped(store, sql, error, sqlite3.Error) from error
    return True


@functools.lru_cache
def _insertion(rows: int) -> str:
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


def _in_postgresql(store: Store, rows: Sequence[Row], place: int) -> bool:
    ids, senders, raws, versions, authorities = zip(*rows, strict=True)
    values = (place, Texts(ids), Texts(senders), Blobs(raws), Texts(versions), Blobs(authorities))
    with store.driver(writes=True) as connection:
        try:
            connection.execute(_CALL, values, prepare=True)
        except psycopg.errors.UniqueViolation:
            return False
        except psycopg.Error as error:
            raise _wrapped(store, _CALL, error, psycopg.Error) from error
    return True


def _wrapped(store: Store, sql: str, error: Exception, base: type[Exception]) -> Exception:
    dialect = store.engine.dialect
    return DBAPIError.instance(sql, None, error, base, hide_parameters=True, dialect=dialect)


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
