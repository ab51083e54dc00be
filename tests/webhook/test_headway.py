"""Connections on which nothing moves are ended, and no others."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from webhook.headway import SLOWEST, Headway

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what moved")

SECONDS = 60
ENOUGH = SECONDS * SLOWEST


class Line:
    """A connection, seen from both its ends, and somebody who watches over it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port: int = server.getsockname()[1]
            self.client = socket.create_connection(server.getsockname())
            self.server, _ = server.accept()
        self.server.setblocking(False)
        self.now = 0.0
        self.headway = Headway(port=self.port, seconds=SECONDS, clock=lambda: self.now)
        self.headway.look()

    def pass_by(self, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Time passes, in which something happens, and the connection is looked at."""
        meanwhile()
        self._until_all_is_known()
        self.now += seconds
        self.headway.look()

    def send(self, size: int) -> None:
        """The client sends, and the server reads."""
        self.client.sendall(bytes(size))
        while size:
            with suppress(BlockingIOError):
                size -= len(self.server.recv(size))

    def answer(self, size: int) -> None:
        """The server sends as much as it can of that, and the client reads nothing."""
        with suppress(BlockingIOError):
            while size:
                size -= self.server.send(bytes(size))

    def take(self, size: int) -> None:
        """The client reads."""
        while size:
            size -= len(self.client.recv(size))

    def _until_all_is_known(self) -> None:
        """Until what could be delivered was acknowledged, which takes a moment."""
        before = None
        while True:
            told = self.server.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 148)
            unacked, *counts = struct.unpack("24x I 92x QQ", told[:136])
            if not unacked or counts == before:
                return
            before = counts
            with suppress(TimeoutError):
                self.server.settimeout(0.05)
                self.server.recv(1, socket.MSG_PEEK)
            self.server.setblocking(False)

    @property
    def is_open(self) -> bool:
        """Whether the server can still read from it."""
        try:
            return self.server.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.client.close()
    line.server.close()


def test_a_request_that_stops_coming_is_ended_so_that_it_can_be_answered(line: Line) -> None:
    line.pass_by(SECONDS - 1, lambda: line.send(ENOUGH - 1))
    assert line.is_open
    line.pass_by(1)
    assert not line.is_open
    line.server.send(b"too slow")
    assert line.client.recv(100) == b"too slow"


def test_a_request_that_comes_drop_by_drop_is_ended(line: Line) -> None:
    for _ in range(5):
        line.pass_by(10, lambda: line.send(SLOWEST))
        assert line.is_open
    line.pass_by(10, lambda: line.send(SLOWEST))
    assert not line.is_open


def test_a_request_that_comes_slowly_enough_may_take_as_long_as_it_takes(line: Line) -> None:
    for _ in range(50):
        line.pass_by(SECONDS / 3, lambda: line.send(ENOUGH // 3))
        assert line.is_open


def test_a_connection_over_which_little_is_asked_and_answered_is_kept(line: Line) -> None:
    for _ in range(5):
        line.pass_by(SECONDS - 1, lambda: line.send(100))
        line.pass_by(0, lambda: (line.answer(10), line.take(10)))
        assert line.is_open


def test_an_answer_that_nobody_takes_is_given_up(line: Line) -> None:
    line.pass_by(0, lambda: line.answer(20_000_000))
    line.pass_by(SECONDS - 1)
    assert line.is_open
    line.pass_by(1)
    assert not line.is_open
    with pytest.raises(OSError, match="pipe"):
        line.server.send(b"more")


def test_an_answer_that_is_taken_slowly_goes_on(line: Line) -> None:
    line.pass_by(0, lambda: line.answer(20_000_000))
    for _ in range(3):
        line.pass_by(SECONDS - 1, lambda: (line.take(500_000), line.answer(20_000_000)))
        assert line.is_open


def test_other_connections_are_left_alone(line: Line) -> None:
    watch = Headway(port=line.port + 1, seconds=SECONDS, clock=lambda: line.now)
    watch.look()
    line.now += 2 * SECONDS
    watch.look()
    assert line.is_open


def test_what_was_closed_meanwhile_is_forgotten(line: Line) -> None:
    line.server.close()
    line.now += 2 * SECONDS
    line.headway.look()
