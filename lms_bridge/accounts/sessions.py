"""Who is signed in: a token in the browser, and a hash of it here.

A session ends when it was not used for :data:`IDLE`, in any case after :data:`LONGEST`, when its
user signs out, and when the account is disabled or gets another password.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select, update

from lms_bridge.accounts.users import User, user_of
from lms_bridge.store.schema import user_sessions, users

IDLE = dt.timedelta(hours=2)
LONGEST = dt.timedelta(hours=12)
_NOTED_EVERY = dt.timedelta(minutes=1)
"""how exactly it is kept when a session was last used"""
_MOST_NOTES = 5


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in."""

    key: str
    user: User
    csrf: str
    """what a form of theirs has to bring along"""
    until: dt.datetime
    seen_at: dt.datetime
    notes: list[dict[str, Any]]
    """what they are to be told on the next page"""

    def is_to_be_noted(self, now: dt.datetime) -> bool:
        """Whether it is time to keep that it is used."""
        return now - self.seen_at > _NOTED_EVERY


def begin(db: Connection, user_id: int, *, now: dt.datetime) -> str:
    """Sign somebody in; the token for the browser. Sessions that are over are forgotten."""
    token = secrets.token_urlsafe(32)
    over = (user_sessions.c.until < now) | (user_sessions.c.seen_at < now - IDLE)
    db.execute(delete(user_sessions).where(over))
    values = {
        "key": key_of(token),
        "user_id": user_id,
        "csrf": secrets.token_urlsafe(32),
        "until": now + LONGEST,
        "seen_at": now,
        "notes": [],
    }
    db.execute(user_sessions.insert(), values)
    return token


def find(db: Connection, token: str, *, now: dt.datetime) -> Session | None:
    """The session that `token` is of, unless it is over or its user is kept out."""
    query = (
        select(*_COLUMNS)
        .select_from(user_sessions)
        .join(users, user_sessions.c.user_id == users.c.id)
        .where(
            user_sessions.c.key == key_of(token),
            user_sessions.c.until > now,
            user_sessions.c.seen_at > now - IDLE,
            users.c.disabled_at.is_(None),
        )
    )
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    return Session(
        key=row.key,
        user=user_of(row),
        csrf=row.csrf,
        until=row.until,
        seen_at=row.session_seen_at,
        notes=list(row.notes or []),
    )


_COLUMNS = (
    users,
    user_sessions.c.key,
    user_sessions.c.csrf,
    user_sessions.c.until,
    user_sessions.c.notes,
    user_sessions.c.seen_at.label("session_seen_at"),
)


def note_seen(db: Connection, session: Session, *, now: dt.datetime) -> None:
    """It is used."""
    mine = user_sessions.c.key == session.key
    db.execute(update(user_sessions).where(mine).values(seen_at=now))


def tell(db: Connection, session: Session, kind: str, text: str) -> None:
    """Tell the user `text` on the next page; `kind` is ``good`` or ``bad``."""
    mine = user_sessions.c.key == session.key
    row = db.execute(select(user_sessions.c.notes).where(mine).with_for_update()).one_or_none()
    if row is not None:
        notes = [*(row.notes or []), {"kind": kind, "text": text}][-_MOST_NOTES:]
        db.execute(update(user_sessions).where(mine).values(notes=notes))


def clear_notes(db: Connection, session: Session) -> None:
    """They were told."""
    mine = user_sessions.c.key == session.key
    db.execute(update(user_sessions).where(mine).values(notes=[]))


def end(db: Connection, token: str) -> None:
    """Sign out."""
    db.execute(delete(user_sessions).where(user_sessions.c.key == key_of(token)))


def key_of(token: str) -> str:
    """What is kept of a token; it is random, so that a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()
