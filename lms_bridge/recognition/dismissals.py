"""What a person has said is not to be recorded: an account that is nobody's, a course that is no
training.

Such a *dismissal* stands until it is taken back. What waits for its cause to be mended is dismissed
with it, and so is what comes in later for the same cause: a test account that completes a course
each week is dismissed once.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.recognition import sightings
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import dismissals

Kind = Literal["person", "course"]

OF_COURSE = "unknown_course"
OF_PERSON = frozenset(
    {
        "unknown_person",
        "unknown_home_page",
        "account_missing",
        "account_without_nip",
        "invalid_nip",
        "shared_nip",
        "accounts_ambiguous",
        "suspended_account",
    }
)
"""codes of the reasons that are mended by saying who an account is of"""


def waits(
    db: Connection,
    reason: Reason,
    *,
    course: str = "",
    actor: str = "",
    until: dt.datetime | None = None,
) -> dict[str, Any]:
    """The columns of a sighting that waits for `reason`, or is dismissed if its cause was.

    The cause is the id `course` of an activity, or the key `actor` of an account.
    """
    by_course = reason.code == OF_COURSE
    if by_course or reason.code in OF_PERSON:
        cause = {"of": "course", "named": course} if by_course else {"of": "person", "named": actor}
        row = db.execute(_STANDING, cause).one_or_none()
        if row is not None:
            return is_dismissed(by=row.by, why=row.why)
    return sightings.waits(reason, until)


def is_dismissed(*, by: str, why: str) -> dict[str, Any]:
    """The columns of a sighting that `by` has dismissed."""
    reason = reason_columns(Reason("dismissed", by=by, why=why))
    return {"state": SightingState.DISMISSED, "due_at": None, **reason}


def begin(db: Connection, kind: Kind, key: str, *, by: str, why: str, now: dt.datetime) -> None:
    """From now on what is known by `key` is not recorded."""
    values = {"kind": kind, "key": key, "at": now, "by": by, "why": why}
    db.execute(insert(db, dismissals).values(**values).on_conflict_do_nothing())


def end(db: Connection, kind: Kind, key: str, *, by: str, now: dt.datetime) -> None:
    """It is again."""
    standing = (dismissals.c.kind == kind) & (dismissals.c.key == key)
    standing &= dismissals.c.ended_at.is_(None)
    db.execute(update(dismissals).where(standing).values(ended_at=now, ended_by=by))


_STANDING = select(dismissals.c.by, dismissals.c.why).where(
    dismissals.c.kind == bindparam("of"),
    dismissals.c.key == bindparam("named"),
    dismissals.c.ended_at.is_(None),
)
