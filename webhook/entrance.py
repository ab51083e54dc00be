"""The entrance to the learner's page: who is in, how one comes in, and what keeps others out.

Whoever has come in has a *pass* (:mod:`lms_bridge.learner.passes`) that is good for an hour or so.
It travels in two ways:

- in a cookie, where the browser keeps it. In a frame of the LMS that takes ``SameSite=None; Secure;
  Partitioned``, and so HTTPS;
- in a hidden field of each form of the page, for browsers that keep no cookie in a frame. Whatever
  there is to be done on the page is a form that is posted, so all of it works without a cookie.

So neither is in an address, where logs and histories would have it. If the browser brings along a
cookie that was set on the way in, the page is shown at an address of its own and can be loaded
again; if not, it is the answer to the very request that let in. No cookie is set then: for all that
is known the request was begun in another browser, and somebody else would be left signed in here.

There is nothing on the page that changes anything. A request made up by another site could at the
worst show somebody their own page, and that only in a frame of a platform that is configured.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from urllib.parse import urlencode, urlsplit

import structlog
from flask import Response, g, redirect, render_template, request, url_for
from sqlalchemy import select

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Learner, Settings
from lms_bridge.i18n import LANGUAGES
from lms_bridge.learner import passes
from lms_bridge.store.schema import employees
from lms_bridge.store.types import AnyRow
from webhook import dressing
from webhook.pace import Pace

log = structlog.get_logger(__name__)

PATH = "/learner"
FIELD = "pass"
"""of the forms"""
LINK = "token"
"""in the query of a link"""
_YEAR_SECONDS = 365 * 24 * 3600
_LOOKS_PER_MINUTE = 60
"""of one person"""
_KNOCKS_PER_MINUTE = 300
"""from one address, which behind a proxy is that of all"""


class Entrance:
    """Lets in, and knows who is in. One for all ways that lead here."""

    def __init__(self, bridge: Bridge, settings: Learner) -> None:
        self.settings = settings
        self._store = bridge.store
        self._secure = urlsplit(bridge.settings.web.home_page).scheme == "https"
        self._cookie = "__Host-learner" if self._secure else "learner"
        self._frames = " ".join(["'self'", *sorted(frames(bridge.settings))])
        self._pace = Pace()

    @property
    def begun(self) -> str:
        """Name of the cookie that shows that the browser keeps cookies here."""
        return self._cookie + "-begun"

    def key(self) -> bytes:
        """What signs. Raises :exc:`~lms_bridge.config.secrets.SecretMissing`."""
        return passes.key_of(self.settings.key)

    # --- who is in

    def inside(self) -> tuple[AnyRow, str] | None:
        """The employee whose page is to be shown, and the pass by which they are in."""
        for token in (request.form.get(FIELD), request.cookies.get(self._cookie)):
            if token and (row := self._holder(token, "session")):
                return row, token
        return None

    def has_cookie_of(self, row: AnyRow) -> bool:
        """Whether the browser keeps a cookie by which that employee is in."""
        token = request.cookies.get(self._cookie, "")
        kept = self._holder(token, "session") if token else None
        return kept is not None and kept.id == row.id

    def holder_of_link(self, token: str) -> AnyRow | None:
        """The employee to whom HR gave the link with that `token`."""
        return self._holder(token, "link")

    def _holder(self, token: str, purpose: passes.Purpose) -> AnyRow | None:
        with self._store.reading() as db:
            return passes.holder(db, token, purpose, self.key(), utc_now())

    def employee(self, employee_id: int) -> AnyRow:
        """The row of somebody who was found out."""
        with self._store.reading() as db:
            return db.execute(select(employees).where(employees.c.id == employee_id)).one()

    # --- coming in and leaving

    def session(self, row: AnyRow) -> str:
        """A pass for that employee who has just shown who they are."""
        until = utc_now() + dt.timedelta(minutes=self.settings.session_minutes)
        return passes.issue("session", row.id, row.nip, until, self.key())

    def let_in(self, token: str) -> Response:
        """To the page at its own address; for a browser that keeps cookies."""
        response = redirect(url_for("learner.page"), 303)
        seconds = max(0, math.floor((passes.ends(token) - utc_now()).total_seconds()))
        self.set_cookie(response, self._cookie, token, seconds)
        assert isinstance(response, Response)
        return response

    def let_out(self) -> Response:
        """The cookie goes."""
        response = redirect(url_for("learner.page"), 303)
        self.set_cookie(response, self._cookie, "", 0)
        assert isinstance(response, Response)
        return response

    def set_cookie(self, response: object, name: str, value: str, seconds: int) -> None:
        """One that is kept in frames of other sites as well, and there for those sites alone."""
        assert isinstance(response, Response)
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=True,
            secure=self._secure,
            samesite="None" if self._secure else "Lax",
            partitioned=self._secure,
        )

    # --- keeping out

    def wait(self, row: AnyRow | None = None) -> Response | None:
        """What is answered to somebody who comes too often; None to all others."""
        name, most = f"at {request.remote_addr}", _KNOCKS_PER_MINUTE
        if row is not None:
            name, most = f"by {row.id}", _LOOKS_PER_MINUTE
        seconds = math.ceil(self._pace.wait(name, most, time.monotonic()))
        if not seconds:
            return None
        log.warning("the learner's page is asked for too often", address=request.remote_addr)
        response = self.outside("too_often", 429)
        response.headers["Retry-After"] = str(seconds)
        return response

    @staticmethod
    def is_from_elsewhere() -> bool:
        """Whether a page of another site had the browser make the request."""
        return request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")

    def outside(self, why: str, status: int, **details: str) -> Response:
        """A page for somebody who is not in, which says how to come in; `why` as it knows it."""
        # The token of a link stays in the address when the language is changed.
        query = urlencode({name: one for name, one in request.args.items() if name != "lang"})
        page = render_template(
            "entrance.html",
            query=f"{query}&" if query else "",
            why=why,
            details=details,
            office=self.settings.office,
            contact=self.settings.contact,
            language=dressing.language(),
            languages=dressing.LANGUAGE_NAMES if request.method == "GET" else {},
        )
        return Response(page, status)

    def protect(self, response: Response) -> Response:
        """`response` with what keeps it to the one whom it is for."""
        kept = request.endpoint == "learner.static"
        response = dressing.protected(response, kept=kept)
        if (asked := g.get("language")) is not None:
            self.set_cookie(response, "lang", asked, _YEAR_SECONDS)
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
            f" form-action 'self'; frame-ancestors {self._frames}"
        )
        return response


def choose_language() -> None:
    """The language that a form asks for, as it is kept in each form of the page."""
    if request.method == "POST" and (asked := request.form.get("lang")) in LANGUAGES:
        g.language = asked


def frames(settings: Settings) -> set[str]:
    """The sites in whose frames the page may be: those of the platforms that open it."""
    found = set()
    for platform in settings.lti:
        lms = settings.lms[platform.lms or settings.lms_of("")]
        pages = (platform.issuer, platform.auth_url, lms.url, lms.home_page, *platform.frames)
        found |= {origin for page in pages if (origin := _origin(page))}
    return found


def _origin(page: str) -> str:
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
