"""Many small writes in few commits: who is told what, and how many come together."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from lms_bridge.store.engine import Store
from lms_bridge.store.group_commit import Closed, GroupCommit


class Held:
    """A group commit whose groups are written one by one, as they are let go."""

    def __init__(self, store: Store, **more: Any) -> None:
        self.groups: list[list[int]] = []
        self._begun = threading.Semaphore(0)
        self._go = threading.Semaphore(0)
        self.commits = GroupCommit[int, int](store, self._write, threads=1, **more)

    def _write(self, db: Connection, items: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(items))
        self._begun.release()
        assert self._go.acquire(timeout=30)
        return [ValueError(item) if item < 0 else 10 * item for item in items]

    def wait(self) -> None:
        """Until the next group is being written."""
        assert self._begun.acquire(timeout=30)

    def go(self, groups: int = 1) -> None:
        """Let so many be written."""
        self._go.release(groups)


@contextmanager
def held(store: Store, **more: Any) -> Iterator[Held]:
    one = Held(store, **more)
    yield one
    one.go(1000)
    one.commits.close()


def test_each_is_told_what_came_of_its_own(store: Store) -> None:
    told: dict[int, Any] = {}
    with held(store) as one:
        one.go(1000)
        one.commits.hand_in(
            [(item, lambda got, item=item: told.update({item: got})) for item in (1, -2, 3)]
        )
        assert one.commits.submit(4) == 40
        with pytest.raises(ValueError, match="-5"):
            one.commits.submit(-5)
        one.commits.close()
    assert (told[1], told[3]) == (10, 30)
    assert isinstance(told[-2], ValueError)


def test_what_has_come_meanwhile_is_written_together(store: Store) -> None:
    with held(store) as one:
        hand_in(one, range(1))
        one.wait()
        hand_in(one, range(1, 5))
        hand_in(one, range(5, 20))
        one.go()
        one.wait()
        assert one.groups == [[0], [*range(1, 20)]]


def test_no_more_are_written_together_than_are_allowed(store: Store) -> None:
    with held(store, most=3) as one:
        hand_in(one, range(1))
        one.wait()
        hand_in(one, range(1, 10))
        one.go(3)
        for _ in range(3):
            one.wait()
        assert one.groups == [[0], [1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_what_was_handed_in_is_written_before_it_closes_and_nothing_afterwards(
    store: Store,
) -> None:
    with held(store) as one:
        told = hand_in(one, range(50))
        one.go(1000)
        one.commits.close()
        assert sorted(told) == [10 * item for item in range(50)]
        with pytest.raises(Closed):
            hand_in(one, [1])
        with pytest.raises(Closed):
            one.commits.submit(1)


def hand_in(one: Held, items: Sequence[int] | range) -> list[Any]:
    """What they are told, as it comes."""
    told: list[Any] = []
    one.commits.hand_in([(item, told.append) for item in items])
    return told
