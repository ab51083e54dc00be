"""A pooler in front of PostgreSQL that lends out its sessions by the transaction."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlalchemy import make_url

from tests.e2e.door import Door

_PLAIN = b"N"
"""there is no encryption"""
_ASKS = (80877103, 80877104)
"""whether there is: SSLRequest and GSSENCRequest"""
_ENDS = (b"Q", b"S")
"""what a client sends and then waits: Query and Sync"""


class _Session(NamedTuple):
    """One of PostgreSQL's, and what it says at the beginning."""

    line: BinaryIO
    greeting: bytes


class Pooler:
    """A TCP port that leads to the PostgreSQL which listens on the Unix socket `target`.

    As PgBouncer with ``pool_mode = transaction``: whoever asks something gets the session that was
    returned last, and returns it with the end of the transaction (protocol 3.0, "Message Flow").
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._free: list[_Session] = []
        self._every: list[_Session] = []
        self._door = Door(self._join)
        self.port = self._door.port

    def close(self) -> None:
        """Take it away."""
        self._door.close()
        for session in self._every:
            session.line.close()

    def _join(self, near: socket.socket) -> None:
        with near, near.makefile("rwb") as client, suppress(OSError, EOFError):
            while (hello := _first(client))[1] in _ASKS:
                client.write(_PLAIN)
                client.flush()
            session: _Session | None = self._lend(hello[0])
            client.write(session.greeting)
            client.flush()
            self._free.append(session)
            session = None
            while (message := _message(client))[:1] != b"X":
                session = session or self._lend(hello[0])
                session.line.write(message)
                if message[:1] not in _ENDS:
                    continue
                session.line.flush()
                said = _until_ready(session.line)
                if said.endswith(b"I"):
                    self._free.append(session)
                    session = None
                client.write(said)
                client.flush()

    def _lend(self, hello: bytes) -> _Session:
        if self._free:
            return self._free.pop()
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(self._target))
        line = far.makefile("rwb")
        far.close()  # the line keeps it open
        line.write(hello)
        line.flush()
        session = _Session(line, _until_ready(line))
        self._every.append(session)
        return session


@contextmanager
def pooled(database_url: str) -> Iterator[str]:
    """The address under which that database of the tests is reached through such a pooler."""
    directly = make_url(database_url)
    pooler = Pooler(Path(str(directly.query["host"])) / ".s.PGSQL.5432")
    try:
        address = directly.set(host="127.0.0.1", port=pooler.port, query={})
        yield address.render_as_string(hide_password=False)
    finally:
        pooler.close()


def _first(line: BinaryIO) -> tuple[bytes, int]:
    """What a client says first, and the number in it that says what that is."""
    length, what = struct.unpack("!ii", head := _exactly(line, 8))
    return head + _exactly(line, length - 8), what


def _message(line: BinaryIO) -> bytes:
    head = _exactly(line, 5)
    return head + _exactly(line, struct.unpack("!i", head[1:])[0] - 4)


def _until_ready(line: BinaryIO) -> bytes:
    """What the server says until it waits; the last byte tells whether in a transaction."""
    said = b""
    while True:
        message = _message(line)
        said += message
        if message[:1] == b"Z":
            return said


def _exactly(line: BinaryIO, count: int) -> bytes:
    read = line.read(count)
    if len(read) < count:
        raise EOFError
    return read
