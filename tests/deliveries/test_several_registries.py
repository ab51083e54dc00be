"""Several registries: all of them, and one after the other where that is configured."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from lms_bridge import completions
from lms_bridge.deliveries import actions, planning
from lms_bridge.deliveries.after_step import AfterStep, FirstStep
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.step import Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.deliveries.worker import Worker
from lms_bridge.errors import DeliveryError
from lms_bridge.store.schema import deliveries
from tests.config.documents import problems
from tests.deliveries.yard import REGISTRY, Yard, refused

CITY, NATION = "registry.simpeg", REGISTRY


class Recording:
    """A step that works, or fails as it is told to."""

    def __init__(self) -> None:
        self.error: DeliveryError | None = None
        self.done: list[int] = []

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        if self.error:
            raise self.error
        self.done.append(work.completion_id)
        return Outcome(f"row-{work.completion_id}")

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return None


class Two:
    """A city's SIMPEG, and SIASN after it."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.city, self.nation = Recording(), Recording()

    def plan(self) -> tuple[int, int]:
        """A completion for both; the numbers of its deliveries."""
        first = self.yard.plan(remote=CITY)
        row = self.yard.row(first)
        with self.yard.store.writing() as db:
            employee = int(row.lane.rpartition(":")[2])
            step = Planned("record", NATION, after=CITY)
            planning.plan(db, row.completion_id, employee, [step], self.yard.clock())
            mine = select(deliveries.c.id).where(
                deliveries.c.completion_id == row.completion_id, deliveries.c.remote == NATION
            )
            return first, int(db.execute(mine).scalar_one())

    def deliver(self) -> dict[str, int]:
        yard = self.yard
        worker = Worker(
            yard.store,
            {
                (CITY, "record"): FirstStep(self.city, clock=yard.clock),
                (NATION, "record"): AfterStep(self.nation, CITY, yard.store, clock=yard.clock),
            },
            concurrency={CITY: 2, NATION: 2},
            settings=yard.settings,
            owner="elsewhere/x/1:1:worker",
            clock=yard.clock,
            chance=lambda: 0.5,
        )
        return dict(worker.drain() + worker.drain())


@pytest.fixture
def two(yard: Yard) -> Two:
    return Two(yard)


def test_the_second_follows_as_soon_as_the_first_is_done(two: Two) -> None:
    first, second = two.plan()
    assert two.yard.reason(second).what() == (
        "It follows as soon as the completion is recorded at registry.simpeg."
    )
    assert two.deliver() == {"done": 2}
    assert two.city.done == two.nation.done == [1]
    assert {two.yard.state(one) for one in (first, second)} == {"done"}


def test_while_the_first_does_not_go_through_the_second_waits_and_says_for_what(two: Two) -> None:
    _, second = two.plan()
    two.city.error = refused()
    two.deliver()
    assert two.nation.done == []
    assert two.yard.state(second) == "waiting"
    assert two.yard.reason(second).code == "waits_for_registry"
    two.yard.clock.forward(seconds=7 * 3600)  # it looks, and waits on
    two.deliver()
    assert two.nation.done == []
    assert two.yard.attempts(second) == []
    assert two.yard.row(second).failures == 0


def test_when_the_first_was_mended_both_go_through(two: Two) -> None:
    first, second = two.plan()
    two.city.error = refused()
    two.deliver()
    two.city.error = None
    with two.yard.store.writing() as db:
        actions.retry(db, [first], now=two.yard.clock())
    two.deliver()
    assert two.yard.state(second) == "done"


def test_when_a_person_gives_the_first_up_the_second_goes_on(two: Two) -> None:
    first, second = two.plan()
    two.city.error = refused()
    two.deliver()
    with two.yard.store.writing() as db:
        actions.cancel(db, [first], by="ani", why="tidak perlu", now=two.yard.clock())
    two.yard.clock.forward(seconds=7 * 3600)
    two.deliver()
    assert two.yard.state(second) == "done"


def test_what_is_told_of_again_keeps_the_order(two: Two) -> None:
    first, second = two.plan()
    completion_id = two.yard.row(first).completion_id
    two.yard.take_back(completion_id)
    with two.yard.store.writing() as db:
        completions.resume(db, completion_id, two.yard.clock())
    two.city.error = refused()
    two.deliver()
    assert two.nation.done == []
    assert two.yard.reason(second).code == "waits_for_registry"


def test_what_was_taken_back_meanwhile_goes_nowhere(two: Two) -> None:
    first, second = two.plan()
    two.city.error = refused()
    two.deliver()
    two.yard.take_back(two.yard.row(first).completion_id)
    assert {two.yard.state(one) for one in (first, second)} == {"cancelled"}


REGISTRIES = """
[registry.satu]
type = "file"
profile = "siasn-kursus"
{satu}
[registry.dua]
type = "file"
profile = "siasn-kursus"
{dua}
"""


@pytest.mark.parametrize(
    ("satu", "dua", "said"),
    [
        ("", 'after = "satu"', []),
        ("", 'after = "sat"', ["there is no [registry.sat]; did you mean satu?"]),
        ('after = "satu"', "", ["satu after satu: none would ever begin"]),
        (
            'after = "dua"',
            'after = "satu"',
            [
                "satu after dua after satu: none would ever begin",
                "dua after satu after dua: none would ever begin",
            ],
        ),
    ],
)
def test_an_order_that_cannot_be_is_told(satu: str, dua: str, said: list[str]) -> None:
    found = problems(REGISTRIES.format(satu=satu, dua=dua))
    assert [one.split(".after: ", 1)[1] for one in map(str, found)] == said
