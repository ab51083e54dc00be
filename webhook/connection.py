"""One connection over which HTTP is spoken: Uvicorn's, which makes of a request what it needs.

What comes all the time is answered without what an application of ASGI is told of a request and
with (:meth:`webhook.front.Front.at_once`). So all that is made only for those that are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, service_unavailable
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from webhook.exchange import CUT_OFF, Asked, Headers, Scope

MOST_OF_HEADERS: Final = 1 << 16
"""bytes of a request before its body"""
SMALL: Final = 1 << 16
"""how many bytes of a body are waited for before anything is done about it"""
LAST: Final = (b"connection", b"close")
"""the header that says that no more answers come"""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"


class Cycle(RequestResponseCycle):
    """One request and its answer.

    It is there as soon as its headers are. What Uvicorn keeps about each is made when the
    application is called, or asked for (:attr:`scope`, :attr:`message_event`).
    """

    access_log = False
    response_started = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(self, connection: Connection, method: bytes, version: str) -> None:
        # Not Uvicorn's: what that makes is here, above and below.
        self._connection = connection
        self.transport = connection.transport
        self.flow = connection.flow
        self.logger = connection.logger
        self.default_headers = connection.server_state.default_headers
        self.method = method.decode("ascii")
        self.raw_path, self.query = _parts(connection.url)
        self.headers: Headers = connection.headers
        self.keep_alive = version != "1.0" and connection.parser.should_keep_alive()
        self.waiting_for_100_continue = connection.expect_100_continue
        self.body = bytearray()
        self.more_body = True
        self.is_cut_off = False
        """whether the connection ended before all of it was there"""
        self.response_complete = False
        self.disconnected = False
        self._version = version

    @cached_property
    def scope(self) -> Scope:  # type: ignore[override]
        """What an application of ASGI is told of a request."""
        connection = self._connection
        path = self.raw_path.decode("ascii")
        return {
            "type": "http",
            "asgi": {"version": connection.asgi_version, "spec_version": "2.3"},
            "http_version": self._version,
            "server": connection.server,
            "client": connection.client,
            "scheme": connection.scheme,
            "root_path": "",
            "method": self.method,
            "path": unquote(path) if "%" in path else path,
            "raw_path": self.raw_path,
            "query_string": self.query,
            "headers": [(name.lower(), value) for name, value in self.headers],
            "state": {},
        }

    @cached_property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]
        """Set when there is news for whoever waits for more of the request, or for its end."""
        event = asyncio.Event()
        if self.body or not self.more_body or self.disconnected:
            event.set()
        return event

    def on_response(self) -> None:
        """It is answered."""
        self._connection.on_response_complete()

    def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send an answer that is there as a whole, to a request that was not begun otherwise."""
        if self.disconnected:
            return
        self.response_started = self.response_complete = True
        usual, is_last = self._connection.usual_headers()
        said = "\r\n".join(map(": ".join, headers)).encode("latin-1")
        end = b"\r\n\r\n" if self.keep_alive else b"\r\nconnection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], usual, said, end, body)))
        if is_last or not self.keep_alive:
            self.transport.close()
        self.on_response()

    def pass_on(self) -> None:
        """Have it answered as any other is."""
        self._connection.begin(self)


class Connection(HttpToolsProtocol):
    """Who speaks HTTP with one client."""

    cycle: Cycle | None  # type: ignore[assignment]
    """the request that came last"""
    pipeline: deque[Cycle]  # type: ignore[assignment]
    """those that came before the one ahead of them was answered, the first one last"""
    _since: float | None = None
    """since when a request, or the rest of its headers, is waited for"""
    _came: int | None = None
    """bytes of headers that are not there as a whole"""
    _held: Cycle | None = None
    """a request that is to be answered next, and of which not all is there"""
    _usual: tuple[Headers, bytes, bool] = [], b"", False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._at_once: Callable[[Asked], bool] | None = getattr(self.app, "at_once", None)

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
        return self.cycle is not None and not self.cycle.response_complete

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._since, self._came = self.loop.time(), 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of it is there."""
        self.headers.append((name, value))
        if len(name) == 6 and name.lower() == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._since = self._came = None
        if self.parser.should_upgrade():
            return
        before, method = self.cycle, self.parser.get_method()
        self.cycle = Cycle(self, method, self.parser.get_http_version())
        if before is None or before.response_complete:
            self._held = self.cycle
            if self.expect_100_continue:
                self._answer_held()
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft(self.cycle)

    def on_body(self, body: bytes) -> None:
        """More of its body is there."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or self.parser.should_upgrade():
            return
        cycle.body += body
        if cycle is not self._held:
            cycle.message_event.set()
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
        elif len(cycle.body) > SMALL:
            self._answer_held()

    def on_message_complete(self) -> None:
        """All of it is there."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or self.parser.should_upgrade():
            return
        cycle.more_body = False
        if cycle is self._held:
            self._answer_held()
        else:
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """A request is answered; the next one is waited for as headers are, without a timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._held = cycle = self.pipeline.pop()
            if not cycle.more_body or len(cycle.body) > SMALL or cycle.waiting_for_100_continue:
                self._answer_held()
        elif self._since is None:
            self._since = self.loop.time()

    def _answer_held(self) -> None:
        """Answer the request that is held, if there is one."""
        cycle, self._held = self._held, None
        if cycle is None:
            return
        most = self.limit_concurrency
        if most is not None and (len(self.connections) >= most or len(self.tasks) >= most):
            self.logger.warning("Exceeded concurrency limit.")
            self._start_asgi_task(cycle, service_unavailable)
            return
        is_there = not cycle.more_body and not cycle.is_cut_off
        if not (is_there and self._at_once is not None and self._at_once(cycle)):
            self.begin(cycle)

    def begin(self, cycle: Cycle) -> None:
        """Have the application answer a request."""
        self._start_asgi_task(cycle, self.app)

    def usual_headers(self) -> tuple[bytes, bool]:
        """Lines that are in each answer, and whether one says that there are no more answers."""
        headers, lines, is_last = self._usual
        if headers is not self.server_state.default_headers:
            headers = self.server_state.default_headers
            lines = b"".join([b"%s: %s\r\n" % pair for pair in headers])
            is_last = LAST in headers
            self._usual = headers, lines, is_last
        return lines, is_last

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
        lines += [b"%s: %s\r\n" % pair for pair in self.headers if pair[0].lower() != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([*lines, b"\r\n", rest]))

    def eof_received(self) -> bool:  # type: ignore[override]
        """Nothing more comes; whether the connection stays, for an answer that is due."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        if cycle.more_body:
            cycle.is_cut_off = cycle.scope["state"][CUT_OFF] = True
            cycle.more_body = False
            cycle.message_event.set()
        cycle.keep_alive = False
        self._answer_held()
        return True


def _parts(url: bytes) -> tuple[bytes, bytes]:
    """Path and query of what stands in the first line of a request (RFC 9112, 3.2)."""
    if url.startswith(b"/") and b"#" not in url and url.isascii():
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    parsed.path.decode("ascii")
    return parsed.path, parsed.query or b""
