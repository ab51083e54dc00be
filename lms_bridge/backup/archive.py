"""The file of a backup: a ZIP with the database, what else was asked for, and a manifest.

>>> with open_archive(path) as backup:
...     backup.manifest.made_at
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from lms_bridge.disk import settle
from lms_bridge.errors import BackupError
from lms_bridge.typed import decode

FORMAT = 1
DATABASE = "database"
FILES = "files/"
_MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class Member(msgspec.Struct, frozen=True):
    """A file of the archive."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is."""

    format: int
    made_at: dt.datetime
    version: str
    """of lms-bridge"""
    schema: str
    kind: str
    """of the database: ``sqlite`` or ``postgresql``"""
    server: str
    """its version"""
    newest: dt.datetime | None
    """when the newest statement in it was stored"""
    counts: dict[str, int]
    members: dict[str, Member] = {}


def write(path: Path, manifest: Manifest, files: Mapping[str, Path]) -> Manifest:
    """Make the archive at `path` of `files`, by their names in it; `manifest` with their sums.

    It is readable by its owner alone. If this ends early there is no file of that name.
    """
    unfinished = path.with_name(path.name + ".part")
    members: dict[str, Member] = {}
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        with (
            os.fdopen(os.open(unfinished, flags, 0o600), "wb") as out,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
        ):
            for name, source in files.items():
                with source.open("rb") as file, archive.open(name, "w", force_zip64=True) as member:
                    members[name] = _copied(file, member)
            manifest = msgspec.structs.replace(manifest, members=members)
            archive.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        with open_archive(unfinished) as written:
            written.check()
        settle(unfinished)
        unfinished.replace(path)
        settle(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        why = error.strerror or type(error).__name__
        raise BackupError(f"the backup {path} cannot be written: {why}") from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return manifest


class Archive:
    """A backup that is there."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._archive = archive

    def check(self) -> None:
        """Read all of it. Raises :exc:`BackupError` if something is not as it was written."""
        for name in self.manifest.members:
            self._read(name, None)

    def extract(self, name: str, to: Path) -> None:
        """Write the member to `to`, on disk, readable by its owner alone."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(to, flags, 0o600), "wb") as out:
            self._read(name, out)
            out.flush()
            os.fsync(out.fileno())

    def _read(self, name: str, out: IO[bytes] | None) -> None:
        expected = self.manifest.members[name]
        try:
            with self._archive.open(name) as member:
                found = _copied(member, out)
        except (zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
            raise _damaged(self.path, str(error)) from error
        if found != expected:
            raise _damaged(self.path, f"{name} is not what was written")


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The backup at `path`. Raises :exc:`BackupError`."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(f"{path} cannot be read: {why}") from error
    except zipfile.BadZipFile as error:
        raise _damaged(path, str(error)) from error
    with archive:
        try:
            manifest = decode(archive.read(_MANIFEST), Manifest)
        except (KeyError, msgspec.DecodeError, zipfile.BadZipFile) as error:
            raise BackupError(f"{path} is no backup of lms-bridge") from error
        if manifest.format != FORMAT:
            raise BackupError(
                f"{path} was made by lms-bridge {manifest.version}, in a form that this version"
                " does not know; upgrade lms-bridge"
            )
        yield Archive(path, archive, manifest)


def _copied(source: IO[bytes], out: IO[bytes] | None) -> Member:
    size, digest = 0, hashlib.sha256()
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        digest.update(chunk)
        if out is not None:
            out.write(chunk)
    return Member(size, digest.hexdigest())


def _damaged(path: Path, why: str) -> BackupError:
    return BackupError(f"the backup {path} is damaged ({why}); take another one")
