"""Letting a request in: who it is from, whether from this page, how often, and to do what.

>>> admit(app, Access(bridge.settings, bridge.store))

From then on ``g.grant`` is the :class:`~webhook.access.Grant` of a request for the LRS and
``g.sender`` its name, and browsers are told what content of other sites may do
(:mod:`webhook.cors`). A request that is not let in is :exc:`~webhook.lrs.Refused`:

- 401 without the right credentials, 500 if they cannot be checked,
- 403 from a page that may not use them, or for what they may not do (:mod:`webhook.scopes`),
- 429 when there were too many before it (:mod:`webhook.pace`), or too many wrong passwords
  (:mod:`webhook.tries`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, g, request
from flask.wrappers import Request

from lms_bridge.config.secrets import SecretMissing
from webhook import cors, scopes
from webhook.access import Access, Grant
from webhook.lrs import Refused, is_xapi, nothing
from webhook.pace import Pace
from webhook.peer import address
from webhook.scopes import Need
from webhook.tries import TooMany, Tries
from xapi.versions import Version, edition

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = structlog.get_logger(__name__)


class Admission:
    """Whoever stands at the door of the LRS."""

    def __init__(self, access: Access, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._tries = Tries(access, seconds)
        self._pace = Pace()
        self._seconds = seconds

    def admitted(self, request: Request) -> Grant:
        """The grant of a request that is let in. Raises :exc:`~webhook.lrs.Refused`.

        Notes the name in ``g.sender`` as soon as it is known, for the log of a refusal.
        """
        grant = self._known(request.headers.get("Authorization"))
        g.sender = grant.name
        self._check_page(grant, request.headers.get("Origin"))
        self._check_pace(grant)
        need = scopes.needed(request.method, request.path)
        if need is not None and not need.is_met_by(grant.scopes):
            raise Refused(403, need.unmet(grant.name))
        return grant

    def page(self, request: Request) -> str | None:
        """The origin of the page that a request comes from, if some credential allows it."""
        origin = request.headers.get("Origin")
        return origin if origin is not None and origin in self._access.origins() else None

    def _known(self, authorization: str | None) -> Grant:
        try:
            grant = self._tries.grant_of(authorization, address())
        except TooMany as error:
            raise _later(
                f"too many wrong passwords for this username came from {address()}, so this one was"
                " not looked at; nothing was stored",
                error.seconds,
            ) from None
        except SecretMissing as error:
            log.error("the password of a sender cannot be read", reason=str(error))
            raise Refused(
                500, "the bridge cannot check the password now; nothing was stored, send it again"
            ) from None
        if grant is None:
            raise Refused(
                401,
                "a sender's username and password are required, as HTTP Basic (Communication 4.0)",
                WWW_Authenticate='Basic realm="xAPI", charset="UTF-8"',
            )
        return grant

    def _check_page(self, grant: Grant, origin: str | None) -> None:
        if origin is None or not grant.origins or origin in grant.origins:
            return
        raise Refused(
            403,
            f"content of {origin[:100]} may not use the credential {grant.name}; its origins are"
            f" {', '.join(sorted(grant.origins))}",
        )

    def _check_pace(self, grant: Grant) -> None:
        wait = self._pace.wait(grant.name, grant.per_minute, self._seconds())
        if wait:
            raise _later(
                f"the credential {grant.name} may make {grant.per_minute} requests a minute and"
                " has made them; nothing was stored",
                wait,
            )


def admit(
    app: Flask, access: Access, *, seconds: Callable[[], float] = time.monotonic
) -> Admission:
    """Have `app` let in, for what is under ``/xapi``, whoever `access` knows.

    Comes before all that looks at ``g.sender`` or ``g.grant``. Asking with OPTIONS, and what is
    open (:func:`webhook.scopes.is_open`), needs no credentials.
    """
    admission = Admission(access, seconds=seconds)

    @app.before_request
    def let_in() -> Response | None:
        if not is_xapi():
            return None
        g.page = admission.page(request)
        if cors.is_preflight(request.method, request.headers):
            return _preflight(g.page)
        if request.method != "OPTIONS" and not scopes.is_open(request.path):
            g.grant = admission.admitted(request)
            if not g.grant.origins:
                g.page = None  # it is not for browsers
        return None

    @app.after_request
    def tell_the_browser(response: Response) -> Response:
        if is_xapi():
            response.vary.add("Origin")
            if page := g.get("page"):
                response.headers.update(cors.of_answer(page))
        return response

    return admission


def at_once(
    environ: WSGIEnvironment, access: Access, need: Need, *, unless: Iterable[str] = ()
) -> tuple[Grant, Version] | None:
    """Who makes a request, and in which edition, where nothing about that has to be thought over.

    That is when the credentials were looked at a moment ago, are enough for what is needed, and
    may be used as often as one likes; and when the request comes from no page of another site and
    has none of the headers `unless`, which are variables of WSGI.
    """
    version = edition(environ.get("HTTP_X_EXPERIENCE_API_VERSION", ""))
    if version is None or "HTTP_ORIGIN" in environ:
        return None
    for header in unless:
        if header in environ:
            return None
    grant = access.remembered(environ.get("HTTP_AUTHORIZATION", ""))
    if grant is None or grant.per_minute is not None or not need.is_met_by(grant.scopes):
        return None
    return grant, version


def _later(why: str, wait: float) -> Refused:
    seconds = str(math.ceil(wait))
    return Refused(429, f"{why}, send it again in {seconds} s", Retry_After=seconds)


def _preflight(page: str | None) -> Response:
    response = nothing()
    if page is not None:
        response.headers.update(cors.of_preflight(page))
    else:
        log.info("a page that no credential allows asked", origin=request.headers["Origin"][:100])
    return response
