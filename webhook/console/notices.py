"""Notices: who is told what, what was sent, and what could not be."""

from __future__ import annotations

from flask import Response, request, url_for
from flask_babel import gettext

from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.notices import outbox, seen
from webhook.console.site import Site

_PAGE = 50


def pages(site: Site) -> None:
    """Register the pages of notices."""

    @site.page("/notices", Permission.NOTICES)
    def notices() -> str:
        before = request.args.get("before", type=int)
        failed = "failed" in request.args
        with site.bridge.store.reading() as db:
            mine = seen.seen_by(db, site.user, site.bridge.settings)
            found = outbox.listed(db, which=mine, before=before, failed=failed, limit=_PAGE + 1)
        here = url_for("console.notices") + ("?failed=1&" if failed else "?")
        is_more = len(found) > _PAGE
        return site.show(
            "console/notices.html",
            recipients=seen.recipients(site.user, site.bridge.settings),
            messages=found[:_PAGE],
            failed=failed,
            first=here.rstrip("?&") if before else "",
            next=f"{here}before={found[_PAGE - 1].id}" if is_more else "",
        )

    @site.act("/notices/<int:number>/retry", Permission.OPERATE, name="retry_notice")
    def retry_notice(number: int) -> Response:
        now = utc_now()
        with site.bridge.store.writing() as db:
            count = outbox.retry(db, [number], now)
            if count:
                audit.note(db, site.actor, "message.retried", f"message:{number}", now=now)
        told = gettext("It is tried again in a few seconds.") if count else gettext("It is sent.")
        return site.back("console.notices", told=told)
