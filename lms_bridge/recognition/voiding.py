"""Statements that take others back (xAPI 1.0.3, Data 2.3.2).

Only its own sender can take a statement back, before or after it has come in. A voiding
statement itself cannot be voided.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, bindparam, select, update

from lms_bridge import completions
from lms_bridge.reasons import Reason
from lms_bridge.recognition.reading import Sighting
from lms_bridge.recognition.sightings import is_none
from lms_bridge.store.schema import sightings, statements
from lms_bridge.withdrawals import VOIDED
from xapi import vocabulary


def taken_back(db: Connection, one: Sighting) -> Reason | None:
    """That the statement of `one` does not count, if its sender took it back before."""
    by = db.execute(_VOIDING, {"target": one.statement_id, "by": one.sender}).scalar()
    return Reason("voided", by=by) if by else None


# Made once, for it is asked of every completion.
_VOIDING = (
    select(statements.c.id)
    .join(sightings, sightings.c.statement_seq == statements.c.seq)
    .where(
        sightings.c.verb == vocabulary.VOIDED,
        sightings.c.object_id == bindparam("target"),
        statements.c.sender == bindparam("by"),
    )
    .limit(1)
)


def take_back(
    db: Connection, target: str, voiding: Sighting, *, by: str, now: dt.datetime
) -> Reason:
    """Take back what the statement `target` told; what is to be said of the `voiding` one.

    `by` is what its actor is called.
    """
    told = db.execute(
        select(sightings.c.id, sightings.c.completion_id, sightings.c.verb, statements.c.sender)
        .join(statements, sightings.c.statement_seq == statements.c.seq)
        .where(statements.c.id == target)
    ).all()
    if any(row.sender != voiding.sender for row in told):
        return Reason("voiding_of_another", target=target)
    because = Reason(VOIDED, by=by, sender=voiding.sender, statement=voiding.statement_id)
    voided = is_none(Reason("voided", by=voiding.statement_id)) | {"due_at": None}
    for row in told:
        if row.verb == vocabulary.VOIDED:
            continue
        db.execute(update(sightings).where(sightings.c.id == row.id).values(**voided))
        if row.completion_id is not None:
            completions.withdraw(db, row.completion_id, because, now)
    return Reason("voiding", target=target)
