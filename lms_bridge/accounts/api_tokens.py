"""Who may use the JSON API: tokens in the database.

>>> with store.writing() as db:
...     made = create(db, "dasbor", scopes=["people"], actor=actor, now=utc_now())
>>> made.secret[:5], len(made.secret)
('lmsb_', 48)

A token is made here, is told once, and kept as its SHA-256, as the secrets of credentials are and
for the same reason (:mod:`lms_bridge.credentials`). It begins with ``lmsb_``, so that a scanner of
source code can tell that one was published.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit, of_unit
from lms_bridge.config.problems import nearest
from lms_bridge.i18n import mark
from lms_bridge.store.engine import alone
from lms_bridge.store.schema import api_tokens as table
from lms_bridge.store.types import AnyRow

SCOPES = (Permission.PEOPLE, Permission.SYSTEM, Permission.OPERATE)
"""what a token may be allowed to do"""
PER_MINUTE = 600
"""requests that a token may make in a minute, unless something else is said"""
PREFIX = "lmsb_"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class TokenProblem(Exception):
    """What was asked of a token cannot be; `message`, with its `details`, says why."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message % details)
        self.message = message
        self.details = details


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token, without its secret."""

    id: int
    name: str
    scopes: tuple[Permission, ...]
    unit: Unit | None
    """whose people it shows, with those of the units below; None: everybody"""
    per_minute: int
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    used_at: dt.datetime | None
    """when it was last used, give or take ten minutes"""

    def is_good(self, now: dt.datetime) -> bool:
        """Whether it lets anybody in."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not expired

    def sight(self, db: Connection) -> Sight:
        """Of whom it shows anything."""
        return EVERYBODY if self.unit is None else of_unit(db, self.unit)


class Issued(msgspec.Struct, frozen=True):
    """A token with its secret, which is nowhere else."""

    token: ApiToken
    secret: str


def fingerprint(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def every(db: Connection) -> list[ApiToken]:
    """All tokens by name, also those that were revoked or have expired."""
    return [_token(row) for row in db.execute(select(table).order_by(table.c.name))]


def in_force(db: Connection) -> dict[str, ApiToken]:
    """Those that were not revoked, by the fingerprint of their secrets."""
    rows = db.execute(select(table).where(table.c.revoked_at.is_(None)))
    return {row.secret_hash: _token(row) for row in rows}


def create(
    db: Connection,
    name: str,
    *,
    scopes: Iterable[str],
    actor: Actor,
    now: dt.datetime,
    unit: Unit | None = None,
    expires_at: dt.datetime | None = None,
    per_minute: int = PER_MINUTE,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Issued:
    """Make a token and its secret. Raises :exc:`TokenProblem`, and then changes nothing.

    One for a single unit can only show people: what the bridge does as a whole is nobody's unit.
    """
    if not _NAME.fullmatch(name):
        raise TokenProblem(
            mark("“%(name)s” is no name; a name is made of a-z, 0-9, - and _, 40 of them at most"),
            name=name[:60],
        )
    wanted = _scopes(scopes)
    if unit is not None and wanted != [Permission.PEOPLE]:
        raise TokenProblem(mark("a token for one unit can have the scope people only"))
    if expires_at is not None and expires_at <= now:
        raise TokenProblem(mark("it would have expired already"))
    alone(db, "api tokens")
    if db.execute(select(table.c.id).where(table.c.name == name)).first():
        raise TokenProblem(
            mark(
                "there is a token %(name)s already; also a name that was revoked is not given"
                " again, since the audit log bears it"
            ),
            name=name,
        )
    secret = PREFIX + base64.urlsafe_b64encode(random(32)).rstrip(b"=").decode()
    limit = unit or Unit("", "", "")
    row = {
        "name": name,
        "secret_hash": fingerprint(secret),
        "scopes": wanted,
        "unit_registry": limit.registry,
        "unit_id": limit.id,
        "unit_name": limit.name,
        "per_minute": per_minute,
        "created_at": now,
        "created_by": actor.name,
        "expires_at": expires_at,
    }
    made = _token(db.execute(table.insert().values(row).returning(table)).one())
    details = {"name": name, "scopes": wanted, "unit": limit.name}
    audit.note(db, actor, "token.created", f"token:{made.id}", details, now=now)
    return Issued(made, secret)


def revoke(db: Connection, name: str, *, actor: Actor, now: dt.datetime) -> ApiToken:
    """Let a token be used no more, for good. Raises :exc:`TokenProblem`."""
    row = db.execute(select(table).where(table.c.name == name).with_for_update()).one_or_none()
    if row is None:
        names = db.execute(select(table.c.name)).scalars()
        raise TokenProblem(
            mark("there is no token %(name)s%(hint)s"), name=name[:60], hint=nearest(name, names)
        )
    if row.revoked_at is not None:
        raise TokenProblem(mark("the token %(name)s was revoked before"), name=name)
    change = update(table).where(table.c.id == row.id).values(revoked_at=now)
    revoked = _token(db.execute(change.returning(table)).one())
    audit.note(db, actor, "token.revoked", f"token:{row.id}", {"name": name}, now=now)
    return revoked


def note_used(db: Connection, token_id: int, *, now: dt.datetime) -> None:
    """The token was used."""
    db.execute(update(table).where(table.c.id == token_id).values(used_at=now))


def _scopes(wanted: Iterable[str]) -> list[str]:
    known = [scope.value for scope in SCOPES]
    asked = list(wanted)
    for one in asked:
        if one not in known:
            raise TokenProblem(
                mark("there is no scope %(scope)s%(hint)s"),
                scope=one[:60],
                hint=nearest(one, known),
            )
    if not asked:
        raise TokenProblem(mark("a token without a scope could do nothing; give it one"))
    return [one for one in known if one in asked]


def _token(row: AnyRow) -> ApiToken:
    has_unit = bool(row.unit_registry or row.unit_id or row.unit_name)
    return ApiToken(
        id=row.id,
        name=row.name,
        scopes=tuple(scope for scope in SCOPES if scope.value in row.scopes),
        unit=Unit(row.unit_registry, row.unit_id, row.unit_name) if has_unit else None,
        per_minute=row.per_minute,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )
