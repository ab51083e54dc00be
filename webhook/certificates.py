"""The public page that shows whether a certificate is genuine, and what it says.

The QR code on a certificate leads here. Its address holds 128 random bits, so that nobody finds
one without having it; the page shows no more than the certificate does, and of the NIP less. It
is open to everybody, whatever ``[console] access`` says of the other pages.
"""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, Flask, Response, render_template, request

from lms_bridge.bridge import Bridge
from lms_bridge.certificates import issued
from webhook import dressing

_PUBLIC_ID = re.compile(r"[0-9A-Za-z_-]{22}")


def show(app: Flask, bridge: Bridge) -> None:
    """Have `app` show each certificate at its address."""
    blueprint = Blueprint(
        "certificates",
        __name__,
        static_folder="static",
        static_url_path=f"{issued.PATH}static",
    )
    settings = bridge.settings
    letterhead = settings.certificates.letterhead if settings.certificates else ()
    zone = ZoneInfo(settings.time_zone)

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex"
        return dressing.protected(response, kept=request.endpoint == "certificates.static")

    @blueprint.get(f"{issued.PATH}<public_id>")
    def certificate(public_id: str) -> Response:
        """The certificate with that public id."""
        found = None
        if _PUBLIC_ID.fullmatch(public_id):
            with bridge.store.reading() as db:
                found = issued.find(db, public_id, home_page=settings.web.home_page)
        language = dressing.language()

        def day(moment: dt.date) -> str:
            return format_date(moment, "d MMMM y", locale=language)

        withdrawn = found.withdrawn_at.astimezone(zone) if found and found.withdrawn_at else None
        page = render_template(
            "certificate.html",
            found=found and found.certificate,
            withdrawn=withdrawn and day(withdrawn),
            day=day,
            letterhead=letterhead,
            language=language,
            languages=dressing.LANGUAGE_NAMES,
        )
        return Response(page, 200 if found else 404)

    app.register_blueprint(blueprint)
