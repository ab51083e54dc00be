"""The short way in for what comes all the time: statements as JSON that are right in every respect.

Flask takes longer for a request than it takes to validate and to store what is in it. So a request
to store statements is answered here when nothing about it has to be thought over. Any other goes
the ordinary way, and so does one that turns out to be refused, as if nothing had been done about it
before: what is wrong, and what is said of it, is decided there alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from lms_bridge.bridge import Bridge
from lms_bridge.intake import Origin
from webhook import scopes
from webhook.access import Access
from webhook.admission import at_once
from webhook.lrs import PREFIX
from webhook.tally import Tally
from xapi import Received, canonical_uuid, read_statements
from xapi.attached import check_all_have_data
from xapi.negotiation import HEADER
from xapi.query import check_put

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH: Final = f"{PREFIX}/statements"
_JSON: Final = frozenset(
    {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"}
)
_TO_THINK_OVER: Final = ("HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING")
_PUT_UNDER: Final = re.compile(
    r"statementId=([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
)


class Plain(msgspec.Struct, frozen=True, gc=False):
    """A request to store statements about which nothing has to be thought over."""

    origin: Origin
    length: int
    put_under: str | None
    """the id under which a statement is PUT; None in a POST"""


class ShortWay:
    """Reads such requests. One for all of a process."""

    def __init__(self, bridge: Bridge, access: Access) -> None:
        self._access = access
        self._web = bridge.settings.web
        self._limits = self._web.limits

    def plain(self, environ: WSGIEnvironment) -> Plain | None:
        """What is to be stored for whom, if that can be told without asking further."""
        if environ["PATH_INFO"] != PATH or environ.get("CONTENT_TYPE", "").lower() not in _JSON:
            return None
        put_under = None
        if environ["REQUEST_METHOD"] == "PUT":
            asked = _PUT_UNDER.fullmatch(environ["QUERY_STRING"])
            if asked is None:
                return None
            put_under = canonical_uuid(asked[1])
        elif environ["REQUEST_METHOD"] != "POST" or environ["QUERY_STRING"]:
            return None
        length = environ.get("CONTENT_LENGTH", "")
        admitted = at_once(environ, self._access, scopes.WRITES, unless=_TO_THINK_OVER)
        if admitted is None or not length.isdecimal():
            return None
        if int(length) > self._web.most_request_bytes:
            return None
        grant, version = admitted
        return Plain(Origin(grant.name, grant.authority, version), int(length), put_under)

    def read(self, plain: Plain, body: bytes) -> list[Received]:
        """The statements in `body`. Raises whatever there is to be said against one of them."""
        if len(body) != plain.length:
            raise EOFError
        version, put_under = plain.origin.version, plain.put_under
        received = read_statements(
            body,
            most=self._web.most_statements,
            single=put_under is not None,
            version=version,
            limits=self._limits,
        )
        check_all_have_data(received, version=version)
        if put_under is not None:
            check_put(received[0], put_under, version=version)
        return received


def short_way(
    ordinary: WSGIApplication, bridge: Bridge, short: ShortWay, tally: Tally
) -> WSGIApplication:
    """`ordinary`, but for what needs so little of it: statements that are stored.

    What is small does not even need the thread (:mod:`webhook.front`).
    """
    intake, took = bridge.intake, tally.took

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        plain = short.plain(environ)
        if plain is None:
            return ordinary(environ, start_response)
        body = environ["wsgi.input"].read(plain.length)
        try:
            ids = intake.store(plain.origin, short.read(plain, body), under=plain.put_under)
        except Exception:  # whatever it is: it comes up once more where it is answered
            environ["wsgi.input"] = io.BytesIO(body)
            return ordinary(environ, start_response)
        took(plain.origin.sender)
        status, headers, told = answer(ids, plain)
        start_response(status, headers)
        return [told] if told else []

    return call


def answer(ids: list[str], plain: Plain) -> tuple[str, list[tuple[str, str]], bytes]:
    """What is said of statements that are stored: status, headers and body."""
    headers = [("Vary", "Origin"), (HEADER, plain.origin.version.value)]
    if plain.put_under is not None:
        return "204 NO CONTENT", headers, b""
    told = msgspec.json.encode(ids)
    headers += ("Content-Type", "application/json"), ("Content-Length", str(len(told)))
    return "200 OK", headers, told
