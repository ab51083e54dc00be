"""The accounts of those who use the console.

An account is one person with one role. A password is set by a command or by the administrator, and
is then to be changed by whoever signs in with it; who signs in by OpenID Connect has none. After
:data:`TRIES` wrong passwords or codes in a row an account is locked for a while.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from lms_bridge.accounts import passwords
from lms_bridge.accounts.roles import MAY, Permission, Role
from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit, of_unit
from lms_bridge.store.schema import user_sessions, users
from lms_bridge.store.types import AnyRow

TRIES = 8
"""wrong passwords or codes in a row, after which an account is locked"""
LOCKED = dt.timedelta(minutes=15)

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,99}")


class AccountProblem(Exception):
    """An account cannot be so; `field` and `code` say what is wrong with it."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account."""

    id: int
    username: str
    name: str
    email: str
    role: Role
    unit: Unit | None
    """of an officer"""
    must_change: bool
    """whether the password is one that another person has set"""
    has_password: bool
    has_totp: bool
    subject: str
    """``issuer subject`` of OpenID Connect; empty: signs in by password only"""
    failures: int
    locked_until: dt.datetime | None
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    seen_at: dt.datetime | None

    @property
    def shown(self) -> str:
        """What the person is called."""
        return self.name or self.username

    def may(self, permission: Permission) -> bool:
        """Whether the role of the account allows it."""
        return permission in MAY[self.role]

    def sight(self, db: Connection) -> Sight:
        """Of whom they may see anything."""
        if self.role != Role.OFFICER:
            return EVERYBODY
        return of_unit(db, self.unit or Unit("", "", "\0"))  # without a unit: nobody

    def is_locked(self, now: dt.datetime) -> bool:
        """Whether it is locked for too many wrong passwords."""
        return self.locked_until is not None and self.locked_until > now


def create(
    db: Connection,
    *,
    username: str,
    role: Role,
    now: dt.datetime,
    name: str = "",
    email: str = "",
    unit: Unit | None = None,
    password: str | None = None,
    must_change: bool = True,
    subject: str = "",
) -> User:
    """A new account. Raises :exc:`AccountProblem` and :exc:`~.passwords.Unfit`."""
    username = username.strip().casefold()
    if not _USERNAME.fullmatch(username):
        raise AccountProblem("username", "form")
    _hold_to_the_rules(role, unit)
    if password is not None:
        passwords.hold_to_the_rules(password, username)
    values = {
        "username": username,
        "name": name.strip(),
        "email": email.strip(),
        "role": role,
        **_unit_columns(unit),
        "password_hash": passwords.hash_of(password) if password is not None else None,
        "must_change": must_change and password is not None,
        "subject": subject or None,
        "created_at": now,
    }
    taken = select(users.c.id).where(users.c.username == username)
    if db.execute(taken).first():
        raise AccountProblem("username", "taken")
    try:
        made = db.execute(users.insert().values(values).returning(users)).one()
    except IntegrityError:
        raise AccountProblem("username", "taken") from None
    return user_of(made)


def change(
    db: Connection,
    user_id: int,
    *,
    name: str,
    email: str,
    role: Role,
    unit: Unit | None,
) -> None:
    """Change what the administrator says of an account. Raises :exc:`AccountProblem`.

    Whoever is signed in may do what the new role allows from the next request on.
    """
    _hold_to_the_rules(role, unit)
    row = db.execute(select(users).where(users.c.id == user_id).with_for_update()).one()
    if row.role == Role.IT and role != Role.IT:
        _leave_an_administrator(db, user_id)
    values = {"name": name.strip(), "email": email.strip(), "role": role, **_unit_columns(unit)}
    db.execute(update(users).where(users.c.id == user_id).values(values))


def set_password(db: Connection, user: User, password: str, *, must_change: bool) -> None:
    """Set the password, unlock the account, and end its sessions. Raises :exc:`Unfit`."""
    passwords.hold_to_the_rules(password, user.username)
    values = {
        "password_hash": passwords.hash_of(password),
        "must_change": must_change,
        "failures": 0,
        "locked_until": None,
    }
    db.execute(update(users).where(users.c.id == user.id).values(values))
    end_sessions(db, user.id)


def disable(db: Connection, user_id: int, *, disabled: bool, now: dt.datetime) -> None:
    """Keep somebody out from now on, or let them in again. Raises :exc:`AccountProblem`."""
    if disabled:
        _leave_an_administrator(db, user_id)
        end_sessions(db, user_id)
    values: dict[str, Any] = {"disabled_at": now if disabled else None}
    if not disabled:
        values |= {"failures": 0, "locked_until": None}
    db.execute(update(users).where(users.c.id == user_id).values(values))


def set_totp(db: Connection, user_id: int, secret: str | None) -> None:
    """Keep the secret of a second factor, encrypted as it is given; None: there is none."""
    values = {"totp_secret": secret, "totp_step": None}
    db.execute(update(users).where(users.c.id == user_id).values(values))


def end_sessions(db: Connection, user_id: int) -> None:
    """Sign somebody out everywhere."""
    db.execute(delete(user_sessions).where(user_sessions.c.user_id == user_id))


def find(db: Connection, user_id: int) -> User | None:
    """The account of that number."""
    return _one(db, users.c.id == user_id)


def find_by_username(db: Connection, username: str) -> User | None:
    """The account of that name, in capitals or not."""
    return _one(db, users.c.username == username.strip().casefold())


def find_by_subject(db: Connection, subject: str) -> User | None:
    """The account that OpenID Connect calls so."""
    return _one(db, users.c.subject == subject)


def every(db: Connection) -> list[User]:
    """All accounts, by username."""
    return [user_of(row) for row in db.execute(select(users).order_by(users.c.username))]


def is_any(db: Connection) -> bool:
    """Whether there is an account at all."""
    return db.execute(select(users.c.id).limit(1)).first() is not None


def password_hash_of(db: Connection, user_id: int) -> str | None:
    """The hash of the password."""
    found: str | None = db.scalar(select(users.c.password_hash).where(users.c.id == user_id))
    return found


def note_failure(db: Connection, user_id: int, *, now: dt.datetime) -> bool:
    """A wrong password or code was given; whether the account is locked by it."""
    more = update(users).where(users.c.id == user_id).values(failures=users.c.failures + 1)
    failures = db.execute(more.returning(users.c.failures)).scalar_one()
    if failures < TRIES:
        return False
    locked = {"failures": 0, "locked_until": now + LOCKED}
    db.execute(update(users).where(users.c.id == user_id).values(locked))
    return True


def note_success(db: Connection, user_id: int, *, now: dt.datetime) -> None:
    """Somebody has signed in."""
    values = {"failures": 0, "locked_until": None, "seen_at": now}
    db.execute(update(users).where(users.c.id == user_id).values(values))


def _hold_to_the_rules(role: Role, unit: Unit | None) -> None:
    if (role == Role.OFFICER) != (unit is not None):
        raise AccountProblem("unit", "needed" if unit is None else "not_needed")


def _leave_an_administrator(db: Connection, user_id: int) -> None:
    others = select(func.count()).where(
        users.c.role == Role.IT, users.c.disabled_at.is_(None), users.c.id != user_id
    )
    row = db.execute(select(users.c.role).where(users.c.id == user_id)).one()
    if row.role == Role.IT and not db.execute(others).scalar_one():
        raise AccountProblem("role", "last")


def _unit_columns(unit: Unit | None) -> dict[str, str]:
    unit = unit or Unit("", "", "")
    return {"unit_registry": unit.registry, "unit_id": unit.id, "unit_name": unit.name}


def _one(db: Connection, which: ColumnElement[bool]) -> User | None:
    row = db.execute(select(users).where(which)).one_or_none()
    return user_of(row) if row else None


def user_of(row: AnyRow) -> User:
    """The account of a row of ``users``."""
    is_officer = row.role == Role.OFFICER
    return User(
        id=row.id,
        username=row.username,
        name=row.name,
        email=row.email,
        role=Role(row.role),
        unit=Unit(row.unit_registry, row.unit_id, row.unit_name) if is_officer else None,
        must_change=row.must_change,
        has_password=row.password_hash is not None,
        has_totp=row.totp_secret is not None,
        subject=row.subject or "",
        failures=row.failures,
        locked_until=row.locked_until,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        seen_at=row.seen_at,
    )
