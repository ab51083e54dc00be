"""A request as the server hands it over (ASGI 3.0), and as WSGI knows it (PEP 3333)."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

CUT_OFF: Final = "cut off"
"""in the state of a scope: the connection ended before the request was there as a whole"""

_VARIABLES: Final[dict[bytes, str]] = {
    b"content-type": "CONTENT_TYPE",
    b"content-length": "CONTENT_LENGTH",
}
_MOST_NAMES: Final = 1000
"""how many names of headers are remembered, so that they need not be spelt each time"""
_LONG_NAME: Final = 64


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
        **asked_in(scope),
    }


def asked_in(scope: Scope) -> WSGIEnvironment:
    """Of :func:`environ_of`, what the request itself says."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": _path(scope),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
    }
    for name, value in scope["headers"]:
        variable = _VARIABLES.get(name) or _variable(name)
        if variable in environ:
            between = "; " if variable == "HTTP_COOKIE" else ","
            environ[variable] += between + value.decode("latin-1")
        elif variable:
            environ[variable] = value.decode("latin-1")
    return environ


def _path(scope: Scope) -> str:
    raw: bytes = scope["raw_path"]
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1")


def _variable(name: bytes) -> str:
    """The variable that has a header; none has one with an underscore, which is not to be taken
    for the hyphen that a proxy looks at."""
    variable = "" if b"_" in name else "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
    if len(name) < _LONG_NAME and len(_VARIABLES) < _MOST_NAMES:
        _VARIABLES[name] = variable
    return variable
