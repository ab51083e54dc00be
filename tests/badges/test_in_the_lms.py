"""A badge that was earned by a rule, at an LMS and a registry over real HTTP."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from lms_bridge.announcing.announcer import Announcer
from lms_bridge.badges import in_force
from lms_bridge.jobs.award import Award
from lms_bridge.jobs.badges import Badges
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.people.identities import employee_of
from lms_bridge.sandbox.city import SITI
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import awards, completions, deliveries, statements
from tests.badges.hall import badge
from tests.conftest import NOW, Clock
from tests.deliveries.yard import COURSE
from tests.reconciling import conftest as reconciling
from tests.reconciling.town import Town

settings = reconciling.settings
told = reconciling.told

MENTOR = "Badge Mentor"
RULE = badge(
    "tiga",
    ["A", "B", "C"],
    issue={"route": "competency", "name": MENTOR, "competency": "KMP-MENTOR"},
)
MENTORING = 4
"""its competency in the LMS"""
SITIS = 4
"""her account in the LMS"""


class Square(Town):
    """A town with a badge that rests on three courses."""

    def completed(self, *keys: str) -> list[int]:
        """Siti completes courses; the numbers of their deliveries to the registry."""
        return [self.record(SITI, {**COURSE, "key": key, "name": f"Kursus {key}"}) for key in keys]

    def apply(self) -> None:
        with self.store.writing() as db:
            in_force.put(db, [RULE], by="ani", now=self.clock())
            self.bridge.reviewing.ask_for_everybody(db)

    def award(self) -> None:
        """What is to be awarded is, and what is to be delivered too."""
        with self.store.writing() as db:
            employee_of(db, SITI, name="", now=self.clock())
            self.bridge.reviewing.ask_for_everybody(db)
        Award(self.bridge).run(lambda done, total: None)

    def steps(self) -> dict[str, tuple[str, str]]:
        """State and reason of each step of the award."""
        query = select(deliveries).where(deliveries.c.award_id.is_not(None))
        with self.store.reading() as db:
            return {row.step: (row.state, row.reason_code) for row in db.execute(query)}

    def shown(self) -> list[str]:
        """Siti's badges in the LMS."""
        return self.city.moodle.badges_of(SITIS)

    def revoke(self) -> None:
        """A person revokes the badge."""
        (award,) = self.city.moodle.site.awards_of(SITIS)
        self.city.moodle.revoke(award.uniquehash)

    def said(self) -> list[dict[str, Any]]:
        """What the bridge said itself of badges."""
        Announcer(self.store, self.bridge.settings, clock=self.clock).announce()
        mine = select(statements.c.raw).where(statements.c.sender == BRIDGE)
        with self.store.reading() as db:
            told = [
                json.loads(raw) for raw in db.execute(mine.order_by(statements.c.seq)).scalars()
            ]
        return [one for one in told if "badge" in json.dumps(one["object"])]


@pytest.fixture
def square(store: Store, clock: Clock, settings: dict[str, Any]) -> Iterator[Square]:
    for found in reconciling.town.__wrapped__(store, clock, settings):
        found.__class__ = Square
        assert isinstance(found, Square)
        yield found


def test_the_lms_issues_it_after_the_third_course_and_not_before(square: Square) -> None:
    square.completed("A", "B", "C")  # so that the catalogue has them
    with square.store.writing() as db:
        db.execute(deliveries.delete())
        db.execute(completions.delete())
    square.apply()
    for keys, shown in (("A", []), ("B", []), ("C", [MENTOR])):
        square.completed(keys)
        square.award()
        square.settle()
        assert square.shown() == shown
    assert square.steps() == {"badge": ("done", "done")}


def test_it_is_issued_to_whoever_met_the_rule_before_it_was_made(square: Square) -> None:
    square.completed("A", "B", "C")
    square.apply()
    square.award()
    square.settle()
    assert square.shown() == [MENTOR]


def test_it_is_told_in_a_statement_of_its_own(square: Square) -> None:
    square.completed("A", "B", "C")
    with square.store.writing() as db:
        db.execute(update(completions).values(lms_user_id=str(SITIS)))
    square.apply()
    square.award()
    square.settle()
    (told,) = square.said()
    assert told["object"]["definition"]["name"] == {"id": RULE.name}
    assert told["actor"]["account"]["name"] == str(SITIS)


def test_a_withdrawal_is_carried_through_as_far_as_the_lms_lets_a_program(square: Square) -> None:
    first, *_ = square.completed("A", "B", "C")
    square.apply()
    square.award()
    square.settle()
    square.yard.take_back(square.delivery(first).completion_id)
    square.award()
    assert square.steps() == {"badge": ("done", "done")}, "HR has not decided"
    square.yard.decide(square.delivery(first).completion_id, "undo")
    square.award()
    square.bridge.worker.drain()
    assert square.steps()["revoke"] == ("delegated", "badge_to_revoke")
    assert square.shown() == [MENTOR], "no call can revoke it"
    square.revoke()
    square.clock.forward(hours=2)
    square.bridge.worker.drain()
    assert square.steps() == {"badge": ("cancelled", "undone"), "revoke": ("done", "done")}


def test_what_was_issued_is_revoked_whatever_the_configuration_says_by_then(
    square: Square,
) -> None:
    first, *_ = square.completed("A", "B", "C")
    square.apply()
    square.award()
    square.settle()
    other = {"route": "competency", "name": "Badge Literasi Digital", "competency": "KMP-LITDIG"}
    with square.store.writing() as db:
        in_force.put(db, [badge("tiga", ["A", "B", "C"], issue=other)], by="ani", now=NOW)
    square.yard.take_back(square.delivery(first).completion_id)
    square.yard.decide(square.delivery(first).completion_id, "undo")
    square.award()
    square.bridge.worker.drain()
    (row,) = [row for row in square.deliveries() if row.step == "revoke"]
    assert row.state == "delegated"
    assert MENTOR in str(row.reason_details)
    written = [(one, grade) for _, one, grade in square.city.moodle.site.evidence]
    assert written == [(MENTORING, 2), (MENTORING, 1)], "what made the LMS issue it is undone"


def test_one_that_is_gone_from_the_profile_is_told_of(square: Square) -> None:
    square.completed("A", "B", "C")
    square.apply()
    square.award()
    square.settle()
    counts = reconcile_badges(square)
    assert counts["badges_shown"] == 1
    square.revoke()
    assert reconcile_badges(square)["badge_vanished"] == 1
    assert square.steps()["badge"] == ("done", "badge_vanished")


def reconcile_badges(square: Square) -> Counter[str]:
    """What the comparison counts."""
    counts: Counter[str] = Counter()
    Badges(square.bridge, square.bridge.lms["moodle"]).run(counts, lambda done, total: None)
    return counts


def test_an_award_that_nobody_can_be_named_for_is_not_spoken_of(square: Square) -> None:
    square.completed("A", "B", "C")
    square.apply()
    square.award()
    square.settle()
    with square.store.writing() as db:
        db.execute(update(awards).values(completion_id=None))
        db.execute(update(completions).values(lms_user_id="", lms=""))
    assert square.said() == []
    assert not Announcer(square.store, square.bridge.settings, clock=square.clock).has_work()
