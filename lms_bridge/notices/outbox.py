"""Messages that are to be sent, and what became of them.

A message has a key, so that it is put there once however many processes want to. Whoever sends it
has it for a while; if they fall silent it is sent again, by mail with the same ``Message-ID`` and
by webhook with the same ``webhook-id``, by which a receiver can tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, literal_column, or_, select
from sqlalchemy import update as change

from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import messages
from lms_bridge.store.types import AnyRow

KEPT = dt.timedelta(days=90)
"""how long it can be seen what was sent"""
_LEASE = dt.timedelta(minutes=10)

Kind = Literal["notice", "digest", "report", "test"]


class State(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """it is not tried any more, unless a person says so"""


# In the text of the SQL: by a parameter neither database would find its partial index.
IS_WAITING: ColumnElement[bool] = messages.c.state == literal_column("'waiting'")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message, as it stands."""

    id: int
    key: str
    kind: Kind
    recipient: str
    """name of a ``[[notices]]``; empty for a report"""
    address: str
    """e-mail address; empty: by webhook"""
    subject: str
    content: dict[str, Any]
    state: State
    made_at: dt.datetime
    due_at: dt.datetime
    sent_at: dt.datetime | None
    attempts: int
    reason: Reason | None


def put(
    db: Connection,
    *,
    key: str,
    kind: Kind,
    subject: str,
    content: Mapping[str, Any],
    recipient: str = "",
    address: str = "",
    now: dt.datetime,
) -> bool:
    """Have a message sent; False, and nothing done, if there was one with that key."""
    values = {
        "key": key,
        "kind": kind,
        "recipient": recipient,
        "address": address,
        "subject": subject,
        "content": dict(content),
        "state": State.WAITING,
        "made_at": now,
        "due_at": now,
    }
    new = insert(db, messages).values(values).on_conflict_do_nothing(index_elements=["key"])
    return bool(db.execute(new).rowcount)


def is_any_due(db: Connection, now: dt.datetime) -> bool:
    """Whether there is something to send."""
    return db.execute(select(messages.c.id).where(_may_be_taken(now)).limit(1)).first() is not None


def take(store: Store, owner: str, now: dt.datetime) -> Message | None:
    """The message that is due longest, which nobody else sends for a while."""
    first = select(messages).where(_may_be_taken(now)).order_by(messages.c.due_at, messages.c.id)
    with store.writing() as db:
        row = db.execute(first.limit(1).with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        taken = {
            "lease_owner": owner,
            "lease_until": now + _LEASE,
            "attempts": messages.c.attempts + 1,
        }
        mine = messages.c.id == row.id
        return _message(
            db.execute(change(messages).where(mine).values(taken).returning(messages)).one()
        )


def note_sent(db: Connection, message: Message, owner: str, now: dt.datetime) -> None:
    """It is gone."""
    _end(db, message, owner, {"state": State.SENT, "sent_at": now, **reason_columns(None)})


def note_failed(
    db: Connection, message: Message, owner: str, reason: Reason, again_at: dt.datetime | None
) -> None:
    """It could not be sent, for that reason; it is tried again then, or not at all."""
    values: dict[str, Any] = reason_columns(reason)
    values |= {"due_at": again_at} if again_at else {"state": State.FAILED}
    _end(db, message, owner, values)


def retry(db: Connection, ids: list[int], now: dt.datetime) -> int:
    """Try messages again that have failed, or that wait; how many."""
    which = and_(messages.c.id.in_(ids), messages.c.state != State.SENT)
    values = {"state": State.WAITING, "due_at": now, "made_at": now, "attempts": 0}
    return db.execute(change(messages).where(which).values(values)).rowcount


def listed(
    db: Connection,
    *,
    which: ColumnElement[bool] | None = None,
    before: int | None = None,
    failed: bool = False,
    limit: int = 50,
) -> list[Message]:
    """The newest messages, before the one numbered `before`; or those only that have failed."""
    query = select(messages).order_by(messages.c.id.desc()).limit(limit)
    if which is not None:
        query = query.where(which)
    if before is not None:
        query = query.where(messages.c.id < before)
    if failed:
        query = query.where(messages.c.state == State.FAILED)
    return [_message(row) for row in db.execute(query)]


def made_since(db: Connection, recipient: str, since: dt.datetime) -> int:
    """How many messages were made for the recipient after that."""
    mine = and_(messages.c.recipient == recipient, messages.c.made_at > since)
    # To each of several addresses goes one of its own, which counts as the same.
    query = select(func.count(messages.c.subject.distinct())).where(mine, messages.c.kind != "test")
    return db.execute(query).scalar_one()


def last_made(db: Connection, recipient: str, kind: Kind) -> dt.datetime | None:
    """When the recipient was last told something of that kind."""
    mine = and_(messages.c.recipient == recipient, messages.c.kind == kind)
    found: dt.datetime | None = db.scalar(select(func.max(messages.c.made_at)).where(mine))
    return found


def forget(db: Connection, now: dt.datetime) -> None:
    """Messages that are long gone."""
    old = and_(messages.c.state != State.WAITING, messages.c.made_at < now - KEPT)
    db.execute(delete(messages).where(old))


def _may_be_taken(now: dt.datetime) -> ColumnElement[bool]:
    free = or_(messages.c.lease_until.is_(None), messages.c.lease_until <= now)
    return and_(IS_WAITING, messages.c.due_at <= now, free)


def _end(db: Connection, message: Message, owner: str, values: Mapping[str, Any]) -> None:
    mine = and_(messages.c.id == message.id, messages.c.lease_owner == owner)
    left = {"lease_owner": None, "lease_until": None}
    db.execute(change(messages).where(mine).values({**values, **left}))


def _message(row: AnyRow) -> Message:
    return Message(
        id=row.id,
        key=row.key,
        kind=row.kind,
        recipient=row.recipient,
        address=row.address,
        subject=row.subject,
        content=row.content,
        state=State(row.state),
        made_at=row.made_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        reason=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
    )
