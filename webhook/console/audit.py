"""The audit log: who did what, from where. Nothing here changes it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request, url_for

from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from webhook.console.site import Site

_SHOWN = 50
_FIELDS = ("by", "action", "subject", "since", "until")


def pages(site: Site) -> None:
    """Register it."""

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


def _day(site: Site, text: str) -> dt.datetime | None:
    """When that day begins in the city; None for what is no day."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), site.zone)
    except (ValueError, OverflowError):
        return None
