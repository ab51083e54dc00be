"""The threads that carry everything out: together, each once, and in an orderly way to the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from lms_bridge.deliveries import crew, due, queue, worker
from lms_bridge.deliveries.step import Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.deliveries.worker import Worker
from tests.conftest import Clock
from tests.deliveries.yard import (
    COURSE,
    LMS,
    REGISTRY,
    SETTINGS,
    Yard,
    dead_token,
    passing,
    refused,
)

Do = Callable[[Work, Notebook], Outcome]


class Handiwork:
    """A step that does what a test tells it to, and notes who was at what together."""

    def __init__(self, do: Do = lambda work, notebook: Outcome(f"row-{work.delivery_id}")) -> None:
        self.do = do
        self.begun: list[int] = []
        self.together: list[int] = []
        self._people: Counter[int] = Counter()
        self._lock = threading.Lock()

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        with self._lock:
            self.begun.append(work.delivery_id)
            self._people[work.employee_id] += 1
            self.together.append(self._people.total())
            assert self._people[work.employee_id] == 1, "two of one person at once"
        try:
            return self.do(work, notebook)
        finally:
            with self._lock:
                self._people[work.employee_id] -= 1

    def not_before(self, notebook: Notebook):
        return None


def a_worker(
    yard: Yard,
    *,
    record: Handiwork | None = None,
    badge: Handiwork | None = None,
    owner: str = "elsewhere/x/1:1:worker",
    lease_seconds: float = 120,
    **concurrency: int,
) -> Worker:
    steps = {(REGISTRY, "record"): record or Handiwork(), (LMS, "badge"): badge or Handiwork()}
    return Worker(
        yard.store,
        steps,
        concurrency={REGISTRY: 2, LMS: 2} | concurrency,
        settings=msgspec.structs.replace(SETTINGS, lease_seconds=lease_seconds),
        owner=owner,
        clock=yard.clock,
        chance=lambda: 0.5,
    )


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """No crew has a thread that could be the one to take over what another is late with."""
    for module in (crew, worker):
        monkeypatch.setattr(module, "threads_for", lambda size: size)


def in_background(worker: Worker, go_on=lambda _done: True) -> Callable[[], Counter[str]]:
    """Lets it work; returns what waits for its end."""
    ended: list[Counter[str]] = []
    thread = threading.Thread(target=lambda: ended.append(worker.drain(go_on)))
    thread.start()

    def wait(seconds: float = 10) -> Counter[str]:
        thread.join(seconds)
        assert ended, "it goes on and on"
        return ended[0]

    return wait


def until(what: Callable[[], bool], seconds: float = 8.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


# --- everything, each once


def test_all_that_is_due_is_done_and_counted(yard: Yard):
    deliveries = [yard.plan(person=number) for number in range(1, 8)]
    later = yard.plan(person=9, due_in=60)
    assert a_worker(yard).drain() == {"done": 7}
    assert {yard.state(one) for one in deliveries} == {"done"}
    assert yard.state(later) == "waiting"


def test_with_nothing_to_do_it_ends_at_once(yard: Yard):
    assert a_worker(yard).drain() == {}


def test_a_worker_without_remotes_has_nothing_to_do(yard: Yard):
    yard.plan()
    worker = Worker(yard.store, {}, concurrency={}, settings=SETTINGS, owner="o", clock=yard.clock)
    assert not worker.has_work()
    assert worker.drain() == {}


def test_as_many_are_under_way_together_as_are_configured(yard: Yard):
    for number in range(1, 10):
        yard.plan(person=number)
    three = threading.Barrier(3)
    handiwork = Handiwork(lambda work, _: (three.wait(5), Outcome("row"))[1])
    assert a_worker(yard, record=handiwork, **{REGISTRY: 3}).drain() == {"done": 9}
    assert max(handiwork.together) == 3


def test_who_writes_down_what_they_are_about_to_do_makes_room_at_the_remote(
    yard: Yard, monkeypatch
):
    first, second = yard.plan(person=1), yard.plan(person=2)
    save, arrived, at_remote = queue.save_progress, threading.Event(), threading.Semaphore(1)

    def when_the_other_is_there(db, taken: Work, *args, **more) -> None:
        assert taken.delivery_id == second or arrived.wait(5), "its place was kept"
        save(db, taken, *args, **more)

    monkeypatch.setattr(queue, "save_progress", when_the_other_is_there)

    def do(work: Work, notebook: Notebook) -> Outcome:
        assert at_remote.acquire(blocking=False), "more than there may be"
        if work.delivery_id == first:
            until(lambda: yard.state(second) == "running")
        else:
            arrived.set()
        at_remote.release()
        notebook.note(sent_at=yard.clock())
        assert at_remote.acquire(blocking=False), "more than there may be"
        time.sleep(0.02)
        at_remote.release()
        return Outcome("row")

    assert a_worker(yard, record=Handiwork(do), **{REGISTRY: 1}).drain() == {"done": 2}


def test_of_one_person_never_two_are_under_way_and_all_are_done(yard: Yard):
    for number in range(12):
        yard.plan(person=number % 2 + 1)
    handiwork = Handiwork(lambda work, _: (time.sleep(0.01), Outcome("row"))[1])
    assert a_worker(yard, record=handiwork, **{REGISTRY: 6}).drain() == {"done": 12}
    assert len(set(handiwork.begun)) == 12


def test_two_workers_share_the_work_and_do_nothing_twice(yard: Yard):
    for number in range(30):
        yard.plan(person=number % 5 + 1)
    handiwork = Handiwork(lambda work, _: (time.sleep(0.005), Outcome("row"))[1])
    ends = [
        in_background(a_worker(yard, record=handiwork, owner=f"elsewhere/x/1:{n}:a"))
        for n in range(2)
    ]
    counts = [end() for end in ends]
    a_worker(yard, record=handiwork).drain()  # what one left because the other was at the person
    assert Counter(handiwork.begun) == dict.fromkeys(range(1, 31), 1)
    assert sum(count["lost"] for count in counts) == 0


def test_each_end_is_counted_by_its_name(yard: Yard):
    def do(work: Work, notebook: Notebook) -> Outcome:
        if work.delivery_id == 1:
            return Outcome("row")
        raise refused() if work.delivery_id == 2 else passing()

    for number in (1, 2, 3):
        yard.plan(person=number)
    assert a_worker(yard, record=Handiwork(do)).drain() == {"done": 1, "block": 1, "postpone": 1}


def test_a_remote_that_goes_down_is_told_of_once_and_not_for_each_delivery(yard: Yard, told):
    def do(work: Work, notebook: Notebook) -> Outcome:
        raise dead_token()

    for number in range(1, 9):
        yard.plan(person=number)
    a_worker(yard, record=Handiwork(do), **{REGISTRY: 4}).drain()
    warnings = [entry["event"] for entry in told if entry["log_level"] == "warning"]
    assert warnings == ["remote is down"]


# --- going on, and ending


def test_what_comes_in_while_it_works_is_done_as_well(yard: Yard):
    yard.plan(person=1)

    def do(work: Work, notebook: Notebook) -> Outcome:
        if work.delivery_id < 6:
            yard.plan(person=work.delivery_id + 1)
        return Outcome("row")

    assert a_worker(yard, record=Handiwork(do)).drain() == {"done": 6}


def test_a_crew_with_nothing_to_do_goes_on_looking_while_another_works(yard: Yard):
    """A registry that is slow for hours must keep no badge waiting."""
    yard.plan(person=1)
    badge_is_done = threading.Event()

    def record(work: Work, notebook: Notebook) -> Outcome:
        time.sleep(0.3)  # the LMS's crew has found nothing by now
        yard.plan(person=2, remote=LMS, step="badge")
        assert badge_is_done.wait(6), "the badge waits for the registry"
        return Outcome("row")

    def badge(work: Work, notebook: Notebook) -> Outcome:
        badge_is_done.set()
        return Outcome("hash")

    counts = a_worker(yard, record=Handiwork(record), badge=Handiwork(badge)).drain()
    assert counts == {"done": 2}


def test_told_to_end_it_finishes_what_is_under_way_and_takes_nothing_new(yard: Yard):
    for number in range(1, 20):
        yard.plan(person=number)
    under_way, may_end = threading.Semaphore(0), threading.Event()

    def do(work: Work, notebook: Notebook) -> Outcome:
        under_way.release()
        may_end.wait(8)
        return Outcome("row")

    goes_on = threading.Event()
    goes_on.set()
    wait = in_background(a_worker(yard, record=Handiwork(do)), lambda _done: goes_on.is_set())
    under_way.acquire()
    under_way.acquire()
    goes_on.clear()
    time.sleep(1.3)  # it asks each second
    may_end.set()
    assert wait() == {"done": 2}
    assert Counter(yard.state(one) for one in range(1, 20)) == {"done": 2, "waiting": 17}
    assert all(yard.row(one).attempts == (yard.state(one) == "done") for one in range(1, 20))


def test_it_is_asked_how_far_it_is(yard: Yard):
    yard.plan()
    heard: list[int] = []
    do = Handiwork(lambda work, _: (time.sleep(1.2), Outcome("row"))[1])
    a_worker(yard, record=do).drain(lambda done: (heard.append(done), True)[1])
    assert heard == [0]


# --- defects of ours


def test_a_step_that_fails_by_a_defect_is_tried_again_and_says_so(yard: Yard):
    def do(work: Work, notebook: Notebook) -> Outcome:
        raise KeyError("oops")

    delivery = yard.plan()
    assert a_worker(yard, record=Handiwork(do)).drain() == {"postpone": 1}
    assert yard.reason(delivery).code == "internal_error"
    assert yard.due_in(delivery) == 30


def test_a_defect_says_nothing_of_the_remote(yard: Yard):
    def do(work: Work, notebook: Notebook) -> Outcome:
        raise KeyError("oops")

    yard.plan()
    yard.bring_down()
    yard.clock.forward(seconds=15)
    a_worker(yard, record=Handiwork(do)).drain()
    assert yard.health().is_down


def test_a_course_that_cannot_be_read_is_its_own_deliveries_trouble(yard: Yard):
    broken = yard.plan(person=1, content={**COURSE, "key": "BROKEN", "kind": "no number"})
    healthy = [yard.plan(person=number) for number in (2, 3, 4)]
    handiwork = Handiwork(lambda work, _: Outcome(work.course.key))
    assert a_worker(yard, record=handiwork).drain() == {"done": 3, "postpone": 1}
    assert yard.reason(broken).code == "internal_error"
    assert {yard.state(one) for one in healthy} == {"done"}


def test_what_cannot_be_written_down_is_left_out_and_the_rest_goes_on(yard: Yard):
    """Whatever a remote says, nobody else's delivery may wait for it."""

    class Unspeakable:
        def __str__(self) -> str:
            raise ValueError("no words for it")

    def do(work: Work, notebook: Notebook) -> Outcome:
        if work.delivery_id == 1:
            notebook.note(sent_at=yard.clock())
            return Outcome("row", answer=Unspeakable())
        return Outcome("row")

    for number in range(1, 5):
        yard.plan(person=number)
    assert a_worker(yard, record=Handiwork(do)).drain() == {"done": 3, "postpone": 1}
    assert yard.reason(1).code == "internal_error"
    assert "sent_at" in yard.row(1).progress, "what was written down on the way stands"


def test_an_unknown_step_is_a_defect_of_its_own_delivery(yard: Yard):
    strange = yard.plan(person=1, step="polish")
    yard.plan(person=2)
    assert a_worker(yard).drain() == {"done": 1, "postpone": 1}
    assert yard.reason(strange).code == "internal_error"


def test_when_nothing_can_be_taken_it_says_so_and_loses_nothing_of_what_was_done(
    yard: Yard, monkeypatch
):
    planned = {yard.plan(person=1), yard.plan(person=2)}
    take_next, hands = due.take_next, Handiwork()

    def fails_later(*args, **more):
        if hands.begun:
            raise LookupError("a defect in taking")
        return take_next(*args, **more)

    monkeypatch.setattr(due, "take_next", fails_later)
    with pytest.raises(LookupError):
        a_worker(yard, record=hands, **{REGISTRY: 1, LMS: 1}).drain()
    assert {yard.state(one) for one in hands.begun} == {"done"}
    # One that was taken at that moment and not begun is put back.
    assert {yard.state(one) for one in planned.difference(hands.begun)} <= {"waiting"}


# --- leases


def test_while_a_step_takes_long_its_lease_is_renewed(yard: Yard):
    delivery = yard.plan()

    def do(work: Work, notebook: Notebook) -> Outcome:
        yard.clock.forward(seconds=1.4)
        until(lambda: yard.due_in(delivery) < 0 and _lease(yard, delivery) > 1.0)
        assert yard.take_over() == 0
        return Outcome("row")

    assert a_worker(yard, record=Handiwork(do), lease_seconds=1.5).drain() == {"done": 1}


def test_what_others_drop_is_taken_over_while_it_works(yard: Yard):
    """In a long run as well as at its beginning."""
    dropped = yard.plan(person=1)
    yard.taken(owner="elsewhere/x/1:2:dead")
    yard.plan(person=2)
    done = threading.Event()

    def do(work: Work, notebook: Notebook) -> Outcome:
        if work.delivery_id == dropped:
            done.set()
            return Outcome("row")
        yard.clock.forward(seconds=121)
        assert done.wait(8), "nobody took it over"
        return Outcome("row")

    assert a_worker(yard, record=Handiwork(do), lease_seconds=1.5).drain() == {"done": 2}
    assert yard.attempts(dropped) == ["interrupted", "done"]


@pytest.mark.usefixtures("one_by_one")
def test_a_worker_that_was_taken_over_from_does_nothing_more_for_it(yard: Yard):
    delivery = yard.plan()
    sent: list[int] = []

    def do(work: Work, notebook: Notebook) -> Outcome:
        if not sent:
            yard.clock.forward(seconds=200)
            yard.take_over()
            yard.taken(owner="elsewhere/x/1:9:successor")
            sent.append(0)
        notebook.note(sent_at=yard.clock())
        sent.append(work.fence)
        return Outcome("row")

    assert a_worker(yard, record=Handiwork(do), **{REGISTRY: 1}).drain() == {}
    assert sent == [0], "it would have sent what its successor sends"
    assert yard.row(delivery).lease_owner == "elsewhere/x/1:9:successor"


def test_a_process_that_was_frozen_while_it_wrote_down_what_it_sends_does_not_send_it(
    yard: Yard, monkeypatch
):
    delivery = yard.plan()
    save, sent = queue.save_progress, []

    def then_freeze(*args, **more) -> None:
        save(*args, **more)
        yard.clock.forward(minutes=10)

    monkeypatch.setattr(queue, "save_progress", then_freeze)

    def do(work: Work, notebook: Notebook) -> Outcome:
        notebook.note(sent_at=yard.clock())
        sent.append(work.delivery_id)
        return Outcome("row")

    a_worker(yard, record=Handiwork(do)).drain()
    assert sent == []
    assert yard.state(delivery) == "running"
    assert yard.take_over() == 1


@pytest.mark.usefixtures("one_by_one")
def test_a_late_word_is_counted_as_lost(yard: Yard):
    def do(work: Work, notebook: Notebook) -> Outcome:
        yard.clock.forward(seconds=200)
        yard.take_over()
        yard.taken(owner="elsewhere/x/1:9:successor")
        return Outcome("row")

    yard.plan()
    assert a_worker(yard, record=Handiwork(do), **{REGISTRY: 1}).drain() == {"lost": 1}


# --- a database that is away


def test_what_was_confirmed_is_written_down_when_the_database_is_back(yard: Yard, monkeypatch):
    delivery = yard.plan()
    away = {"left": 3}
    writing = yard.store.writing

    def sometimes_away():
        if yard.row(delivery).attempts and away["left"]:
            away["left"] -= 1
            raise TimeoutError("the database is away")
        return writing()

    monkeypatch.setattr(yard.store, "writing", sometimes_away)
    assert a_worker(yard).drain() == {"done": 1}
    assert yard.attempts(delivery) == ["done"]


def test_whether_there_is_anything_to_do_is_asked_for_its_own_remotes(yard: Yard, clock: Clock):
    worker = a_worker(yard)
    assert not worker.has_work()
    yard.plan(remote="registry.old")
    assert not worker.has_work()
    yard.plan()
    assert worker.has_work()


def _lease(yard: Yard, delivery: int) -> float:
    """Seconds that its lease still has to go."""
    lease_until = yard.row(delivery).lease_until
    return (lease_until - yard.clock()).total_seconds()
