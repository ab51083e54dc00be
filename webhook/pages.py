"""The page that shows where everything is: completions, what waits for whom, the remotes."""

from __future__ import annotations

import datetime as dt
import hmac
import ipaddress
from typing import cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask_babel import Babel, get_locale

from lms_bridge import reports
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Console
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.i18n import LANGUAGES, LOCALES
from lms_bridge.reasons import Reason

blueprint = Blueprint("pages", __name__, static_folder="static", static_url_path="/static")

_SHOWN = 100
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def init_app(app: Flask) -> None:
    """Set up languages and what the templates use."""
    bridge = _bridge(app)
    zone = ZoneInfo(bridge.settings.time_zone)

    def language() -> str:
        asked = request.args.get("lang") or request.cookies.get("lang")
        return asked if asked in LANGUAGES else bridge.settings.language

    Babel(
        app,
        default_translation_directories=str(LOCALES),
        default_locale=bridge.settings.language,
        default_timezone=bridge.settings.time_zone,
        locale_selector=language,
    )

    def local(moment: dt.datetime | None) -> str:
        return moment.astimezone(zone).strftime("%d-%m-%Y %H:%M:%S") if moment else "–"

    app.jinja_env.filters["local"] = local
    app.jinja_env.filters["what"] = lambda reason: _in_words(reason, "what")
    app.jinja_env.filters["remedy"] = lambda reason: _in_words(reason, "remedy")


@blueprint.before_request
def admit() -> Response | None:
    """Let in whom ``[console] access`` lets in."""
    console = _bridge().settings.console
    if console.access == "loopback" and not _from_here():
        return Response(
            "The pages are shown on this machine only; see [console] in the configuration.\n",
            403,
            mimetype="text/plain",
        )
    if console.access == "password" and not _knows_password(console):
        refused = Response("A username and password are required.\n", 401, mimetype="text/plain")
        refused.headers["WWW-Authenticate"] = 'Basic realm="lms-bridge", charset="UTF-8"'
        return refused
    return None


@blueprint.after_request
def protect(response: Response) -> Response:
    """Nothing from elsewhere runs in the page, frames it or keeps it."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "pages.static":
        response.headers["Cache-Control"] = "no-store"
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie("lang", asked, max_age=31_536_000, httponly=True, samesite="Lax")
    return response


@blueprint.get("/")
def index() -> str:
    """Everything at a glance."""
    bridge, now = _bridge(), utc_now()
    with bridge.store.reading() as db:
        view = reports.overview(db, now=now)
        completions = reports.list_completions(db, now=now, limit=_SHOWN)
        waiting = reports.list_attention(db, limit=_SHOWN)
    configured = [f"registry.{name}" for name in bridge.settings.registry]
    configured += [f"lms.{name}" for name in bridge.settings.lms]
    done = sum(states.get(State.DONE, 0) for states in view.deliveries.values())
    blocked = sum(states.get(State.BLOCKED, 0) for states in view.deliveries.values())
    return render_template(
        "index.html",
        view=view,
        completions=completions,
        waiting=waiting,
        waiting_count=sum(line.count for line in waiting),
        done=done,
        blocked=blocked,
        remotes=list(dict.fromkeys([*configured, *view.remotes])),
        languages=LANGUAGES,
        language=str(get_locale()),
        now=now,
    )


def _bridge(app: Flask | None = None) -> Bridge:
    return cast(Bridge, (app or current_app).extensions["bridge"])


def _in_words(reason: Reason | None, half: str) -> str:
    if reason is None:
        return ""
    language = str(get_locale())
    return reason.what(language) if half == "what" else reason.remedy(language)


def _from_here() -> bool:
    """Whether the request comes from this machine, by a name of this machine.

    The name matters: a page of somebody else's, open in a browser here, could else be made
    to fetch ours under its own name (DNS rebinding).
    """
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        near = False
    return near and host in _LOOPBACK_NAMES and "X-Forwarded-For" not in request.headers


def _knows_password(console: Console) -> bool:
    given = request.authorization
    if given is None or given.type != "basic" or console.password is None:
        return False
    try:
        expected = console.password.read()
    except SecretMissing:
        return False
    name = hmac.compare_digest((given.username or "").encode(), console.username.encode())
    return hmac.compare_digest((given.password or "").encode(), expected.encode()) and name
