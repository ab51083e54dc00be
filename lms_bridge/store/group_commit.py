"""Many small writes, one commit.

A durable commit costs a flush to the disk, whatever it holds. Threads that each have a
small thing to write therefore hand it to a :class:`GroupCommit`, whose thread takes all
that has come in meanwhile, writes it in one transaction and answers each of them after the
commit. Under load the groups grow by themselves; a lone writer waits for nobody. Where the
database takes several writers at once there are as many threads
(:attr:`~lms_bridge.store.engine.Store.writers`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from sqlalchemy import Connection

from lms_bridge.store.engine import Store

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Write = Callable[[Connection, Sequence[Item]], Sequence[Answer | Exception]]


class GroupCommit(Generic[Item, Answer]):
    """Runs `write` on groups of items, each group in one transaction.

    `write(db, items)` returns one answer for each item, in order; an exception in place of
    an answer is raised to that item's submitter alone, and what it wrote for that item must
    already be undone (it has written nothing, or in a savepoint). If `write` itself raises,
    the transaction is undone; a group of several is then tried again one by one, so that
    one item cannot spoil the others.
    """

    def __init__(
        self, store: Store, write: Write[Item, Answer], *, most: int = 256, name: str = "commit"
    ) -> None:
        self._store = store
        self._write = write
        self._most = most
        self._waiting: list[tuple[Item, Future[Answer]]] = []
        self._arrived = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(store.writers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, item: Item) -> Answer:
        """Write `item`; returns after the commit. Raises what `write` answered for it."""
        future: Future[Answer] = Future()
        with self._arrived:
            if self._closed:
                raise RuntimeError("the store is being closed")
            self._waiting.append((item, future))
            self._arrived.notify()
        return future.result()

    def close(self) -> None:
        """Write what is waiting, then stop."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._arrived:
                while not self._waiting and not self._closed:
                    self._arrived.wait()
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not group:
                return
            self._commit(group)

    def _commit(self, group: list[tuple[Item, Future[Answer]]]) -> None:
        try:
            with self._store.writing() as db:
                answers = self._write(db, [item for item, _ in group])
        except Exception as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
            else:
                for one in group:
                    self._commit([one])
            return
        for (_, future), answer in zip(group, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
