"""The wire between one process and PostgreSQL, which can be cut and mended.

Nobody is told of a cut: bytes simply do not arrive any more, until it is mended, when those that
were under way do. So it is between two hosts when the network between them is gone for a while.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

_CHUNK = 65536


class Wire:
    """A TCP port that leads to the server which listens on the Unix socket `target`."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._whole = threading.Event()
        self._whole.set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._start(self._accept)

    def cut(self) -> None:
        """Let nothing pass."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything pass again."""
        self._whole.set()

    def close(self) -> None:
        """Take it away."""
        self._whole.set()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                self._start(self._join, near)

    def _join(self, near: socket.socket) -> None:
        self._whole.wait()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(str(self._target))
        except OSError:  # the server is down
            near.close()
            return
        self._start(self._pump, near, far)
        self._start(self._pump, far, near)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._whole.wait()
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _start(self, work: object, *args: object) -> None:
        threading.Thread(target=work, args=args, daemon=True).start()  # type: ignore[arg-type]
