"""How many are at a remote at once.

Whoever is at it has a place there, and leaves it while they are busy elsewhere: what takes the
bridge itself a while should not keep the remote waiting.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar

_mine: ContextVar[threading.Semaphore | None] = ContextVar("place", default=None)


@contextlib.contextmanager
def taken(places: threading.Semaphore) -> Iterator[None]:
    """Inside the ``with`` block this thread has one of the `places`; it waits until one is free."""
    with places:
        token = _mine.set(places)
        try:
            yield
        finally:
            _mine.reset(token)


@contextlib.contextmanager
def left() -> Iterator[None]:
    """Inside the ``with`` block the place of this thread, if it has one, is free for another."""
    places = _mine.get()
    if places is None:
        yield
        return
    places.release()
    try:
        yield
    finally:
        places.acquire()


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Inside the ``with`` block this thread keeps its place, whatever it is busy with.

    So does who has something there that others with a place wait for: to leave it would be to wait
    for them to leave theirs.
    """
    token = _mine.set(None)
    try:
        yield
    finally:
        _mine.reset(token)
