"""Getting back what is in a backup: into an empty place, or in place of what is kept aside.

Whenever it is killed, there is either what was there before, or nothing, or all of the backup;
then it is simply begun again.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lms_bridge.backup import postgresql, sqlite
from lms_bridge.backup.archive import DATABASE, FILES, Archive
from lms_bridge.errors import BackupError
from lms_bridge.operation import workers
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store

_ASIDE = "before-restore-%Y%m%d-%H%M%S"


def restore(archive: Archive, store: Store, now: dt.datetime, *, replace: bool) -> str | None:
    """Have `store` hold what is in the backup, with the newest schema.

    With `replace` what it holds is kept aside; returns as what. Raises :exc:`BackupError`.
    """
    _check_kind(archive, store)
    _check_schema(archive)
    empty = is_empty(store)
    if not (empty or replace):
        raise BackupError(
            "there is a database already; with --replace it is kept aside, and the backup takes"
            " its place"
        )
    if not empty:
        _check_nobody_works(store, now)
    with _beside(store) as folder:
        copy = folder / "database"
        archive.extract(DATABASE, copy)
        name = f"{now:{_ASIDE}}"
        if store.engine.dialect.name == "postgresql":
            aside = _into_postgresql(store, copy, name, empty=empty)
        else:
            aside = _into_sqlite(store, copy, name, empty=empty)
    migrations.upgrade(store)
    return aside


def is_empty(store: Store) -> bool:
    """Whether nothing is there that could be lost."""
    if store.engine.dialect.name == "postgresql":
        with store.reading() as db:
            return postgresql.is_empty(db)
    path = _path(store)
    return not path.exists() or path.stat().st_size == 0


def extract_files(archive: Archive, folder: Path) -> list[Path]:
    """Write the configuration and what else is in the backup to below `folder`; which files."""
    written = []
    for name in archive.manifest.members:
        if not name.startswith(FILES):
            continue
        to = (folder / name.removeprefix(FILES)).resolve()
        if not to.is_relative_to(folder.resolve()):
            raise BackupError(f"the backup names a file outside of its place: {name}")
        to.parent.mkdir(parents=True, exist_ok=True)
        archive.extract(name, to)
        written.append(to)
    return written


def _into_sqlite(store: Store, copy: Path, name: str, *, empty: bool) -> str | None:
    with closing(sqlite3.connect(copy)) as db:
        sqlite.check(db)
    path = _path(store)
    store.close()
    aside = None
    if not empty:
        aside = str(sqlite.put_aside(path, f"{path.stem}.{name}{path.suffix}"))
    for suffix in ("-wal", "-shm"):  # of a file that is no more
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    sqlite.put_in_place(copy, path)
    return aside


def _into_postgresql(store: Store, copy: Path, name: str, *, empty: bool) -> str | None:
    aside = None
    if not empty:
        aside = name.replace("-", "_")
        postgresql.put_aside(store, aside)
    postgresql.load(store, copy)
    return None if aside is None else f"schema {aside}"


@contextmanager
def _beside(store: Store) -> Iterator[Path]:
    """A folder on the disk on which the database is to be, so that it can be put in its place."""
    beside = None
    if store.engine.dialect.name == "sqlite":
        beside = _path(store).parent
        beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=beside) as folder:
        yield Path(folder)


def _check_kind(archive: Archive, store: Store) -> None:
    kind = store.engine.dialect.name
    if archive.manifest.kind != kind:
        raise BackupError(
            f"the backup is of {archive.manifest.kind}, and [database] url names {kind}; one"
            " cannot be made of the other"
        )


def _check_schema(archive: Archive) -> None:
    from lms_bridge.store.migrations import upgrading

    if archive.manifest.schema not in upgrading.known():
        raise BackupError(
            f"the backup was made by lms-bridge {archive.manifest.version}, which is newer than"
            " this one; upgrade lms-bridge first"
        )


def _check_nobody_works(store: Store, now: dt.datetime) -> None:
    try:
        with store.reading() as db:
            alive = [line.owner for line in workers.every(db, now=now) if line.is_alive]
    except Exception:  # it is damaged, or another schema: nobody can work on it
        return
    if alive:
        raise BackupError(
            f"a worker is at work ({alive[0].partition('/')[0]}); stop the service on every host"
            " first: systemctl stop lms-bridge"
        )


def _path(store: Store) -> Path:
    return Path(str(store.engine.url.database))
