"""The door of the pages: whom ``[console] access`` lets in."""

from __future__ import annotations

import ipaddress

import structlog
from flask import Response, request

from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Console
from webhook.access import credentials, same

log = structlog.get_logger(__name__)

_NAMES_OF_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MARKS_OF_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Door:
    """Lets in whoever is on this machine, or whoever has the password, as configured."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def admit(self) -> Response | None:
        """None to let the request in, else the answer that keeps it out."""
        if self._console.access == "loopback" and not is_from_here():
            return _out(
                403,
                "The pages are shown on this machine only, at http://127.0.0.1 or by a tunnel to"
                ' it; [console] access = "password" opens them to others.',
            )
        if self._console.access == "password" and not self._knows_the_password():
            refusal = _out(401, "A username and a password are required.")
            refusal.headers["WWW-Authenticate"] = 'Basic realm="lms-bridge", charset="UTF-8"'
            return refusal
        return None

    def _knows_the_password(self) -> bool:
        given = credentials(request.headers.get("Authorization"))
        if given is None or self._console.password is None:
            return False
        try:
            expected = self._console.password.read()
        except SecretMissing as error:
            log.error("the password of the console cannot be read", reason=str(error))
            return False
        username, password = given
        right = same(password, expected.encode())
        return same(username, self._console.username.encode()) and right


def is_from_here() -> bool:
    """Whether the request comes from this machine, by a name of this machine, and from nobody else.

    The name matters: a page of somebody else's, open in a browser here, could else be made to
    fetch ours under its own name (DNS rebinding). So do the marks of a reverse proxy on this
    machine, which passes on what came from outside; nginx, unless told otherwise, leaves no
    mark but that it speaks HTTP/1.0, which no browser does.
    """
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    host = request.host
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return (
        near
        and name in _NAMES_OF_THIS_MACHINE
        and request.environ.get("SERVER_PROTOCOL") not in ("HTTP/1", "HTTP/1.0")
        and not any(mark in request.headers for mark in _MARKS_OF_A_PROXY)
    )


def _out(status: int, message: str) -> Response:
    return Response(message + "\n", status, mimetype="text/plain")
