"""Putting statements under the keys by which filters find them (Communication 2.1.3).

A statement is answered as soon as it is on disk; it is *indexed* afterwards, so that the sender
does not wait for what only a reader needs. Until then it lies beyond the mark of the index
(:mod:`lms_bridge.store.marks`). Whoever asks for statements has the index catch up first, and a
job sees to it that there is little to catch up with:

>>> index = Index(store)
>>> index.catch_up(utc_now(), seconds=1)

Statements are taken in batches, each in one transaction: what refers to what, and what is voided,
is looked up for all of a batch together (:mod:`lms_bridge.lrs.references`), and of what they tell
about Activities and Agents only the news is written (:mod:`lms_bridge.lrs.learning`).
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator

from sqlalchemy import Connection, select

from lms_bridge.lrs import references
from lms_bridge.lrs.learning import Learning
from lms_bridge.lrs.looking import COLUMNS, look
from lms_bridge.store import marks
from lms_bridge.store.engine import Store, alone
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import statements

PATIENCE_SECONDS = 1.0
"""how long whoever asks for statements waits for the index to catch up"""

_READER = "index"
_AT_ONCE = 250
"""statements of one transaction: few, so that whoever stores new ones does not wait for long"""


class Index:
    """The index of the statements in `store`, kept by any number of threads and processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()
        self._learning = Learning()
        self._through: int | None = None
        """how far the index was when this last wrote to it"""

    def catch_up(self, now: dt.datetime, *, seconds: float) -> dt.datetime:
        """Index all statements that were stored before `now`, for at most so long.

        Returns up to when all statements that were stored can be found then.
        """
        deadline = time.monotonic() + seconds
        for _ in self.in_steps():
            if time.monotonic() > deadline:
                return consistent_through(self._store, now)
        return now

    def in_steps(self) -> Iterator[int]:
        """Index all that is stored, a transaction at a time; yields how many each has indexed."""
        [(last,)] = self._store.ask(marks.LAST_UNREAD, {"reader": _READER})
        while last is not None and (indexed := self._step(last)):
            yield indexed

    def _step(self, last: int) -> int:
        with self._turn:
            through, self._through = self._through, None
            with self._store.writing() as db:
                alone(db, "indexing")
                mark = marks.read_through(db, _READER)
                if mark != through:
                    self._learning.forget()  # another process has learnt something since
                query = (
                    select(*COLUMNS)
                    .where(statements.c.seq > mark, statements.c.seq <= last)
                    .order_by(statements.c.seq)
                    .limit(_AT_ONCE)
                )
                seen = [look(row) for row in db.execute(query)]
                if seen:
                    references.put(db, seen)
                    self._learning.learn(db, [one.outline for one in seen])
                    mark = seen[-1].seq
                    marks.move(db, _READER, mark)
            self._through = mark
        return len(seen)


def any_unindexed(db: Connection) -> bool:
    """Whether some statement is not indexed."""
    return marks.any_unread(db, _READER)


def consistent_through(store: Store, now: dt.datetime) -> dt.datetime:
    """Up to when all statements that were stored can be found (Communication 2.1.3)."""
    [(oldest,)] = store.ask(marks.FIRST_UNREAD, {"reader": _READER})
    return now if oldest is None else moment_of(oldest)
