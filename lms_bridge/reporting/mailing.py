"""Mailing reports when they are due: a message to each address, once, and the file when it goes."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, and_, select, update

from lms_bridge.accounts import users
from lms_bridge.config.settings import Settings
from lms_bridge.errors import DeliveryError
from lms_bridge.i18n import gettext, mark
from lms_bridge.notices import outbox
from lms_bridge.notices.mail import Attachment
from lms_bridge.reasons import Reason
from lms_bridge.reporting import files, saved, showing
from lms_bridge.reporting.making import make
from lms_bridge.reporting.report import BadReport
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import saved_reports

_ATTACHED = mark("The report “%(name)s” is attached: %(title)s.")
_ROWS = mark("Rows: %(count)s")
_PERSONAL = mark("It names people. Keep it as such, and pass it on only to those who need it.")
_WHY = mark("You get it because %(owner)s has it mailed, and can end that at %(link)s")


class Made(msgspec.Struct, frozen=True):
    """A report as it is mailed."""

    text: str
    file: Attachment


def is_any_due(db: Connection, now: dt.datetime) -> bool:
    """Whether a report is to be mailed."""
    return db.execute(select(saved_reports.c.id).where(_is_due(now)).limit(1)).first() is not None


def put_due(store: Store, settings: Settings, now: dt.datetime) -> Counter[str]:
    """Put a message for each address into the outbox, and note when it is due next; how many.

    All in one transaction, in which nobody else has the same report.
    """
    counts: Counter[str] = Counter()
    zone = ZoneInfo(settings.time_zone)
    with store.writing() as db:
        due = select(saved_reports).where(_is_due(now)).order_by(saved_reports.c.id)
        for row in db.execute(due.with_for_update(skip_locked=True)).all():
            one = saved.saved_of(row)
            if one.mailing is None:
                continue
            today = now.astimezone(zone).date().isoformat()
            for address in one.mailing.to:
                counts["messages"] += outbox.put(
                    db,
                    key=f"report:{one.id}:{row.due_at.isoformat()}:{address}",
                    kind="report",
                    subject=one.name,
                    content={"saved": one.id, "today": today, "to": address},
                    address=address,
                    now=now,
                )
            next_ = {"due_at": one.mailing.next_after(now, zone), "mailed_at": now}
            db.execute(update(saved_reports).where(saved_reports.c.id == one.id).values(next_))
    return counts


def made(store: Store, settings: Settings, content: Mapping[str, Any], now: dt.datetime) -> Made:
    """The report that a message is to bring, as those see it by now whose it is.

    Raises :exc:`~lms_bridge.errors.DeliveryError` if it must not be mailed any more.
    """
    with store.reading() as db, tempfile.TemporaryDirectory() as folder:
        row = db.execute(
            select(saved_reports).where(saved_reports.c.id == content["saved"])
        ).one_or_none()
        one = saved.saved_of(row) if row else None
        owner = users.find(db, one.user_id) if one else None
        if one is None or one.mailing is None or owner is None:
            raise _not_to_be_mailed()
        if not saved.may_still(owner, content["to"], settings.email):
            raise _not_to_be_mailed()
        language, form = one.mailing.language, one.mailing.form
        try:
            table = make(
                db,
                one.report,
                owner.sight(db),
                yearly=settings.yearly_hours,
                today=dt.date.fromisoformat(content["today"]),
                language=language,
            )
        except BadReport:
            raise _not_to_be_mailed() from None
        path = Path(folder) / "report"
        files.write(table, form, path, made_at=now, zone=ZoneInfo(settings.time_zone))
        lines = [
            gettext(_ATTACHED, language) % {"name": one.name, "title": table.title},
            "",
            *(f"{label}: {value}" for label, value in table.about),
            gettext(_ROWS, language) % {"count": showing.number(table.count, language)},
            "",
            gettext(_PERSONAL, language),
            gettext(_WHY, language)
            % {"owner": owner.shown, "link": f"{settings.web.home_page}/console/reports"},
        ]
        file = Attachment(f"{table.name}.{form}", files.MEDIA_TYPES[form], path.read_bytes())
        return Made("\n".join(lines) + "\n", file)


def _is_due(now: dt.datetime) -> Any:
    return and_(saved_reports.c.due_at.is_not(None), saved_reports.c.due_at <= now)


def _not_to_be_mailed() -> DeliveryError:
    return DeliveryError(Reason("report_not_mailed"), retryable=False)
