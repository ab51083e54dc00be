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
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)


def give_back() -> None:
    """Give the system back what lies free between what is used; takes milliseconds.

    The library does so by itself only at the end of such a place, and there is always something
    that stays: in an hour of work a worker kept 60 MB more than it used, and ever more.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
