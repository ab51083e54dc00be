"""Who did what: written in the transaction of the act, and never changed.

Nothing of the program changes or removes an entry. What an act was is a short code
(``person.linked``), as what it did was to (``account``, and its number), so that both can be looked
for; what else is to be known stands in the details. NIPs do not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, select

from lms_bridge.store.schema import audit_entries


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts."""

    name: str
    role: str
    user_id: int | None = None
    address: str = ""
    """from where: an IP address"""


class Entry(msgspec.Struct, frozen=True):
    """What was done."""

    id: int
    at: dt.datetime
    by: str
    role: str
    action: str
    subject: str
    details: dict[str, Any]
    address: str


def note(
    db: Connection,
    actor: Actor,
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
    *,
    now: dt.datetime,
) -> None:
    """`actor` does `action`, e.g. ``course.changed``, to `subject`, e.g. ``course:K3``."""
    db.execute(
        audit_entries.insert(),
        {
            "at": now,
            "user_id": actor.user_id,
            "by": actor.name,
            "role": actor.role,
            "action": action,
            "subject": subject,
            "details": dict(details or {}),
            "address": actor.address,
        },
    )


def entries(
    db: Connection,
    *,
    by: str = "",
    action: str = "",
    subject: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """The newest entries, before the one numbered `before`, narrowed to the beginning of a word.

    From `since` on and before `until`, if they are given.
    """
    query = newest(audit_entries, since=since, until=until, before=before, limit=limit)
    for column, wanted in (
        (audit_entries.c.by, by),
        (audit_entries.c.action, action),
        (audit_entries.c.subject, subject),
    ):
        if wanted:
            query = query.where(column.startswith(wanted, autoescape=True))
    return [
        Entry(
            row.id,
            row.at,
            row.by,
            row.role,
            row.action,
            row.subject,
            row.details or {},
            row.address,
        )
        for row in db.execute(query)
    ]


def newest(
    log: Table,
    *,
    since: dt.datetime | None,
    until: dt.datetime | None,
    before: int | None,
    limit: int | None,
) -> Select[Any]:
    """The newest rows of a log, from `since` on and before `until`, before the one so numbered."""
    query = select(log).order_by(log.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(log.c.at >= since)
    if until is not None:
        query = query.where(log.c.at < until)
    if before is not None:
        query = query.where(log.c.id < before)
    return query
