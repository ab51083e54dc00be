"""The tests that take longest are begun first, at half of the workers, and none is forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.order import beside_each_other


class Test:
    """What is asked of a test."""

    __test__ = False

    def __init__(self, name: str, seconds: int | None = None) -> None:
        self.name = name
        self.path = Path(name[0])
        self._mark = seconds and pytest.mark.timeout(seconds).mark

    def get_closest_marker(self, name: str) -> Any:
        return self._mark


SHORT = [Test(f"short {number}") for number in range(13)]
LONG = [Test("a1", 300), Test("a2", 300), Test("b1", 121), Test("c1", 900)]
ALL: Any = [*SHORT[:5], *LONG[:3], *SHORT[5:], LONG[3]]


def names(workers: int) -> list[str]:
    return [one.name for one in beside_each_other(ALL, workers)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7, 40])
def test_all_are_there_once(workers: int) -> None:
    assert sorted(names(workers)) == sorted(one.name for one in ALL)


def test_one_worker_takes_them_as_they_are() -> None:
    assert names(1) == [one.name for one in ALL]


def test_the_long_ones_begin_at_half_of_the_workers_each_file_at_one() -> None:
    told = names(4)  # of 17: 4, 4, 4, 5
    assert told[:4] == ["a1", "a2", "c1", "short 0"]
    assert told[4:8] == ["b1", "short 1", "short 2", "short 3"]
    assert told[8:] == [f"short {number}" for number in range(4, 13)]


def test_what_may_take_as_long_as_any_other_is_none_of_them() -> None:
    usual: Any = [Test("short"), Test("usual", 120)]
    assert beside_each_other(usual, 2) == usual
