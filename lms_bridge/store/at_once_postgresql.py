"""The way of :mod:`lms_bridge.store.at_once` with PostgreSQL.

It goes past the half of the driver that is written in Python, for that takes longer than all the
rest.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult

from lms_bridge.store.at_once import Row, Way

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


def _prepare(connection: psycopg.Connection[Any], _waits: bool) -> None:
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


POSTGRESQL: Final = Way(_prepare, _call, psycopg.errors.UniqueViolation, psycopg.Error)
