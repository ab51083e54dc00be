"""Making a backup while the bridge runs."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, func, select

from lms_bridge import __version__
from lms_bridge.backup import archive, postgresql, sqlite
from lms_bridge.backup.archive import DATABASE, FILES, FORMAT, Manifest
from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import secrets_in
from lms_bridge.errors import BackupError
from lms_bridge.store import marks, migrations
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.places import moment_of, place_of
from lms_bridge.store.schema import completions, deliveries, statements

READER = "backup"
"""the mark of how far the statements are in a backup (:mod:`lms_bridge.store.marks`)"""
_NAME = "lms-bridge-%Y%m%d-%H%M%S.zip"
_IS_BACKUP = re.compile(r"lms-bridge-\d{8}-\d{6}\.zip")
_WORKING = ".backup-"
"""how the folder of one that is being made begins"""


def make(bridge: Bridge, path: Path, now: Callable[[], dt.datetime], *files: Path) -> Manifest:
    """Make a backup of `bridge` at `path`, or in that folder, with `files` beside the database.

    Raises :exc:`BackupError`.
    """
    begun_at = now()
    if path.is_dir():
        path = path / f"{begun_at:{_NAME}}"
    if path.exists():
        raise BackupError(f"{path} is there already; give another name")
    if not path.parent.is_dir():
        raise BackupError(f"there is no folder {path.parent}; make it first")
    with tempfile.TemporaryDirectory(prefix=_WORKING, dir=path.parent) as folder:
        copy = Path(folder) / "database"
        manifest = _copied(bridge.store, copy, begun_at)
        members = {DATABASE: copy}
        members |= {FILES + str(each.absolute()).lstrip("/"): each for each in files}
        manifest = archive.write(path, manifest, members)
    if manifest.newest is not None:
        with bridge.store.writing() as db:
            marks.move(db, READER, place_of(manifest.newest))
    return manifest


def keep_only(folder: Path, many: int) -> list[Path]:
    """Remove all but the newest `many` backups of `folder`; which ones went."""
    found = sorted(folder.glob("lms-bridge-????????-??????.zip"), reverse=True)
    for each in found[many:]:
        each.unlink()
    return found[many:]


def newest(folder: Path) -> dt.datetime | None:
    """When the newest backup of `folder` was made; None if none is there.

    Raises :exc:`OSError` if one may not look.
    """
    found = sorted(each.name for each in folder.iterdir() if _IS_BACKUP.fullmatch(each.name))
    if not found:
        return None
    return dt.datetime.strptime(found[-1], _NAME).replace(tzinfo=dt.UTC)


def clear_away(folder: Path, now: dt.datetime) -> None:
    """Remove what was left of backups that were killed more than a day ago."""
    before = (now - dt.timedelta(days=1)).timestamp()
    for each in [*folder.glob(f"{_WORKING}*"), *folder.glob("lms-bridge-*.zip.part")]:
        if each.lstat().st_mtime >= before:
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def configured_files(bridge: Bridge, config: Path, *, secrets: bool) -> list[Path]:
    """The configuration; with `secrets` also the files that it names, and the keys of badges."""
    found = [config]
    if secrets:
        found += [one.path for _, one in secrets_in(bridge.settings) if one.path is not None]
        if bridge.settings.openbadges is not None:
            found += sorted(Path(bridge.settings.openbadges.keys).glob("*"))
    return [one for one in dict.fromkeys(found) if one.is_file()]


def _copied(store: Store, copy: Path, now: dt.datetime) -> Manifest:
    """Copy the database, and tell what is in the copy."""
    kind = store.engine.dialect.name
    if kind == "postgresql":
        with store.reading() as db:
            server = ".".join(map(str, store.engine.dialect.server_version_info or ()))
            told = _told(db, kind, server, now)
            postgresql.dump(store, db, copy)
        return told
    sqlite.copy(Path(str(store.engine.url.database)), copy)
    copied = open_store(f"sqlite:///{copy}")
    try:
        with copied.reading() as db:
            return _told(db, kind, sqlite3.sqlite_version, now)
    finally:
        copied.close()
        _without_log(copy)


def _without_log(copy: Path) -> None:
    """To look at it has given it a log; what is kept is the file alone."""
    db = sqlite3.connect(copy)
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()


def _told(db: Connection, kind: str, server: str, now: dt.datetime) -> Manifest:
    newest = db.scalar(select(func.max(statements.c.seq)))
    return Manifest(
        format=FORMAT,
        made_at=now,
        version=__version__,
        schema=migrations.current(db) or "",
        kind=kind,
        server=server,
        newest=None if newest is None else moment_of(newest),
        counts={
            table.name: db.scalar(select(func.count()).select_from(table)) or 0
            for table in (statements, completions, deliveries)
        },
    )
