"""Whom the console lets in to what.

A request is let in by ``[console] access``, then by the session, then by the permission with which
its view was registered. A view without one is open to nobody. What changes anything is a POST, and
brings the token of the session along, in a field of the form or in a header.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import structlog
from flask import Blueprint, Response, g, redirect, request, url_for
from flask_babel import gettext

from lms_bridge.accounts import sessions
from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sessions import Session
from lms_bridge.bridge import utc_now
from webhook import dressing
from webhook.console.door import Door

if TYPE_CHECKING:
    from webhook.console.site import Site

log = structlog.get_logger(__name__)

COOKIE = "lms_bridge_session"
FIELD = "csrf"
HEADER = "X-CSRF-Token"

Needs: TypeAlias = Permission | Literal["session", "nothing"]

OWN: Literal["session"] = "session"
"""what a view needs that is of somebody's own account"""
OPEN: Literal["nothing"] = "nothing"
"""what a view needs that is for whoever is not signed in"""

_BEFORE_ALL = ("console.password", "console.set_password")
"""where somebody is let whose password is to be changed first"""
_ONLY_LOOK = ("GET", "HEAD")
MOST_SENT_BYTES = 16_000_000
"""by whoever is signed in: a list of courses"""
_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Gate:
    """The gate of a console: who comes in, and what a browser is told to keep to."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._store = site.bridge.store
        self._door = Door(site.bridge.settings.console)

    def keep(self, blueprint: Blueprint) -> None:
        """See to every request of `blueprint`."""
        blueprint.before_request(self._admit)
        blueprint.after_request(self._protect)

    def _admit(self) -> Response | None:
        if (out := self._door.admit()) is not None:
            return out
        endpoint = request.endpoint or ""
        if endpoint == "console.static":
            return None
        token = request.cookies.get(COOKIE, "")
        g.session = self._find(token) if token else None
        if self._site.needs.get(endpoint) == OPEN:
            return None if request.method in _ONLY_LOOK else self._from_here()
        if g.session is None:
            return self._to_sign_in()
        request.max_content_length = MOST_SENT_BYTES
        if request.method not in _ONLY_LOOK and not self._brings_the_token():
            return self._site.refuse(403, gettext("The form was too old. Open the page again."))
        if self._site.user.must_change and endpoint not in _BEFORE_ALL:
            return plain(redirect(url_for("console.password"), 303))
        needs = self._site.needs.get(endpoint)
        if needs != OWN and (needs is None or needs == OPEN or not self._site.user.may(needs)):
            log.warning("refused", user=self._site.user.username, endpoint=endpoint)
            return self._site.refuse(403, gettext("Your role does not include this page."))
        return None

    def _find(self, token: str) -> Session | None:
        now = utc_now()
        with self._store.reading() as db:
            session = sessions.find(db, token, now=now)
        if session is not None and session.is_to_be_noted(now):
            with self._store.writing() as db:
                sessions.note_seen(db, session, now=now)
        return session

    def _brings_the_token(self) -> bool:
        given = request.headers.get(HEADER) or request.form.get(FIELD, "")
        return hmac.compare_digest(given.encode(), self._site.session.csrf.encode())

    def _from_here(self) -> Response | None:
        """None if a form of nobody's comes from a page of ours, as browsers say."""
        origin = request.headers.get("Origin")
        if request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and (
            origin is None or origin.partition("://")[2] in (request.host, self._site.public_host)
        ):
            return None
        return self._site.refuse(403, gettext("The form was too old. Open the page again."))

    def _to_sign_in(self) -> Response:
        if self._site.is_fragment:
            return Response(status=401, headers={"HX-Redirect": url_for("console.sign_in")})
        wanted = request.path if request.method == "GET" else ""
        return plain(redirect(url_for("console.sign_in", next=wanted or None), 303))

    def _protect(self, response: Response) -> Response:
        kept = request.endpoint == "console.static"
        response = dressing.protected(response, kept=kept)
        response.headers["Content-Security-Policy"] = _CONTENT
        # Not "no-referrer": with that a browser does not say that our own forms come from us.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if self._site.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if kept:
            response.headers["Cache-Control"] = "public, max-age=86400"
        else:
            response.headers["Vary"] = "HX-Request, Cookie"
        return response


def plain(response: Any) -> Response:
    """A response of werkzeug's as one of Flask's."""
    if isinstance(response, Response):
        return response
    return Response(response.get_data(), response.status_code, response.headers)
