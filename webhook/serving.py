"""Speaking HTTP: Uvicorn, with what it leaves to a proxy in front of it.

A connection costs a few kilobytes, so that many may be slow. Yet none may be so for ever:

- headers are to be there within :data:`HEADERS_SECONDS`, and so is the next request on a connection
  that waits for one. What a header says is short (:data:`MOST_OF_HEADERS`);
- a body or an answer on which nothing moves is ended by :mod:`webhook.headway`;
- who sends no more may still be answered (a connection that is half closed).

A process that is to leave its place to another (:data:`lms_bridge.supervisor.DRAIN`) takes no more
connections, and says to those that it has that each answer is the last one. For whoever ends simply
closes the connections on which no request has begun, also those on which one is just being sent.
The other process listens on the same socket and takes all that are new.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from lms_bridge.supervisor import DRAIN, ready
from webhook.exchange import CUT_OFF

HEADERS_SECONDS: Final = 20.0
MOST_OF_HEADERS: Final = 1 << 16
"""bytes of a request before its body"""
SMALL: Final = 1 << 16
"""how many bytes of a body are waited for before anything is done about it"""
GRACE_SECONDS: Final = 20
"""how long what is under way has when the process is told to end; less than its supervisor gives"""
_LOOK_TICKS: Final = 10
"""Uvicorn ticks ten times a second"""
_LAST: Final = (b"connection", b"close")
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"


class _Protocol(HttpToolsProtocol):
    """One connection."""

    _since: float | None = None
    """since when a request, or the rest of its headers, is waited for"""
    _came: int | None = None
    """bytes of headers that are not there as a whole"""
    _held: tuple[RequestResponseCycle, Any] | None = None
    """a request of which not all is there, and who is to answer it"""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has come, and is to say what they want."""
        super().connection_made(transport)
        self._since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """More has come of a request."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_as_before(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("This is not a request of HTTP/1.1.")
        if self._came is not None:
            self._came += len(data)
            if self._came > MOST_OF_HEADERS and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def end_if_since(self, late: float) -> None:
        """End it if a request has been waited for since then and before."""
        is_due = self._since is not None and self._since < late
        if is_due and not self._is_answering():
            self.transport.close()

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # which Uvicorn does not say
        return cycle is not None and not cycle.response_complete

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._since, self._came = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._since = self._came = None
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_response_complete(self) -> None:
        """A request is answered; the next one is waited for as headers are, without a timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._since is None:
            self._since = self.loop.time()

    def on_body(self, body: bytes) -> None:
        """More of its body is there."""
        super().on_body(body)
        if self._held is not None and len(self.cycle.body) > SMALL:
            self._begin()

    def on_message_complete(self) -> None:
        """All of it is there."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self._begin()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin to answer a request; not before all of it is there, if it is small."""
        self._held = cycle, app
        if not cycle.more_body or cycle.waiting_for_100_continue:
            self._begin()

    def _begin(self) -> None:
        """Answer the request that is held, if there is one."""
        if self._held is None:
            return
        (cycle, app), self._held = self._held, None
        begin = partial(super()._start_asgi_task, cycle, app)
        at_once = getattr(app, "at_once", None)
        is_there = not cycle.more_body and CUT_OFF not in cycle.scope["state"]
        reply = partial(self._reply, cycle)
        if not (at_once and is_there and at_once(cycle.scope, bytes(cycle.body), reply, begin)):
            begin()

    def _reply(
        self,
        cycle: RequestResponseCycle,
        status: int,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> None:
        """Send an answer that is there as a whole, as a cycle does what it is told in messages."""
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        usual = b"".join([b"%s: %s\r\n" % pair for pair in self.server_state.default_headers])
        said = "".join([f"{name}: {value}\r\n" for name, value in headers]).encode("latin-1")
        last = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], usual, said, last, body)))
        if not cycle.keep_alive or _LAST in self.server_state.default_headers:
            self.transport.close()
        cycle.on_response()

    def _go_on_as_before(self, rest: bytes) -> None:
        """Take a request that offers to go on in another protocol as if it did not.

        The parser has stopped behind its headers; `rest` is what follows. Java's HttpClient offers
        HTTP/2 in the first request of each connection, and nobody has to accept (RFC 9110, 7.8).
        """
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if method == b"CONNECT":
            self.send_400_response("This is no proxy.")
            return
        lines = [b"%s %s HTTP/%s\r\n" % (method, self.url, version.encode())]
        lines += [b"%s: %s\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([*lines, b"\r\n", rest]))

    def eof_received(self) -> bool:  # type: ignore[override]
        """Nothing more comes; whether the connection stays, for an answer that is due."""
        if not self._is_answering():
            return False
        cycle = self.cycle
        if cycle.more_body:
            cycle.scope["state"][CUT_OFF] = True
            cycle.more_body = False
            cycle.message_event.set()
        cycle.keep_alive = False
        self._begin()
        return True


class Server(uvicorn.Server):
    """Serves `application` on one socket until it is told to end."""

    def __init__(
        self, application: Callable[..., Any], *, connections: int, seconds: float
    ) -> None:
        """At most so many `connections`, with so many `seconds` for the headers of a request."""
        super().__init__(
            uvicorn.Config(
                application,
                loop="uvloop",
                http=_Protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=connections,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._seconds = seconds

    def serve_on(self, listener: socket.socket) -> None:
        """Take connections from `listener`, until a signal says to end and all are answered."""
        # Uvicorn passes the signal on to who was there before, when it is done.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self.run(sockets=[listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets)
        asked = os.environ.get(DRAIN, "")
        if asked.isdecimal():
            asyncio.get_running_loop().add_reader(int(asked), self._drain, int(asked))
        ready()

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections, once a second."""
        if counter % _LOOK_TICKS == 0:
            late = asyncio.get_running_loop().time() - self._seconds
            for connection in list(self.server_state.connections):
                assert isinstance(connection, _Protocol)
                connection.end_if_since(late)
        return await super().on_tick(counter)

    def _drain(self, asked: int) -> None:
        asyncio.get_running_loop().remove_reader(asked)
        with suppress(OSError):
            if os.read(asked, 1):
                self.take_no_more()

    def take_no_more(self) -> None:
        """Take no connection any more, and have each answer be the last one of its connection."""
        for server in self.servers:
            server.close()
        self.config.encoded_headers.append(_LAST)
        self.server_state.default_headers = [*self.server_state.default_headers, _LAST]
