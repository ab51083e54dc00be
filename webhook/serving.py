"""Speaking HTTP: Uvicorn, with what it leaves to a proxy in front of it.

A connection costs a few kilobytes, so that many may be slow. Yet none may be so for ever:

- headers are to be there within :data:`HEADERS_SECONDS`, and so is the next request on a connection
  that waits for one. What a header says is short (:data:`~webhook.connection.MOST_OF_HEADERS`);
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
from typing import Any, Final

import uvicorn

from lms_bridge.supervisor import DRAIN, ready
from webhook.connection import LAST, Connection

HEADERS_SECONDS: Final = 20.0
GRACE_SECONDS: Final = 20
"""how long what is under way has when the process is told to end; less than its supervisor gives"""
_LOOK_TICKS: Final = 10
"""Uvicorn ticks ten times a second"""


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
                http=Connection,
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
                assert isinstance(connection, Connection)
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
        self.config.encoded_headers.append(LAST)
        self.server_state.default_headers = [*self.server_state.default_headers, LAST]
