"""Secrets: named in the configuration, kept in the environment or in files, never printed."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

# In capitals, as the environment's names are: a token that somebody wrote behind "env:" by
# mistake is then told to be no name, and not shown as the name of something that is missing.
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


class SecretMissing(Exception):
    """The environment variable or the file that a secret setting names is not there or is empty."""


class Secret:
    """Where a secret is to be found: ``env:NAME`` or ``file:PATH``.

    The value is read anew at each use, so that a token that an operator replaces in its
    file is used from the next call on, without a restart.

    >>> Secret("env:LMS_BRIDGE_MOODLE_TOKEN")
    Secret('env:LMS_BRIDGE_MOODLE_TOKEN')

    Raises :exc:`ValueError`, in words that do not repeat the source: it may be the secret.
    """

    __slots__ = ("_kind", "_name", "base")

    def __init__(self, source: str, base: Path | None = None) -> None:
        kind, _, name = source.partition(":")
        if kind not in ("env", "file") or not name:
            raise ValueError("expected env:NAME or file:PATH; the secret itself never stands here")
        if kind == "env" and not _VARIABLE.fullmatch(name):
            raise ValueError("expected env: and the name of an environment variable, in capitals")
        if "\0" in name:
            raise ValueError("expected file: and the path of a file")
        self._kind = kind
        self._name = name
        self.base = base or Path()
        """the folder that a relative file path starts from"""

    def read(self) -> str:
        """The secret. Raises :exc:`SecretMissing` in words that name the source, not the value."""
        if self._kind == "env":
            value = os.environ.get(self._name, "").strip()
            if not value:
                raise SecretMissing(f"the environment variable {self._name} is not set")
            return value
        path = self.base / self._name
        try:
            value = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SecretMissing(f"the file {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SecretMissing(f"the file {path} is not UTF-8 text") from error
        if not value:
            raise SecretMissing(f"the file {path} is empty")
        return value

    @property
    def path(self) -> Path | None:
        """The file that holds it, if one does."""
        return self.base / self._name if self._kind == "file" else None

    def written_at(self) -> dt.datetime | None:
        """When its file was written last; None where that cannot be told."""
        try:
            changed = self.path.stat().st_mtime if self.path else None
        except (OSError, ValueError):
            return None
        return dt.datetime.fromtimestamp(changed, dt.UTC) if changed else None

    def source(self) -> str:
        """Where it is kept, which is no secret."""
        return f"{self._kind}:{self._name}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.source() == self.source()

    def __hash__(self) -> int:
        return hash(self.source())

    def __repr__(self) -> str:
        return f"Secret({self.source()!r})"


def secrets_in(settings: Any, path: str = "") -> Iterator[tuple[str, Secret]]:
    """(path, secret) of every secret that `settings`, a struct of the configuration, name."""
    match settings:
        case Secret():
            yield path, settings
        case msgspec.Struct():
            for name in settings.__struct_fields__:
                yield from secrets_in(getattr(settings, name), f"{path}.{name}".lstrip("."))
        case dict():
            for name, value in settings.items():
                yield from secrets_in(value, f"{path}.{name}")
        case tuple():
            for value in settings:
                name = getattr(value, "name", "")
                yield from secrets_in(value, f"{path}.{name}")
