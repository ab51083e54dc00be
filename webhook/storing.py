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
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from lms_bridge.bridge import Bridge
from lms_bridge.intake import Origin
from webhook import scopes
from webhook.access import Access
from webhook.admission import at_once
from webhook.lrs import PREFIX
from webhook.tally import Tally
from xapi import canonical_uuid, read_statements
from xapi.attached import check_all_have_data
from xapi.negotiation import HEADER
from xapi.query import check_put

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH: Final = f"{PREFIX}/statements"
_JSON: Final = frozenset(
    {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"}
)
_TO_THINK_OVER: Final = ("HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING")
_PUT_UNDER: Final = re.compile(
    r"statementId=([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
)


class _Plain(NamedTuple):
    """A request to store statements about which nothing has to be thought over."""

    origin: Origin
    length: int
    put_under: str | None
    """the id under which a statement is PUT; None in a POST"""


def short_way(
    ordinary: WSGIApplication, bridge: Bridge, access: Access, tally: Tally
) -> WSGIApplication:
    """`ordinary`, but for what needs so little of it: statements that are stored."""
    intake, web = bridge.intake, bridge.settings.web
    limits, took = web.limits, tally.took

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        plain = _plain(environ, access)
        if plain is None or plain.length > web.most_request_bytes:
            return ordinary(environ, start_response)
        body = environ["wsgi.input"].read(plain.length)
        try:
            ids = stored(plain, body)
        except Exception:  # whatever it is: it comes up once more where it is answered
            environ["wsgi.input"] = io.BytesIO(body)
            return ordinary(environ, start_response)
        took(plain.origin.sender)
        return _answer(ids, plain, start_response)

    def stored(plain: _Plain, body: bytes) -> list[str]:
        if len(body) != plain.length:
            raise EOFError
        version, put_under = plain.origin.version, plain.put_under
        received = read_statements(
            body,
            most=web.most_statements,
            single=put_under is not None,
            version=version,
            limits=limits,
        )
        check_all_have_data(received, version=version)
        if put_under is None:
            return intake.store(plain.origin, received)
        check_put(received[0], put_under, version=version)
        intake.store_as(plain.origin, put_under, received[0])
        return [put_under]

    return call


def _plain(environ: WSGIEnvironment, access: Access) -> _Plain | None:
    """What is to be stored for whom, if that can be told without asking further."""
    if environ["PATH_INFO"] != _PATH or environ.get("CONTENT_TYPE", "").lower() not in _JSON:
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
    admitted = at_once(environ, access, scopes.WRITES, unless=_TO_THINK_OVER)
    if admitted is None or not length.isdecimal():
        return None
    grant, version = admitted
    return _Plain(Origin(grant.name, grant.authority, version), int(length), put_under)


def _answer(ids: list[str], plain: _Plain, start_response: StartResponse) -> Iterable[bytes]:
    headers = [("Vary", "Origin"), (HEADER, plain.origin.version.value)]
    if plain.put_under is not None:
        start_response("204 NO CONTENT", headers)
        return []
    told = msgspec.json.encode(ids)
    headers += ("Content-Type", "application/json"), ("Content-Length", str(len(told)))
    start_response("200 OK", headers)
    return [told]
