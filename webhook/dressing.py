"""What all pages have in common: language, forms of times and reasons, headers."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from flask import Flask, Response, g, request
from flask_babel import Babel, get_locale, ngettext
from jinja2 import pass_context
from markupsafe import Markup

from lms_bridge import i18n
from lms_bridge.config.settings import Settings
from lms_bridge.i18n import LANGUAGES, LOCALES
from lms_bridge.people import nip as nips
from lms_bridge.reasons import Reason
from lms_bridge.redaction import mask_nip, redact
from lms_bridge.refusing import Refused
from lms_bridge.reporting import showing
from lms_bridge.wording import word

LANGUAGE_NAMES = {"id": "Bahasa Indonesia", "en": "English"}
_YEAR_SECONDS = 365 * 24 * 3600
_TIME = Markup('<time datetime="%s">%s</time>')
MOST_FORM_BYTES = 256_000
"""of a form of somebody who is nobody yet; forms are read into memory, or into files"""
_SECURITY = {
    # Nothing from elsewhere runs in the page, frames it or is told of it; nothing keeps it.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def dress(app: Flask, settings: Settings) -> None:
    """Give the templates of `app` the words and forms that they use."""
    zone = ZoneInfo(settings.time_zone)
    Babel(
        app,
        default_translation_directories=str(LOCALES),
        default_locale=settings.language,
        locale_selector=lambda: g.get("language") or chosen("lang", LANGUAGES) or settings.language,
    )

    # Flask-Babel finds out anew for each word which language the page is in.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: i18n.gettext(text, language()),
        ngettext=ngettext,
        newstyle=True,
    )

    @app.before_request
    def keep_forms_small() -> None:
        # The LRS and the API have limits of their own.
        if not request.path.startswith(("/xapi", "/api")):
            request.max_content_length = MOST_FORM_BYTES

    def local(moment: dt.datetime) -> Markup:
        return _TIME % (moment.isoformat(), showing.minute(moment.astimezone(zone), language()))

    def what(reason: Reason) -> str:
        return mask_nip(reason.what(language()))

    def remedy(reason: Reason) -> str:
        return mask_nip(reason.remedy(language()))

    def day(date: dt.date) -> Markup:
        if isinstance(date, dt.datetime):
            date = date.astimezone(zone).date()
        return _TIME % (date.isoformat(), showing.day(date, language()))

    def number(value: float) -> str:
        # Babel takes long to write one, and a page may have hundreds of whole ones.
        if isinstance(value, int):
            return showing.number(value, language())
        return format_decimal(value, locale=language())

    @pass_context  # else Jinja would translate a constant once and for all
    def in_words(_context: object, code: str) -> str:
        return word(code, language())

    app.jinja_env.filters |= {"local": local, "what": what, "remedy": remedy, "word": in_words}
    app.jinja_env.filters |= {"day": day, "number": number}
    app.jinja_env.filters |= {"masked": mask_nip, "printed": nips.printed, "redacted": redact}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def protected(response: Response, *, kept: bool) -> Response:
    """`response` with what keeps the page to itself, and remembers the reader's choices.

    `kept` is whether the browser may keep it.
    """
    response.headers.update(_SECURITY)
    if not kept:
        response.headers["Cache-Control"] = "no-store"
    if (asked := request.args.get("lang")) in LANGUAGES:
        response.set_cookie("lang", asked, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax")
    return response


def chosen(name: str, values: tuple[str, ...]) -> str | None:
    """What the reader asked for, now or before."""
    asked = request.args.get(name) or request.cookies.get(name)
    return asked if asked in values else None


def refusal(why: Refused) -> str:
    """Why something is not done, in the language of the page."""
    return why.in_language(language())


def language() -> str:
    """The language of the page."""
    known: str | None = g.get("spoken")  # not g.language, by which somebody has asked for one
    if known is None:
        known = g.spoken = str(get_locale())
    return known
