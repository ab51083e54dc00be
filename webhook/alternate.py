"""The alternate request syntax of 1.0.3, undone before anything else sees it (Communication 1.3).

A form that is posted becomes the request that was meant by it, with its own method, headers and
parameters, so that no resource and no rule of admission has to know of forms.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from webhook.lrs import PREFIX, turned_away
from xapi.alternate import is_alternate, unfolded
from xapi.errors import InvalidRequest, Refusal, RequestTooLarge
from xapi.negotiation import HEADER
from xapi.parameters import pairs_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def may_be_form(environ: WSGIEnvironment) -> bool:
    """Whether a request has to be looked at more closely."""
    return (
        environ["REQUEST_METHOD"] == "POST"
        and "method=" in environ.get("QUERY_STRING", "")
        and environ.get("PATH_INFO", "").startswith(PREFIX + "/")
    )


def undone(application: WSGIApplication, *, most_bytes: int) -> WSGIApplication:
    """`application`, which gets what is meant by a form that is posted to the LRS.

    A form is taken when it has at most thrice `most_bytes`, as text that is URL-encoded grows.
    """

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if may_be_form(environ):
            try:
                _unfold(environ, 3 * most_bytes)
                if environ["REQUEST_METHOD"] == "HEAD":
                    start_response = _without_length(start_response)
            except Refusal as error:
                return turned_away(environ, start_response, error.status, str(error))
        return application(environ, start_response)

    return call


def _unfold(environ: WSGIEnvironment, most: int) -> None:
    parameters = pairs_in(environ["QUERY_STRING"].encode("latin-1"))
    headers = _headers(environ)
    if not is_alternate(parameters, headers.get(HEADER.lower())):
        return
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > most:
        rule = f"octets of a form are more than the {most} that this LRS takes"
        raise RequestTooLarge(None, "body", length, rule, "Communication 3.2")
    form = environ["wsgi.input"].read(length)
    if len(form) != length:
        rule = f"octets came of a form of {length}"
        raise InvalidRequest("body", len(form), rule, "Communication 1.3")
    meant = unfolded("POST", parameters, headers, form)
    for name in headers:
        environ.pop(_variable(name), None)
    # A form that does not say what its content is has what can be told as text best.
    told = {"content-type": "application/json"} if meant.content else {}
    for name, value in {**told, **meant.headers}.items():
        environ[_variable(name)] = value
    environ["REQUEST_METHOD"] = meant.method
    environ["QUERY_STRING"] = urlencode(meant.parameters)
    environ["CONTENT_LENGTH"] = str(len(meant.content))
    environ["wsgi.input"] = io.BytesIO(meant.content)


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    found = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return found | {name: environ[key] for name, key in _PLAIN.items() if environ.get(key)}


def _variable(name: str) -> str:
    return _PLAIN.get(name, "HTTP_" + name.upper().replace("-", "_"))


def _without_length(start_response: StartResponse) -> StartResponse:
    """For what is answered as to a HEAD, to whoever sent a POST and waits for so long a body."""

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return start_response(status, kept, error)

    return start
