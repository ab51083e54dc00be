"""The page that shows where everything is: completions, what waits for whom, the remotes.

It has personal data on it, so ``[console] access`` says who may look; NIPs are masked, as it
is a page that stays open on a screen. ``lms-bridge completions`` shows them in full.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from flask import Blueprint, Flask, Response, render_template, request

from lms_bridge import __version__, reports
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.forwarding import backlog
from lms_bridge.forwarding.backlog import Standing
from lms_bridge.manners import tokens
from lms_bridge.reasons import Reason
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.reports import AttentionLine, CompletionLine, DeliveryLine, Overview, Subject
from lms_bridge.uploads.gathered import Gathered, gathered, is_told_alone
from webhook import dressing
from webhook.console.door import Door

_SHOWN = 100
_REFRESH_SECONDS = 15


class View(msgspec.Struct, frozen=True):
    """What the page shows."""

    overview: Overview
    waiting: list[AttentionLine]
    """what was seen and cannot go on without a person"""
    blocked: list[tuple[Subject, DeliveryLine]]
    """the steps that cannot, but for those"""
    together: list[Gathered]
    """that wait for a file to be made or uploaded"""
    undecided: list[CompletionLine]
    """what was taken back, and HR has to decide about"""
    completions: list[CompletionLine]
    """the newest"""
    remotes: list[str]
    targets: dict[str, Standing]
    """those of the remotes that are other LRSs"""
    closed: dict[str, Reason]
    """those that are not called now, for it is not their time"""
    renewals: dict[str, list[Reason]]
    """what is to be done about the tokens for each of them"""

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
        steps = reports.list_deliveries(
            db, now=now, where=is_told_alone(), states=FOR_A_PERSON, limit=_SHOWN
        )
        theirs = reports.subjects(db, steps)
        return View(
            overview=overview,
            waiting=[
                line
                for line in reports.list_attention(db, limit=_SHOWN)
                if line.state == SightingState.ATTENTION
            ],
            blocked=[(theirs[one.id], one) for one in steps],
            together=gathered(db),
            undecided=reports.list_completions(db, now=now, undecided=True, limit=_SHOWN),
            completions=reports.list_completions(db, now=now, limit=_SHOWN, closed=closed),
            remotes=list(dict.fromkeys([*bridge.remotes, *overview.remotes])),
            targets={
                one.remote: one for one in backlog.standing(db, bridge.settings.forward, now=now)
            },
            closed=closed,
            renewals=tokens.concerns(db, bridge.settings, now),
        )


def show(app: Flask, bridge: Bridge) -> None:
    """Have `app` show the page at ``/``."""
    blueprint = Blueprint("pages", __name__, static_folder="static", static_url_path="/static")
    door = Door(bridge.settings.console)
    blueprint.before_request(door.admit)

    @blueprint.after_request
    def protect(response: Response) -> Response:
        return dressing.protected(response, kept=request.endpoint == "pages.static")

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
            language=dressing.language(),
            languages=dressing.LANGUAGE_NAMES,
            refresh=0 if dressing.chosen("refresh", ("on", "off")) == "off" else _REFRESH_SECONDS,
            version=__version__,
        )

    app.register_blueprint(blueprint)
