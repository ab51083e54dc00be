"""SQLite: by its own online backup, for which nobody has to wait."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from lms_bridge.disk import settle
from lms_bridge.errors import BackupError

_BUSY_SECONDS = 60


def copy(source: Path, to: Path) -> None:
    """Copy the whole database, as it is at one moment, to the file `to`, and look through it."""
    try:
        with (
            closing(sqlite3.connect(source, timeout=_BUSY_SECONDS)) as old,
            closing(sqlite3.connect(to)) as new,
        ):
            # All at once: copied in parts it would begin anew with each write of another process.
            # Those who write go on meanwhile, in the log beside the file.
            old.backup(new, pages=-1)
            new.execute("PRAGMA journal_mode = DELETE")
            check(new)
    except sqlite3.Error as error:
        raise BackupError(f"the database cannot be copied: {error}") from error


def check(db: sqlite3.Connection) -> None:
    """Look through all pages. Raises :exc:`BackupError`."""
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise BackupError(f"the database is damaged: {found}")


def put_aside(path: Path, name: str) -> Path:
    """Keep the file at `path` under another `name` in its folder; where that is.

    What is still in its log is written into it first.
    """
    with closing(sqlite3.connect(path, timeout=1)) as db:
        try:
            busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            db.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            busy = True
        except sqlite3.DatabaseError:
            busy = False  # it is damaged, and so is its log
    if busy:
        raise BackupError(f"{path} is in use; stop the service first: systemctl stop lms-bridge")
    aside = path.with_name(name)
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside


def put_in_place(copy: Path, path: Path) -> None:
    """Have `copy`, which is whole, be the database at `path`."""
    copy.rename(path)
    settle(path.parent)
