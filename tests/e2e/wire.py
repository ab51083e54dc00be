"""The wire between one process and PostgreSQL, which can be cut and mended.

Nobody is told of a cut: bytes simply do not arrive any more, until it is mended, when those that
were under way do. So it is between two hosts when the network between them is gone for a while.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from tests.e2e.door import Door, in_background

_CHUNK = 65536


class Wire:
    """A TCP port that leads to the server which listens on the Unix socket `target`."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._whole = threading.Event()
        self._whole.set()
        self._door = Door(self._join)
        self.port = self._door.port

    def cut(self) -> None:
        """Let nothing pass."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything pass again."""
        self._whole.set()

    def close(self) -> None:
        """Take it away."""
        self._whole.set()
        self._door.close()

    def _join(self, near: socket.socket) -> None:
        self._whole.wait()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(str(self._target))
        except OSError:  # the server is down
            near.close()
            return
        in_background(self._pump, near, far)
        in_background(self._pump, far, near)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._whole.wait()
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
