"""Completions that were taken back, and what HR decides about what was delivered of them.

What has not been delivered of a completion that is taken back is cancelled. What has been
delivered, a row in the registry or a badge in the LMS, stays until HR says so: *undo* has it
removed there, by deliveries like any other (:mod:`lms_bridge.deliveries.standing`); *keep*
leaves it. Until then the completion is *undecided*, and shown as such.

One row tells of one withdrawal: when and why, who decided what, and when the completion was
told of again, if it was. Nothing of that is ever overwritten but a decision to keep, by one
to undo.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Literal

import msgspec
import structlog
from sqlalchemy import ColumnElement, Connection, Select, exists, select, update

from lms_bridge.deliveries import standing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.events import journal
from lms_bridge.events.kinds import Kind
from lms_bridge.i18n import mark
from lms_bridge.people import changed
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.refusing import Refused
from lms_bridge.store.schema import completions, courses, deliveries, withdrawals

log = structlog.get_logger(__name__)

VOIDED = "taken_back"
"""code of the reason that a statement was voided, and not that more is known of it by now"""

Decision = Literal["undo", "keep"]


class Withdrawal(msgspec.Struct, frozen=True):
    """That a completion has been taken back, and what HR decided."""

    at: dt.datetime
    reason: Reason | None
    """None for what an older version withdrew"""
    decision: Literal["undo", "keep", ""]
    """empty as long as nobody has decided"""
    decided_at: dt.datetime | None
    decided_by: str
    decided_why: str


class CannotDecide(Refused):
    """There is nothing to decide about a completion; the message says why."""


def begin(db: Connection, completion_id: int, because: Reason, now: dt.datetime) -> None:
    """The completion has been taken back, `because` of that."""
    db.execute(
        withdrawals.insert().values(
            completion_id=completion_id, withdrawn_at=now, **reason_columns(because)
        )
    )
    journal.note(db, Kind.WITHDRAWN, now, completion=completion_id)
    _touched(db, completion_id, now)


def end(db: Connection, completion_id: int, now: dt.datetime) -> None:
    """The completion is told of again; a question about it disappears."""
    db.execute(
        update(withdrawals)
        .where(withdrawals.c.completion_id == completion_id, withdrawals.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    _touched(db, completion_id, now)


def was_voided(db: Connection, completion_id: int) -> bool:
    """Whether the completion has been taken back because its statement was voided."""
    voided = select(withdrawals.c.id).where(
        withdrawals.c.completion_id == completion_id,
        withdrawals.c.ended_at.is_(None),
        withdrawals.c.reason_code == VOIDED,
    )
    return db.execute(voided).first() is not None


def decide(
    db: Connection,
    ids: Collection[int],
    what: Decision,
    *,
    by: str,
    why: str = "",
    now: dt.datetime,
) -> int:
    """`by` whom it was decided `what` becomes of the completions `ids`, and `why`; how many.

    Raises :exc:`CannotDecide` if there is nothing to decide about one of them; then nothing
    has changed.
    """
    for completion_id in sorted(set(ids)):
        _check(db, completion_id, what)
        db.execute(
            update(withdrawals)
            .where(withdrawals.c.completion_id == completion_id, withdrawals.c.ended_at.is_(None))
            .values(decision=what, decided_at=now, decided_by=by, decided_why=why)
        )
        _touched(db, completion_id, now)
        log.info("decided", completion=completion_id, decision=what, by=by)
    return len(set(ids))


def current(db: Connection, completion_ids: Select[tuple[int]]) -> dict[int, Withdrawal]:
    """Of the completions, those that have been taken back, each with how that stands."""
    query = select(withdrawals).where(
        withdrawals.c.ended_at.is_(None), withdrawals.c.completion_id.in_(completion_ids)
    )
    return {
        row.completion_id: Withdrawal(
            at=row.withdrawn_at,
            reason=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
            decision=row.decision or "",
            decided_at=row.decided_at,
            decided_by=row.decided_by or "",
            decided_why=row.decided_why or "",
        )
        for row in db.execute(query)
    }


def undecided(db: Connection, course: str = "") -> list[int]:
    """The completions about which HR has to decide, of the course with that key or of all."""
    query = select(completions.c.id).where(is_undecided())
    if course:
        query = query.join(courses).where(courses.c.key == course)
    return list(db.execute(query.order_by(completions.c.id)).scalars())


def is_undecided() -> ColumnElement[bool]:
    """That a completion was taken back, something of it is delivered, and HR has not decided."""
    return exists().where(
        withdrawals.c.completion_id == completions.c.id,
        withdrawals.c.ended_at.is_(None),
        withdrawals.c.decision.is_(None),
    ) & exists().where(
        deliveries.c.completion_id == completions.c.id,
        deliveries.c.step.in_(standing.UNDONE_BY),
        deliveries.c.state == State.DONE,
    )


def _touched(db: Connection, completion_id: int, now: dt.datetime) -> None:
    """It stands otherwise now: its deliveries follow, and what is concluded from it."""
    standing.align(db, completion_id, now)
    changed.completed(db, completions.c.id == completion_id, now)


def _check(db: Connection, completion_id: int, what: Decision) -> None:
    current = (
        select(completions.c.withdrawn_at, withdrawals.c.decision)
        .outerjoin(
            withdrawals,
            (withdrawals.c.completion_id == completions.c.id) & withdrawals.c.ended_at.is_(None),
        )
        .where(completions.c.id == completion_id)
    )
    row = db.execute(current).one_or_none()
    if row is None:
        raise CannotDecide(mark("there is no completion %(number)s"), number=completion_id)
    if row.withdrawn_at is None:
        raise CannotDecide(mark("completion %(number)s was not taken back"), number=completion_id)
    if row.decision == "undo" and what == "keep":
        raise CannotDecide(
            mark(
                "completion %(number)s is being undone; a step of that can be given up: lms-bridge"
                " deliveries cancel"
            ),
            number=completion_id,
        )
    may_be_there = select(deliveries.c.id).where(
        deliveries.c.completion_id == completion_id, deliveries.c.state != State.CANCELLED
    )
    if db.execute(may_be_there.limit(1)).first() is None:
        raise CannotDecide(
            mark("of completion %(number)s nothing has been delivered"), number=completion_id
        )
