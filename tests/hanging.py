"""A sandbox in this process that hangs is given up at once, as if the time-out were over.

Whoever tries what happens when no answer comes would have to wait for a time-out each time: a short
one is over before a busy machine has answered what it should, and a long one makes long tests. Here
the side that hangs says so, and the client that waits for it goes on as it does after a time-out.
That a real one ends the waiting is tested in ``tests/transport``.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection

from lms_bridge.sandbox.server import _Connection

LOOKS_EACH_SECONDS = 0.01


@contextmanager
def given_up_at_once() -> Iterator[None]:
    """Inside the block nobody waits for the end of a time-out."""
    hang: set[Any] = set()
    hanging, answering = _Connection._client_gone, HTTPConnection.getresponse

    def say_so(connection: _Connection, seconds: float) -> bool:
        hang.add(connection.client_address)
        try:
            return hanging(connection, seconds)
        finally:
            hang.discard(connection.client_address)

    def wait(connection: HTTPConnection) -> HTTPResponse:
        line = connection.sock
        looks = select.poll()
        looks.register(line, select.POLLIN)
        end = time.monotonic() + (connection.timeout or float("inf"))
        while not looks.poll(LOOKS_EACH_SECONDS * 1000) and time.monotonic() < end:
            if line.getsockname() in hang:
                raise TimeoutError("timed out")
        return answering(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Connection, "_client_gone", say_so)
        patch.setattr(HTTPConnection, "getresponse", wait)
        yield
