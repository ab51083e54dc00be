"""The logs for auditors: who did what, and who looked at whose data. Nothing here changes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from flask import request
from flask_babel import gettext

from lms_bridge.accounts import accesses, audit
from lms_bridge.accounts.accesses import Access
from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Permission
from lms_bridge.i18n import mark
from lms_bridge.reporting import showing
from lms_bridge.reporting.report import TITLES, BadReport, Report
from lms_bridge.wording import word
from webhook import dressing
from webhook.console.asked import number, same_but
from webhook.console.site import Site

_SHOWN = 50
_CALLED = {
    "added": mark("new"),
    "before": mark("before"),
    "cause": mark("cause"),
    "count": mark("how many"),
    "decision": mark("decision"),
    "format": mark("file"),
    "how": mark("how"),
    "ids": mark("numbers"),
    "names": mark("names"),
    "period": mark("period"),
    "report": mark("report"),
    "role": mark("role"),
    "rows": mark("rows"),
    "scopes": mark("may"),
    "setting": mark("setting"),
    "sighting": mark("internal number"),
    "source": mark("where it is kept"),
    "to": mark("to"),
    "unit": mark("work unit"),
    "until": mark("until"),
    "username": mark("username"),
    "what": mark("what"),
    "why": mark("why"),
}
"""what the details of an entry are called"""
_LISTS = {
    "attention": mark("What waits for a person"),
    "backfill": mark("Backfill"),
    "badges": mark("Badges"),
    "completions": mark("Completions"),
    "employees": mark("Employees"),
    "files": mark("Files for a registry"),
    "findings": mark("Findings"),
    "statements": mark("Statements"),
}


def pages(site: Site) -> None:
    """Register them."""

    @site.page("/audit", Permission.AUDIT, name="audit")
    def log() -> str:
        asked, when = _asked(site, "action", "subject")
        with site.bridge.store.reading() as db:
            found = audit.entries(
                db, by=asked["by"], action=asked["action"], subject=asked["subject"], **when
            )
        return _shown(site, "audit", found, asked, said=_details)

    @site.page("/audit/accesses", Permission.AUDIT, name="accesses")
    def looked() -> str:
        asked, when = _asked(site, "employee")
        with site.bridge.store.reading() as db:
            whose = number("employee") or None
            found = accesses.entries(db, by=asked["by"], employee_id=whose, **when)
        return _shown(site, "accesses", found, asked, said=lambda one: _said(one, site))


def _asked(site: Site, *more: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What is searched for, who, since when, until when and `more`; and of that what is a time."""
    fields = ("by", *more, "since", "until")
    asked = {name: request.args.get(name, "").strip()[:200] for name in fields}
    until = _day(site, asked["until"])
    return asked, {
        "since": _day(site, asked["since"]),
        "until": until + dt.timedelta(days=1) if until else None,
        "before": number("before") or None,
        "limit": _SHOWN + 1,
    }


def _shown(
    site: Site,
    name: str,
    found: Sequence[Entry] | Sequence[Access],
    asked: dict[str, str],
    **more: Any,
) -> str:
    """The page of that name with a part of its log."""
    shown = found[:_SHOWN]
    is_more = len(found) > _SHOWN
    return site.show(
        f"console/{name}.html",
        entries=shown,
        asked=asked,
        next_url=same_but(name, asked, before=shown[-1].id) if is_more else "",
        first_url=same_but(name, asked) if number("before") else "",
        **more,
    )


def _details(one: Entry) -> Iterator[tuple[str, str]]:
    """What of the details says anything, each with what it is called."""
    language = dressing.language()
    for name, value in one.details.items():
        if value in ("", None, []):
            continue
        called = gettext(_CALLED[name]) if name in _CALLED else word(name, language)
        if one.action in ("course.added", "course.changed") and isinstance(value, list):
            value = " → ".join("–" if each is None else str(each) for each in value)
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        elif name in ("role", "before"):
            value = word(str(value), language)
        yield called, str(value)


def _said(one: Access, site: Site) -> Iterator[str]:
    """What was looked at more exactly, a line each; a completion has its own link."""
    details = {name: str(value) for name, value in one.details.items() if name != "completion"}
    if listed := details.pop("list", ""):
        yield gettext(_LISTS[listed]) if listed in _LISTS else listed
    if kind := details.pop("report", ""):
        yield gettext(TITLES[kind]) if kind in TITLES else kind  # type: ignore[index]
    if period := details.pop("period", ""):
        yield _days(kind, period, one.at.astimezone(site.zone).date())
    if jp := details.pop("jp", ""):
        yield f"{jp} JP"
    for name, value in details.items():
        yield f"{gettext('Work unit') if name == 'unit' else name}: {value}"


def _days(kind: str, period: str, today: dt.date) -> str:
    """The days of a report that was looked at `today`."""
    try:
        of = Report(kind=kind, period=period).period_at(today)  # type: ignore[arg-type]
    except BadReport:
        return period
    language = dressing.language()
    return f"{showing.day(of.first, language)} – {showing.day(of.last, language)}"


def _day(site: Site, text: str) -> dt.datetime | None:
    """When that day begins in the city; None for what is no day."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), site.zone)
    except (ValueError, OverflowError):
        return None
