"""Which messages somebody may see: all who steer see all of them, HR what was sent to HR.

HR is who is told what needs a person, and who has reports mailed. An officer sees what is sent to
their own address, and the reports that they have mailed themselves.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, or_, select, true

from lms_bridge.accounts.roles import Permission, Role
from lms_bridge.accounts.users import User
from lms_bridge.config.settings import Settings
from lms_bridge.notices.settings import Notices
from lms_bridge.store.schema import messages, saved_reports


def recipients(user: User, settings: Settings) -> list[Notices]:
    """Those of the ``[[notices]]`` of which the user may see who they are, and what they got."""
    if user.may(Permission.SYSTEM):
        return list(settings.notices)
    if user.role == Role.HR:
        return [one for one in settings.notices if "attention" in one.tells]
    mine = user.email.casefold()
    return [one for one in settings.notices if mine in map(str.casefold, one.email)]


def seen_by(db: Connection, user: User, settings: Settings) -> ColumnElement[bool]:
    """The condition that a message is one that the user may see."""
    if user.may(Permission.SYSTEM):
        return true()
    own = func.lower(messages.c.address) == user.email.lower()
    to_me = own & (messages.c.address != "")
    if user.role == Role.HR:
        names = [one.name for one in recipients(user, settings)]
        return or_(to_me, messages.c.recipient.in_(names), messages.c.kind == "report")
    kept = db.scalars(select(saved_reports.c.id).where(saved_reports.c.user_id == user.id))
    return or_(to_me, *(messages.c.key.startswith(f"report:{number}:") for number in kept))
