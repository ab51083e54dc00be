"""Reports that somebody keeps under a name, and the times at which they are mailed.

They are one person's own. What is mailed is made when it is mailed, of those whom that person sees
by then; nothing is mailed any more for somebody whose account is disabled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, and_, delete, func, select, update

from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.users import User
from lms_bridge.i18n import mark
from lms_bridge.notices.settings import Email, is_address
from lms_bridge.reporting.files import Format
from lms_bridge.reporting.report import Report
from lms_bridge.store.schema import saved_reports
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert

MOST = 50
"""reports that one person can keep"""
MOST_ADDRESSES = 20


class CannotSave(ValueError):
    """It cannot be kept or mailed like that; the message says why, a marked sentence."""


class Mailing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a report is mailed, to whom and as what."""

    every: Literal["week", "month", "cron"] = "month"
    day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 1
    """of the week (1: Monday) or of the month"""
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 7
    cron: str = ""
    """with every = "cron": minute hour day month weekday"""
    to: tuple[str, ...]
    form: Format = "xlsx"
    language: Literal["id", "en"] = "id"

    def next_after(self, now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
        """When it is mailed next."""
        if self.every == "cron":
            from lms_bridge import cron  # loads the scheduler, which the web service does without

            found: dt.datetime | None = cron.trigger(self.cron, zone).get_next_fire_time(None, now)
            return found or now + dt.timedelta(days=3650)
        day = now.astimezone(zone).replace(hour=self.hour, minute=0, second=0, microsecond=0)
        for ahead in range(63):
            there = day + dt.timedelta(days=ahead)
            is_it = there.isoweekday() if self.every == "week" else there.day
            if is_it == self.day and there > now:
                return there.astimezone(dt.UTC)
        raise AssertionError


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A report under its name."""

    id: int
    user_id: int
    name: str
    report: Report
    mailing: Mailing | None
    due_at: dt.datetime | None
    """when it is mailed next"""
    mailed_at: dt.datetime | None


def keep(db: Connection, user: User, name: str, report: Report, now: dt.datetime) -> int:
    """Keep `report` under that name, in place of one that was called the same; its number."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise CannotSave(mark("A name has 1 to 100 letters."))
    content = msgspec.to_builtins(report)
    mine = and_(saved_reports.c.user_id == user.id, saved_reports.c.name == name)
    again = update(saved_reports).where(mine).values(report=content)
    found: int | None = db.scalar(again.returning(saved_reports.c.id))
    if found is not None:
        return found
    count = select(func.count()).where(saved_reports.c.user_id == user.id)
    if db.execute(count).scalar_one() >= MOST:
        raise CannotSave(mark("You keep as many reports as can be kept. Remove one first."))
    new = {"user_id": user.id, "name": name, "report": content, "created_at": now}
    made = saved_reports.insert().values(new).returning(saved_reports.c.id)
    return int(db.execute(made).scalar_one())


def mail(
    db: Connection,
    user: User,
    saved_id: int,
    mailing: Mailing | None,
    *,
    email: Email | None,
    zone: ZoneInfo,
    now: dt.datetime,
) -> None:
    """Have a report of the user's mailed like that from now on; None: not any more.

    Raises :exc:`CannotSave` where it must not be mailed there.
    """
    values: Mapping[str, Any] = {"mailing": None, "due_at": None}
    if mailing is not None:
        if email is None:
            raise CannotSave(mark("No mail server is set up ([email] in the configuration)."))
        if not 1 <= len(mailing.to) <= MOST_ADDRESSES:
            raise CannotSave(mark("Give 1 to 20 addresses."))
        if not all(map(is_address, mailing.to)):
            raise CannotSave(mark("One of them is no e-mail address."))
        if not all(_may_have(one, user, email) for one in mailing.to):
            raise CannotSave(
                mark(
                    "Reports name people, so they are mailed only to your own address and to the"
                    " domains in [email] domains."
                )
            )
        due = mailing.next_after(now, zone)
        values = {"mailing": msgspec.to_builtins(mailing), "due_at": due}
    mine = and_(saved_reports.c.id == saved_id, saved_reports.c.user_id == user.id)
    db.execute(update(saved_reports).where(mine).values(values))


def remove(db: Connection, user: User, saved_id: int) -> bool:
    """Keep it no longer, and mail it no more; False if it was none of the user's."""
    mine = and_(saved_reports.c.id == saved_id, saved_reports.c.user_id == user.id)
    return bool(db.execute(delete(saved_reports).where(mine)).rowcount)


def of(db: Connection, user: User) -> list[Saved]:
    """The reports that the user keeps, by name."""
    query = select(saved_reports).where(saved_reports.c.user_id == user.id)
    return [saved_of(row) for row in db.execute(query.order_by(saved_reports.c.name))]


def find(db: Connection, user: User, saved_id: int) -> Saved | None:
    """One of them."""
    mine = and_(saved_reports.c.id == saved_id, saved_reports.c.user_id == user.id)
    row = db.execute(select(saved_reports).where(mine)).one_or_none()
    return saved_of(row) if row else None


def saved_of(row: AnyRow) -> Saved:
    """That of a row."""
    return Saved(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        report=convert(row.report, Report),
        mailing=convert(row.mailing, Mailing) if row.mailing else None,
        due_at=row.due_at,
        mailed_at=row.mailed_at,
    )


def may_still(user: User | None, address: str, email: Email | None) -> bool:
    """Whether a report of that account may still be mailed there."""
    return (
        user is not None
        and user.disabled_at is None
        and user.may(Permission.PEOPLE)
        and email is not None
        and _may_have(address, user, email)
    )


def _may_have(address: str, user: User, email: Email) -> bool:
    return address.casefold() == user.email.casefold() or email.may_go_to(address)
