"""What a delivery meets at the gate: hours that are over, and a turn that has not come."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from contextlib import nullcontext
from zoneinfo import ZoneInfo

import pytest

from lms_bridge.config.remote import RegistrySettings
from lms_bridge.deliveries.queue import LeaseLost
from lms_bridge.deliveries.step import Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.deliveries.worker import Worker
from lms_bridge.errors import NotNow
from lms_bridge.http import gate
from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.manners.gate import gate_of
from lms_bridge.manners.hours import Hours
from lms_bridge.reasons import Reason
from tests.conftest import Clock
from tests.deliveries.test_worker import Handiwork
from tests.deliveries.yard import REGISTRY, SETTINGS, Yard, dead_token

# The clock stands at Tuesday 10:00 in Jakarta.
OPEN_NOW = "Mon-Fri 07:00-17:00"
CLOSED_NOW = "Sat 08:00-12:00"


@pytest.fixture
def yard(store, clock: Clock) -> Yard:
    return Yard(store, clock)


def a_gate(yard: Yard, **settings: object) -> Gate:
    return gate_of(
        yard.store,
        REGISTRY,
        RegistrySettings(**settings),
        zone="Asia/Jakarta",
        owner="elsewhere/x/1:1:worker",
        clock=yard.clock,
    )


def a_worker(yard: Yard, do: Callable[[Work, Notebook], Outcome], hours: str = "") -> Worker:
    return Worker(
        yard.store,
        {(REGISTRY, "record"): Handiwork(do)},
        concurrency={REGISTRY: 2},
        settings=SETTINGS,
        owner="elsewhere/x/1:1:worker",
        clock=yard.clock,
        hours={REGISTRY: Hours([hours], ZoneInfo("Asia/Jakarta"))} if hours else {},
    )


def recorded(_work: Work, _notebook: Notebook) -> Outcome:
    return Outcome("row")


def test_without_manners_there_is_nothing_to_pass(yard: Yard) -> None:
    assert a_gate(yard) is OPEN
    assert isinstance(OPEN.turn(writes=True), nullcontext)


def test_outside_its_hours_nothing_passes(yard: Yard) -> None:
    one = a_gate(yard, working_hours=CLOSED_NOW)
    with pytest.raises(NotNow) as caught, one.turn(writes=False):
        raise AssertionError("it was called")
    assert caught.value.until == dt.datetime(2026, 11, 28, 1, 0, tzinfo=dt.UTC)
    yard.clock.forward(days=4)
    with one.turn(writes=False):
        pass


def test_the_zone_may_be_its_own(yard: Yard) -> None:
    hours = {"working_hours": "Mon-Fri 11:30-12:30"}
    with pytest.raises(NotNow), a_gate(yard, **hours).turn(writes=False):
        pass
    with a_gate(yard, **hours, time_zone="Asia/Jayapura").turn(writes=False):
        pass


def test_hours_that_end_while_it_waits_are_over(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = a_gate(yard, working_hours=OPEN_NOW, requests_per_second=4)
    with one.turn(writes=False):
        yard.clock.forward(hours=6, minutes=59, seconds=59)
    monkeypatch.setattr(gate, "sleep", lambda _seconds: yard.clock.forward(seconds=2))
    with pytest.raises(NotNow), one.turn(writes=False):
        raise AssertionError("it was called")


# --- deliveries


def test_outside_its_hours_nothing_is_taken(yard: Yard) -> None:
    delivery = yard.plan()
    worker = a_worker(yard, recorded, CLOSED_NOW)
    assert not worker.has_work()
    assert worker.drain() == {}
    assert yard.row(delivery).attempts == 0
    yard.clock.forward(days=4)
    assert worker.has_work()
    assert worker.drain() == {"done": 1}


def test_one_remote_that_is_closed_keeps_no_other_waiting(yard: Yard) -> None:
    delivery = yard.plan(remote="lms.moodle", step="badge")
    worker = Worker(
        yard.store,
        {("lms.moodle", "badge"): Handiwork()},
        concurrency={REGISTRY: 1, "lms.moodle": 1},
        settings=SETTINGS,
        owner="o",
        clock=yard.clock,
        hours={REGISTRY: Hours([CLOSED_NOW], ZoneInfo("Asia/Jakarta"))},
    )
    assert worker.drain() == {"done": 1}
    assert yard.state(delivery) == "done"


def test_hours_that_end_in_the_middle_are_no_attempt_and_no_outage(yard: Yard) -> None:
    one, sent = a_gate(yard, working_hours=OPEN_NOW), []

    def record(_work: Work, notebook: Notebook) -> Outcome:
        with one.turn(writes=False):
            yard.clock.forward(seconds=20)
        notebook.note(row="known")
        with one.turn(writes=True):
            sent.append(1)
        return Outcome("row")

    delivery = yard.plan()
    yard.clock.forward(hours=6, minutes=59, seconds=50)
    assert a_worker(yard, record, OPEN_NOW).drain() == {"hold": 1}
    row = yard.row(delivery)
    assert (sent, row.state, row.attempts, row.failures) == ([], "waiting", 0, 0)
    assert yard.attempts(delivery) == []
    assert yard.health().failures == 0
    assert row.progress == {"row": "known"}
    assert yard.reason(delivery).code == "outside_working_hours"
    assert yard.due_in(delivery) == 14 * 3600 - 10
    yard.clock.forward(hours=14)
    assert a_worker(yard, recorded, OPEN_NOW).drain() == {"done": 1}
    assert yard.attempts(delivery) == ["done"]


def test_patience_is_not_used_up_by_hours(yard: Yard) -> None:
    delivery = yard.plan()
    yard.fail(yard.taken(), NotNow(Reason("new"), until=yard.clock.forward(days=60)))
    assert yard.row(delivery).effort_since == yard.clock()


def test_what_was_sent_before_is_looked_up_only_when_it_has_settled(yard: Yard) -> None:
    delivery = yard.plan()
    settled = yard.clock() + dt.timedelta(hours=2)
    error = NotNow(Reason("new"), until=yard.clock() + dt.timedelta(hours=1), outcome_unknown=True)
    yard.fail(yard.taken(), error, not_before=settled)
    assert yard.due_in(delivery) == 7200


def test_a_registry_that_is_down_shows_that_and_not_its_hours(yard: Yard) -> None:
    from lms_bridge import reports

    closed = Hours([CLOSED_NOW], ZoneInfo("Asia/Jakarta")).closed(REGISTRY, yard.clock())
    assert closed is not None
    yard.plan()
    with yard.store.reading() as db:
        (line,) = reports.list_deliveries(db, now=yard.clock(), closed={REGISTRY: closed})
    assert line.reason == closed
    yard.bring_down(error=dead_token())
    with yard.store.reading() as db:
        (line,) = reports.list_deliveries(db, now=yard.clock(), closed={REGISTRY: closed})
    assert line.reason.code == "sso_token_expired"


def test_a_worker_that_ends_does_not_wait_for_its_turn(yard: Yard) -> None:
    one, sent = a_gate(yard, requests_per_second=0.01), []
    with one.turn(writes=False):
        pass

    def record(_work: Work, _notebook: Notebook) -> Outcome:
        with one.turn(writes=True):
            sent.append(1)
        return Outcome("row")

    delivery = yard.plan()
    begun = time.monotonic()
    a_worker(yard, record).drain(lambda _done: time.monotonic() - begun < 0.3)
    assert time.monotonic() - begun < 5
    row = yard.row(delivery)
    assert (sent, row.state, row.attempts, yard.attempts(delivery)) == ([], "waiting", 0, [])


def test_who_lost_its_lease_while_it_waited_sends_nothing(yard: Yard) -> None:
    one, sent, begun = a_gate(yard, requests_per_second=2), [], []

    def record(_work: Work, notebook: Notebook) -> Outcome:
        begun.append(1)
        notebook.note(sent_at=yard.clock())
        with one.turn(writes=False):
            pass
        yard.clock.forward(seconds=SETTINGS.lease_seconds + 1)  # as if it had been frozen
        yard.take_over()
        with one.turn(writes=True):
            sent.append(1)
        return Outcome("row")

    yard.plan()
    a_worker(yard, record).drain(lambda _done: not begun)
    assert begun
    assert sent == []


def test_a_wait_renews_the_lease(yard: Yard) -> None:
    work_is = []

    def record(work: Work, _notebook: Notebook) -> Outcome:
        yard.clock.forward(seconds=100)
        gate.make_sure()
        work_is.append((yard.row(1).lease_until - yard.clock()).total_seconds())
        return Outcome("row")

    yard.plan()
    assert a_worker(yard, record).drain() == {"done": 1}
    assert work_is == [SETTINGS.lease_seconds]


def test_outside_of_a_delivery_there_is_no_lease_to_lose() -> None:
    gate.make_sure()
    assert issubclass(LeaseLost, Exception)
