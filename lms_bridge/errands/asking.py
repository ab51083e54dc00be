"""Errands as they are kept: asked for, under way, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)

from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.engine import alone
from lms_bridge.store.many import among
from lms_bridge.store.schema import errands
from lms_bridge.store.types import AnyRow

KEPT = dt.timedelta(days=1)
"""how long it can be seen what came of one"""

_COLUMNS = [column for column in errands.c if column.name != "content"]
"""a file may have megabytes"""
# In the text of the SQL: by a parameter neither database would find its partial index.
_IS_OPEN: ColumnElement[bool] = literal_column("errands.ended_at IS NULL")


class Kind(StrEnum):
    """What is to be done."""

    REPAIR = "repair"
    """a finding of the reconciliation is to be mended; its subject is the finding"""
    HISTORY = "history"
    """somebody's training history is to be read; its subject is the employee"""
    REPORT = "report"
    """the file of a large report is to be made; its subject is the account that wants it"""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One errand, as it stands."""

    id: int
    kind: Kind
    subject: int
    asked_at: dt.datetime
    asked_by: str
    details: Mapping[str, Any]
    ended_at: dt.datetime | None
    reason: Reason | None
    """why it came to nothing"""
    done: int
    """how far it is, where that is counted"""
    total: int | None
    file_name: str

    @property
    def is_under_way(self) -> bool:
        """Whether its end is still to come."""
        return self.ended_at is None


def ask(
    db: Connection,
    kind: Kind,
    subjects: Collection[int],
    details: Mapping[str, Any],
    *,
    by: str,
    now: dt.datetime,
    anew: bool = False,
) -> int:
    """Have a worker do that about each of the `subjects`; how many were not asked for already.

    `anew`: what was asked for already is asked for in another way, and no more as it was.
    """
    alone(db, "errands")
    which = _about(kind, subjects)
    open_ = set(db.scalars(select(errands.c.subject).where(which, _IS_OPEN)))
    new = [one for one in dict.fromkeys(subjects) if anew or one not in open_]
    if new:
        db.execute(delete(errands).where(_about(kind, new)))
        values = {"kind": kind, "asked_at": now, "asked_by": by, "details": dict(details)}
        db.execute(errands.insert(), [{**values, "subject": one} for one in new])
    return len(new)


def of(db: Connection, kind: Kind, subjects: Collection[int]) -> dict[int, Errand]:
    """By subject, what was asked about it and is under way, or has ended within a day."""
    query = select(*_COLUMNS).where(_about(kind, subjects)).order_by(errands.c.id)
    return {row.subject: _errand(row) for row in db.execute(query)}


def open_ones(db: Connection, *, after: int = 0, limit: int = 100) -> list[Errand]:
    """What is to be done, in the order in which it was asked, after the one numbered `after`."""
    query = select(*_COLUMNS).where(_IS_OPEN, errands.c.id > after)
    return [_errand(row) for row in db.execute(query.order_by(errands.c.id).limit(limit))]


def is_any_open(db: Connection) -> bool:
    """Whether there is something to do."""
    return db.execute(select(errands.c.id).where(_IS_OPEN).limit(1)).first() is not None


def how_many_open(db: Connection, kind: Kind) -> int:
    """How many of that kind are to be done."""
    query = select(func.count()).select_from(errands).where(_IS_OPEN, errands.c.kind == kind)
    return db.execute(query).scalar_one()


def end(db: Connection, number: int, why: Reason | None, now: dt.datetime) -> None:
    """It is done; or, with `why`, it came to nothing."""
    mine = and_(errands.c.id == number, _IS_OPEN)
    db.execute(update(errands).where(mine).values(ended_at=now, **reason_columns(why)))


def note_progress(db: Connection, number: int, done: int, total: int) -> None:
    """It is that far."""
    mine = and_(errands.c.id == number, _IS_OPEN)
    db.execute(update(errands).where(mine).values(done=done, total=total))


def keep_file(db: Connection, number: int, name: str, content: bytes) -> None:
    """Keep what it has made."""
    mine = and_(errands.c.id == number, _IS_OPEN)
    db.execute(update(errands).where(mine).values(file_name=name, content=content))


def content_of(db: Connection, number: int) -> bytes | None:
    """What it has made, once it has ended."""
    mine = and_(errands.c.id == number, errands.c.ended_at.is_not(None))
    found: bytes | None = db.scalar(select(errands.c.content).where(mine))
    return found


def forget(db: Connection, now: dt.datetime) -> None:
    """Errands that ended long ago."""
    db.execute(delete(errands).where(errands.c.ended_at < now - KEPT))


def forget_of(db: Connection, employee_id: int, finding_ids: Collection[int]) -> None:
    """Those that are about somebody, or something that was found about them.

    And every report, for it may name them.
    """
    theirs = or_(
        _about(Kind.HISTORY, [employee_id]),
        _about(Kind.REPAIR, finding_ids),
        errands.c.kind == Kind.REPORT,
    )
    db.execute(delete(errands).where(theirs))


def _about(kind: Kind, subjects: Collection[int]) -> Any:
    return and_(errands.c.kind == kind, among(errands.c.subject, list(subjects)))


def _errand(row: AnyRow) -> Errand:
    return Errand(
        id=row.id,
        kind=Kind(row.kind),
        subject=row.subject,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        details=row.details,
        ended_at=row.ended_at,
        reason=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
        done=row.done or 0,
        total=row.total,
        file_name=row.file_name or "",
    )
