"""How much memory a process keeps that has many threads, of what the C library (glibc) gives it."""

from __future__ import annotations

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
"""of mallopt(3)"""


def share_arenas() -> None:
    """Have all threads take memory from two places, before there are any threads.

    The C library (glibc) else makes up to eight for each processor, and what was once needed at
    one of them stays there: a worker on two processors kept 150 MB, of which it used 43.
    """
    _tell("mallopt", _M_ARENA_MAX, 2)


def give_back() -> None:
    """Give the system back what lies free between what is used; takes milliseconds.

    The library does so by itself only at the end of such a place, and there is always something
    that stays: in an hour of work a worker kept 60 MB more than it used, and ever more.
    """
    _tell("malloc_trim", 0)


def _tell(function: str, *arguments: int) -> None:
    """Call that function, if the library is one that has it."""
    if (known := getattr(ctypes.CDLL(None), function, None)) is not None:
        known(*arguments)
