"""A request as the server hands it over (ASGI 3.0), and as WSGI knows it (PEP 3333)."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

CUT_OFF: Final = "cut off"
"""in the state of a scope: the connection ended before the request was there as a whole"""


class Asked(Protocol):
    """A request that is there as a whole, and how to answer it."""

    method: str
    raw_path: bytes
    query: bytes
    headers: Headers

    @property
    def body(self) -> bytes | bytearray:
        """What comes after the headers, without how it was sent."""

    def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send an answer that is there as a whole."""

    def pass_on(self) -> None:
        """Have it answered as any other is."""


def environ_of(scope: Scope) -> WSGIEnvironment:
    """What WSGI calls the environment of a request, without its body."""
    address, port = scope["server"] or ("localhost", 0)
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": address,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope["client"] or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **asked_in(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"]),
    }


def asked_in(method: str, raw_path: bytes, query: bytes, headers: Headers) -> WSGIEnvironment:
    """Of :func:`environ_of`, what the request itself says."""
    variables = _VARIABLES
    environ = {variables[name]: value.decode("latin-1") for name, value in headers}
    if len(environ) < len(headers):
        environ = _together(headers)
    environ["REQUEST_METHOD"] = method
    path = unquote_to_bytes(raw_path) if b"%" in raw_path else raw_path
    environ["PATH_INFO"] = path.decode("latin-1")
    environ["QUERY_STRING"] = query.decode("latin-1")
    return environ


def _together(headers: Headers) -> dict[str, str]:
    """As above, where some header is there several times."""
    environ: dict[str, str] = {}
    for name, value in headers:
        variable, said = _VARIABLES[name], value.decode("latin-1")
        if variable in environ:
            said = environ[variable] + ("; " if variable == "HTTP_COOKIE" else ",") + said
        environ[variable] = said
    return environ


class _Variables(dict[bytes, str]):
    """By the name of a header, however it is written, the variable that has what it says.

    Those of a header with an underscore have a name that nobody asks for: it is not to be taken
    for the hyphen that a proxy looks at.
    """

    def __missing__(self, name: bytes) -> str:
        variable = name.decode("latin-1").upper()
        if "_" in variable:
            variable = f"_{variable}"
        elif variable in ("CONTENT-TYPE", "CONTENT-LENGTH"):
            variable = variable.replace("-", "_")
        else:
            variable = "HTTP_" + variable.replace("-", "_")
        if len(name) < _LONG_NAME and len(self) < _MOST_NAMES:
            self[name] = variable
        return variable


_MOST_NAMES: Final = 1000
"""how many names of headers are remembered, so that they need not be spelt each time"""
_LONG_NAME: Final = 64
_VARIABLES: Final = _Variables()
