"""Ending connections on which nothing moves.

The headers of a request have a time-out (:mod:`webhook.serving`). From then on the body is waited
for, or the receiver to take the answer, if need be by a thread of ours, and without end. So once
in a while the kernel is asked what came and went over each connection:

>>> headway = Headway(port=8080, seconds=60)
>>> headway.look()

A connection is ended when for so long less has moved than :data:`SLOWEST` bytes a second,
in the direction in which something is to move. What is then there of the body is refused; or
nothing can be sent on, and the thread is free. A connection that waits for its next request is the
server's to close.

What the kernel tells is Linux's (``TCP_INFO``, since 4.6); elsewhere nothing is ended.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple

import structlog

log = structlog.get_logger(__name__)

SLOWEST: Final = 500
"""bytes a second; a tenth of what the slowest of mobile networks carries"""
_LOOKS: Final = 6
"""how often it is looked at within the time that a connection has"""
_OPEN: Final = "/proc/self/fd"
_TCP_INFO: Final = struct.Struct("24x I 92x QQ 8x I")
"""of linux/tcp.h: tcpi_unacked, tcpi_bytes_acked, tcpi_bytes_received, tcpi_notsent_bytes"""


class Moved(NamedTuple):
    """What came and went over a connection since it was opened, in bytes."""

    received: int
    taken: int
    """by the other side"""
    at: float
    """seconds of the clock"""


class Headway:
    """Watches over the connections to a port of this process."""

    def __init__(
        self, *, port: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`seconds` is how long one has to make headway."""
        self._port = port
        self._seconds = seconds
        self._clock = clock
        self._known: dict[int, Moved] = {}

    def watch(self) -> None:
        """Look after the connections from now on, in a thread of its own."""
        if sys.platform == "linux":
            threading.Thread(target=self._watch, name="headway", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(self._seconds / _LOOKS)
            try:
                self.look()
            except Exception:
                log.exception("connections cannot be watched over")

    def look(self) -> None:
        """End the connections that have made no headway since they were looked at first."""
        seen: dict[int, Moved] = {}
        for number, connection in self._connections():
            seen[number] = self._judge(connection, self._known.get(number))
        self._known = seen

    def _judge(self, connection: socket.socket, before: Moved | None) -> Moved:
        """What `connection` is compared with next time; ends it if it makes no headway."""
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        unacked, taken, received, unsent = _TCP_INFO.unpack(told)
        now = Moved(received, taken, self._clock())
        if before is None:
            return now
        enough = self._seconds * SLOWEST
        answering = bool(unacked or unsent)
        if now.received - before.received >= enough or now.taken - before.taken >= enough:
            return now
        if not answering and now.taken > before.taken:
            return now  # a request was answered, and perhaps the next one is under way
        if now.at - before.at >= self._seconds:
            _end(connection, answering)
        return before

    def _connections(self) -> Iterator[tuple[int, socket.socket]]:
        """A copy of each connection to the port, and by what the kernel knows it."""
        for name in os.listdir(_OPEN):
            # It may be closed at any moment, and its number be that of something else.
            with suppress(OSError):
                if not os.readlink(f"{_OPEN}/{name}").startswith("socket:"):
                    continue
                with socket.socket(fileno=os.dup(int(name))) as copy:
                    if copy.getsockname()[1:2] == (self._port,) and copy.getpeername():
                        yield os.fstat(copy.fileno()).st_ino, copy


def _end(connection: socket.socket, answering: bool) -> None:
    log.warning(
        "a connection was ended: too little moved",
        address=connection.getpeername()[0],
        what="an answer was not taken" if answering else "a request did not come",
    )
    if answering:
        # Nobody is to be told, and what has not been taken need not be kept.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    else:
        connection.shutdown(socket.SHUT_RD)
