"""The logs for auditors: who did what, and who looked at whose data. Nothing here changes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request, url_for

from lms_bridge.accounts import accesses, audit
from lms_bridge.accounts.roles import Permission
from webhook.console.asked import number, same_but
from webhook.console.site import Site

_SHOWN = 50
_FIELDS = ("by", "action", "subject", "since", "until")
_LOOKED_FIELDS = ("by", "employee", "since", "until")


def pages(site: Site) -> None:
    """Register them."""

    @site.page("/audit", Permission.AUDIT, name="audit")
    def log() -> str:
        asked = {name: request.args.get(name, "").strip()[:200] for name in _FIELDS}
        before = request.args.get("before", type=int)
        since, until = _day(site, asked["since"]), _day(site, asked["until"])
        with site.bridge.store.reading() as db:
            found = audit.entries(
                db,
                by=asked["by"],
                action=asked["action"],
                subject=asked["subject"],
                since=since,
                until=until + dt.timedelta(days=1) if until else None,
                before=before,
                limit=_SHOWN + 1,
            )
        shown = found[:_SHOWN]
        kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
        return site.show(
            "console/audit.html",
            entries=shown,
            asked=asked,
            next_url=url_for("console.audit", **kept, before=shown[-1].id)
            if len(found) > _SHOWN
            else "",
            first_url=url_for("console.audit", **kept) if before else "",
        )

    @site.page("/audit/accesses", Permission.AUDIT, name="accesses")
    def looked() -> str:
        asked = {name: request.args.get(name, "").strip()[:200] for name in _LOOKED_FIELDS}
        whose = number("employee") or None
        before = number("before") or None
        since, until = _day(site, asked["since"]), _day(site, asked["until"])
        with site.bridge.store.reading() as db:
            found = accesses.entries(
                db,
                by=asked["by"],
                employee_id=whose,
                since=since,
                until=until + dt.timedelta(days=1) if until else None,
                before=before,
                limit=_SHOWN + 1,
            )
        shown = found[:_SHOWN]
        is_more = len(found) > _SHOWN
        return site.show(
            "console/accesses.html",
            entries=shown,
            asked=asked,
            next_url=same_but("accesses", asked, before=shown[-1].id) if is_more else "",
            first_url=same_but("accesses", asked) if before else "",
        )


def _day(site: Site, text: str) -> dt.datetime | None:
    """When that day begins in the city; None for what is no day."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), site.zone)
    except (ValueError, OverflowError):
        return None
