"""What stands between the bridge and an outside system, and has moods.

A TCP port, with TLS if it is given a context, that passes everything on and back. In a mood it
passes on what is asked, and spoils what is answered: so each answer that is spoilt is to a request
that may have taken effect.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
import time
from contextlib import suppress

from tests.e2e.door import Door, in_background

MOODS = (
    "answers reset",
    "answers swallowed",
    "answers half closed",
    "answers malformed",
    "answers enormous",
    "answers dripping",
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_MOST = 200 << 20
"""bytes of an enormous answer, if nobody ends it before"""


class Proxy:
    """A port of this machine that leads to another; `mood` is one of the MOODS, or empty."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.mood = ""
        self.context = context
        self._target = port
        self._door = Door(self._join)
        self.port = self._door.port

    def close(self) -> None:
        """Take it away."""
        self._door.close()

    def _join(self, near: socket.socket) -> None:
        with suppress(OSError), near:
            near.settimeout(60)
            if self.context:
                near = self.context.wrap_socket(near, server_side=True)
            with near, socket.create_connection(("127.0.0.1", self._target)) as far:
                in_background(self._ask, near, far)
                while data := far.recv(65536):
                    if not self._answer(near, data):
                        break

    def _ask(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(65536):
                far.sendall(data)
        with suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)

    def _answer(self, near: socket.socket, data: bytes) -> bool:
        """Pass on what is answered, as the mood is; whether the connection is still good."""
        match self.mood:
            case "answers reset":
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case "answers swallowed":
                return True
            case "answers half closed":
                near.shutdown(socket.SHUT_WR)
                time.sleep(3)
            case "answers malformed":
                near.sendall(_HEAD + b"Content-Length: 40\r\n\r\n" + os.urandom(40))
            case "answers enormous":
                near.sendall(_HEAD + b"\r\n")
                for _ in range(_MOST >> 20):
                    near.sendall(b"[" * (1 << 20))
            case "answers dripping":
                for byte in data:
                    near.sendall(bytes([byte]))
                    time.sleep(0.1)
            case _:
                near.sendall(data)
                return True
        return False
