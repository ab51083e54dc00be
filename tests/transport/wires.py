"""A server on a real socket that does with each request what it is told."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lms_bridge.config.remote import RemoteSettings
from lms_bridge.http.client import HttpClient, NoAnswerError

Deed = Callable[[socket.socket], None]


class Wire:
    """Serves requests one after the other; the last deed is done again for ever."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._deeds: list[Deed] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def does(self, *deeds: Deed) -> None:
        self._deeds = list(deeds)

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                while request := _request(connection):
                    self.requests.append(request)
                    deed = self._deeds.pop(0) if len(self._deeds) > 1 else self._deeds[0]
                    deed(connection)
        except OSError:
            pass  # the client has gone


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def says(
    body: bytes = b"{}", status: str = "200 OK", *headers: str, length: int | None = None
) -> Deed:
    """Answers; `length` is what the answer claims to be long."""
    length = len(body) if length is None else length
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {length}", *headers, "", ""])

    def deed(connection: socket.socket) -> None:
        connection.sendall(head.encode() + body)
        if length != len(body):
            connection.close()

    return deed


def sends(raw: bytes) -> Deed:
    """Sends these bytes and closes."""

    def deed(connection: socket.socket) -> None:
        connection.sendall(raw)
        connection.close()

    return deed


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hangs(connection: socket.socket) -> None:
    time.sleep(5)


def floods(chunk: bytes, head: bytes = b"") -> Deed:
    """Sends `chunk` for ever."""

    def deed(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        while True:
            connection.sendall(chunk)

    return deed


def drips(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b".")
        time.sleep(0.05)


def client(read: float = 5, **settings: Any) -> HttpClient:
    """A client that waits so many seconds for an answer."""
    return HttpClient(
        RemoteSettings(connect_timeout_seconds=1, read_timeout_seconds=read, **settings)
    )


def failure(url: str, http: HttpClient | None = None) -> NoAnswerError:
    """What a call that must fail fails with; it has no patience, if not that of `http`."""
    with pytest.raises(NoAnswerError) as caught:
        (http or client(read=0.3)).exchange("POST", url, json={"a": 1})
    return caught.value
