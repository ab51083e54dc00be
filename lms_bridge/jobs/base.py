"""What a sync job is."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import ParamSpec, Protocol, TypeVar

from lms_bridge.errors import DeliveryError

Progress = Callable[[int, int | None], None]
"""called with how much is done and how much there is (None: not known); raises Stopped"""

GoOn = Callable[[int], bool]
"""called with how much is done; whether to go on"""

TRIES = 3
"""of a single call, before a job gives up on it"""
PAUSE_SECONDS = 1.0

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Arguments = ParamSpec("Arguments")


class Busy(Exception):
    """Another process is running the job at this moment."""


class JobFailed(Exception):
    """The run could not go on; the message is a sentence for a person."""

    def __init__(self, why: str, counts: Counter[str] | None = None) -> None:
        super().__init__(why)
        self.counts = counts or Counter()
        """what it did all the same"""


class Stopped(Exception):
    """The run is to end before its time: somebody has paused the job or stops the worker.

    Raised by the progress that a run reports; a run that knows what it did by then raises it
    anew with its `counts`.
    """

    def __init__(self, counts: Counter[str] | None = None) -> None:
        super().__init__("the job was paused, or the worker was stopped")
        self.counts = counts or Counter()


class Job(Protocol):
    """One sync job."""

    exclusive: bool
    """whether only one process may run it at a time"""

    def has_work(self) -> bool:
        """Whether a run would find something to do; must be cheap."""

    def run(self, progress: Progress) -> Counter[str]:
        """Do it; how many of what was done. Raises :exc:`JobFailed`, and what `progress` raises."""


def stoppable(work: Callable[[GoOn], Counter[str]], progress: Progress) -> Counter[str]:
    """What `work` did, which asks from time to time whether it is to go on.

    Raises :exc:`Stopped` with that, if `progress` said that it is not.
    """
    stopped = False

    def go_on(done: int) -> bool:
        nonlocal stopped
        try:
            progress(done, None)
        except Stopped:
            stopped = True
        return not stopped

    counts = work(go_on)
    if stopped:
        raise Stopped(counts)
    return counts


def patiently(
    call: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Answer:
    """What `call` returns for the arguments, tried a few times while the remote hiccups.

    A job makes thousands of calls; one that fails in passing should not end it. Raises the
    last :exc:`~lms_bridge.errors.DeliveryError`.
    """
    for number in range(1, TRIES + 1):
        try:
            return call(*args, **kwargs)
        except DeliveryError as error:
            if not error.retryable or number == TRIES:
                raise
            time.sleep(PAUSE_SECONDS * number)
    raise AssertionError


def in_each(these: Iterable[Item], work: Callable[[Item], object], counts: Counter[str]) -> None:
    """Do `work` in each of `these`, one after the other; one that is in trouble stops no other.

    Raises :exc:`JobFailed` in the end if any failed, and :exc:`Stopped` at once, with the `counts`.
    """
    failures: list[str] = []
    for one in these:
        try:
            work(one)
        except JobFailed as failure:
            failures.append(str(failure))
        except Stopped:
            raise Stopped(counts) from None
    if failures:
        raise JobFailed("; ".join(failures), counts)


def side_by_side(
    work: Callable[[Item], Answer], items: Iterable[Item], *, concurrency: int
) -> Iterator[tuple[Item, Answer]]:
    """Do `work` on each of `items`, at most `concurrency` at once; answers as they come.

    `items` is drawn only as fast as it is worked on. The first error ends it, after what is
    under way.
    """
    source = iter(items)
    with ThreadPoolExecutor(concurrency) as pool:
        under_way: dict[Future[Answer], Item] = {}
        while True:
            while len(under_way) < concurrency:
                try:
                    item = next(source)
                except StopIteration:
                    break
                under_way[pool.submit(work, item)] = item
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield under_way.pop(future), future.result()
