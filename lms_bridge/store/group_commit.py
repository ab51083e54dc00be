"""Many small writes, one commit.

A durable commit costs a flush to the disk, whatever it holds. Threads that each have a
small thing to write therefore hand it to a :class:`GroupCommit`, whose thread takes all
that has come in meanwhile, writes it in one transaction and answers each of them after the
commit. Under load the groups grow by themselves; a lone writer waits for nobody. Unless it is told
otherwise there are as many threads as the database takes writers at once
(:attr:`~lms_bridge.store.engine.Store.writers`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, TypeVar, cast

import structlog
from sqlalchemy import Connection

from lms_bridge.store.engine import Store, may_pass

log = structlog.get_logger(__name__)

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Write = Callable[[Connection, Sequence[Item]], Sequence[Answer | Exception]]
AtOnce = Callable[[Sequence[Item]], Sequence[Answer] | None]

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0


class Closed(RuntimeError):
    """It takes nothing any more: the process is about to end."""


class GroupCommit(Generic[Item, Answer]):
    """Runs `write` on groups of items, each group in one transaction.

    `write(db, items)` returns one answer for each item, in order; an exception in place of
    an answer is raised to that item's submitter alone, and what it wrote for that item must
    already be undone (it has written nothing, or in a savepoint). If `write` itself raises,
    the transaction is undone; a group of several is then tried again one by one, so that
    one item cannot spoil the others.

    `at_once(items)`, where there is one, is tried first. It has a quicker way to write and commit
    them, and returns the answers; or None when it has written nothing, and `write` is to see why.

    A database that is away is waited for, `patience_seconds` at most. When it went away in
    the very moment of a commit nobody knows whether that took effect, and the group is
    written once more; so writing an item twice must do no harm.
    """

    def __init__(
        self,
        store: Store,
        write: Write[Item, Answer],
        *,
        at_once: AtOnce[Item, Answer] | None = None,
        most: int = 256,
        patience_seconds: float = 10.0,
        threads: int | None = None,
        name: str = "commit",
    ) -> None:
        self._store = store
        self._write = write
        self._at_once = at_once
        self._most = most
        self._patience = patience_seconds
        self._waiting: SimpleQueue[_Submitted[Item, Answer] | None] = SimpleQueue()
        self._open = threading.Lock()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(threads or store.writers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, item: Item) -> Answer:
        """Write `item`; returns after the commit. Raises what `write` answered for it.

        Raises :exc:`Closed` after :meth:`close`.
        """
        waiting = _Waiting[Answer]()
        self.hand_in([(item, waiting.settle)])
        return waiting.answer()

    def hand_in(
        self, items: Iterable[tuple[Item, Callable[[Answer | BaseException], object]]]
    ) -> None:
        """Have items written, without waiting for it.

        The one that comes with each is called after the commit, by the thread that made it, with
        what :meth:`submit` returns or raises. It must neither wait nor raise anything.
        Raises :exc:`Closed` after :meth:`close`; then nothing was handed in.
        """
        with self._open:
            if self._closed:
                raise Closed("nothing is written any more: the process is about to end")
            for item, told in items:
                self._waiting.put(_Submitted(item, told))

    def close(self) -> None:
        """Write what is waiting, then stop."""
        with self._open:
            self._closed = True
            for _ in self._threads:
                self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while group := self._next():
            try:
                self._commit(group)
            except BaseException as error:
                # Whoever waits for an answer must get one, whatever happens to this thread.
                log.exception("a group of writes failed unexpectedly")
                for one in group:
                    one.settle(error)

    def _next(self) -> list[_Submitted[Item, Answer]]:
        """What is to be written together; empty when it is closed and all is written."""
        group: list[_Submitted[Item, Answer]] = []
        one = self._waiting.get()
        while one is not None:
            group.append(one)
            if len(group) == self._most:
                return group
            try:
                one = self._waiting.get_nowait()
            except Empty:
                return group
        if group:
            self._waiting.put(None)  # to come back to
        return group

    def _commit(self, group: list[_Submitted[Item, Answer]]) -> None:
        """Write `group` and answer each of its submitters."""
        outcome = self._patiently([one.item for one in group])
        if isinstance(outcome, _Failed):
            if len(group) > 1 and not outcome.away:
                for one in group:
                    self._commit([one])
                return
            outcome = [outcome.error] * len(group)
        for one, answer in zip(group, outcome, strict=True):
            one.settle(answer)

    def _patiently(self, items: Sequence[Item]) -> Sequence[Answer | Exception] | _Failed:
        """What comes of writing `items`; while the database is away it is tried again."""
        deadline = time.monotonic() + self._patience
        pause = _FIRST_PAUSE_SECONDS
        while True:
            outcome = self._once(items)
            if not isinstance(outcome, _Failed) or not outcome.away:
                return outcome
            if time.monotonic() + pause > deadline:
                return outcome
            log.warning("the database cannot be written; trying again", error=str(outcome.error))
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _once(self, items: Sequence[Item]) -> Sequence[Answer | Exception] | _Failed:
        writing = self._at_once is not None
        try:
            if self._at_once and (written := self._at_once(items)) is not None:
                return written
            writing = False
            with self._store.writing() as db:
                writing = True
                answers = self._write(db, items)
                writing = False
        except Exception as error:
            return _Failed(error, away=not writing or may_pass(error))
        return answers


class _Submitted(Generic[Item, Answer]):
    """An item, and whoever is to be told once that it is written."""

    __slots__ = ("_told", "item")

    def __init__(self, item: Item, told: Callable[[Answer | BaseException], object]) -> None:
        self.item = item
        self._told: Callable[[Answer | BaseException], object] | None = told

    def settle(self, answer: Answer | BaseException) -> None:
        """Tell of `answer`, if nothing was told yet."""
        told, self._told = self._told, None
        if told is not None:
            told(answer)


class _Waiting(Generic[Answer]):
    """A thread that waits for an answer.

    It does what a Future does, for a fraction of the time.
    """

    __slots__ = ("_answer", "_answered")

    def __init__(self) -> None:
        self._answer: Answer | BaseException | None = None
        self._answered = threading.Lock()
        self._answered.acquire()

    def settle(self, answer: Answer | BaseException) -> None:
        """Let the thread go on with `answer`."""
        self._answer = answer
        self._answered.release()

    def answer(self) -> Answer:
        """Wait for it; raises it if it is an exception."""
        self._answered.acquire()
        if isinstance(self._answer, BaseException):
            raise self._answer
        return cast(Answer, self._answer)


class _Failed(NamedTuple):
    """A transaction that did not go through, whoever is to blame."""

    error: Exception
    away: bool
    """the database, and not one of the items"""
