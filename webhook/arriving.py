"""How many requests may be on their way at once, so that those who are slow leave room for others.

A thread waits for each (:mod:`webhook`), and what has come of it is in memory. Therefore

- only :data:`LARGE_AT_ONCE` large ones are taken at once; others wait for their turn, and
- forms, which are read before anybody has shown credentials (:mod:`webhook.alternate`), get no
  more than half of the threads; what is beyond is answered 503, and can be sent again.

Attachments are not held (:mod:`webhook.bodies`), and count as little as their statements do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from webhook.alternate import may_be_form
from webhook.lrs import turned_away

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGE: Final = 1 << 18
"""how many bytes are large; that many from each thread are nothing"""
LARGE_AT_ONCE: Final = 16


def in_turn(
    application: WSGIApplication, *, threads: int, patience_seconds: float
) -> WSGIApplication:
    """`application`, to which so many requests at once do no harm."""
    large = threading.Semaphore(LARGE_AT_ONCE)
    forms = threading.Semaphore(max(1, threads // 2))

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if may_be_form(environ):
            if not forms.acquire(blocking=False):
                return _later(environ, start_response)
            try:
                return sized(environ, start_response)
            finally:
                forms.release()
        return sized(environ, start_response)

    def sized(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not _is_large(environ):
            return application(environ, start_response)
        if not large.acquire(timeout=patience_seconds):
            return _later(environ, start_response)
        try:
            return application(environ, start_response)
        finally:
            large.release()

    return call


def _is_large(environ: WSGIEnvironment) -> bool:
    if environ.get("CONTENT_TYPE", "").lower().startswith("multipart/"):
        return False
    announced = environ.get("CONTENT_LENGTH")
    if announced:
        return int(announced) > LARGE
    return "HTTP_TRANSFER_ENCODING" in environ


def _later(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    message = "too many requests are on their way; nothing was stored, send it again"
    return turned_away(environ, start_response, 503, message, Retry_After="5")
