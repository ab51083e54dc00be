"""The threads that work for one remote, and how they know that everything is done.

Each thread takes a delivery, performs it, and writes down what came of it together with
taking the next. One that finds nothing waits: what the others finish may free the next
delivery of the same person, and new ones may come in. When all of them wait, the crew is
done.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from lms_bridge.deliveries.queue import LeaseLost
from lms_bridge.deliveries.work import Work
from lms_bridge.store.group_commit import GroupCommit

log = structlog.get_logger(__name__)

Write = Callable[[Connection], Any]
Finish = Callable[[Connection], str]
Answer = TypeVar("Answer")

_LOOK_AGAIN_SECONDS = 1.0
_WRITE_TRIES = 5


class Foreman(Protocol):
    """Hands out work and knows how it is done."""

    def claim(self, db: Connection, remote: str) -> Work | None:
        """The next delivery of `remote`, taken; None if there is nothing to do now."""

    def perform(self, work: Work, write: Callable[[Write], Any]) -> Finish:
        """Do it, and say how to write down what came of it. May raise LeaseLost."""


class Crew:
    """`size` threads that carry out the deliveries of `remote` until none is due."""

    def __init__(
        self,
        foreman: Foreman,
        remote: str,
        size: int,
        commits: GroupCommit[Write, Any],
        counts: Counter[str],
    ) -> None:
        self._foreman = foreman
        self._remote = remote
        self._size = size
        self._commits = commits
        self._counts = counts
        self._waiting = 0
        self._done = False
        self._changed = threading.Condition()
        self._error: Exception | None = None
        self._threads = [
            threading.Thread(target=self._run, name=f"{remote}-{number}", daemon=True)
            for number in range(size)
        ]

    def start(self) -> None:
        """Set to work."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until everything is done. Raises what made a thread give up, if one did."""
        for thread in self._threads:
            thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            finish: Finish | None = None
            while True:
                work = self._next(finish)
                finish = None
                if work is not None:
                    finish = self._perform(work)
                elif self._all_waiting():
                    return
        except Exception as error:
            self._error = error
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _perform(self, work: Work) -> Finish | None:
        try:
            return self._foreman.perform(work, self._commits.submit)
        except LeaseLost:
            log.warning("lease lost; left to whoever has it", delivery=work.delivery_id)
            return None

    def _next(self, finish: Finish | None) -> Work | None:
        """Write down what came of the last delivery and take the next, in one transaction."""

        def step(db: Connection) -> tuple[str | None, Work | None]:
            event = _written(db, finish) if finish else None
            return event, self._foreman.claim(db, self._remote)

        event, work = _insistently(lambda: self._submit(step))
        if event:
            self._counts[event] += 1
            with self._changed:
                self._changed.notify_all()
        return work

    def _submit(
        self, step: Callable[[Connection], tuple[str | None, Work | None]]
    ) -> tuple[str | None, Work | None]:
        done: tuple[str | None, Work | None] = self._commits.submit(step)
        return done

    def _all_waiting(self) -> bool:
        with self._changed:
            self._waiting += 1
            if self._done or self._waiting == self._size:
                self._done = True
                self._changed.notify_all()
                return True
            self._changed.wait(_LOOK_AGAIN_SECONDS)
            if self._done:
                return True
            self._waiting -= 1
            return False


def each_in_savepoint(db: Connection, writes: Sequence[Write]) -> list[Any]:
    """Run each of `writes`; one that raises undoes itself alone."""
    if len(writes) == 1:  # the transaction is its own
        return [writes[0](db)]
    answers: list[Any] = []
    for write in writes:
        try:
            with db.begin_nested():
                answers.append(write(db))
        except Exception as error:
            answers.append(error)
    return answers


def _written(db: Connection, finish: Finish) -> str:
    try:
        return finish(db)
    except LeaseLost:  # raised before anything was written
        return "lost"


def _insistently(write: Callable[[], Answer]) -> Answer:
    """Do `write`; while the database cannot be reached, wait a little and do it again.

    What a remote has confirmed should not have to be looked up there again only because
    the database was restarted at that moment.
    """
    for tries_left in reversed(range(_WRITE_TRIES)):
        try:
            return write()
        except Exception:
            if tries_left == 0:
                raise
            log.exception("could not write down what came of a delivery; trying again")
            time.sleep(1)
    raise AssertionError
