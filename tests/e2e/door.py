"""A port of this machine behind which a trial stands between a process and what it talks to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Door:
    """A TCP port; `join` is called in a thread of its own with each connection to it."""

    def __init__(self, join: Callable[[socket.socket], object]) -> None:
        self._join = join
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        in_background(self._accept)

    def close(self) -> None:
        """Take it away."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                in_background(self._join, near)


def in_background(work: Callable[..., object], *args: Any) -> threading.Thread:
    """A thread that does it, and keeps no process from ending."""
    thread = threading.Thread(target=work, args=args, daemon=True)
    thread.start()
    return thread
