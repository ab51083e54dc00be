"""A job that somebody wants to be run now: a worker runs it, once, and says how far it is."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Job as JobSettings
from lms_bridge.config.settings import Jobs, Settings
from lms_bridge.jobs import catalogue, runs, scheduler, steering, under_way
from lms_bridge.jobs.base import Progress
from lms_bridge.jobs.steering import Run
from lms_bridge.jobs.titles import TITLES
from lms_bridge.operation import workers
from lms_bridge.store.engine import Store

OFF = JobSettings(enabled=False, every_seconds=1)
SETTINGS = Settings(jobs=Jobs(**dict.fromkeys(TITLES, OFF)))


class Digging:
    """A job that can be watched."""

    exclusive = True
    begun = 0
    go_on = threading.Event()

    def __init__(self, _bridge: Bridge) -> None:
        pass

    def has_work(self) -> bool:
        return True

    def run(self, progress: Progress) -> Counter[str]:
        type(self).begun += 1
        progress(3, 10)
        while not self.go_on.wait(0.01):
            progress(3, 10)
        return Counter(done=10)


@pytest.fixture
def bridge(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    Digging.begun, Digging.go_on = 0, threading.Event()
    monkeypatch.setitem(catalogue.JOBS, "index", Digging)
    monkeypatch.setattr(scheduler, "_ATTEND_SECONDS", 0.02)
    monkeypatch.setattr(under_way, "_LOOK_SECONDS", 0.02)
    yield Bridge(SETTINGS, store)
    Digging.go_on.set()


def last(store: Store) -> Run | None:
    with store.reading() as db:
        return steering.last(db, "index")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_is_run_once_by_one_of_two_workers_and_says_how_far_it_is(
    bridge: Bridge, store: Store
) -> None:
    both = [scheduler.Scheduler(bridge), scheduler.Scheduler(Bridge(SETTINGS, store))]
    for one in both:
        one.start()
    try:
        with store.writing() as db:
            assert steering.ask(db, "index", by="budi", now=utc_now())
            assert not steering.ask(db, "index", by="wati", now=utc_now())
        until(lambda: (run := last(store)) is not None and (run.done, run.total) == (3, 10))
        running = last(store)
        assert running is not None
        assert running.is_running
        assert running.asked_by == "budi"
        Digging.go_on.set()
        until(lambda: (run := last(store)) is not None and run.outcome == "done")
        time.sleep(0.1)
    finally:
        for one in both:
            one.stop()
    assert Digging.begun == 1
    with store.reading() as db:
        assert steering.requests(db) == {}
        assert len(steering.history(db, "index", limit=10)) == 1


def test_a_worker_says_that_it_lives_until_it_ends(bridge: Bridge, store: Store) -> None:
    one = scheduler.Scheduler(bridge)
    one.start()

    def alive() -> list[str]:
        with store.reading() as db:
            return [line.owner for line in workers.every(db, now=utc_now()) if line.is_alive]

    until(lambda: alive() == [bridge.owner])
    one.stop()
    assert alive() == []


def test_one_that_was_killed_counts_as_dead_at_once(store: Store, bridge: Bridge) -> None:
    where, _, rest = bridge.owner.rpartition(":")[0].rpartition(":")
    assert rest.isdecimal()
    workers.beat(store, f"{where}:{2**22 + 1}:00000000", now=utc_now())
    with store.reading() as db:
        (line,) = workers.every(db, now=utc_now())
    assert not line.is_alive


def test_what_nobody_asked_for_is_not_run(bridge: Bridge) -> None:
    with pytest.raises(runs.NotAsked):
        runs.run(bridge, "index", asked=True)
    assert Digging.begun == 0
