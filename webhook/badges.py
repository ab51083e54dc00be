"""What was earned, for people and for verifiers: pages, credentials, pictures, status lists.

``/badges/ID`` is a page for people, and the credential itself for who asks for JSON. Its address
holds 128 random bits, so that nobody finds one without having it, and it shows no more than the
credential does. All of this is open to everybody, whatever ``[console] access`` says.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_date
from flask import Blueprint, Flask, Response, abort, render_template, request
from werkzeug.exceptions import NotFound

from lms_bridge.badges.issued import Issued, revoked_in
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.openbadges import qr
from lms_bridge.openbadges.earned import PATH, Badge, Earned
from lms_bridge.openbadges.issuing import Issuing
from lms_bridge.openbadges.keys import KeyTrouble
from webhook import dressing

log = structlog.get_logger(__name__)

_PUBLIC_ID = re.compile(r"[0-9A-Za-z_-]{22}")
CREDENTIAL = "application/vc+ld+json"
_JSONS = (CREDENTIAL, "application/vc", "application/ld+json", "application/json")
_JWT = "text/plain"
"""which Open Badges 3.0 (section 5.2) asks for"""
_IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_LIST_SECONDS = 15.0
"""how long a status list is told again without looking anew"""


def show(app: Flask, bridge: Bridge, issuing: Issuing) -> None:
    """Have `app` show what was earned, and what others need to verify it."""
    shown = Shown(bridge, issuing)
    blueprint = Blueprint(
        "badges", __name__, static_folder="static", static_url_path=f"{PATH}static"
    )

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex"
        kept = response.headers.get("Cache-Control") or request.endpoint == "badges.static"
        response = dressing.protected(response, kept=bool(kept))
        if response.mimetype == "image/svg+xml":
            response.headers["Content-Security-Policy"] = _IMAGE_POLICY
        if response.mimetype != "text/html":
            # A verifier may be a page of somebody else; there is nothing here but what is public.
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @blueprint.errorhandler(KeyTrouble)
    def no_key(error: KeyTrouble) -> Response:
        log.error("a badge cannot be signed", reason=str(error))
        said = "Badges cannot be signed here at the moment. Try again later.\n"
        return Response(said, 503, {"Retry-After": "3600"}, mimetype="text/plain")

    @blueprint.errorhandler(NotFound)
    def no_badge(_: NotFound) -> Response:
        return shown.page(None, 404)

    add = blueprint.add_url_rule
    add(f"{PATH}<public_id>", view_func=shown.badge)
    add(f"{PATH}<public_id>.<any(json, jwt, png, svg):form>", view_func=shown.file)
    add(f"{PATH}<public_id>/qr.svg", view_func=shown.qr_code)
    add(f"{PATH}<public_id>/picture.svg", view_func=shown.own_picture)
    add(f"{PATH}issuer", view_func=shown.issuer)
    add(f"{PATH}achievements/<key>", view_func=shown.achievement)
    add(f"{PATH}achievements/<key>.<any(png, svg):kind>", view_func=shown.picture)
    add(f"{PATH}status/<int:number>", view_func=shown.status_list)
    add(f"{PATH}status/<int:number>.jwt", view_func=shown.status_jwt)
    path = urlsplit(issuing.addresses.home_page).path
    add("/did.json" if path else "/.well-known/did.json", view_func=shown.did_document)
    app.register_blueprint(blueprint)


class Shown:
    """Each of the addresses."""

    def __init__(self, bridge: Bridge, issuing: Issuing) -> None:
        settings = bridge.settings
        self._store = bridge.store
        self._issuing = issuing
        self._zone = ZoneInfo(settings.time_zone)
        self._issued = Issued(zone=self._zone, language=settings.language, base=bridge.base)
        self._lists: dict[tuple[int, str], tuple[float, bytes]] = {}

    def badge(self, public_id: str) -> Response:
        """A page, or the credential for who asks for that."""
        earned = self._found(public_id)
        wanted = request.accept_mimetypes.best_match(["text/html", *_JSONS], "text/html")
        if wanted == "text/html":
            response = self.page(earned, 200)
        else:
            response = _told(self._issuing.json(earned), wanted)
        response.vary.add("Accept")
        return response

    def page(self, earned: Earned | None, status: int) -> Response:
        """The page of what was `earned`, or that says that there is none."""
        language = dressing.language()

        def day(moment: dt.datetime) -> str:
            return format_date(moment.astimezone(self._zone), "d MMMM y", locale=language)

        state = "none"
        if earned:
            expired = earned.has_expired(utc_now())
            state = "revoked" if earned.revoked_at else "expired" if expired else "valid"
        page = render_template(
            "badge.html",
            earned=earned,
            state=state,
            day=day,
            date=lambda one: format_date(one, "d MMMM y", locale=language),
            issuer=self._issuing.issuer,
            address=earned and self._issuing.addresses.page(earned.public_id),
            language=language,
            languages=dressing.LANGUAGE_NAMES,
        )
        return Response(page, status)

    def file(self, public_id: str, form: str) -> Response:
        """The credential as a file of that form."""
        earned = self._found(public_id)
        match form:
            case "json":
                return _told(self._issuing.json(earned), CREDENTIAL)
            case "jwt":
                return _told(self._issuing.jwt(earned).encode(), _JWT)
            case "png":
                return _told(self._issuing.png(earned), "image/png")
            case _:
                return _told(self._issuing.svg(earned), "image/svg+xml")

    def own_picture(self, public_id: str) -> Response:
        """The picture alone, as it stands on the page."""
        return _told(self._issuing.picture(self._found(public_id).badge, "svg"), "image/svg+xml")

    def qr_code(self, public_id: str) -> Response:
        """The address of the page, to be read by a phone."""
        address = self._issuing.addresses.page(self._found(public_id).public_id)
        return _told(qr.svg(address), "image/svg+xml")

    def issuer(self) -> Response:
        """Who issues."""
        return _told(self._issuing.profile(), "application/ld+json", seconds=300)

    def achievement(self, key: str) -> Response:
        """What can be earned."""
        told = self._issuing.achievement(self._badge(key))
        return _told(told, "application/ld+json", seconds=300)

    def picture(self, key: str, kind: str) -> Response:
        """What can be earned, as a picture."""
        mimetype = "image/png" if kind == "png" else "image/svg+xml"
        return _told(self._issuing.picture(self._badge(key), kind), mimetype, seconds=300)

    def status_list(self, number: int) -> Response:
        """What was taken back."""
        return _told(self._list(number, "json"), CREDENTIAL, seconds=60)

    def status_jwt(self, number: int) -> Response:
        """The same as a JWT."""
        return _told(self._list(number, "jwt"), _JWT, seconds=60)

    def did_document(self) -> Response:
        """The keys that sign."""
        return _told(self._issuing.did_document(), "application/json", seconds=300)

    def _found(self, public_id: str) -> Earned:
        found = None
        if _PUBLIC_ID.fullmatch(public_id):
            with self._store.reading() as db:
                found = self._issued.find(db, public_id)
        return found or abort(404)

    def _badge(self, key: str) -> Badge:
        with self._store.reading() as db:
            return self._issued.badge(db, key) or abort(404)

    def _list(self, number: int, form: str) -> bytes:
        """A list, kept for a moment: many verifiers ask, and it takes a look at many awards."""
        made, content = self._lists.get((number, form), (0.0, b""))
        if content and time.monotonic() - made < _LIST_SECONDS:
            return content
        with self._store.reading() as db:
            places = revoked_in(db, number)
        if places is None:
            abort(404)
        now = utc_now()
        if form == "json":
            content = self._issuing.status_list(number, places, now)
        else:
            content = self._issuing.status_jwt(number, places, now).encode()
        self._lists[number, form] = time.monotonic(), content
        return content


def _told(content: bytes, mimetype: str, *, seconds: int = 0) -> Response:
    """What is told again unchanged to who has it; others may keep it for so many seconds."""
    response = Response(content, mimetype=mimetype)
    response.headers["Cache-Control"] = f"public, max-age={seconds}" if seconds else "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
