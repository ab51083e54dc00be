"""That somebody looked at personal data by a command, for the log of it."""

from __future__ import annotations

from sqlalchemy import select

from lms_bridge.accounts.accesses import Looks
from lms_bridge.accounts.audit import Actor
from lms_bridge.bridge import utc_now
from lms_bridge.cli.session import Session, whoami
from lms_bridge.store.schema import completions


def here() -> Actor:
    """Whoever gives the command, for the logs."""
    return Actor(name=whoami(), role="shell")


def note(session: Session, what: str, employee_id: int | None = None, **details: object) -> None:
    """Write down that they are shown `what` of that employee, or of many."""
    looks = Looks(session.bridge.store, clock=utc_now)
    looks.note(here(), what, employee_id, **details)


def note_completion(session: Session, number: int, what: str = "completion") -> None:
    """Write down that they are shown this completion, or `what` belongs to it."""
    query = select(completions.c.employee_id).where(completions.c.id == number)
    with session.bridge.store.reading() as db:
        employee_id = db.scalar(query)
    note(session, what, employee_id, completion=number)
