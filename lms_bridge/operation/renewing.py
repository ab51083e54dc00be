"""Putting a fresh token or another secret where the configuration says, from the console.

Only what the configuration of an outside system names by ``file:PATH`` can be written, and nothing
of it can be read. The file is replaced whole, readable by its owner alone; the remote is tried at
once, and what waits for it goes on.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.bridge import Bridge
from lms_bridge.config.remote import RegistrySettings
from lms_bridge.config.secrets import Secret, SecretMissing, secrets_in
from lms_bridge.deliveries import health
from lms_bridge.i18n import mark
from lms_bridge.manners import pasting, tokens
from lms_bridge.manners.pasting import Objection
from lms_bridge.manners.tokens import TokenLine
from lms_bridge.operation import trying

_LONGEST = 100_000
_SECTIONS = {"registry": "registry", "lms": "lms", "lrs": "forward"}


class Renewable(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of an outside system: where it is kept, and what is known of it."""

    setting: str
    """as it is called within the remote's table of the configuration"""
    source: str
    path: str
    """its file; empty: it is kept elsewhere"""
    can_be_written: bool
    missing: str
    """why it cannot be read; empty: it can"""
    written_at: dt.datetime | None
    token: TokenLine | None
    """what a token says of itself"""

    @property
    def is_token(self) -> bool:
        """Whether it is one that expires, or that the other side gives out."""
        return "token" in self.setting

    @property
    def name(self) -> str:
        """Of the environment variable that it is kept in, if it is."""
        return self.source.removeprefix("env:") if self.source.startswith("env:") else ""


class CannotRenew(Exception):
    """The secret was not taken."""

    def __init__(self, objections: list[Objection], *, may_be_forced: bool = False) -> None:
        super().__init__("; ".join(one.says for one in objections))
        self.objections = objections
        self.may_be_forced = may_be_forced


def of(bridge: Bridge, remote: str, lines: list[TokenLine]) -> list[Renewable]:
    """The secrets of `remote`, tokens first; `lines` is what is known of tokens."""
    found = []
    known = {(line.remote, line.name): line for line in lines if not line.issued}
    for setting, secret in _secrets(bridge, remote).items():
        try:
            secret.read()
            missing = ""
        except SecretMissing as error:
            missing = str(error)
        path = secret.path
        found.append(
            Renewable(
                setting=setting,
                source=secret.source(),
                path=str(path.absolute()) if path else "",
                can_be_written=path is not None and _can_be_written(path),
                missing=missing,
                written_at=secret.written_at(),
                token=known.get((remote, setting)),
            )
        )
    return sorted(found, key=lambda one: (one.token is None, not one.is_token, one.setting))


def renew(
    bridge: Bridge,
    remote: str,
    setting: str,
    pasted: str,
    *,
    actor: Actor,
    force: bool,
    now: dt.datetime,
) -> Path:
    """Put what was `pasted` where `setting` says, and have `remote` tried; where that is.

    `force` takes a token whatever speaks against it. Raises :exc:`CannotRenew`, and
    :exc:`KeyError` where there is no such setting.
    """
    secret = _secrets(bridge, remote)[setting]
    given = _given(bridge, remote)
    fresh = pasting.tidied(pasted) if "token" in setting else pasted.strip()
    if not fresh or len(fresh) > _LONGEST or "\0" in fresh:
        raise CannotRenew([Objection(mark("there is no token in what was given"))])
    if secret.path is None:
        raise CannotRenew([Objection(mark("it is not kept in a file, so it cannot be put there"))])
    if setting in given and not force:
        settings = bridge.settings.registry[remote.partition(".")[2]]
        assert isinstance(settings, RegistrySettings)
        if spoken := list(pasting.objections(fresh, settings, now)):
            raise CannotRenew(spoken, may_be_forced=True)
    try:
        pasting.write(secret.path, fresh)
    except OSError as error:
        why = {"path": str(secret.path), "why": error.strerror or type(error).__name__}
        says = mark("%(path)s cannot be written: %(why)s")
        raise CannotRenew([Objection(says, why)]) from None
    with bridge.store.writing() as db:
        if setting in given:
            tokens.note_given(db, remote, setting, secret, fresh, now)
        health.probe_now(db, remote, now=now)
        trying.ask(db, remote, by=actor.name, now=now)
        details = {"setting": setting, "source": secret.source()}
        audit.note(db, actor, "secret.renewed", f"remote:{remote}", details, now=now)
    return secret.path.absolute()


def _secrets(bridge: Bridge, remote: str) -> dict[str, Secret]:
    kind, _, name = remote.partition(".")
    settings: Mapping[str, Any] = getattr(bridge.settings, _SECTIONS.get(kind, ""), {})
    return dict(secrets_in(settings[name])) if name in settings else {}


def _given(bridge: Bridge, remote: str) -> Mapping[str, Secret]:
    kind, _, name = remote.partition(".")
    settings = bridge.settings.registry.get(name) if kind == "registry" else None
    return settings.given_tokens() if isinstance(settings, RegistrySettings) else {}


def _can_be_written(path: Path) -> bool:
    """Whether another file can take its place."""
    return os.access(path.resolve().parent, os.W_OK | os.X_OK)
