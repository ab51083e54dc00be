"""Senders: who may send statements, what they sent and what was refused; their credentials."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask_babel import gettext

from lms_bridge import credentials, sending
from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.credentials import CredentialError, Issued, Scope
from lms_bridge.sending import NOBODY
from webhook.console.site import Site

_OVERLAPS = (0, 1, 24, 168)
"""hours for which the secret that is replaced may be taken as well"""


def pages(site: Site) -> None:
    """Register them."""
    own = _Senders(site)
    site.page("/senders", Permission.SYSTEM, name="senders")(own.every)
    site.page("/senders/new", Permission.OPERATE, name="sender_new")(own.new)
    act = Permission.OPERATE
    site.act("/senders/new", act, name="sender_create")(own.create)
    site.act("/senders/<name>/rotate", act, name="sender_rotate")(own.rotate)
    site.act("/senders/<name>/revoke", act, name="sender_revoke")(own.revoke)


class _Senders:
    def __init__(self, site: Site) -> None:
        self._site = site

    def every(self) -> str:
        """All of them, with what they sent."""
        bridge, now = self._site.bridge, utc_now()
        with bridge.store.reading() as db:
            given = credentials.every(db)
            configured = bridge.settings.senders
            names = [*(one.name for one in configured), *(one.name for one in given), NOBODY]
            sent = sending.of(db, names, now=now)
        return self._site.show(
            "console/senders.html",
            configured=configured,
            given=given,
            sent=sent,
            nobody=sent[NOBODY],
            overlaps=_OVERLAPS,
            endpoint=f"{bridge.settings.web.home_page}/xapi",
        )

    def new(self) -> str:
        """The form for a new credential."""
        return self._form({}, "")

    def create(self) -> Response:
        """Make one, and show its secret."""
        site, now = self._site, utc_now()
        form = request.form
        per_minute = form.get("per_minute", "").strip()
        try:
            with site.bridge.store.writing() as db:
                made = credentials.create(
                    db,
                    form.get("name", "").strip(),
                    settings=site.bridge.settings,
                    now=now,
                    scopes=form.getlist("scope"),
                    origins=re.split(r"[\s,]+", form.get("origins", "").strip())
                    if form.get("origins", "").strip()
                    else (),
                    per_minute=min(int(per_minute), 1_000_000) if per_minute.isdecimal() else 0,
                    lms=form.get("lms", ""),
                )
                name = made.credential.name
                details = {"scopes": list(made.credential.scopes)}
                audit.note(
                    db, site.actor, "credential.created", f"credential:{name}", details, now=now
                )
        except CredentialError as error:
            return Response(self._form(form, gettext(error.message, **error.details)), 422)
        return self._issued(made)

    def rotate(self, name: str) -> Response:
        """Give it a new secret; the one before is taken as well for a while."""
        site, now = self._site, utc_now()
        hours = request.form.get("hours", type=int)
        overlap = dt.timedelta(hours=hours if hours in _OVERLAPS else 0)
        try:
            with site.bridge.store.writing() as db:
                made = credentials.rotate(db, name, now=now, overlap=overlap)
                audit.note(db, site.actor, "credential.rotated", f"credential:{name}", now=now)
        except CredentialError as error:
            return self._cannot(error)
        return self._issued(made)

    def revoke(self, name: str) -> Response:
        """End it for good."""
        site, now = self._site, utc_now()
        try:
            with site.bridge.store.writing() as db:
                credentials.revoke(db, name, now=now)
                audit.note(db, site.actor, "credential.revoked", f"credential:{name}", now=now)
        except CredentialError as error:
            return self._cannot(error)
        told = gettext("%(name)s is revoked: nobody sends with it any more.", name=name)
        return site.back("console.senders", told=told)

    def _cannot(self, error: CredentialError) -> Response:
        told = gettext(error.message, **error.details)
        return self._site.back("console.senders", told=told, kind="bad")

    def _issued(self, made: Issued) -> Response:
        home_page = self._site.bridge.settings.web.home_page
        page = self._site.show(
            "console/sender_secret.html",
            credential=made.credential,
            secret=made.secret,
            endpoint=f"{home_page}/xapi",
        )
        return Response(page)

    def _form(self, values: Mapping[str, Any], error: str) -> str:
        chosen = request.form.getlist("scope") if values else list(credentials.BY_DEFAULT)
        return self._site.show(
            "console/sender_new.html",
            values=values,
            error=error,
            scopes=list(Scope),
            chosen=chosen,
            lms=list(self._site.bridge.settings.lms),
        )
