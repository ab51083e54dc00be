"""How much memory a process keeps that has many threads."""

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
