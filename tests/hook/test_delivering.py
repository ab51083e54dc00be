"""Webhooks carried by the machinery of deliveries: taken once, whatever happens."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from lms_bridge.deliveries.after_step import AfterStep, FirstStep
from lms_bridge.deliveries.badge_step import BadgeStep
from lms_bridge.deliveries.planning import Planned, plan
from lms_bridge.deliveries.revoke_step import RevokeStep
from lms_bridge.deliveries.step import Notebook, Outcome
from lms_bridge.deliveries.tell_step import TellStep
from lms_bridge.deliveries.work import Work
from lms_bridge.deliveries.worker import Worker
from lms_bridge.lms.hook.client import Hooked
from lms_bridge.sandbox.city import SITI
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.deliveries.yard import COURSE, REGISTRY, Yard, refuse_illegal_transitions
from tests.hook.conftest import SECRET
from tests.hook.portal import Portal

LMS = "lms.portal"
LITDIG = {
    **COURSE,
    "badge": {"route": "direct", "name": "Badge Literasi Digital", "key": "LITDIG"},
}


class Recording:
    """A registry's step, which is always done, once the registry is open."""

    is_open = True

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        return Outcome("row-7")

    def not_before(self, notebook: Notebook) -> None:
        return None


class Town:
    """A worker that tells the portal, and a clock."""

    def __init__(self, yard: Yard, lms: Hooked) -> None:
        self.yard = yard
        clock, store = yard.clock, yard.store
        tell = TellStep(lms, "siasn", store, clock=clock)
        self.worker = Worker(
            store,
            {
                (LMS, "badge"): BadgeStep(lms, clock=clock, patience_hours=48),
                (LMS, "revoke"): RevokeStep(lms, store, clock=clock, look_after_minutes=60),
                (LMS, "tell"): AfterStep(tell, REGISTRY, store, clock=clock),
                (LMS, "untell"): tell,
                (REGISTRY, "record"): FirstStep(Recording(), clock=clock),
                (REGISTRY, "unrecord"): Recording(),
            },
            concurrency={LMS: 1, REGISTRY: 1},
            settings=yard.settings,
            owner="elsewhere/x/1:1:worker",
            clock=clock,
            chance=lambda: 0.5,
        )

    def badge(self) -> int:
        return self.yard.plan(nip=SITI, content=LITDIG, remote=LMS, step="badge")

    def deliver(self) -> Counter[str]:
        counts = self.worker.drain()
        return Counter({event: count for event, count in counts.items() if count})

    def later(self, seconds: float = 400) -> Counter[str]:
        self.yard.clock.forward(seconds=seconds)
        return self.deliver()

    def steps(self) -> dict[str, str]:
        """How each step stands."""
        with self.yard.store.reading() as db:
            rows = db.exec_driver_sql("SELECT step, state FROM deliveries ORDER BY id")
            return {row.step: row.state for row in rows}

    def undo(self, delivery: int) -> None:
        completion = self.yard.row(delivery).completion_id
        self.yard.take_back(completion)
        self.yard.decide(completion, "undo")


@pytest.fixture
def town(store: Store, clock: Clock, hooked: Callable[..., Hooked]) -> Town:
    refuse_illegal_transitions(store)
    return Town(Yard(store, clock), hooked())


def test_a_receiver_that_fails_then_is_silent_then_takes_it_awards_one_badge(
    town: Town, portal: Portal
) -> None:
    portal.order("page", "hang", "commit-then-hang")
    delivery = town.badge()
    town.deliver()
    for _ in range(3):
        town.later()
    assert town.yard.attempts(delivery) == ["unknown", "unknown", "unknown", "done"]
    assert (len(portal.told), len(portal.badges)) == (4, 1)
    sent = portal.headers()
    assert len({one["id"] for one in sent}) == 1
    assert len({told[3] for told in portal.told}) == 1, "byte for byte the same"
    with town.yard.store.reading() as db:
        kept = str(db.exec_driver_sql("SELECT exchanges FROM attempts").scalars().all())
    assert "1987************01" in kept
    assert SITI not in kept
    assert SECRET not in kept
    assert town.yard.reason(delivery).code == "badge_unconfirmed"
    assert town.yard.row(delivery).result_id == sent[0]["id"]


def test_a_badge_is_taken_back_and_may_be_awarded_anew(town: Town, portal: Portal) -> None:
    delivery = town.badge()
    town.deliver()
    awarded = town.yard.row(delivery).result_id
    portal.order("page")
    town.undo(delivery)
    town.deliver()
    town.later()
    assert [one["award"] for one in portal.revoked] == [awarded]
    assert town.steps() == {"badge": "cancelled", "revoke": "done"}
    with town.yard.store.writing() as db:
        from lms_bridge import completions

        completions.resume(db, town.yard.row(delivery).completion_id, town.yard.clock())
    town.deliver()
    assert len(portal.badges) == 2
    assert town.yard.row(delivery).result_id != awarded


def test_what_is_taken_back_while_it_is_in_doubt_is_told_of_if_it_is_undone(
    town: Town, portal: Portal
) -> None:
    portal.order("commit-then-hang")
    delivery = town.badge()
    town.deliver()
    town.yard.take_back(town.yard.row(delivery).completion_id)
    town.later()
    assert town.yard.state(delivery) == "done"
    assert town.yard.reason(delivery).code == "award_unanswered"
    assert len(portal.told) == 1, "nothing more is sent"
    town.yard.decide(town.yard.row(delivery).completion_id, "undo")
    town.deliver()
    assert [one["award"] for one in portal.revoked] == [portal.headers()[0]["id"]]


def _recorded(town: Town) -> int:
    """A completion that is to be recorded, and told of after that; the number of the telling."""
    recording = town.yard.plan(nip=SITI, content=LITDIG, due_in=60)
    row = town.yard.row(recording)
    steps = [Planned("tell", LMS, after=REGISTRY)]
    with town.yard.store.writing() as db:
        employee = int(row.lane.rpartition(":")[2])
        plan(db, row.completion_id, employee, steps, town.yard.clock())
    return recording


def test_a_completion_is_told_of_once_the_registry_has_it(town: Town, portal: Portal) -> None:
    recording = _recorded(town)
    town.deliver()
    assert portal.told == []
    portal.order("page")
    town.later(61)
    for _ in range(2):
        town.later()
    first, second = (json.loads(told[3]) for told in portal.told)
    assert first == second
    assert first["type"] == "completion.recorded"
    data: dict[str, Any] = first["data"]
    assert (data["registry"], data["row"]) == ("siasn", "row-7")
    assert data["completion"]["hours"] == 20
    town.undo(recording)
    town.deliver()
    assert json.loads(portal.told[-1][3])["type"] == "completion.withdrawn"
    assert town.steps() == {
        "record": "cancelled",
        "tell": "cancelled",
        "unrecord": "done",
        "untell": "done",
    }


def test_of_what_was_given_up_there_is_nothing_to_tell(town: Town, portal: Portal) -> None:
    recording = _recorded(town)
    from lms_bridge.deliveries import actions

    with town.yard.store.writing() as db:
        actions.cancel(db, [recording], by="ani", why="?", now=town.yard.clock())
    town.later(7 * 3600)
    assert (town.steps()["tell"], portal.told) == ("done", [])
