"""API tokens: what may ask the JSON API; made, shown once, revoked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge.accounts import api_tokens
from lms_bridge.accounts.api_tokens import SCOPES, TokenProblem
from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sight import Unit
from lms_bridge.bridge import utc_now
from lms_bridge.people import units
from webhook.console.site import Site

_DAYS = (30, 90, 365, 0)
"""after which a token may expire; 0: never"""


def pages(site: Site) -> None:
    """Register them."""
    own = _Tokens(site)
    needs = Permission.ACCOUNTS
    site.page("/tokens", needs, name="tokens")(own.every)
    site.act("/tokens", needs, name="token_create")(own.create)
    site.act("/tokens/<name>/revoke", needs, name="token_revoke")(own.revoke)


class _Tokens:
    def __init__(self, site: Site) -> None:
        self._site = site

    def every(self) -> str:
        """All of them, and the form for another."""
        return self._show({"scope": [Permission.PEOPLE.value], "days": "365"})

    def create(self) -> Response:
        """Make one, and show it."""
        site, now, form = self._site, utc_now(), request.form
        days = form.get("days", type=int)
        try:
            with site.bridge.store.writing() as db:
                made = api_tokens.create(
                    db,
                    form.get("name", "").strip().lower(),
                    scopes=form.getlist("scope"),
                    actor=site.actor,
                    now=now,
                    unit=_unit(db),
                    expires_at=now + dt.timedelta(days=days) if days in _DAYS and days else None,
                )
        except TokenProblem as problem:
            values = form.to_dict() | {"scope": form.getlist("scope")}
            error = gettext(problem.message, **problem.details)
            return Response(self._show(values, error=error), 422)
        return Response(self._show({"scope": []}, made=made))

    def revoke(self, name: str) -> Response:
        """End it for good."""
        site, now = self._site, utc_now()
        try:
            with site.bridge.store.writing() as db:
                api_tokens.revoke(db, name, actor=site.actor, now=now)
        except TokenProblem as problem:
            told = gettext(problem.message, **problem.details)
            return site.back("console.tokens", told=told, kind="bad")
        told = gettext("%(name)s is revoked: nobody asks with it any more.", name=name)
        return site.back("console.tokens", told=told)

    def _show(
        self, values: Mapping[str, Any], *, error: str = "", made: api_tokens.Issued | None = None
    ) -> str:
        with self._site.bridge.store.reading() as db:
            found = api_tokens.every(db)
            known = units.current(db)
        return self._site.show(
            "console/tokens.html",
            tokens=found,
            made=made,
            values=values,
            error=error,
            scopes=SCOPES,
            days=_DAYS,
            units=[(f"{one.registry}|{one.id}", one.name or one.id) for one in known],
            api=f"{self._site.bridge.settings.web.home_page}/api/v1/",
        )


def _unit(db: Connection) -> Unit | None:
    """The unit that was chosen. Raises TokenProblem for one that there is not."""
    chosen = request.form.get("unit", "")
    if not chosen:
        return None
    registry, _, unit_id = chosen.partition("|")
    found = [one for one in units.with_id(db, unit_id) if one.registry == registry]
    if not found:
        raise TokenProblem("no registry has a unit with the id %(unit)s", unit=unit_id[:60])
    return found[0]
