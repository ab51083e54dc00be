"""Taking turns among the processes that write to one file of SQLite.

SQLite has one writer at a time. Whoever finds it busy sleeps and looks again, each time after
longer, while a process that writes one transaction after the other is always there before: next to
a busy worker a sender's statements waited up to a second. Here whoever comes waits to be the
*next*, and who has just written comes behind them:

>>> turnstile.enter()  # as the next, and then in turn
>>> turnstile.leave()

Each of the two places is a file that the kernel locks (flock) and frees when a process dies. All of
this is courtesy. It is SQLite that keeps the writers apart; so where the locks cannot be had, or do
not move since a process was frozen with one, they are gone without.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import time
import weakref
from typing import Final

_PATIENCE_SECONDS = 2.0
"""how long each place is waited for"""
_WITHOUT_SECONDS = 10.0
"""how long nobody is waited for after that"""
_GLANCE_SECONDS = 0.0005
"""between two looks whether a place is free"""

# Python's own lets go of the interpreter at each call, and the thread that commits for all others
# would wait to have it again behind them.
_flock: Final = ctypes.PyDLL(None, use_errno=True).flock
_NOW: Final = fcntl.LOCK_EX | fcntl.LOCK_NB


class Turnstile:
    """The turns at one `database`; for one thread of the process at a time."""

    def __init__(self, database: str, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._database = database
        self._patience = patience_seconds
        self._places: tuple[int, int] | None = None
        self._is_in = False
        self._without_until = 0.0

    def enter(self) -> None:
        """Wait for the turn; or until it is clear that waiting is of no use."""
        if time.monotonic() < self._without_until:
            return
        try:
            next_, turn = self._opened()
        except OSError:
            self._go_without()
            return
        if not self._take(next_):
            self._go_without()
            return
        self._is_in = self._take(turn)
        _flock(next_, fcntl.LOCK_UN)
        if not self._is_in:
            self._go_without()

    def enter_if_free(self) -> bool:
        """Take the turn, if nobody else has it or waits for it; whether that is so."""
        try:
            next_, turn = self._opened()
        except OSError:
            return False
        if _flock(next_, _NOW):
            return False
        self._is_in = not _flock(turn, _NOW)
        _flock(next_, fcntl.LOCK_UN)
        return self._is_in

    def leave(self) -> None:
        """The turn is the next one's."""
        if self._is_in and self._places:
            self._is_in = False
            _flock(self._places[1], fcntl.LOCK_UN)

    def _take(self, place: int) -> bool:
        until = 0.0
        while _flock(place, _NOW):
            now = time.monotonic()
            until = until or now + self._patience
            if ctypes.get_errno() != errno.EWOULDBLOCK or now > until:
                return False
            time.sleep(_GLANCE_SECONDS)
        return True

    def _go_without(self) -> None:
        self._without_until = time.monotonic() + _WITHOUT_SECONDS

    def _opened(self) -> tuple[int, int]:
        if self._places is None:
            self._places = self._open("-next"), self._open("-turn")
        return self._places

    def _open(self, ending: str) -> int:
        # To be locked it need not be written to, so that it does not matter whose file it is.
        file = os.open(self._database + ending, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        weakref.finalize(self, os.close, file)
        return file
