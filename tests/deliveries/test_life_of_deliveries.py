"""Any life that deliveries can have, against a reference that is too simple to be wrong.

Three workers carry out the real step against a registry in which everything happens just
when the machine says so: lists are read, rows are written, answers come, come not, or the row
lands after everybody gave up; workers are killed, fall silent, speak up late, and put back what
they took; people have deliveries tried again or give them up, and pause the registry; it goes down
and comes back; time passes. That deliveries are undone stands in :mod:`.test_life_of_undoing`.

Whatever happened: never two of one person are under way, no state is reached but by its
event, no completion ever has two rows; and when all is well again, each has exactly one.
"""

from __future__ import annotations

import datetime as dt
import queue as queues
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, text

from lms_bridge.deliveries import actions, health, leases, queue
from lms_bridge.deliveries.lifecycle import IllegalTransition
from lms_bridge.deliveries.performing import Finish, Performer
from lms_bridge.deliveries.queue import LeaseLost
from lms_bridge.deliveries.record_step import RecordStep
from lms_bridge.deliveries.step import Step
from lms_bridge.deliveries.unrecord_step import UnrecordStep
from lms_bridge.deliveries.work import Work
from lms_bridge.registries.base import RecordedTraining, RegistryEmployee, Training
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries, metadata
from tests.conftest import NOW, Clock
from tests.deliveries.yard import (
    REGISTRY,
    Yard,
    refuse_illegal_transitions,
    refused,
    unavailable,
    unknown,
)
from tests.trials import times

SETTLE = 300.0
WORKERS = 3
LANDING = st.sampled_from([1.0, 100.0, SETTLE - 1, SETTLE - 1])
"""seconds until a row lands that nobody waits for any more"""


class Killed(BaseException):
    """The end of a worker in the middle of a call."""


class Performance:
    """One attempt of a worker, which stands still at each call of the registry."""

    def __init__(self, yard: Yard, work: Work, owner: str) -> None:
        self.work = work
        self.owner = owner
        self.at = ""
        """the call that waits for its answer; or "finished", "lost" or "killed" """
        self.asked: Any = None
        self.finish: Finish | None = None
        self.silent = False
        self.released_at: dt.datetime | None = None
        self._yard = yard
        self._answers: queues.Queue[Any] = queues.Queue()
        self._stops: queues.Queue[str] = queues.Queue()
        steps: dict[tuple[str, str], Step] = {
            (REGISTRY, name): step(self, yard.store, clock=yard.clock, settle_seconds=SETTLE)
            for name, step in (("record", RecordStep), ("unrecord", UnrecordStep))
        }
        self._performer = Performer(steps, yard.settings, clock=yard.clock, chance=lambda: 0.5)
        threading.Thread(target=self._run, daemon=True).start()
        self._until_it_stops()

    def answer(self, answer: Any) -> None:
        """Let the call that waits end so."""
        self._answers.put(answer)
        self._until_it_stops()

    def _until_it_stops(self) -> None:
        self.at = self._stops.get(timeout=20)

    def _run(self) -> None:
        try:
            self.finish = self._performer.perform(self.work, self._write).finish
            self._stops.put("finished")
        except LeaseLost:
            self._stops.put("lost")
        except Killed:
            self._stops.put("killed")

    def _write(self, call: Callable[[Any], None]) -> None:
        with self._yard.store.writing() as db:
            call(db)

    # --- the registry, as the step sees it

    name = "siasn"

    def find_employee(self, nip: str) -> RegistryEmployee:
        return RegistryEmployee(nip=nip, person_id=nip, name="")

    def trainings_of(self, employee: RegistryEmployee, kind: int) -> list[RecordedTraining]:
        return self._call("list", employee)

    def record(self, employee: RegistryEmployee, training: Training) -> str:
        return self._call("record", training)

    def remove(self, employee: RegistryEmployee, kind: int, row_id: str) -> None:
        self._call("remove", row_id)

    def check(self) -> Any:
        raise NotImplementedError

    def _call(self, name: str, asked: Any) -> Any:
        self.asked = asked
        self._stops.put(name)
        answer = self._answers.get(timeout=20)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Life(RuleBasedStateMachine):
    """See the module."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        with self.store.writing() as db:
            for table in reversed(metadata.sorted_tables):
                db.execute(table.delete())
        self.yard = Yard(self.store, Clock(NOW))
        self.workers: dict[int, Performance] = {}
        self.rows: list[tuple[str, RecordedTraining]] = []
        """of the registry: the person's key, and the row"""
        self.landing: list[tuple[dt.datetime, str, RecordedTraining]] = []
        """rows that are on their way, and when they land"""
        self.people: dict[int, int] = {}
        self.state: dict[int, set[str]] = {}
        """the reference: in which states each delivery may be"""
        self.paused = False
        """the reference: whether a person wants nothing to be taken"""
        self._named = 0

    @property
    def clock(self) -> Clock:
        return self.yard.clock

    def _at(self, *places: str) -> list[int]:
        """The workers that stand there."""
        return sorted(name for name, one in self.workers.items() if one.at in places)

    # --- what comes in, and who takes it

    @precondition(lambda self: len(self.state) < 5)
    @rule(person=st.integers(1, 2))
    def a_completion_comes_in(self, person: int) -> None:
        delivery = self.yard.plan(person=person)
        self.people[delivery] = person
        self.state[delivery] = {"waiting"}

    @precondition(lambda self: len(self.workers) < WORKERS and self._next_due())
    @rule(reads_at_once=st.sampled_from([True, True, True, False]))
    def a_worker_takes_the_next(self, reads_at_once: bool) -> None:
        worker = min(set(range(WORKERS)) - set(self.workers))
        self._named += 1
        owner = f"elsewhere/x/1:{worker}:{self._named}"
        work = self._taken(owner)
        if work is None:
            return
        self.state[work.delivery_id] = {"running"}
        one = self.workers[worker] = Performance(self.yard, work, owner)
        if reads_at_once and one.at == "list":
            one.answer(self._history(one))

    @precondition(lambda self: self.state)
    @rule()
    def a_worker_takes_the_next_and_puts_it_back(self) -> None:
        """It was taken before something happened; it is as if it had not been."""
        attempts = {row.id: row.attempts for row in self._rows()}
        work = self._taken("elsewhere/x/1:8:back")
        if work is not None:
            with self.store.writing() as db:
                queue.put_back(db, work, now=self.clock())
            self.state[work.delivery_id] = {"waiting"}
        assert {row.id: row.attempts for row in self._rows()} == attempts

    def _taken(self, owner: str) -> Work | None:
        """The next, if the reference has one that may be taken now."""
        is_open = self.yard.health().may_be_used(self.clock()) and not self.paused
        expected = self._next_due() if is_open else None
        work = self.yard.claim(owner=owner)
        assert (work and work.delivery_id) == expected
        return work

    def _next_due(self) -> int | None:
        rows = self._rows()
        busy = {self.people[row.id] for row in rows if row.state == "running"}
        due = [
            (row.due_at, row.id)
            for row in rows
            if row.state in ("waiting", "retrying")
            and row.due_at <= self.clock()
            and self.people[row.id] not in busy
        ]
        return min(due)[1] if due else None

    # --- what the registry does

    @precondition(lambda self: self._at("list"))
    @rule(data=st.data(), well=st.integers(0, 9).map(bool))
    def the_history_is_read(self, data: st.DataObject, well: bool) -> None:
        one = self.workers[data.draw(st.sampled_from(self._at("list")))]
        one.answer(self._history(one) if well else unavailable())

    @precondition(lambda self: self._at("record"))
    @rule(
        data=st.data(),
        how=st.sampled_from(
            ["written", "no answer", "late", "late", "never arrived", "refused", "unavailable"]
        ),
        late=LANDING,
    )
    def a_row_is_written(self, data: st.DataObject, how: str, late: float) -> None:
        one = self.workers[data.draw(st.sampled_from(self._at("record")))]
        gone_for = one.released_at and (self.clock() - one.released_at).total_seconds()
        if gone_for is not None and gone_for + late >= SETTLE:
            how = "never arrived"  # a call that takes longer is beyond what settle_seconds promises
        if how in ("written", "no answer"):
            self._land(one)
        if how == "late":
            row = self._row_of(one)
            self.landing.append((self.clock() + dt.timedelta(seconds=late), *row))
        if how == "written":
            one.answer(self.rows[-1][1].id)
        else:
            one.answer({"refused": refused(), "unavailable": unavailable()}.get(how, unknown()))

    def _history(self, one: Performance) -> list[RecordedTraining]:
        return [row for person, row in self.rows if person == one.work.nip]

    def _row_of(self, one: Performance) -> tuple[str, RecordedTraining]:
        training: Training = one.asked
        self._named += 1
        row = RecordedTraining(
            id=f"row-{self._named}",
            name=training.name,
            organiser=training.organiser,
            certificate_number=training.certificate_number,
            starts=training.starts,
            ends=training.ends,
        )
        return one.work.nip, row

    def _land(self, one: Performance) -> None:
        self.rows.append(self._row_of(one))

    # --- how attempts end

    @precondition(lambda self: self._at("finished"))
    @rule(data=st.data())
    def a_worker_writes_down_what_came_of_it(self, data: st.DataObject) -> None:
        one = self.workers.pop(data.draw(st.sampled_from(self._at("finished"))))
        assert one.finish is not None
        try:
            with self.store.writing() as db:
                event = one.finish(db).event
        except LeaseLost:
            assert one.released_at is not None, "its lease was its own"
            return
        assert one.released_at is None, "somebody else has had it since"
        self.state[one.work.delivery_id] = {
            "done": {"done"},
            "block": {"blocked"},
            "hold": {"waiting"},
            "postpone": {"retrying"},
        }[event]

    @precondition(lambda self: self._at("lost"))
    @rule(data=st.data())
    def one_that_has_lost_its_lease_turns_to_something_else(self, data: st.DataObject) -> None:
        one = self.workers.pop(data.draw(st.sampled_from(self._at("lost"))))
        assert one.released_at is not None or one.silent

    @precondition(lambda self: self._at("list", "record"))
    @rule(data=st.data(), lands=st.none() | LANDING)
    def a_worker_is_killed(self, data: st.DataObject, lands: float | None) -> None:
        one = self.workers.pop(data.draw(st.sampled_from(self._at("list", "record"))))
        if one.at == "record" and lands is not None and one.released_at is None:
            self.landing.append((self.clock() + dt.timedelta(seconds=lands), *self._row_of(one)))
        one.answer(Killed())

    @precondition(lambda self: any(not one.silent for one in self.workers.values()))
    @rule(data=st.data())
    def a_worker_falls_silent(self, data: st.DataObject) -> None:
        """It lives, and its heartbeat does not get through."""
        loud = sorted(name for name, one in self.workers.items() if not one.silent)
        self.workers[data.draw(st.sampled_from(loud))].silent = True

    # --- time, and taking over

    @precondition(lambda self: self.state)
    @rule(seconds=st.sampled_from([1, 30, 30, 60, 119, 310]))
    def time_passes(self, seconds: int) -> None:
        for _ in range(-(-seconds // 40)):
            step = min(seconds, 40)
            self.clock.forward(seconds=step)
            for one in self.workers.values():
                if not one.silent:
                    with self.store.writing() as db:
                        leases.renew(
                            db,
                            one.owner,
                            [one.work.delivery_id],
                            now=self.clock(),
                            lease_seconds=self.yard.settings.lease_seconds,
                        )
        arrived = [row for row in self.landing if row[0] <= self.clock()]
        self.landing = [row for row in self.landing if row[0] > self.clock()]
        self.rows += [(person, row) for _, person, row in arrived]

    @precondition(lambda self: self._abandoned())
    @rule()
    def what_was_dropped_is_taken_over(self) -> None:
        abandoned = self._abandoned()
        assert self.yard.take_over() == len(abandoned)
        for delivery in abandoned:
            self.state[delivery] = {"retrying"}
        for one in self.workers.values():
            if one.work.delivery_id in abandoned and one.released_at is None:
                one.released_at = self.clock()

    def _abandoned(self) -> set[int]:
        return {
            row.id
            for row in self._rows()
            if row.state == "running" and row.lease_until <= self.clock()
        }

    # --- people

    @precondition(lambda self: self.state)
    @rule(data=st.data())
    def a_person_has_one_tried_again(self, data: st.DataObject) -> None:
        delivery = data.draw(st.sampled_from(sorted(self.state)))
        may = self.state[delivery] <= {"blocked", "retrying", "cancelled"}
        try:
            with self.store.writing() as db:
                actions.retry(db, [delivery], now=self.clock())
        except IllegalTransition:
            assert not may
        else:
            assert may
            self.state[delivery] = {"waiting"}

    @precondition(lambda self: self.state)
    @rule(data=st.data())
    def a_person_gives_one_up(self, data: st.DataObject) -> None:
        delivery = data.draw(st.sampled_from(sorted(self.state)))
        may = self.state[delivery] <= {"waiting", "retrying", "blocked"}
        try:
            with self.store.writing() as db:
                actions.cancel(db, [delivery], by="ani", why="", now=self.clock())
        except IllegalTransition:
            assert not may
        else:
            assert may
            self.state[delivery] = {"cancelled"}

    @precondition(lambda self: self.state)
    @rule(down=st.booleans())
    def the_registry_goes_down_or_comes_back(self, down: bool) -> None:
        if down:
            self.yard.bring_down()
        else:
            with self.store.writing() as db:
                health.reset(db, REGISTRY, now=self.clock())

    @precondition(lambda self: self.state)
    @rule(paused=st.booleans())
    def a_person_pauses_the_registry_or_resumes_it(self, paused: bool) -> None:
        with self.store.writing() as db:
            if paused:
                told = health.pause(db, REGISTRY, by="ani", why="", now=self.clock())
            else:
                told = health.resume(db, REGISTRY, now=self.clock())
        assert told == (paused != self.paused)
        self.paused = paused

    # --- what always holds

    @invariant()
    def of_one_person_never_two_are_under_way(self) -> None:
        lanes = (
            select(func.count()).where(deliveries.c.state == "running").group_by(deliveries.c.lane)
        )
        with self.store.reading() as db:
            assert all(count == 1 for count in db.execute(lanes).scalars())

    @invariant()
    def each_delivery_is_where_the_reference_says(self) -> None:
        for row in self._rows():
            assert row.state in self.state[row.id], (row.id, row.state, self.state[row.id])

    @invariant()
    def no_completion_has_two_rows(self) -> None:
        numbers = [row.certificate_number for _, row in self.rows]
        assert len(numbers) == len(set(numbers)), numbers

    @invariant()
    def what_is_done_has_the_row_that_it_says(self) -> None:
        ids = {row.id for _, row in self.rows}
        for row in self._rows():
            if row.state == "done":
                assert row.result_id in ids

    def teardown(self) -> None:
        """All is well again: what nobody gave up is recorded, once."""
        for worker in list(self.workers):
            one = self.workers.pop(worker)
            if one.at in ("list", "record"):
                one.answer(Killed())
        with self.store.writing() as db:
            health.resume(db, REGISTRY, now=self.clock())
            health.reset(db, REGISTRY, now=self.clock())
            actions.retry_all(db, now=self.clock())
        for _ in range(60):
            self.time_passes(400)
            self.yard.take_over()
            while (work := self.yard.claim()) is not None:
                self._carry_out(work)
            if not any(row.state in ("waiting", "retrying", "running") for row in self._rows()):
                break
        self.no_completion_has_two_rows()
        self.what_is_done_has_the_row_that_it_says()
        for row in self._rows():
            assert row.state in ("done", "cancelled")
        done = [row.result_id for row in self._rows() if row.state == "done"]
        assert len(done) == len(set(done))

    def _carry_out(self, work: Work) -> None:
        one = Performance(self.yard, work, "elsewhere/x/1:9:last")
        while one.at in ("list", "record"):
            if one.at == "list":
                one.answer(self._history(one))
            else:
                self._land(one)
                one.answer(self.rows[-1][1].id)
        assert one.finish is not None
        with self.store.writing() as db:
            one.finish(db)

    def _rows(self) -> list[Any]:
        with self.store.reading() as db:
            return list(db.execute(select(deliveries).order_by(deliveries.c.id)))


@pytest.mark.timeout(400)
def test_whatever_life_deliveries_have_each_is_done_once_in_the_end(store: Store):
    refuse_illegal_transitions(store)
    with store.writing() as db:
        assert db.execute(text("SELECT 1")).scalar() == 1
    machine = type("LifeOnThisDatabase", (Life,), {"store": store})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=times(0.24),
            stateful_step_count=60,
            suppress_health_check=list(HealthCheck),
        ),
    )
