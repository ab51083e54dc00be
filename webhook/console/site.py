"""What every page of the console has in common: who is there, what they may, how it is shown.

A request is let in by ``[console] access``, then by the session, then by the permission with which
its view was registered. A view without one is open to nobody. What changes anything is a POST, and
brings the token of the session along, in a field of the form or in a header.
"""

from __future__ import annotations

import datetime as dt
import functools
import hmac
from collections.abc import Callable
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Flask, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException, NotFound

from lms_bridge import __version__
from lms_bridge.accounts import sessions
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sessions import Session
from lms_bridge.accounts.sight import Sight
from lms_bridge.accounts.users import User
from lms_bridge.bridge import Bridge, utc_now
from webhook import dressing
from webhook.console.door import Door, address
from webhook.console.navigation import MENU

log = structlog.get_logger(__name__)

PATH = "/console"
COOKIE = "lms_bridge_session"
FIELD = "csrf"
HEADER = "X-CSRF-Token"

View: TypeAlias = Callable[..., Any]
Needs: TypeAlias = Permission | Literal["session", "nothing"]

OWN: Literal["session"] = "session"
"""what a view needs that is of somebody's own account"""
OPEN: Literal["nothing"] = "nothing"
"""what a view needs that is for whoever is not signed in"""

_BEFORE_ALL = ("console.password", "console.set_password")
"""where somebody is let whose password is to be changed first"""

_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Site:
    """The console of one bridge, to which modules add their pages."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.zone = ZoneInfo(bridge.settings.time_zone)
        self.blueprint = Blueprint(
            "console",
            __name__,
            url_prefix=PATH,
            static_folder="../static",
            static_url_path="/static",
        )
        self.needs: dict[str, Needs] = {}
        """by endpoint, what a view needs"""
        self._door = Door(bridge.settings.console)
        self.blueprint.before_request(self._admit)
        self.blueprint.after_request(self._protect)
        self.blueprint.register_error_handler(HTTPException, self._failed)

    # --- how a module adds pages ---------------------------------------------------------

    def page(self, path: str, needs: Permission, *, name: str = "") -> Callable[[View], View]:
        """Register a view that shows something, at ``/console`` and `path`."""
        return self._add(path, needs, ["GET"], name)

    def act(self, path: str, needs: Permission, *, name: str = "") -> Callable[[View], View]:
        """Register a view that changes something, or is asked what must not stand in an address."""
        return self._add(path, needs, ["POST"], name)

    def own(self, path: str, methods: list[str], *, name: str) -> Callable[[View], View]:
        """Register a view of somebody's own account, which each has who is signed in."""
        return self._add(path, OWN, methods, name)

    def open(self, path: str, methods: list[str], *, name: str = "") -> Callable[[View], View]:
        """Register a view for whoever is not signed in."""
        return self._add(path, OPEN, methods, name)

    def _add(
        self, path: str, needs: Needs, methods: list[str], name: str
    ) -> Callable[[View], View]:
        def register(view: View) -> View:
            endpoint = name or view.__name__
            self.needs[f"console.{endpoint}"] = needs
            self.blueprint.add_url_rule(path, endpoint, view, methods=methods)
            return view

        return register

    def join(self, app: Flask) -> None:
        """Have `app` show what was registered."""
        self.own("/", ["GET"], name="index")(self._first)
        app.register_blueprint(self.blueprint)
        app.extensions["console"] = self

    # --- what a view asks ----------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The session of whoever is there."""
        found: Session = g.session
        return found

    @property
    def user(self) -> User:
        """Who is there."""
        return self.session.user

    @property
    def actor(self) -> Actor:
        """Who is there, for the audit log."""
        user = self.user
        return Actor(
            name=user.username,
            role=user.role,
            user_id=user.id,
            address=address(),
        )

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of the page only."""
        return "HX-Request" in request.headers and "HX-Boosted" not in request.headers

    def sight(self, db: Connection) -> Sight:
        """Of whom they may see anything."""
        return self.user.sight(db)

    def today(self) -> dt.date:
        """The day in the city."""
        return utc_now().astimezone(self.zone).date()

    def missing(self) -> NotFound:
        """To raise where there is nothing, or nothing that they may see: it is the same to them."""
        return NotFound()

    # --- how a view answers --------------------------------------------------------------

    def show(self, template: str, **values: Any) -> str:
        """The page that `template` makes."""
        session: Session | None = g.get("session")
        if session is not None and session.notes and not self.is_fragment:
            with self.bridge.store.writing() as db:
                sessions.clear_notes(db, session)
        return render_template(
            template,
            site=self,
            user=session.user if session else None,
            csrf=session.csrf if session else "",
            notes=session.notes if session and not self.is_fragment else [],
            menu=self._menu(session.user) if session else [],
            may=session.user.may if session else (lambda _permission: False),
            P=Permission,
            now=utc_now(),
            zone=self.bridge.settings.time_zone,
            language=dressing.language(),
            languages=dressing.LANGUAGE_NAMES,
            version=__version__,
            **values,
        )

    def tell(self, text: str, *, kind: str = "good") -> None:
        """Tell whoever is there `text` on the next page; `kind` is ``good`` or ``bad``."""
        with self.bridge.store.writing() as db:
            sessions.tell(db, self.session, kind, text)

    def back(self, endpoint: str, *, told: str = "", kind: str = "good", **values: Any) -> Response:
        """Lead to that page after something was done, and tell there what was."""
        if told:
            self.tell(told, kind=kind)
        where = url_for(endpoint, **values)
        if self.is_fragment:
            return Response(status=204, headers={"HX-Redirect": where})
        return _plain(redirect(where, 303))

    def with_cookie(self, response: Response, token: str) -> Response:
        """`response`, by which the browser gets the token of a session."""
        response.set_cookie(
            COOKIE, token, path=PATH, httponly=True, samesite="Lax", secure=self.is_secure
        )
        return response

    # --- letting in ----------------------------------------------------------------------

    def _admit(self) -> Response | None:
        if (out := self._door.admit()) is not None:
            return out
        endpoint = request.endpoint or ""
        if endpoint == "console.static":
            return None
        token = request.cookies.get(COOKIE, "")
        g.session = self._find(token) if token else None
        if self.needs.get(endpoint) == OPEN:
            return None if request.method == "GET" else self._from_here()
        if g.session is None:
            return self._to_sign_in()
        if request.method != "GET" and not self._brings_the_token():
            return self.refuse(403, gettext("The form was too old. Open the page again."))
        if self.user.must_change and endpoint not in _BEFORE_ALL:
            return _plain(redirect(url_for("console.password"), 303))
        needs = self.needs.get(endpoint)
        if needs != OWN and (needs is None or needs == OPEN or not self.user.may(needs)):
            log.warning("refused", user=self.user.username, endpoint=endpoint)
            return self.refuse(403, gettext("Your role does not include this page."))
        return None

    def _find(self, token: str) -> Session | None:
        now = utc_now()
        with self.bridge.store.reading() as db:
            session = sessions.find(db, token, now=now)
        if session is not None and session.is_to_be_noted(now):
            with self.bridge.store.writing() as db:
                sessions.note_seen(db, session, now=now)
        return session

    def _brings_the_token(self) -> bool:
        given = request.headers.get(HEADER) or request.form.get(FIELD, "")
        return hmac.compare_digest(given.encode(), self.session.csrf.encode())

    def _from_here(self) -> Response | None:
        """None if a form of nobody's comes from a page of ours, as browsers say."""
        origin = request.headers.get("Origin")
        if request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and (
            origin is None or origin.partition("://")[2] in (request.host, self._public)
        ):
            return None
        return self.refuse(403, gettext("The form was too old. Open the page again."))

    def _to_sign_in(self) -> Response:
        if self.is_fragment:
            return Response(status=401, headers={"HX-Redirect": url_for("console.sign_in")})
        wanted = request.path if request.method == "GET" else ""
        return _plain(redirect(url_for("console.sign_in", next=wanted or None), 303))

    def _first(self) -> Response:
        """The first page that whoever is there may see."""
        menu = self._menu(self.user)
        return _plain(redirect(url_for(menu[0][1][0][0] if menu else "console.profile"), 303))

    def _menu(self, user: User) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """By group: endpoint, label, whether it is where they are."""
        here = (request.endpoint or "").removeprefix("console.")
        found = []
        for group in MENU:
            items = [
                (
                    item.endpoint,
                    item.label,
                    here.startswith(item.endpoint.removeprefix("console.").rstrip("s")),
                )
                for item in group.items
                if item.endpoint in self.needs and user.may(item.needs)
            ]
            if items:
                found.append((group.label, items))
        return found

    # --- what goes wrong -----------------------------------------------------------------

    def refuse(self, status: int, why: str) -> Response:
        """A page that says why something is not to be had."""
        return Response(self.show("console/refused.html", status=status, why=why), status)

    def _failed(self, error: HTTPException) -> Response:
        if error.code is None or error.code < 400:
            return _plain(error.get_response())
        why = {
            404: gettext("There is nothing here, or nothing that you may see."),
            405: gettext("This address takes no such request."),
            413: gettext("What was sent is too large."),
        }.get(error.code, gettext("This cannot be done."))
        return self.refuse(error.code, why)

    def _protect(self, response: Response) -> Response:
        kept = request.endpoint == "console.static"
        response = dressing.protected(response, kept=kept)
        response.headers["Content-Security-Policy"] = _CONTENT
        # Not "no-referrer": with that a browser does not say that our own forms come from us.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if self.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if kept:
            response.headers["Cache-Control"] = "public, max-age=86400"
        else:
            response.headers["Vary"] = "HX-Request, Cookie"
        return response

    @functools.cached_property
    def _public(self) -> str:
        """The host by which the bridge is reached, as its public address says."""
        return self.bridge.settings.web.home_page.partition("://")[2].partition("/")[0]

    @functools.cached_property
    def is_secure(self) -> bool:
        """Whether the bridge is reached by HTTPS, as its public address says."""
        return self.bridge.settings.web.home_page.startswith("https://")


def _plain(response: Any) -> Response:
    """A response of werkzeug's as one of Flask's."""
    if isinstance(response, Response):
        return response
    return Response(response.get_data(), response.status_code, response.headers)
