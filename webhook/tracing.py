"""A name for each request: it stands in the log lines that it causes, and in the answer.

Whoever sends may name it (``X-Request-ID``), as nginx does with ``$request_id``; else it gets one.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from structlog.contextvars import bound_contextvars

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER: Final = "X-Request-ID"
_GIVEN: Final = re.compile(r"[A-Za-z0-9._-]{4,64}")
_PROCESS: Final = secrets.token_hex(3)
_NUMBERS: Final = itertools.count()


def name_of(environ: WSGIEnvironment) -> str:
    """The name of a request."""
    given = environ.get("HTTP_X_REQUEST_ID")
    if given is not None and _GIVEN.fullmatch(given):
        return str(given)
    return f"{_PROCESS}{next(_NUMBERS):06x}"


def named(application: WSGIApplication) -> WSGIApplication:
    """`application`, in whose log lines and answers is which request they are of."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        name = name_of(environ)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (HEADER, name)], *more)

        with bound_contextvars(request=name):
            return application(environ, start)

    return call
