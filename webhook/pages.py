"""The page that shows where everything is: completions, what waits for whom, the remotes.

It has personal data on it, so ``[console] access`` says who may look; NIPs are masked, as it
is a page that stays open on a screen. ``lms-bridge completions`` shows them in full.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime
from flask import Blueprint, Flask, Response, render_template, request
from flask_babel import Babel, get_locale
from jinja2 import pass_context
from markupsafe import Markup

from lms_bridge import __version__, reports
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.forwarding import backlog
from lms_bridge.forwarding.backlog import Standing
from lms_bridge.i18n import LANGUAGES, LOCALES
from lms_bridge.reasons import Reason
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.redaction import mask_nip
from lms_bridge.reports import AttentionLine, CompletionLine, DeliveryLine, Overview
from lms_bridge.wording import word
from webhook.console import Door

_SHOWN = 100
_REFRESH_SECONDS = 15
_TIMES = {"id": "d MMM y HH.mm", "en": "d MMM y HH:mm"}
_YEAR_SECONDS = 365 * 24 * 3600
_SECURITY = {
    # Nothing from elsewhere runs in the page, frames it or is told of it; nothing keeps it.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class View(msgspec.Struct, frozen=True):
    """What the page shows."""

    overview: Overview
    waiting: list[AttentionLine]
    """what was seen and cannot go on without a person"""
    blocked: list[tuple[CompletionLine, DeliveryLine]]
    """the steps that cannot"""
    undecided: list[CompletionLine]
    """what was taken back, and HR has to decide about"""
    completions: list[CompletionLine]
    """the newest"""
    remotes: list[str]
    targets: dict[str, Standing]
    """those of the remotes that are other LRSs"""
    closed: dict[str, Reason]
    """those that are not called now, for it is not their time"""

    @property
    def waiting_count(self) -> int:
        """How many statements wait for a person, shown or not."""
        return self.overview.sightings.get(SightingState.ATTENTION, 0)

    @property
    def stopped_count(self) -> int:
        """How many steps wait for a person, shown or not."""
        return self.steps(*FOR_A_PERSON)

    def steps(self, *states: State) -> int:
        """How many steps there are, or are in `states`."""
        return sum(
            count
            for by_state in self.overview.deliveries.values()
            for state, count in by_state.items()
            if not states or state in states
        )


def look(bridge: Bridge, now: dt.datetime) -> View:
    """Everything at a glance, as it is now."""
    closed = bridge.closed(now)
    with bridge.store.reading() as db:
        overview = reports.overview(db, now=now)
        steps = reports.list_deliveries(db, now=now, states=FOR_A_PERSON, limit=_SHOWN)
        theirs = {
            line.id: line
            for line in reports.list_completions(
                db, now=now, ids=[one.completion_id for one in steps], limit=_SHOWN
            )
        }
        return View(
            overview=overview,
            waiting=[
                line
                for line in reports.list_attention(db, limit=_SHOWN)
                if line.state == SightingState.ATTENTION
            ],
            blocked=[(theirs[one.completion_id], one) for one in steps],
            undecided=reports.list_completions(db, now=now, undecided=True, limit=_SHOWN),
            completions=reports.list_completions(db, now=now, limit=_SHOWN, closed=closed),
            remotes=list(dict.fromkeys([*bridge.remotes, *overview.remotes])),
            targets={
                one.remote: one for one in backlog.standing(db, bridge.settings.forward, now=now)
            },
            closed=closed,
        )


def show(app: Flask, bridge: Bridge) -> None:
    """Have `app` show the page at ``/``."""
    blueprint = Blueprint("pages", __name__, static_folder="static", static_url_path="/static")
    door = Door(bridge.settings.console)
    Babel(
        app,
        default_translation_directories=str(LOCALES),
        default_locale=bridge.settings.language,
        locale_selector=lambda: _chosen("lang", LANGUAGES) or bridge.settings.language,
    )
    _teach(app, ZoneInfo(bridge.settings.time_zone))
    blueprint.before_request(door.admit)

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_SECURITY)
        if request.endpoint != "pages.static":
            response.headers["Cache-Control"] = "no-store"
        for name, values in (("lang", LANGUAGES), ("refresh", ("on", "off"))):
            if (asked := request.args.get(name)) in values:
                response.set_cookie(
                    name, asked, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax"
                )
        return response

    @blueprint.get("/")
    def index() -> str:
        """Everything at a glance."""
        now = utc_now()
        return render_template(
            "index.html",
            view=look(bridge, now),
            now=now,
            zone=bridge.settings.time_zone,
            shown=_SHOWN,
            language=_language(),
            languages={"id": "Bahasa Indonesia", "en": "English"},
            refresh=0 if _chosen("refresh", ("on", "off")) == "off" else _REFRESH_SECONDS,
            version=__version__,
        )

    app.register_blueprint(blueprint)


def _chosen(name: str, values: tuple[str, ...]) -> str | None:
    """What the reader asked for, now or before."""
    asked = request.args.get(name) or request.cookies.get(name)
    return asked if asked in values else None


def _language() -> str:
    return str(get_locale())


def _teach(app: Flask, zone: ZoneInfo) -> None:
    """The words and forms that the templates use."""

    def local(moment: dt.datetime) -> Markup:
        shown = format_datetime(moment, _TIMES[_language()], tzinfo=zone, locale=_language())
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), shown)

    def what(reason: Reason) -> str:
        return mask_nip(reason.what(_language()))

    def remedy(reason: Reason) -> str:
        return mask_nip(reason.remedy(_language()))

    @pass_context  # else Jinja would translate a constant once and for all
    def in_words(_context: object, code: str) -> str:
        return word(code, _language())

    app.jinja_env.filters |= {"local": local, "what": what, "remedy": remedy, "word": in_words}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
