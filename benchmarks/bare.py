"""The yardstick of intake: a bare loop that decodes the same bytes and writes them durably.

No HTTP, no credentials, no validation, no threads: what a single process could do at the
most with the same database, in groups of the same size.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psycopg

from tests.e2e.crashing import own_database

NAME = "a bare loop that decodes and durably writes the same bytes in the same groups"
ASKED = 0.5

Group = Sequence[bytes]
"""the bodies of the requests that are written in one transaction"""

_Row = tuple[str, str, bytes]


def write_sqlite(path: Path, groups: Sequence[Group]) -> float:
    """Decode the bodies of each group and insert their statements; the seconds."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE statements (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, stored TEXT, raw BLOB)"
    )
    started = time.perf_counter()
    for group in groups:
        rows = _rows(group)
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO statements (id, stored, raw) VALUES (?, ?, ?)", rows)
        db.execute("COMMIT")
    seconds = time.perf_counter() - started
    db.close()
    return seconds


def write_postgresql(server: str, groups: Sequence[Group]) -> float:
    """The same in a database of its own on `server`."""
    address = own_database(server).replace("+psycopg", "")
    with psycopg.connect(address) as db:
        db.execute(
            "CREATE TABLE statements (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            " id TEXT UNIQUE, stored TIMESTAMPTZ, raw BYTEA)"
        )
        db.commit()
        started = time.perf_counter()
        for group in groups:
            with db.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO statements (id, stored, raw) VALUES (%s, %s, %b)", _rows(group)
                )
            db.commit()
        return time.perf_counter() - started


def _rows(group: Group) -> list[_Row]:
    rows = []
    for body in group:
        many = body.startswith(b"[")
        for raw in msgspec.json.decode(body, type=list[msgspec.Raw]) if many else [body]:
            msgspec.json.decode(raw)
            rows.append((str(uuid.uuid4()), "2026-11-24T00:00:00Z", bytes(raw)))
    return rows
