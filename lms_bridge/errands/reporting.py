"""Making the file of a large report, for who has asked for it.

It is made as they see it, kept for a day and handed to nobody else; whoever may see less, or
otherwise, by then does not get it.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from lms_bridge.accounts import users
from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.users import User
from lms_bridge.config.settings import Settings
from lms_bridge.errands import asking
from lms_bridge.errands.asking import Errand, Kind
from lms_bridge.reasons import Reason
from lms_bridge.reporting import files
from lms_bridge.reporting.making import make
from lms_bridge.reporting.report import BadReport, Report
from lms_bridge.reporting.table import Row, Table
from lms_bridge.store.engine import Store
from lms_bridge.typed import convert

LARGE = 2_000
"""rows from which on a report is made by a worker, and not while somebody waits for the page"""
_TOLD_EVERY = 500
"""rows"""


class File(NamedTuple):
    """A report that was made."""

    name: str
    form: files.Format
    content: bytes
    rows: int


def ask(
    db: Connection,
    user: User,
    report: Report,
    form: files.Format,
    *,
    language: str,
    today: dt.date,
    now: dt.datetime,
) -> None:
    """Have `report` made, in place of what the user has asked for before."""
    details = {
        "report": msgspec.to_builtins(report),
        "form": form,
        "language": language,
        "today": today.isoformat(),
        "sees": _sees(user),
    }
    asking.ask(db, Kind.REPORT, [user.id], details, by=user.username, now=now, anew=True)


def last(db: Connection, user: User) -> Errand | None:
    """The report that the user has asked for last, unless they see otherwise by now."""
    found = asking.of(db, Kind.REPORT, [user.id]).get(user.id)
    return found if found and found.details["sees"] == _sees(user) else None


def made(db: Connection, user: User) -> File | None:
    """Its file; None as long as there is none."""
    one = last(db, user)
    content = asking.content_of(db, one.id) if one else None
    if one is None or content is None:
        return None
    return File(one.file_name, one.details["form"], content, one.total or 0)


def carry_out(
    store: Store, settings: Settings, errand: Errand, clock: Callable[[], dt.datetime]
) -> Reason | None:
    """Make the file and keep it; why it was not made, or None."""
    about = errand.details
    with store.reading() as db, tempfile.TemporaryDirectory() as folder:
        owner = users.find(db, errand.subject)
        if owner is None or owner.disabled_at or not owner.may(Permission.PEOPLE):
            return Reason("report_not_made")
        try:
            table = make(
                db,
                convert(about["report"], Report),
                owner.sight(db),
                yearly=settings.yearly_hours,
                today=dt.date.fromisoformat(about["today"]),
                language=about["language"],
            )
        except BadReport:
            return Reason("report_not_made")
        path = Path(folder) / "report"
        counted = msgspec.structs.replace(table, rows=_counted(store, errand.id, table))
        files.write(
            counted, about["form"], path, made_at=clock(), zone=ZoneInfo(settings.time_zone)
        )
        content = path.read_bytes()
    with store.writing() as db:
        asking.keep_file(db, errand.id, f"{table.name}.{about['form']}", content)
    return None


def _counted(store: Store, number: int, table: Table) -> Iterator[Row]:
    """The rows, of which it is kept how many are written."""
    for done, row in enumerate(table.rows):
        if done % _TOLD_EVERY == 0:
            with store.writing() as db:
                asking.note_progress(db, number, done, table.count)
        yield row


def _sees(user: User) -> list[Any]:
    unit = user.unit
    return [str(user.role), unit.registry, unit.id, unit.name] if unit else [str(user.role)]
