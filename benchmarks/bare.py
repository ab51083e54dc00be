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


def write(path: Path, bodies: Sequence[bytes], *, group: int) -> float:
    """Decode each of `bodies` and insert its statements, `group` bodies a commit; the seconds."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE statements (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, stored TEXT, raw BLOB)"
    )
    started = time.perf_counter()
    for start in range(0, len(bodies), group):
        rows = []
        for body in bodies[start : start + group]:
            for raw in msgspec.json.decode(body, type=list[msgspec.Raw]):
                msgspec.json.decode(raw)
                rows.append((str(uuid.uuid4()), "2026-11-24T00:00:00Z", bytes(raw)))
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO statements (id, stored, raw) VALUES (?, ?, ?)", rows)
        db.execute("COMMIT")
    seconds = time.perf_counter() - started
    db.close()
    return seconds
