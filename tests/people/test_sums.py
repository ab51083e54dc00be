"""Whatever happens in whatever order, the sums that are kept are what adding up anew comes to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lms_bridge import corrections
from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.config.settings import Delivery, YearlyHours
from lms_bridge.deliveries import queue
from lms_bridge.deliveries.queue import Trace
from lms_bridge.deliveries.step import Outcome
from lms_bridge.people import gathering, history, learned, sums
from lms_bridge.people.changed import HOURS
from lms_bridge.people.counting import Counting
from lms_bridge.people.history import Whose
from lms_bridge.people.hours import hours_of
from lms_bridge.people.identities import employee_of
from lms_bridge.people.merging import merge
from lms_bridge.registries.base import RecordedTraining
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import employees, metadata, yearly_hours, yearly_trainings
from lms_bridge.withdrawals import CannotDecide, Decision
from tests.badges.hall import Hall
from tests.conftest import NOW, Clock
from tests.scene import course
from tests.trials import times

_PEOPLE = (SITI, BUDI)
_YEARS = (2024, 2025, 2026)
_KEPT = ("alembic_version",)


class Story:
    """What happens to what people have learned, one thing after another, at random."""

    def __init__(self, store: Store, chance: Random) -> None:
        self.store, self.chance = store, chance
        self.hall = Hall(store, Clock(NOW))
        self.counting = Counting(store)
        with store.writing() as db:  # of the example before
            for table in reversed(metadata.sorted_tables):
                if table.name not in _KEPT:
                    db.execute(table.delete())
        self.offer()
        self.ids = [self.employee(nip) for nip in _PEOPLE]

    def employee(self, nip: str) -> int:
        with self.store.writing() as db:
            return employee_of(db, nip, name="", now=self.hall.clock())

    def offer(self) -> None:
        kind, name = self.chance.choice((4, 9)), self.chance.choice(("Arsip", "Etika"))
        self.hall.offer(course("A", run="yearly", kind=kind, name=name, hours=8))
        self.hall.offer(course("B", run="yearly", hours=5))

    def complete(self) -> None:
        day = dt.date(self.chance.choice(_YEARS), 3, self.chance.randint(1, 3))
        key, nip = self.chance.choice("AB"), self.chance.choice(_PEOPLE)
        self.hall.complete(nip, key, day.isoformat(), run=str(day.year))

    def take_back(self) -> None:
        if standing := [row.id for row in self.hall.completions() if row.withdrawn_at is None]:
            self.hall.take_back(self.chance.choice(standing))

    def decide(self) -> None:
        if gone := [row.id for row in self.hall.completions() if row.withdrawn_at is not None]:
            what: Decision = self.chance.choice(("undo", "keep"))
            with suppress(CannotDecide):
                self.hall.decide(self.chance.choice(gone), what)

    def correct(self) -> None:
        if standing := [row.id for row in self.hall.completions() if row.withdrawn_at is None]:
            with self.store.writing() as db:
                new = {"hours": self.chance.randint(1, 30)}
                planned = corrections.plan(db, self.chance.choice(standing), new)
                corrections.make(db, planned, (), by="ani", why="", now=self.hall.clock())

    def deliver(self) -> None:
        """A registry has the row; by which id it goes may be known from its history or not."""
        with self.store.writing() as db:
            work = queue.claim(
                db, "registry.siasn", owner="x", now=self.hall.clock(), settings=Delivery()
            )
            if work is not None:
                done = Outcome(self.chance.choice("abc"))
                queue.succeed(db, work, done, Trace(work.progress), now=self.hall.clock())

    def read(self) -> None:
        """The history of somebody is read."""
        rows = [
            RecordedTraining(
                id=row_id,
                name=self.chance.choice(("Arsip", "ETIKA", "Lain")),
                organiser="",
                certificate_number=self.chance.choice(("", f"N/{row_id}")),
                hours=self.chance.choice((None, 3, 8)),
                starts=day,
                ends=day,
                kind=self.chance.choice((None, 9)),
            )
            for row_id in self.chance.sample("abcd", self.chance.randint(0, 4))
            for day in [dt.date(self.chance.choice(_YEARS), 3, self.chance.randint(1, 3))]
        ]
        whose = Whose(
            self.employee(self.chance.choice(_PEOPLE)), self.chance.choice(("siasn", "z"))
        )
        with self.store.writing() as db:
            history.keep(db, whose, {"kursus": rows}, self.hall.clock())

    def forget(self) -> None:
        with self.store.writing() as db:
            history.forget_other_registries(db, ["siasn"], self.hall.clock())

    def merge(self) -> None:
        one, other = self.chance.sample(_PEOPLE, 2)
        stays = self.employee(one)
        with self.store.writing() as db:
            merge(db, other, stays, now=self.hall.clock())

    def count(self) -> None:
        self.counting.run()

    def look(self) -> None:
        """Before all is counted and after, they are what adding up comes to."""
        self._agree()
        self.count()
        with self.store.reading() as db:
            assert not HOURS.is_any(db)
        self._agree()
        with self.store.reading() as db:
            kept = {tuple(row) for row in db.execute(select(yearly_trainings))}
            parts = {
                (who, *part, *one)
                for who, every in self._everything().items()
                for part, one in sums.parts_of(every).items()
            }
            assert kept == parts
            whose = set(db.scalars(select(yearly_hours.c.employee_id)))
        assert whose <= set(self._everything())

    def _agree(self) -> None:
        for year in _YEARS:
            real = {who: hours_of(every, year) for who, every in self._everything().items()}
            with self.store.reading() as db:
                told = sums.hours(db, year)
                few = learned.lacking(db, EVERYBODY, year=year, yearly=YearlyHours())
            assert {who: told.get(who, sums.NONE) for who in real} == real
            assert {one.employee.id: one.hours for one in few} == {
                who: hours for who, hours in real.items() if hours.total < 20
            }

    def _everything(self) -> Mapping[int, list[learned.Learned]]:
        with self.store.reading() as db:
            everybody = db.scalars(select(employees.c.id)).all()
            return {k: list(v) for k, v in gathering.trainings(db, everybody).items()}


_STEPS = (
    *(Story.complete, Story.read, Story.deliver) * 3,
    *(Story.take_back, Story.decide, Story.correct, Story.offer, Story.forget, Story.count),
    *(Story.look,) * 2,
)


@settings(max_examples=times(0.2), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_sums_are_what_adding_up_comes_to(store: Store, seed: int) -> None:
    story = Story(store, Random(seed))
    for _ in range(20):
        story.chance.choice(_STEPS)(story)
    story.look()
    story.merge()
    story.look()
