"""The pace of calls, as threads and processes keep it together through one database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lms_bridge.config.remote import RegistrySettings
from lms_bridge.http import gate
from lms_bridge.manners.pace import Pace
from lms_bridge.store.engine import Store, open_store

REMOTE = "registry.siasn"


def pace(
    store: Store,
    owner: str = "elsewhere/x/1:1:a",
    *,
    requests_per_second: float = 0,
    pause_between_writes_seconds: float = 0,
    **settings: float,
) -> Pace:
    rate, pause = requests_per_second, pause_between_writes_seconds
    return Pace(store, REMOTE, RegistrySettings(**settings), owner, rate=rate, pause=pause)


class Calls:
    """When each call began and ended, in seconds since the first could begin."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.spans: list[tuple[float, float]] = []
        self._seconds = seconds
        self._zero = time.monotonic()

    def make(self, one: Pace, *, writes: bool = False) -> None:
        with one.turn(writes=writes):
            begun = time.monotonic() - self._zero
            time.sleep(self._seconds)
            self.spans.append((begun, time.monotonic() - self._zero))

    def make_many(self, paces: list[Pace], count: int, *, writes: bool = False) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = [
                pool.submit(self.make, paces[number % len(paces)], writes=writes)
                for number in range(count)
            ]
            for one in made:
                one.result()
        self.spans.sort()


@pytest.fixture
def two(store: Store, database_url: str):
    """What two processes have: a store each, and so each its own connections."""
    other = open_store(database_url)
    yield lambda **settings: [
        pace(store, "elsewhere/x/1:1:a", **settings),
        pace(other, "elsewhere/x/1:2:b", **settings),
    ]
    other.close()


def test_requests_begin_evenly_whoever_makes_them(two) -> None:
    calls = Calls()
    calls.make_many(two(requests_per_second=40), 16)
    begun = [since for since, _ in calls.spans]
    assert begun[-1] >= 15 / 40
    assert begun[-1] < 5


def test_a_pace_is_of_one_remote_and_none_waits_for_what_was_not_used(store: Store) -> None:
    one = pace(store, requests_per_second=2)
    Calls().make(one)
    time.sleep(0.5)
    calls = Calls()
    calls.make(one)
    assert calls.spans[0][0] < 0.4


def test_writes_go_one_by_one_with_a_pause_after_each(two) -> None:
    calls = Calls(seconds=0.03)
    calls.make_many(two(pause_between_writes_seconds=0.1), 5, writes=True)
    pauses = [
        begun - ended for (_, ended), (begun, _) in zip(calls.spans, calls.spans[1:], strict=False)
    ]
    assert len(pauses) == 4
    assert min(pauses) >= 0.09


def test_reads_do_not_wait_for_the_pause(store: Store) -> None:
    one, calls = pace(store, pause_between_writes_seconds=5), Calls()
    calls.make(one, writes=True)
    calls.make(one)
    assert calls.spans[1][0] < 4


def test_nothing_is_held_while_it_is_waited(store: Store) -> None:
    one = pace(store, requests_per_second=2)
    Calls().make(one)
    calls = Calls()
    waiting = threading.Thread(target=calls.make, args=[one])
    waiting.start()
    with store.writing() as db:
        db.exec_driver_sql("UPDATE paces SET writer = NULL")
    assert calls.spans == [], "it would have waited until it was called"
    waiting.join()


def test_a_failed_call_is_followed_by_the_pause_as_well(store: Store) -> None:
    one = pace(store, pause_between_writes_seconds=0.2)
    with pytest.raises(OSError), one.turn(writes=True):
        raise OSError
    calls = Calls()
    calls.make(one, writes=True)
    assert 0.1 < calls.spans[0][0] < 4


def test_who_died_at_a_write_keeps_nobody_waiting(store: Store, monkeypatch) -> None:
    dead = pace(store, "here/x/1:99:dead", pause_between_writes_seconds=0.1)
    dead._take(alone=True)  # and never comes back
    monkeypatch.setattr("lms_bridge.manners.pace.is_certainly_dead", lambda owner: "dead" in owner)
    calls = Calls()
    calls.make(pace(store, pause_between_writes_seconds=0.1), writes=True)
    assert 0.05 < calls.spans[0][0] < 4


def test_who_may_be_alive_at_a_write_is_waited_for(store: Store) -> None:
    settings = {
        "pause_between_writes_seconds": 0.01,
        "connect_timeout_seconds": 0.05,
        "read_timeout_seconds": 0.05,
    }
    calls = Calls()
    pace(store, "elsewhere/x/1:99:silent", **settings)._take(alone=True)
    calls.make(pace(store, **settings), writes=True)
    assert 0.3 <= calls.spans[0][0] < 5, "the time that a call takes at the longest"


def in_thread(what: Callable[[], object], *, is_over: Callable[[], bool]) -> list[object]:
    """What came of it in a thread that ends when it is told to."""
    came: list[object] = []

    def run() -> None:
        gate.end_when(is_over)
        try:
            came.append(what())
        except Exception as error:
            came.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(5)
    return came


@pytest.mark.parametrize("writes", [False, True])
def test_who_waits_ends_when_it_is_to_end(store: Store, writes: bool) -> None:
    settings = {"requests_per_second": 0.01, "pause_between_writes_seconds": 60}
    Calls().make(pace(store, **settings), writes=True)
    begun = time.monotonic()
    came = in_thread(
        lambda: Calls().make(pace(store, **settings), writes=writes),
        is_over=lambda: time.monotonic() - begun > 0.2,
    )
    assert came == [gate.Ended]
    assert time.monotonic() - begun < 2


def test_who_has_waited_makes_sure_before_the_call(store: Store) -> None:
    one = pace(store, requests_per_second=1.25)
    calls, asked = Calls(), []
    with gate.making_sure(lambda: asked.append(len(calls.spans))):
        calls.make(one)
        calls.make(one)
    assert asked == [1], "only the second has waited, and asked before it was made"


def test_a_call_that_is_in_vain_is_not_made(store: Store) -> None:
    class Lost(Exception):
        pass

    def lost() -> None:
        raise Lost

    one, calls = pace(store, requests_per_second=1.25), Calls()
    calls.make(one)
    with gate.making_sure(lost), pytest.raises(Lost):
        calls.make(one)
    assert len(calls.spans) == 1
