"""That somebody looked at personal data by a command, for the log of it."""

from __future__ import annotations

from lms_bridge.accounts.accesses import Looks
from lms_bridge.accounts.audit import Actor
from lms_bridge.bridge import utc_now
from lms_bridge.cli.session import Session, whoami


def here() -> Actor:
    """Whoever gives the command, for the logs."""
    return Actor(name=whoami(), role="shell")


def note(session: Session, what: str, employee_id: int | None = None, **details: str) -> None:
    """Write down that they are shown `what` of that employee, or of many."""
    looks = Looks(session.bridge.store, clock=utc_now)
    looks.note(here(), what, employee_id, **details)
