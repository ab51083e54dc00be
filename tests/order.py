"""In which order tests run where several run at a time: what waits beside what computes.

The longest tests start processes, and wait for them most of the time. One after the other they
would leave the processors idle. Each worker of pytest-xdist begins with a share of all tests, as
they come in order, and who has done it helps others with the end of theirs. So the longest stand
at the beginning of the shares of half of the workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice

import pytest

USUAL_SECONDS = 120
"""after which a test is ended; the longest say by a mark that they may take more"""


def beside_each_other(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The same tests in the order for so many workers; those of a file stay together."""
    if workers < 2:
        return list(items)
    begin = workers // 2
    first: list[list[pytest.Item]] = [[] for _ in range(workers)]
    long = groupby(filter(_is_long, items), key=lambda one: one.path)
    for number, (_, of_a_file) in enumerate(long):
        first[number % begin] += of_a_file
    others = (one for one in items if not _is_long(one))
    ordered: list[pytest.Item] = []
    for number, mine in enumerate(first):
        share = (len(items) - len(ordered)) // (workers - number)
        ordered += mine + list(islice(others, max(0, share - len(mine))))
    return ordered


def _is_long(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("timeout")
    return mark is not None and mark.args[0] > USUAL_SECONDS
