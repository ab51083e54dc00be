"""How far a request got before it failed: whether any of it was sent.

The errors of the libraries do not say it. A time-out in the TLS handshake, before anything
was sent, is a ``ReadTimeout``; a connection that breaks in the middle of an answer can be
an ``SSLError``. So the connections themselves note it, for the thread that they serve.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_progress = threading.local()


def begin() -> None:
    """A new request begins on this thread."""
    _progress.stage = None


def maybe_sent(error: BaseException) -> bool:
    """Whether the request of this thread that ended in `error` may have reached the other side."""
    stage = getattr(_progress, "stage", None)
    if stage is not None:
        return bool(stage == "sent")
    # None of our connections was asked: it failed before (a bad address, a missing CA bundle),
    # or a test stands in for the network, and then the kind of error tells.
    return any(
        isinstance(
            cause,
            requests.ReadTimeout
            | requests.exceptions.ChunkedEncodingError
            | urllib3.exceptions.ProtocolError
            | http.client.HTTPException
            | ConnectionResetError
            | BrokenPipeError,
        )
        for cause in causes(error)
    )


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what lies behind it, which the libraries put in three different places."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [getattr(cause, "reason", None), *cause.args, cause.__cause__]


class _Connection(HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        finally:
            _progress.stage = "connecting"

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _progress.stage = "sent"
        super().send(data)


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        finally:
            _progress.stage = "connecting"  # also after the CONNECT that was sent to a proxy

    def send(self, data: Any) -> None:
        _progress.stage = "sent"
        super().send(data)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class NotingAdapter(HTTPAdapter):
    """The adapter of `requests`, with connections that note how far a request got."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager
