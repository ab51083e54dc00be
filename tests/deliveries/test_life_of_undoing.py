"""Any life that a completion can have which is taken back, undone, and told of again.

A worker carries out the real steps against a registry in which everything happens just when
the machine says so: rows are written and deleted, with an answer, without one, later, never,
or with a "success" that is none; the worker is killed; voidings, HR's decisions and new
statements come at any moment.

Whatever happened: no row is ever deleted but the one that a completion which HR had undone was
recorded as; no completion has two rows; and when all is well again, what stands has exactly
one row, what was undone has none, and what was taken back and is there is seen by HR.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from lms_bridge import completions as completion
from lms_bridge import withdrawals
from lms_bridge.deliveries import actions, health
from lms_bridge.registries.base import RecordedTraining, Training
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, deliveries, metadata
from lms_bridge.withdrawals import CannotDecide
from tests.conftest import NOW, Clock
from tests.deliveries.test_life_of_deliveries import LANDING, Killed, Performance
from tests.deliveries.yard import (
    REGISTRY,
    Yard,
    refuse_illegal_transitions,
    refused,
    unavailable,
    unknown,
)
from tests.trials import times

ENDS = st.sampled_from(["done", "done", "no answer", "late", "never arrived", "hollow", "refused"])


class Undoing(RuleBasedStateMachine):
    """See the module."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        with self.store.writing() as db:
            for table in reversed(metadata.sorted_tables):
                db.execute(table.delete())
        self.yard = Yard(self.store, Clock(NOW))
        for _ in range(2):
            self.yard.plan()
        self.rows = {"by-hand": RecordedTraining("by-hand", "Kearsipan", "LAN", "800/1")}
        self.pending: list[tuple[dt.datetime, RecordedTraining | str]] = []
        """rows to be written, and ids of rows to be deleted, and when that happens"""
        self.worker: Performance | None = None
        self._named = 0

    @property
    def clock(self) -> Clock:
        return self.yard.clock

    # --- what comes in, and what HR says

    @rule(number=st.integers(0, 1))
    def it_is_taken_back(self, number: int) -> None:
        if self._stands(number):
            self.yard.take_back(self._ids()[number])

    @rule(number=st.integers(0, 1))
    def it_is_told_of_again(self, number: int) -> None:
        if not self._stands(number):
            with self.store.writing() as db:
                completion.resume(db, self._ids()[number], self.clock())

    @rule(number=st.integers(0, 1), what=st.sampled_from(["undo", "undo", "keep"]))
    def hr_decides(self, number: int, what: Any) -> None:
        with suppress(CannotDecide):
            self.yard.decide(self._ids()[number], what)

    @rule()
    def a_person_has_all_blocked_tried_again(self) -> None:
        with self.store.writing() as db:
            actions.retry_all(db, now=self.clock())

    # --- the worker, and the registry

    @precondition(lambda self: self.worker is None)
    @rule()
    def a_worker_takes_the_next(self) -> None:
        self._named += 1
        work = self.yard.claim(owner=f"elsewhere/x/1:1:{self._named}")
        if work is not None:
            self.worker = Performance(self.yard, work, "elsewhere/x/1:1:a")

    @precondition(lambda self: self.worker is not None)
    @rule(end=ENDS, late=LANDING)
    def the_registry_answers(self, end: str, late: float) -> None:
        one = self.worker
        assert one is not None
        if one.at == "list":
            one.answer(list(self.rows.values()) if end != "refused" else unavailable())
        elif one.at in ("record", "remove"):
            effect = self._effect(one)
            if end == "late":
                self.pending.append((self.clock() + dt.timedelta(seconds=late), effect))
            elif end in ("done", "no answer") or (end == "hollow" and one.at == "record"):
                self._take_effect(effect)
            if end in ("done", "hollow"):
                one.answer(effect.id if isinstance(effect, RecordedTraining) else None)
            else:
                one.answer(refused() if end == "refused" else unknown())
        self._end_attempt()

    @precondition(lambda self: self.worker is not None)
    @rule(late=st.none() | LANDING)
    def the_worker_is_killed(self, late: float | None) -> None:
        one, self.worker = self.worker, None
        assert one is not None
        if one.at in ("record", "remove") and late is not None:
            self.pending.append((self.clock() + dt.timedelta(seconds=late), self._effect(one)))
        if one.at in ("list", "record", "remove"):
            one.answer(Killed())

    @rule(seconds=st.sampled_from([1, 60, 310, 4000]))
    def time_passes(self, seconds: int) -> None:
        if self.worker is None:  # a worker that lives keeps its lease
            self.clock.forward(seconds=seconds)
            self.yard.take_over()
        now = [effect for at, effect in self.pending if at <= self.clock()]
        self.pending = [one for one in self.pending if one[0] > self.clock()]
        for effect in now:
            self._take_effect(effect)

    def _effect(self, one: Performance) -> RecordedTraining | str:
        """What the call would do: write a row, or delete the one with that id."""
        if one.at == "remove":
            self._check_deletion(one)
            return str(one.asked)
        training: Training = one.asked
        self._named += 1
        return RecordedTraining(
            id=f"row-{self._named}",
            name=training.name,
            organiser=training.organiser,
            certificate_number=training.certificate_number,
            starts=training.starts,
            ends=training.ends,
        )

    def _check_deletion(self, one: Performance) -> None:
        """It is the row that the completion was recorded as, and HR had decided so."""
        mine = one.work.completion_id
        row = self._steps()[mine]["record"]
        assert row.result_id == one.asked
        decided = select(schema.withdrawals.c.decision).where(
            schema.withdrawals.c.completion_id == mine
        )
        with self.store.reading() as db:
            assert "undo" in db.execute(decided).scalars().all()

    def _take_effect(self, effect: RecordedTraining | str) -> None:
        if isinstance(effect, str):
            self.rows.pop(effect, None)
        else:
            self.rows[effect.id] = effect

    def _end_attempt(self) -> None:
        one = self.worker
        if one is not None and one.at == "finished":
            assert one.finish is not None
            with self.store.writing() as db:
                one.finish(db)
            self.worker = None

    # --- what always holds

    @invariant()
    def what_others_typed_is_there(self) -> None:
        assert "by-hand" in self.rows

    @invariant()
    def no_completion_has_two_rows(self) -> None:
        numbers = [row.certificate_number for row in self.rows.values()]
        assert len(numbers) == len(set(numbers)), numbers

    @invariant()
    def of_a_step_and_what_undoes_it_never_both_are_done(self) -> None:
        for steps in self._steps().values():
            assert [one.state for one in steps.values()].count("done") < 2

    def teardown(self) -> None:
        """All is well again, and HR has undone half of what it could decide about."""
        if self.worker is not None:
            self.the_worker_is_killed(None)
        self._settle()
        with self.store.reading() as db:
            undecided = withdrawals.undecided(db)
        for number in undecided[::2]:
            self.yard.decide(number, "undo")
        self._settle()
        self.what_others_typed_is_there()
        self.no_completion_has_two_rows()
        with self.store.reading() as db:
            undecided = withdrawals.undecided(db)
            decisions = withdrawals.current(db, select(completions.c.id))
        mine = {row.certificate_number: row.id for row in self.rows.values()}
        for number, steps in self._steps().items():
            record, withdrawal = steps["record"], decisions.get(number)
            row = mine.get(self._number(number))
            assert record.result_id == row
            assert record.state == ("done" if row else "cancelled")
            if withdrawal is None:
                assert row is not None
            elif withdrawal.decision == "undo":
                assert row is None
            elif withdrawal.decision == "":
                assert (row is not None) == (number in undecided)

    def _settle(self) -> None:
        with self.store.writing() as db:
            health.reset(db, REGISTRY, now=self.clock())
        for _ in range(60):
            self.clock.forward(seconds=400)
            self.time_passes(1)
            self.a_person_has_all_blocked_tried_again()
            while self.worker is None and self.yard.health().may_be_used(self.clock()):
                self.a_worker_takes_the_next()
                if self.worker is None:
                    break
                while self.worker is not None:
                    self.the_registry_answers("done", 0)
            if not any(
                one.state in ("waiting", "retrying", "running", "blocked")
                for steps in self._steps().values()
                for one in steps.values()
            ):
                return
        raise AssertionError("it does not come to rest")

    def _ids(self) -> list[int]:
        with self.store.reading() as db:
            return list(db.execute(select(completions.c.id).order_by(completions.c.id)).scalars())

    def _number(self, completion_id: int) -> str:
        query = select(completions.c.certificate_number).where(completions.c.id == completion_id)
        with self.store.reading() as db:
            return str(db.execute(query).scalar_one())

    def _stands(self, number: int) -> bool:
        query = select(completions.c.withdrawn_at).order_by(completions.c.id)
        with self.store.reading() as db:
            return db.execute(query).scalars().all()[number] is None

    def _steps(self) -> dict[int, dict[str, Any]]:
        steps: dict[int, dict[str, Any]] = {}
        with self.store.reading() as db:
            for row in db.execute(select(deliveries).order_by(deliveries.c.id)):
                steps.setdefault(row.completion_id, {})[row.step] = row
        return steps


def test_whatever_life_a_completion_has_no_wrong_row_is_deleted_and_none_is_forgotten(
    store: Store,
):
    refuse_illegal_transitions(store)
    machine = type("UndoingOnThisDatabase", (Undoing,), {"store": store})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=times(0.4),
            stateful_step_count=50,
            suppress_health_check=list(HealthCheck),
        ),
    )
