"""What every page of the console has in common: who is there, and how it is shown.

A view is registered with the permission that it needs; :mod:`webhook.console.gate` sees to it.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Flask, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, NotFound

from lms_bridge import __version__
from lms_bridge.accounts import sessions
from lms_bridge.accounts.accesses import Looks
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sessions import Session
from lms_bridge.accounts.sight import Sight
from lms_bridge.accounts.users import User
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.reporting import showing
from webhook import dressing
from webhook.console.gate import OPEN, OWN, Gate, Needs, plain
from webhook.console.navigation import menu_of
from webhook.peer import address

log = structlog.get_logger(__name__)

PATH = "/console"
COOKIE = "lms_bridge_session"

View: TypeAlias = Callable[..., Any]


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
        self._looks = Looks(bridge.store, clock=utc_now)
        self.needs: dict[str, Needs] = {}
        """by endpoint, what a view needs"""
        self.blueprint.register_error_handler(HTTPException, self._failed)
        self.blueprint.register_error_handler(Exception, self._broke)

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
        # Else what is nowhere would be nobody's, and be told without the menu and in English.
        self.own("/<path:_nowhere>", ["GET"], name="nowhere")(self._nowhere)
        Gate(self).keep(self.blueprint)
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
        return actor_of(self.user)

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of the page only."""
        return "HX-Request" in request.headers and "HX-Boosted" not in request.headers

    def sight(self, db: Connection) -> Sight:
        """Of whom they may see anything."""
        return self.user.sight(db)

    def looked(self, what: str, employee_id: int | None = None, **details: Any) -> None:
        """Note that whoever is there is shown `what` of that employee, or of many."""
        self._looks.note(self.actor, what, employee_id, **details)

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
            menu=menu_of(session.user, self.needs) if session else [],
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
        return plain(redirect(where, 303))

    def with_cookie(self, response: Response, token: str) -> Response:
        """`response`, by which the browser gets the token of a session."""
        response.set_cookie(
            COOKIE, token, path=PATH, httponly=True, samesite="Lax", secure=self.is_secure
        )
        return response

    def _nowhere(self, _nowhere: str) -> Response:
        raise self.missing()

    def _first(self) -> Response:
        """The first page that whoever is there may see."""
        menu = menu_of(self.user, self.needs)
        return plain(
            redirect(url_for(menu[0].items[0].endpoint if menu else "console.profile"), 303)
        )

    # --- what goes wrong -----------------------------------------------------------------

    def refuse(self, status: int, why: str) -> Response:
        """A page that says why something is not to be had."""
        ours, here = urlsplit(request.referrer or ""), request.host
        back = ours.path if ours.netloc == here and ours.path.startswith(PATH) else ""
        page = self.show("console/refused.html", status=status, why=why, back=back)
        return Response(page, status)

    def _failed(self, error: HTTPException) -> Response:
        if error.code is None or error.code < 400:
            return plain(error.get_response())
        why = {
            404: gettext("There is nothing here, or nothing that you may see."),
            405: gettext("This address takes no such request."),
            413: gettext("What was sent is too large."),
        }.get(error.code, gettext("This cannot be done."))
        return self.refuse(error.code, why)

    def _broke(self, error: Exception) -> Response:
        log.error("request failed", path=request.path, method=request.method, exc_info=error)
        why = gettext(
            "The bridge failed at this, and its log says why. See whether it was done before you do"
            " it again. If it keeps failing, tell whoever looks after the server when it was:"
            " %(time)s.",
            time=showing.minute(utc_now().astimezone(self.zone), dressing.language()),
        )
        try:
            return self.refuse(500, why)
        except SQLAlchemyError:  # what the page needs is what fails
            return Response(why + "\n", 500, mimetype="text/plain")

    @functools.cached_property
    def public_host(self) -> str:
        """The host by which the bridge is reached, as its public address says."""
        return self.bridge.settings.web.home_page.partition("://")[2].partition("/")[0]

    @functools.cached_property
    def is_secure(self) -> bool:
        """Whether the bridge is reached by HTTPS, as its public address says."""
        return self.bridge.settings.web.home_page.startswith("https://")


def actor_of(user: User) -> Actor:
    """`user`, who asks for something now, for the audit log."""
    return Actor(name=user.username, role=user.role, user_id=user.id, address=address())
