"""Statements: the newest as they come in, searched, and one with why it was or was no completion.

What is searched for may be an account that is called after a NIP, so it is asked by a form and
never stands in an address.
"""

from __future__ import annotations

from flask import Response, request, url_for
from flask_babel import gettext

from lms_bridge import credentials
from lms_bridge.accounts.roles import Permission
from lms_bridge.attention import judging, outcome
from lms_bridge.bridge import utc_now
from lms_bridge.lrs import browsing
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.lrs.browsing import Asked, Page
from lms_bridge.text import storable
from webhook.console import code
from webhook.console.site import Site

_LONGEST = 1000


def pages(site: Site) -> None:
    """Register them."""
    own = _Statements(site)
    needs = Permission.SYSTEM
    site.page("/statements", needs, name="statements")(own.newest)
    site.act("/statements/search", needs, name="statement_search")(own.search)
    site.act("/statements/<number>/judge", Permission.OPERATE, name="statement_judge")(own.judge)
    site.page("/statements/<number>", needs, name="statement")(own.one)


class _Statements:
    def __init__(self, site: Site) -> None:
        self._site = site

    def newest(self) -> str:
        """Those that came in last; kept up to date unless that is stopped."""
        before, still = request.args.get("before", type=int), "still" in request.args
        with self._site.bridge.store.reading() as db:
            found = browsing.newest(db, before=before)
        return self._page(found, Asked(), is_live=before is None and not still, before=before)

    def search(self) -> Response | str:
        """Those that pass filters, or the one with an id."""
        site = self._site
        given = {
            name: storable(request.form.get(name, "").strip()[:_LONGEST])
            for name in ("id", "sender", "verb", "activity", "person")
        }
        if given["id"]:
            with site.bridge.store.reading() as db:
                found = browsing.one(db, given["id"])
            if found is not None:
                return site.back("console.statement", number=found.id)
            return self._page(Page([], None), Asked(), is_live=False, wanted=given["id"])
        asked = Asked(**{name: given[name] for name in ("sender", "verb", "activity", "person")})
        before = request.form.get("before", type=int)
        if asked.is_anything:
            return site.back("console.statements")
        page = browsing.search(site.bridge.store, asked, site.bridge.settings, before=before)
        return self._page(page, asked, is_live=False, before=before)

    def one(self, number: str) -> str:
        """One statement, as it was received, and what was seen in it."""
        with self._site.bridge.store.reading() as db:
            found = browsing.one(db, number)
        if found is None:
            raise self._site.missing()
        return self._site.show(
            "console/statement.html", one=found, json=code.shown(found.raw), bridge_name=BRIDGE
        )

    def judge(self, number: str) -> Response:
        """Judge it again, by what is known and configured now."""
        site = self._site
        with site.bridge.store.writing() as db:
            if browsing.one(db, number) is None:
                raise site.missing()
            count = judging.judge_statement(db, number, actor=site.actor, now=utc_now())
        if not count:
            told = gettext(
                "Nothing of it is judged again: it is a completion already, or was taken back or"
                " dismissed."
            )
            return site.back("console.statement", told=told, kind="bad", number=number)
        outcome.judge(site.bridge)
        told = gettext("It is judged again; what came of it stands below.")
        return site.back("console.statement", told=told, number=number)

    def _page(
        self,
        page: Page,
        asked: Asked,
        *,
        is_live: bool,
        before: int | None = None,
        wanted: str = "",
    ) -> str:
        bridge = self._site.bridge
        with bridge.store.reading() as db:
            given = [one.name for one in credentials.every(db)]
        senders = [*(one.name for one in bridge.settings.senders), *given, BRIDGE]
        return self._site.show(
            "console/statements.html",
            page=page,
            asked=asked,
            wanted=wanted,
            is_live=is_live,
            is_first=before is None,
            senders=senders,
            next_url=url_for("console.statements", before=page.before)
            if page.before is not None and asked.is_anything
            else "",
        )
