"""What each call passes before it is sent: it may have to wait for its turn, or not be made now.

Whoever waits may be asked to end, and may have lost meanwhile what they wait for. So the thread
that makes the calls says beforehand how the one is noticed and how the other is made sure of:

>>> end_when(shift.is_over)             # of this thread, for all that it waits for
>>> with making_sure(lease.is_ours):    # after each wait inside the block
...     registry.record(employee, training)
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Protocol

_SLICE_SECONDS = 0.2

_is_over: ContextVar[Callable[[], bool]] = ContextVar("is_over", default=lambda: False)
_sure: ContextVar[Callable[[], object]] = ContextVar("sure", default=lambda: None)


class Gate(Protocol):
    """Lets calls to one outside system pass."""

    def turn(self, *, writes: bool) -> AbstractContextManager[None]:
        """Around a call. Raises :exc:`~lms_bridge.errors.NotNow` if it is not to be made now."""


class Open:
    """Lets every call pass at once."""

    def turn(self, *, writes: bool) -> AbstractContextManager[None]:
        """Nothing to wait for."""
        return nullcontext()


OPEN = Open()


class Ended(Exception):
    """Whoever waits is to end."""


def end_when(is_over: Callable[[], bool]) -> None:
    """This thread waits for nothing any more once `is_over` says so."""
    _is_over.set(is_over)


@contextlib.contextmanager
def making_sure(sure: Callable[[], object]) -> Iterator[None]:
    """Inside the ``with`` block `sure` is called after each wait, and may raise."""
    token = _sure.set(sure)
    try:
        yield
    finally:
        _sure.reset(token)


def make_sure() -> None:
    """It was waited: see that it was not in vain."""
    _sure.get()()


def sleep(seconds: float) -> None:
    """Wait so long. Raises :exc:`Ended` when this thread is to end."""
    until = time.monotonic() + seconds
    while True:
        if _is_over.get()():
            raise Ended
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _SLICE_SECONDS))
