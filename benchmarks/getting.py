"""A client that costs little: GET over one kept-alive socket, with the time of the first byte."""

from __future__ import annotations

import base64
import socket
import time
from typing import NamedTuple
from urllib.parse import quote_plus


class Answer(NamedTuple):
    """What was answered with 200, and after how long."""

    first: float
    """seconds until the first byte was there"""
    whole: float
    """seconds until the last byte was there"""
    body: bytes


class Getter:
    """Asks one server, one question after the other."""

    def __init__(self, port: int, *, username: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = (
            f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Basic {credentials}\r\n"
            "X-Experience-API-Version: 1.0.3\r\n\r\n"
        ).encode()
        self._rest = b""

    def get(self, path: str) -> Answer:
        """The answer; raises :exc:`RuntimeError` for any other than 200."""
        started = time.perf_counter()
        self._socket.sendall(b"GET " + path.encode() + self._headers)
        self._rest = self._more()
        first = time.perf_counter() - started
        head = self._until(b"\r\n\r\n").lower()
        if b"transfer-encoding: chunked" in head:
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self._exactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"{path}: {head[:200]!r} {body[:500]!r}")
        return Answer(first, time.perf_counter() - started, body)

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 20)
        if not data:
            raise RuntimeError("the server has closed the connection")
        return data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._rest += self._more()
        before, _, self._rest = self._rest.partition(mark)
        return before

    def _exactly(self, count: int) -> bytes:
        parts, missing = [self._rest], count - len(self._rest)
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        data = b"".join(parts)
        self._rest = data[count:]
        return data[:count]

    def _chunk(self) -> bytes:
        size = int(self._until(b"\r\n"), 16)
        return self._exactly(size + 2)[:size]


def escaped(text: str) -> str:
    """`text` as it stands in a query string."""
    return quote_plus(text)
