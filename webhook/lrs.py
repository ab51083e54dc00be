"""What holds for every request under ``/xapi``, whichever resource it is for.

It carries credentials (Communication 4.0) and names its version (Communication 3.3); the
answer names the version as well, whatever it is, and a refusal says in words which rule
was broken and that nothing was stored (Communication 3.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.http import HTTP_STATUS_CODES

from webhook.api import problems
from webhook.peer import address
from xapi.errors import Refusal
from xapi.negotiation import HEADER, answered, negotiated
from xapi.versions import Version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger(__name__)

PREFIX = "/xapi"
# Else a browser takes what has not changed for ten days to be good for another, and shows a
# learner a bookmark that was moved on another machine.
KEPT = "private, no-cache"
"""the ``Cache-Control`` of what is told"""
_OPEN = frozenset({"descriptions.about"})
"""what is told to everybody, whichever edition they speak (Communication 2.8)"""
_UNSAID = "0.95"
"""what the answer to a request without a version carries: the edition that had none to say (3.3)"""
_NOT_STORED = "the bridge failed; count nothing of the request as stored, and send it again"


class Refused(Exception):
    """The request is answered with `status` and a message for whoever sent it."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def hold_to_the_rules(app: Flask) -> None:
    """Have `app` refuse and answer what is under :data:`PREFIX` by these rules."""

    @app.before_request
    def negotiate() -> None:
        g.version = Version.V1_0
        if is_xapi() and request.method != "OPTIONS" and request.endpoint not in _OPEN:
            g.version = negotiated(request.headers.get(HEADER))

    @app.after_request
    def name_version(response: Response) -> Response:
        if is_xapi():
            said = request.headers.get(HEADER)
            response.headers[HEADER] = _UNSAID if said is None else answered(said)
            if request.method in ("GET", "HEAD"):
                response.headers["Cache-Control"] = KEPT
        return response

    @app.errorhandler(Refused)
    def refuse(refusal: Refused) -> Response:
        return refused(refusal.status, str(refusal), **refusal.headers)

    @app.errorhandler(Refusal)
    def cite(refusal: Refusal) -> Response:
        return refused(refusal.status, str(refusal))

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> Any:
        if problems.is_api():
            return problems.of_http(error)
        if not is_xapi():
            return error
        if isinstance(error, MethodNotAllowed):
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return refused(405, f"{request.method} is not supported here", Allow=allowed)
        if isinstance(error, NotFound):
            return refused(
                404, f"there is nothing here; statements are sent to {PREFIX}/statements"
            )
        return refused(error.code or 500, error.description or error.name)

    @app.errorhandler(Exception)
    def apologise(error: Exception) -> Response:
        log.error("request failed", path=request.path, method=request.method, exc_info=error)
        if problems.is_api():
            return problems.of_failure()
        if not is_xapi():
            return Response(
                "The bridge failed at this; its log has why.\n", 500, mimetype="text/plain"
            )
        # After a commit whose outcome is unknown something may be stored after all; that is
        # harmless, as sending it again is.
        return answer(500, {"error": _NOT_STORED})


def is_xapi() -> bool:
    """Whether the request is for the LRS rather than for the pages."""
    return request.path == PREFIX or request.path.startswith(PREFIX + "/")


def whole_body(most: int) -> bytes:
    """The body of the request, which may have at `most` so many bytes.

    Neither Werkzeug nor the server says when a body ends before its time or goes on beyond
    the limit, so that both are seen to here; what was announced as too large is not read.
    """
    announced = request.content_length
    body = b""
    if announced is None or announced <= most:
        parts: list[bytes] = []
        left = most + 1
        while left and (part := request.stream.read(left)):
            parts.append(part)
            left -= len(part)
        body = b"".join(parts)
    if len(body) > most or (announced or 0) > most:
        # What is left of the body stays unread, so the connection cannot be used again.
        raise Refused(
            413,
            f"the request is larger than the {most} bytes that this LRS takes; send the"
            " statements in smaller batches (Communication 3.2)",
            Connection="close",
        )
    if announced is not None and len(body) != announced:
        raise Refused(400, f"the body ends after {len(body)} of {announced} bytes")
    return body


def answer(status: int, value: Any, **headers: str) -> Response:
    """`value` as the JSON of an answer."""
    return Response(
        msgspec.json.encode(value), status, headers or None, mimetype="application/json"
    )


def nothing(status: int = 204) -> Response:
    """An answer without content: what was asked for is done, or as it was."""
    response = Response(status=status)
    del response.headers["Content-Type"]  # of nothing, which Flask would call text/html
    return response


def refused(status: int, message: str, **headers: str) -> Response:
    """An answer that says what is wrong with the request, which the log says as well."""
    # A sender such as Moodle's plugin never sends again what was refused, so somebody should see.
    log.warning(
        "request refused",
        status=status,
        method=request.method,
        path=request.path,
        sender=g.get("sender"),
        address=address(),
        reason=message,
    )
    return answer(status, {"error": message}, **headers)


def turned_away(
    environ: WSGIEnvironment, start: StartResponse, status: int, message: str, **headers: str
) -> Iterable[bytes]:
    """The answer to a request that does not reach the application, and whose body stays unread."""
    said = environ.get("HTTP_" + HEADER.upper().replace("-", "_"))
    log.warning(
        "request refused",
        status=status,
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        address=environ.get("REMOTE_ADDR"),
        reason=message,
    )
    told = {
        "Content-Type": "application/json",
        HEADER: answered(said, default=Version.V1_0),
        "Connection": "close",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    start(f"{status} {HTTP_STATUS_CODES[status].upper()}", list(told.items()))
    return [msgspec.json.encode({"error": message})]
