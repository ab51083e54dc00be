"""Who may use the LRS, beside the senders of the configuration: credentials in the database.

>>> with store.writing() as db:
...     made = create(db, "pemutar-cmi5", scopes=["state"], settings=settings, now=utc_now())
>>> made.credential.name, len(made.secret)
('pemutar-cmi5', 43)

A secret is made here, is told once, and kept as its SHA-256. A password that a person has
thought up needs a hash that is slow, since it can be guessed. Of 2**256 secrets none can be
guessed, however fast each guess is tried; so the quick hash is enough, and checking a request
costs nothing.

A name stays taken when its credential is revoked: the statements that it sent bear it.
"""

from __future__ import annotations

import base64
import datetime as dt
import enum
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.config.problems import nearest
from lms_bridge.config.settings import Settings
from lms_bridge.i18n import mark
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.recognition import sightings
from lms_bridge.store.engine import alone
from lms_bridge.store.schema import credentials as table
from lms_bridge.store.types import AnyRow


class Scope(enum.StrEnum):
    """What a credential may do (Communication 4.2)."""

    WRITE = "statements/write"
    READ_MINE = "statements/read/mine"
    """to read the statements that it sent itself"""
    READ = "statements/read"
    STATE = "state"
    DEFINE = "define"
    """to change what is known of Activities and Agents; here whoever may write statements may"""
    PROFILE = "profile"
    ALL_READ = "all/read"
    ALL = "all"


BY_DEFAULT = (Scope.WRITE, Scope.READ_MINE)
"""what a credential may do that was given no scope (Communication 4.2)"""

SECRET_BYTES = 32

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# RFC 7617 lets no colon be in it; a control character would act on a terminal.
_USERNAME = re.compile(r"[^:\x00-\x1f\x7f\ud800-\udfff]{1,100}")
_PORTS = {"http": 80, "https": 443}


class CredentialError(Exception):
    """What was asked of a credential cannot be; `message`, with its `details`, says why."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message % details)
        self.message = message
        self.details = details


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential, without its secret."""

    name: str
    username: str
    scopes: tuple[Scope, ...]
    origins: tuple[str, ...]
    """of which pages the content may use it from within a browser"""
    per_minute: int | None
    """how many requests it may make; None: as many as it likes"""
    lms: str
    """the ``[lms.NAME]`` that its people and courses belong to; empty: the only one there is"""
    created_at: dt.datetime
    rotated_at: dt.datetime | None
    old_until: dt.datetime | None
    """until when the secret that was replaced last is taken as well"""
    revoked_at: dt.datetime | None


class Issued(msgspec.Struct, frozen=True):
    """A credential with its secret, which is nowhere else."""

    credential: Credential
    secret: str


class Key(msgspec.Struct, frozen=True):
    """By what the secret of a credential is known."""

    new: str
    old: str = ""
    """of the secret that was replaced last, while it is taken as well"""
    old_until: dt.datetime | None = None

    def fits(self, secret: bytes, now: dt.datetime) -> bool:
        """Whether `secret` is the right one, in a time that tells nothing of that one."""
        given = fingerprint(secret)
        is_new = hmac.compare_digest(given, self.new)
        is_old = hmac.compare_digest(given, self.old)
        return is_new or (is_old and self.old_until is not None and now < self.old_until)


def fingerprint(secret: bytes) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret).hexdigest()


def every(db: Connection) -> list[Credential]:
    """All credentials by name, also the revoked ones."""
    return [_credential(row) for row in db.execute(select(table).order_by(table.c.name))]


def in_force(db: Connection) -> list[tuple[Credential, Key]]:
    """The credentials that can be used."""
    rows = db.execute(select(table).where(table.c.revoked_at.is_(None)).order_by(table.c.name))
    return [
        (_credential(row), Key(row.secret_hash, row.old_hash or "", row.old_until)) for row in rows
    ]


def lms_by_name(db: Connection) -> dict[str, str]:
    """The ``[lms.NAME]`` of each credential that names one, also of those that were revoked."""
    rows = db.execute(select(table.c.name, table.c.lms).where(table.c.lms != ""))
    return {row.name: row.lms for row in rows}


def create(
    db: Connection,
    name: str,
    *,
    settings: Settings,
    now: dt.datetime,
    username: str = "",
    scopes: Iterable[str] = BY_DEFAULT,
    origins: Iterable[str] = (),
    per_minute: int = 0,
    lms: str = "",
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Issued:
    """Make a credential and its secret; the username is its name if none is given.

    Raises :exc:`CredentialError`, and then changes nothing.
    """
    username = username or name
    if not _NAME.fullmatch(name):
        raise CredentialError(
            mark("“%(name)s” is no name; a name is made of a-z, 0-9, - and _, 40 of them at most"),
            name=name[:60],
        )
    if not _USERNAME.fullmatch(username):
        raise CredentialError(
            mark("that is no username; it is text without a colon, of 100 characters at the most")
        )
    values = _limits(settings, scopes=scopes, origins=origins, per_minute=per_minute, lms=lms)
    alone(db, "credentials")
    _check_free(db, name, username, settings)
    secret = _secret(random)
    db.execute(
        table.insert().values(
            name=name,
            username=username,
            secret_hash=fingerprint(secret.encode()),
            created_at=now,
            **values,
        )
    )
    return Issued(_named(db, name), secret)


def limit(
    db: Connection,
    name: str,
    *,
    settings: Settings,
    scopes: Iterable[str] | None = None,
    origins: Iterable[str] | None = None,
    per_minute: int | None = None,
    lms: str | None = None,
) -> Credential:
    """Change what a credential may do; what is None stays as it is, `per_minute` 0 is no limit.

    With another LMS, what came in and is no completion yet is judged again. Raises
    :exc:`CredentialError`, and then changes nothing.
    """
    values = _limits(settings, scopes=scopes, origins=origins, per_minute=per_minute, lms=lms)
    before = _usable(db, name)
    if values:
        db.execute(update(table).where(table.c.name == name).values(**values))
    after = _named(db, name)
    if after.lms != before.lms:
        sightings.hold(db)
        sightings.judge_all(db)
    return after


def rotate(
    db: Connection,
    name: str,
    *,
    now: dt.datetime,
    overlap: dt.timedelta,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Issued:
    """Give a credential a new secret; the one before is taken as well until `overlap` is over.

    One that was replaced earlier ends at once. Raises :exc:`CredentialError`.
    """
    _usable(db, name)
    secret = _secret(random)
    overlaps = overlap > dt.timedelta()
    db.execute(
        update(table)
        .where(table.c.name == name)
        .values(
            old_hash=table.c.secret_hash if overlaps else None,
            old_until=now + overlap if overlaps else None,
            secret_hash=fingerprint(secret.encode()),
            rotated_at=now,
        )
    )
    return Issued(_named(db, name), secret)


def revoke(db: Connection, name: str, *, now: dt.datetime) -> Credential:
    """Let a credential be used no more, for good. Raises :exc:`CredentialError`."""
    _usable(db, name)
    db.execute(
        update(table)
        .where(table.c.name == name)
        .values(revoked_at=now, old_hash=None, old_until=None)
    )
    return _named(db, name)


def origin(text: str) -> str:
    """An origin as browsers send it, e.g. ``https://konten.example.go.id``.

    Raises :exc:`CredentialError`, also for ``*``, which would be every page there is.
    """
    try:
        parts = urlsplit(text.strip())
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except (ValueError, UnicodeError):
        parts, host, port = urlsplit(""), "", None
    nothing_else = parts.path in ("", "/") and not (parts.query or parts.fragment)
    if (
        parts.scheme not in _PORTS
        or "@" in parts.netloc
        or not nothing_else
        or not (re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host))
    ):
        raise CredentialError(
            mark(
                "%(origin)s is no origin; name each one, such as https://konten.example.go.id or"
                " http://localhost:3000, without a path"
            ),
            origin=text[:60],
        )
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")


def _limits(
    settings: Settings,
    *,
    scopes: Iterable[str] | None,
    origins: Iterable[str] | None,
    per_minute: int | None,
    lms: str | None,
) -> dict[str, Any]:
    """The columns of what is not None."""
    values: dict[str, Any] = {}
    if scopes is not None:
        values["scopes"] = _scopes(scopes)
    if origins is not None:
        values["origins"] = list(dict.fromkeys(origin(one) for one in origins))
    if per_minute is not None:
        values["per_minute"] = per_minute or None
    if lms is not None:
        if lms and lms not in settings.lms:
            raise CredentialError(
                mark("there is no [lms.%(name)s]%(hint)s"),
                name=lms,
                hint=nearest(lms, settings.lms),
            )
        values["lms"] = lms
    return values


def _scopes(wanted: Iterable[str]) -> list[str]:
    known = [scope.value for scope in Scope]
    asked = list(wanted)
    for one in asked:
        if one not in known:
            raise CredentialError(
                mark("there is no scope %(scope)s%(hint)s"),
                scope=one[:60],
                hint=nearest(one, known),
            )
    if not asked:
        raise CredentialError(
            mark("a credential without a scope could do nothing; revoke it instead")
        )
    return [one for one in known if one in asked]


def _check_free(db: Connection, name: str, username: str, settings: Settings) -> None:
    """Nobody is called so: the name is who sent a statement, the username who sends a request."""
    taken = [(sender.name, sender.username) for sender in settings.senders]
    taken += [(row.name, row.username) for row in db.execute(select(table))]
    if name in [BRIDGE, *(one for one, _ in taken)]:
        raise CredentialError(
            mark(
                "there is a sender or a credential %(name)s already; also a name that was revoked"
                " is not given again, since its statements bear it"
            ),
            name=name,
        )
    if username in [one for _, one in taken]:
        raise CredentialError(
            mark("the username %(username)s is taken; give another with --username"),
            username=username,
        )


def _usable(db: Connection, name: str) -> Credential:
    """The credential of that name, which nobody else changes until this transaction ends."""
    alone(db, "credentials")
    found = _named(db, name)
    if found.revoked_at is not None:
        raise CredentialError(
            mark("the credential %(name)s was revoked, which is for good; create another"),
            name=name,
        )
    return found


def _named(db: Connection, name: str) -> Credential:
    row = db.execute(select(table).where(table.c.name == name)).one_or_none()
    if row is None:
        names = db.execute(select(table.c.name)).scalars()
        raise CredentialError(
            mark("there is no credential %(name)s%(hint)s"),
            name=name[:60],
            hint=nearest(name, names),
        )
    return _credential(row)


def _credential(row: AnyRow) -> Credential:
    return Credential(
        name=row.name,
        username=row.username,
        scopes=tuple(scope for scope in Scope if scope.value in row.scopes),
        origins=tuple(row.origins),
        per_minute=row.per_minute,
        lms=row.lms,
        created_at=row.created_at,
        rotated_at=row.rotated_at,
        old_until=row.old_until,
        revoked_at=row.revoked_at,
    )


def _secret(random: Callable[[int], bytes]) -> str:
    return base64.urlsafe_b64encode(random(SECRET_BYTES)).rstrip(b"=").decode()
