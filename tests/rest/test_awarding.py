"""Badges at a home-made LMS that makes two if it is asked twice: exactly one, whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from lms_bridge.deliveries import actions
from lms_bridge.deliveries.badge_step import BadgeStep
from lms_bridge.deliveries.revoke_step import RevokeStep
from lms_bridge.deliveries.step import Notebook
from lms_bridge.deliveries.worker import Worker
from lms_bridge.lms.rest.client import Rest
from lms_bridge.sandbox.city import SITI, TIUR
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.deliveries.yard import COURSE, Yard, refuse_illegal_transitions
from tests.rest.platform import Elearning

LMS = "lms.elearning"
LITDIG = {
    **COURSE,
    "badge": {"route": "direct", "name": "Badge Literasi Digital", "key": "LITDIG"},
}
SETTLE = 60
AWARD_ONLY = {
    "award": {"path": "/badges", "body": {
        "user_id": "{user_id}", "kode": "{badge}", "acuan": "{id}", "nomor": "{certificate_number}"
    }}
}  # fmt: skip


class School:
    """A worker that carries badges to the LMS, and a clock."""

    def __init__(self, yard: Yard, lms: Rest) -> None:
        self.yard = yard
        self.lms = lms
        self.badge_step = BadgeStep(lms, clock=yard.clock, patience_hours=48)
        revoking = RevokeStep(lms, yard.store, clock=yard.clock, look_after_minutes=60)
        self.worker = Worker(
            yard.store,
            {(LMS, "badge"): self.badge_step, (LMS, "revoke"): revoking},
            concurrency={LMS: 1},
            settings=yard.settings,
            owner="elsewhere/x/1:1:worker",
            clock=yard.clock,
            chance=lambda: 0.5,
        )

    def badge(self, nip: str = SITI, lms_user_id: str = "4") -> int:
        """A badge that is to be awarded; the number of its delivery."""
        return self.yard.plan(
            nip=nip, content=LITDIG, remote=LMS, step="badge", lms_user_id=lms_user_id
        )

    def deliver(self) -> Counter[str]:
        counts = self.worker.drain()
        return Counter({event: count for event, count in counts.items() if count})

    def later(self, seconds: float = SETTLE + 1) -> Counter[str]:
        """Time passes, and the worker does what has become due."""
        self.yard.clock.forward(seconds=seconds)
        return self.deliver()

    def undo(self, delivery: int) -> Any:
        """The completion is taken back and HR has it undone; how the step that does so stands."""
        self.take_back(delivery)
        self.yard.decide(self.yard.row(delivery).completion_id, "undo")
        self.deliver()
        return self.revoking()

    def take_back(self, delivery: int) -> None:
        self.yard.take_back(self.yard.row(delivery).completion_id)

    def revoking(self) -> Any:
        with self.yard.store.reading() as db:
            query = "SELECT id FROM deliveries WHERE step = 'revoke'"
            return self.yard.row(db.exec_driver_sql(query).scalar_one())


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with capture_logs() as logs:
        yield logs


@pytest.fixture
def schools(store: Store, clock: Clock, adapter: Callable[..., Rest]) -> Callable[..., School]:
    """Makes a school, with changes to the description of its LMS."""
    refuse_illegal_transitions(store)
    quick = {"read_timeout_seconds": 1.0}  # for an answer that never comes
    return lambda **changes: School(Yard(store, clock), adapter(**quick | changes))


@pytest.fixture
def school(schools: Callable[..., School]) -> School:
    return schools()


def test_a_badge_is_awarded_and_kept_with_its_id_and_link(
    school: School, elearning: Elearning
) -> None:
    delivery = school.badge()
    assert school.deliver() == {"done": 1}
    row = school.yard.row(delivery)
    assert (row.result_id, row.result_link) == ("4711", "https://elearning.example/lencana/4711")
    assert elearning.badges[0]["nomor"] == "LITDIG-2026/2026/00001"
    assert school.yard.reason(delivery).code == "done"


def test_an_account_that_is_not_known_is_found_by_the_nip(
    school: School, elearning: Elearning
) -> None:
    school.badge(lms_user_id="")
    school.deliver()
    assert elearning.badges_of("4") == ["LITDIG"]


def test_a_closed_account_gets_none(school: School, elearning: Elearning) -> None:
    delivery = school.badge(TIUR, lms_user_id="")
    school.deliver()
    assert school.yard.reason(delivery).code == "lms_account_unknown"
    assert elearning.badges == []


@pytest.mark.parametrize("fate", ["commit-then-hang", "hang", "commit-then-page", "page"])
def test_after_an_answer_that_was_lost_there_is_one_badge(
    school: School, elearning: Elearning, fate: str
) -> None:
    elearning.order(fate)
    delivery = school.badge()
    school.deliver()
    assert school.yard.attempts(delivery) == ["unknown"]
    school.later(SETTLE / 2)
    assert len(school.yard.attempts(delivery)) == 1, "it may still take effect"
    school.later()
    assert school.yard.state(delivery) == "done"
    assert elearning.badges_of("4") == ["LITDIG"]


def test_a_worker_that_dies_while_it_awards_leaves_one_badge(
    school: School, elearning: Elearning
) -> None:
    school.badge()
    work = school.yard.taken(LMS)
    written: dict[str, Any] = {}
    dying = Notebook({}, lambda pages: written.update(pages))
    school.badge_step.perform(work, dying)  # and nothing of what came of it is kept
    assert elearning.badges_of("4") == ["LITDIG"]
    assert written["sent_at"]
    school.yard.note(work, **written)
    school.yard.clock.forward(seconds=300)
    assert school.yard.take_over() == 1
    elearning.told.clear()
    school.deliver()
    assert elearning.told == [], "what the dead one sent may still take effect"
    school.later()
    assert school.yard.attempts(work.delivery_id)[-1] == "done"
    assert elearning.badges_of("4") == ["LITDIG"]


def test_a_refusal_waits_for_a_person_and_is_then_sent_again(
    school: School, elearning: Elearning
) -> None:
    elearning.order("refusal")
    delivery = school.badge()
    school.deliver()
    assert school.yard.state(delivery) == "blocked"
    assert "Lencana tidak aktif" in school.yard.reason(delivery).what()
    with school.yard.store.writing() as db:
        actions.retry(db, [delivery], now=school.yard.clock())
    assert school.deliver() == {"done": 1}
    assert elearning.badges_of("4") == ["LITDIG"]


def test_a_badge_is_taken_back_by_a_call(school: School, elearning: Elearning) -> None:
    delivery = school.badge()
    school.deliver()
    assert school.undo(delivery).state == "done"
    assert elearning.badges_of("4") == []
    assert school.yard.reason(delivery).code == "undone"


def test_what_is_taken_back_while_it_is_in_doubt_is_known_first(
    school: School, elearning: Elearning
) -> None:
    elearning.order("commit-then-hang")
    delivery = school.badge()
    school.deliver()
    school.take_back(delivery)
    school.later()
    assert school.yard.state(delivery) == "done", "it is there, and HR has not decided"
    school.yard.decide(school.yard.row(delivery).completion_id, "undo")
    school.deliver()
    assert (school.revoking().state, elearning.badges_of("4")) == ("done", [])


def test_what_is_taken_back_and_never_arrived_is_not_sent_again(
    school: School, elearning: Elearning
) -> None:
    elearning.order("hang")
    delivery = school.badge()
    school.deliver()
    school.take_back(delivery)
    school.later()
    assert (school.yard.state(delivery), elearning.badges) == ("cancelled", [])


# --- an LMS that can do less


def test_where_badges_cannot_be_seen_what_was_taken_counts_and_is_said_so(
    schools: Callable[..., School], elearning: Elearning
) -> None:
    school = schools(badges=AWARD_ONLY)
    delivery = school.badge()
    assert school.deliver() == {"done": 1}
    assert school.yard.reason(delivery).code == "badge_unconfirmed"
    back = school.undo(delivery)
    assert (back.state, back.reason_code) == ("blocked", "badge_to_revoke_unseen")


def test_where_badges_cannot_be_seen_each_attempt_names_the_same_award(
    schools: Callable[..., School], elearning: Elearning
) -> None:
    school = schools(badges=AWARD_ONLY)
    elearning.order("commit-then-hang", "page")
    school.badge()
    school.deliver()
    school.later()
    school.later()
    school.later(600)
    sent = [told[3] for told in elearning.told if told[0] == "POST"]
    assert (len(sent), len(set(sent))) == (3, 1), "the LMS can know it for the same"


def test_an_award_that_is_made_anew_has_another_id(
    schools: Callable[..., School], elearning: Elearning
) -> None:
    school = schools()
    delivery = school.badge()
    school.deliver()
    school.undo(delivery)
    with school.yard.store.writing() as db:
        from lms_bridge import completions

        completions.resume(db, school.yard.row(delivery).completion_id, school.yard.clock())
    school.deliver()
    assert elearning.badges_of("4") == ["LITDIG"]
    assert len({badge["acuan"] for badge in elearning.badges}) == 2
