"""The learner's own page at ``/learner``, and coming in by a link.

What is shown is read for the one employee whom the pass names; nothing in an address or a form says
of whom something is to be seen. How one comes in and stays in is told in :mod:`webhook.entrance`;
:mod:`webhook.lti` is the way from an LMS.
"""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_date, format_time
from flask import Blueprint, Flask, Response, render_template, request
from sqlalchemy import select

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.certificates import issued
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Learner
from lms_bridge.learner import mine, passes
from lms_bridge.learner.wording import Told
from lms_bridge.store.schema import completions
from lms_bridge.store.types import AnyRow
from webhook import dressing
from webhook.entrance import FIELD, LINK, PATH, Entrance, choose_language

log = structlog.get_logger(__name__)

_TIMES = {"id": "HH.mm", "en": "HH:mm"}
_PUBLIC_ID = re.compile(r"[0-9A-Za-z_-]{22}")


def show(app: Flask, bridge: Bridge, settings: Learner) -> None:
    """Have `app` show each learner their page, and let them come in."""
    entrance = Entrance(bridge, settings)
    page = Page(bridge, entrance)
    blueprint = Blueprint(
        "learner", __name__, static_folder="static", static_url_path=f"{PATH}/static"
    )
    blueprint.before_request(choose_language)
    blueprint.after_request(entrance.protect)

    @blueprint.errorhandler(SecretMissing)
    def no_key(error: SecretMissing) -> Response:
        log.error("the learner's page cannot be opened", reason=str(error))
        return entrance.outside("closed", 503)

    add = blueprint.add_url_rule
    add(PATH, "page", page.show, methods=["GET", "POST"])
    add(f"{PATH}/certificate", view_func=page.certificate, methods=["POST"])
    add(f"{PATH}/leave", "leave", entrance.let_out, methods=["POST"])
    add(f"{PATH}/link", view_func=page.link, methods=["GET", "POST"])
    if settings.links or bridge.settings.lti:
        from webhook import lti  # it brings what speaks to an LMS along

        lti.let_in(blueprint, bridge, entrance, page)
    app.register_blueprint(blueprint)


class Page:
    """What is shown to whoever is in."""

    def __init__(self, bridge: Bridge, entrance: Entrance) -> None:
        self._bridge = bridge
        self._entrance = entrance
        self._zone = ZoneInfo(bridge.settings.time_zone)

    def show(self) -> Response:
        """The page; a form of it, posted, leads back here where the browser keeps a cookie."""
        found = self._inside()
        if isinstance(found, Response):
            return found
        row, token = found
        if request.method == "POST" and (
            "window" in request.form or self._entrance.has_cookie_of(row)
        ):
            return self._entrance.let_in(token)
        return self.of(row, token)

    def of(self, row: AnyRow, token: str) -> Response:
        """The page of that employee, who is in by the pass `token`."""
        language, settings = dressing.language(), self._bridge.settings
        until = passes.ends(token).astimezone(self._zone)

        def date(one: dt.date) -> str:
            return format_date(one, "d MMMM y", locale=language)

        def day(moment: dt.datetime) -> str:
            return date(moment.astimezone(self._zone))

        def words(one: Told) -> str:
            return one.words(language, day)

        page = render_template(
            "learner.html",
            mine=mine.look(self._bridge, row.id, language, utc_now()),
            date=date,
            day=day,
            words=words,
            until=format_time(until, _TIMES[language], locale=language),
            field=FIELD,
            token=token,
            has_cookie=self._entrance.has_cookie_of(row),
            shares=settings.openbadges is not None,
            home_page=settings.web.home_page,
            office=self._entrance.settings.office,
            contact=self._entrance.settings.contact,
            language=language,
            languages=dressing.LANGUAGE_NAMES,
        )
        return Response(page)

    def certificate(self) -> Response:
        """The certificate of one of their own completions, as a PDF."""
        found = self._inside()
        if isinstance(found, Response):
            return found
        public_id = request.form.get("certificate", "")
        if not _PUBLIC_ID.fullmatch(public_id) or self._bridge.settings.certificates is None:
            return self._entrance.outside("nothing", 404)
        with self._bridge.store.reading() as db:
            own = select(completions.c.id).where(
                completions.c.public_id == public_id,
                completions.c.employee_id == found[0].id,
                completions.c.withdrawn_at.is_(None),
            )
            if db.execute(own).first() is None:
                return self._entrance.outside("nothing", 404)
            home_page = self._bridge.settings.web.home_page
            certificate = issued.find(db, public_id, home_page=home_page)
        assert certificate is not None
        assert self._bridge.papers is not None
        document = self._bridge.papers.made(certificate)
        response = Response(document.content, mimetype="application/pdf")
        response.headers.set("Content-Disposition", "attachment", filename=document.name)
        return response

    def link(self) -> Response:
        """A link that HR gave: a page with a button, which opens theirs.

        Not at once: programs that send messages look at each link in them, to show what is there.
        The token is in the query, which a log can be told to leave out.
        """
        if refused := self._entrance.wait():
            return refused
        row = self._entrance.holder_of_link(request.args.get(LINK, ""))
        if row is None:
            return self._entrance.outside("link", 403)
        if request.method == "GET":
            response = self._entrance.outside("button", 200)
            self._entrance.set_cookie(response, self._entrance.begun, "1", 600)
            return response
        if self._entrance.is_from_elsewhere():
            return self._entrance.outside("link", 403)
        return self.enter(row, bound=self._entrance.begun in request.cookies)

    def enter(self, row: AnyRow, *, bound: bool) -> Response:
        """Somebody has shown who they are; `bound`: and that it was begun in this browser."""
        session = self._entrance.session(row)
        return self._entrance.let_in(session) if bound else self.of(row, session)

    def _inside(self) -> tuple[AnyRow, str] | Response:
        """Who is in; or the answer to somebody who is not, or comes too often."""
        if request.method == "POST" and self._entrance.is_from_elsewhere():
            return self._entrance.outside("none", 403)
        found = self._entrance.inside()
        if found is None:
            if refused := self._entrance.wait():
                return refused
            return self._entrance.outside("none", 403)
        return self._entrance.wait(found[0]) or found
