"""A load generator that costs little: ready-made requests over kept-alive sockets."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any


def request_bytes(host: str, batch: Sequence[dict[str, Any]] | dict[str, Any]) -> bytes:
    """The whole HTTP request that posts `batch`, with PHP's escapes as the real plugin has them."""
    body = json.dumps(batch, separators=(",", ":")).replace("/", "\\/").encode()
    credentials = base64.b64encode(b"lms:sender-password").decode()
    head = (
        f"POST /xapi/statements HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\n"
        "X-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(port: int, requests: Iterable[bytes], *, senders: int) -> float:
    """Send all `requests` by so many senders at once; the seconds that it took.

    Raises :exc:`RuntimeError` when anything but 200 is answered.
    """
    queue = list(requests)
    lock = threading.Lock()
    failed: list[bytes] = []

    def run() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not failed:
                with lock:
                    if not queue:
                        return
                    request = queue.pop()
                connection.sendall(request)
                answer = _answer(connection)
                if not answer.startswith(b"HTTP/1.1 200"):
                    failed.append(answer)

    threads = [threading.Thread(target=run) for _ in range(senders)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"not accepted: {failed[0][:500]!r}")
    return time.perf_counter() - started


def _answer(connection: socket.socket) -> bytes:
    """One answer, headers and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
