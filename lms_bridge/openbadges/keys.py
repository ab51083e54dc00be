"""The keys that sign credentials: Ed25519, in a folder of their own, never in the database.

``NAME.key`` is a private key (PKCS 8, PEM) that only its owner may read; the newest signs. When it
is rotated, of the one before only ``NAME.pub`` stays, its public half: nobody can sign with it any
more, and what it signed still verifies. A key that is removed is gone with all that it signed.

A name says when its key was made: ``k20261126T223240Z``. Files appear whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lms_bridge.disk import settle, write_whole
from lms_bridge.i18n import mark

_NAME = re.compile(r"k\d{8}T\d{6}Z")
_FORM = "k%Y%m%dT%H%M%SZ"
_PRIVATE, _PUBLIC = ".key", ".pub"


class KeyTrouble(Exception):
    """The keys cannot be used so; `message`, with its `details`, says why."""

    def __init__(self, message: str, **details: str) -> None:
        super().__init__(message % details)
        self.message = message
        self.details = details


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair; of one that is retired only the public half is left."""

    name: str
    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None = None

    @property
    def created_at(self) -> dt.datetime:
        """When it was made."""
        return dt.datetime.strptime(self.name, _FORM).replace(tzinfo=dt.UTC)


class KeyRing:
    """All keys in `folder`. Threads and processes may share it; a change is seen at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: tuple[tuple[str, ...], tuple[Key, ...]] | None = None

    def all(self) -> tuple[Key, ...]:
        """All of them, the newest first. Raises :exc:`KeyTrouble`."""
        names = self._names()
        if self._read is None or self._read[0] != names:
            self._read = names, tuple(self._key(name) for name in _newest_first(names))
        return self._read[1]

    def signing(self) -> Key:
        """The one that signs. Raises :exc:`KeyTrouble` where there is none."""
        keys = self.all()
        if not keys or keys[0].private is None:
            raise KeyTrouble(
                mark("there is no key to sign with; lms-bridge openbadges keys create makes one")
            )
        return keys[0]

    def create(self, now: dt.datetime) -> Key:
        """Make the first key. Raises :exc:`KeyTrouble` if there is one already."""
        with self._alone():
            if any(key.private for key in self.all()):
                raise KeyTrouble(mark("there is a key already; rotate puts another in its place"))
            return self._made(now)

    def rotate(self, now: dt.datetime) -> Key:
        """Make a key that signs from now on; of those before it only the public half stays."""
        with self._alone():
            return self._rotated(now)

    def _rotated(self, now: dt.datetime) -> Key:
        made = self._made(now)
        for key in self.all():
            if key.private and key.name != made.name:
                self._retire(key)
        return made

    def remove(self, name: str, now: dt.datetime) -> Key | None:
        """Take out a key that fell into wrong hands: what it signed verifies no more.

        If it was the one that signs, another is made first, and returned.
        """
        with self._alone():
            keys = {key.name: key for key in self.all()}
            if name not in keys:
                raise KeyTrouble(mark("there is no key %(name)s"), name=name)
            signs = keys[name] == self.all()[0] and keys[name].private
            made = self._rotated(now) if signs else None
            for ending in (_PRIVATE, _PUBLIC):
                (self.folder / (name + ending)).unlink(missing_ok=True)
            settle(self.folder)
            return made

    def exposed(self) -> list[Path]:
        """The private keys, and the folder itself, that others than their owner may read."""
        there = [self.folder / (key.name + _PRIVATE) for key in self.all() if key.private]
        return [path for path in (self.folder, *there) if path.exists() and _is_open(path)]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the keys meanwhile: what is made at the same moment has one name."""
        with self._writing():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.folder, os.O_RDONLY)
        try:
            with self._writing():
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)  # and the lock with it

    def _names(self) -> tuple[str, ...]:
        try:
            there = os.listdir(self.folder)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise KeyTrouble(
                mark("the folder %(path)s cannot be read: %(why)s"),
                path=str(self.folder),
                why=error.strerror or "",
            ) from error
        files = [one for one in there if one.endswith((_PRIVATE, _PUBLIC))]
        return tuple(sorted(one for one in files if _NAME.fullmatch(one.rpartition(".")[0])))

    def _key(self, name: str) -> Key:
        path = self.folder / (name + _PRIVATE)
        try:
            if path.exists():
                private = serialization.load_pem_private_key(path.read_bytes(), None)
                if isinstance(private, Ed25519PrivateKey):
                    return Key(name=name, public=private.public_key(), private=private)
            else:
                path = self.folder / (name + _PUBLIC)
                public = serialization.load_pem_public_key(path.read_bytes())
                if isinstance(public, Ed25519PublicKey):
                    return Key(name=name, public=public)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyTrouble(
                mark("the key %(path)s cannot be read: %(why)s"), path=str(path), why=str(error)
            ) from error
        raise KeyTrouble(mark("the key %(path)s is no Ed25519 key"), path=str(path))

    def _made(self, now: dt.datetime) -> Key:
        newest = next(iter(self.all()), None)
        if newest and newest.created_at >= now.replace(microsecond=0):
            # Two within a second, or a clock that was set back: it has to be the newest by name.
            now = newest.created_at + dt.timedelta(seconds=1)
        private = Ed25519PrivateKey.generate()
        made = Key(name=now.strftime(_FORM), public=private.public_key(), private=private)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._write(made.name + _PRIVATE, pem)
        return made

    def _retire(self, key: Key) -> None:
        pem = key.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._write(key.name + _PUBLIC, pem)
        (self.folder / (key.name + _PRIVATE)).unlink()
        settle(self.folder)

    def _write(self, name: str, content: bytes) -> None:
        with self._writing():
            write_whole(self.folder / name, content)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise KeyTrouble(
                mark("nothing can be written to the folder %(path)s: %(why)s"),
                path=str(self.folder),
                why=error.strerror or "",
            ) from error


def _newest_first(files: tuple[str, ...]) -> list[str]:
    return sorted({file.rpartition(".")[0] for file in files}, reverse=True)


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
