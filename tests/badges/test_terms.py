"""Terms that follow one another, and what they rest on, in whatever order it becomes known."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, insert

from lms_bridge.badges.explaining import explain
from lms_bridge.badges.previewing import preview
from lms_bridge.people import history
from lms_bridge.people.history import Whose
from lms_bridge.people.identities import employee_of
from lms_bridge.registries.base import RecordedTraining
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.store.schema import badge_reviews
from tests.badges.hall import Hall, badge
from tests.scene import course

ISSUED = {"issue": {"route": "cohort", "name": "Lencana", "cohort": "C"}}


@pytest.fixture
def yearly(hall: Hall) -> Hall:
    """A badge that is renewed by the same course each year."""
    hall.offer(course("A", run="yearly"))
    hall.apply(badge("a", "A", valid_months=12, **ISSUED))
    hall.review()
    return hall


def days(hall: Hall) -> list[str]:
    """When each award that stands was earned."""
    return sorted(row.earned_on.isoformat() for row in hall.awards() if row.revoked_at is None)


def settled(hall: Hall) -> None:
    """Nothing is otherwise when everybody is looked at once more."""
    with hall.store.writing() as db:
        hall.reviewing.ask_for_everybody(db)
    assert hall.review() == {}


def test_a_renewal_falls_with_the_badge_that_it_renews(hall: Hall) -> None:
    hall.offer(course("REFRESH", run="yearly"))
    hall.apply(badge("a", ["A", "B"], valid_months=24, renewal="REFRESH"))
    first = hall.complete(SITI, "A", "2024-02-01")
    hall.complete(SITI, "B", "2024-03-01")
    hall.complete(SITI, "REFRESH", "2026-01-01", run="2026")
    assert hall.review() == {"earned": 1, "renewed": 1}
    hall.take_back(first)
    assert hall.review() == {"revoked": 2}


def test_one_completion_is_not_two_terms_when_an_earlier_one_is_taken_back(yearly: Hall) -> None:
    first = yearly.complete(SITI, "A", "2025-12-01", run="2025")
    yearly.complete(SITI, "A", "2026-03-01", run="2026")
    yearly.review()
    _, second = yearly.awards()
    yearly.take_back(first)
    assert yearly.review() == {"corrected": 1, "revoked": 1}, "it is the first one now"
    assert days(yearly) == ["2026-03-01"]
    (stands,) = [row for row in yearly.awards() if row.revoked_at is None]
    assert (stands.public_id, stands.counts_after) == (second.public_id, None)
    settled(yearly)


def test_what_is_found_of_older_times_takes_nothing_from_a_badge_that_is_valid(
    yearly: Hall,
) -> None:
    yearly.complete(SITI, "A", "2026-03-01", run="2026")
    yearly.review()
    yearly.complete(SITI, "A", "2024-03-01", run="2024")
    assert yearly.review() == {}
    assert days(yearly) == ["2026-03-01"]


def test_what_lasts_for_ever_is_earned_as_early_as_is_known(hall: Hall) -> None:
    hall.apply(badge("a", {"any": ["A", "B"]}))
    hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    hall.complete(SITI, "B", "2024-03-01")
    assert hall.review() == {"corrected": 1}
    assert days(hall) == ["2024-03-01"]


def test_an_lms_is_not_told_to_issue_what_has_expired(yearly: Hall) -> None:
    yearly.complete(SITI, "A", "2024-03-01", run="2024")
    yearly.complete(BUDI, "A", "2026-03-01", run="2026")
    yearly.review()
    assert [(row.earned_on.year, yearly.steps(row)) for row in yearly.awards()] == [
        (2024, []),
        (2026, ["badge waiting"]),
    ]


def test_a_badge_stays_when_one_that_it_needed_expires(hall: Hall) -> None:
    hall.apply(badge("lower", "A", valid_months=12), badge("upper", ["B", {"badge": "lower"}]))
    hall.complete(SITI, "A", "2026-03-01")
    hall.complete(SITI, "B", "2026-04-01")
    assert hall.review() == {"earned": 2}
    hall.clock.forward(days=200)
    settled(hall)
    assert hall.held() == {"lower": "2026-03-01", "upper": "2026-04-01"}


def test_a_badge_keeps_its_day_when_one_that_it_needed_is_renewed(hall: Hall) -> None:
    hall.offer(course("A", run="yearly"))
    hall.apply(
        badge("lower", "A", valid_months=12),
        badge("upper", ["B", {"badge": "lower"}], valid_months=24),
    )
    hall.complete(SITI, "A", "2026-03-01", run="2026")
    hall.complete(SITI, "B", "2026-04-01")
    hall.review()
    hall.clock.forward(days=200)
    hall.complete(SITI, "A", "2027-05-01", run="2027")
    assert hall.review() == {"renewed": 1}
    assert hall.held()["upper"] == "2026-04-01"
    hall.clock.forward(days=200)
    settled(hall)


def test_nothing_new_is_earned_by_what_was_taken_back_and_is_not_decided(hall: Hall) -> None:
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.deliver_all("registry.siasn")
    hall.take_back(completion)
    hall.apply(badge("a", "A"))
    assert hall.review() == {}
    hall.decide(completion, "keep")
    assert hall.review() == {"earned": 1}


def test_a_badge_that_comes_to_last_for_ever_can_be_earned_again(hall: Hall) -> None:
    hall.offer(course("A", run="yearly"))
    hall.apply(badge("a", "A", valid_months=12))
    hall.complete(SITI, "A", "2024-03-01", run="2024")
    hall.review()
    hall.apply(badge("a", "A"))
    assert hall.review() == {}
    hall.complete(SITI, "A", "2026-03-01", run="2026")
    assert hall.review() == {"renewed": 1}
    settled(hall)


def test_a_badge_that_lasts_for_ever_is_not_renewed_when_it_comes_to_expire(hall: Hall) -> None:
    hall.offer(course("A", run="yearly"))
    hall.apply(badge("a", "A"))
    hall.complete(SITI, "A", "2024-03-01", run="2024")
    hall.complete(SITI, "A", "2026-03-01", run="2026")
    hall.review()
    hall.apply(badge("a", "A", valid_months=12))
    assert hall.review() == {}


def test_a_rule_that_counts_training_elsewhere_reaches_those_who_have_done_nothing_else(
    hall: Hall,
) -> None:
    row = RecordedTraining("1", "Diklat", "LAN", "", 40, ends=dt.date(2020, 5, 1))
    with hall.store.writing() as db:
        siti = employee_of(db, SITI, name="Siti", now=hall.clock())
        history.keep(db, Whose(siti, "siasn"), {"kursus": [row]}, hall.clock())
    hall.review()
    wanted = badge("a", {"hours": 20, "elsewhere": True})
    (seen,) = preview(hall.store, [wanted], today=hall.clock().date())
    assert [one.name for one in seen.people] == ["Siti"]
    hall.apply(wanted)
    assert hall.review() == {"earned": 1}


def test_a_rule_may_name_a_course_that_was_taken_out_of_use(hall: Hall) -> None:
    hall.offer(course("OLD"), course("NEW"))
    hall.complete(SITI, "OLD", "2024-03-01")
    with hall.store.writing() as db:
        db.exec_driver_sql("UPDATE courses SET active = false WHERE key = 'OLD'")
    hall.apply(badge("a", {"any": ["OLD", "NEW"]}))
    assert hall.review() == {"earned": 1}


def test_a_badge_that_is_taken_out_after_the_clock_was_set_back_is_awarded_no_more(
    hall: Hall,
) -> None:
    hall.complete(SITI, "A", "2026-03-01")
    hall.apply(badge("a", "A"), badge("b", "B"))
    hall.apply(badge("b", "B"))
    hall.review()
    hall.clock.forward(hours=-1)
    hall.apply()
    hall.complete(SITI, "B", "2026-03-01")
    assert hall.review() == {}


def test_who_is_asked_for_again_while_they_are_looked_at_is_looked_at_once_more(
    hall: Hall,
) -> None:
    hall.apply(badge("a", ["A", "B"]))
    hall.complete(SITI, "A", "2026-03-01")
    if hall.store.engine.dialect.name == "sqlite":
        pytest.skip("one transaction writes at a time")
    with hall.store.writing() as db:  # it does not see what the other has not committed
        siti = employee_of(db, SITI, name="", now=hall.clock())
        db.execute(delete(badge_reviews))
        db.execute(insert(badge_reviews).values(employee_id=siti, asked_at=hall.clock()))
    with hall.store.writing() as db:
        hall.telling(db, SITI, "B", "2026-04-01")
        assert hall.review() == {}
    assert hall.review() == {"earned": 1}


def test_of_a_badge_that_has_expired_is_told_what_renews_it(yearly: Hall) -> None:
    yearly.complete(SITI, "A", "2024-03-01", run="2024")
    yearly.review()
    with yearly.store.reading() as db:
        (told,) = explain(db, yearly.award().employee_id, today=yearly.clock().date())
    assert (told.earned_on, told.last_day) == (dt.date(2024, 3, 1), dt.date(2025, 2, 28))
    assert told.has_expired
    assert told.finding.met is None, "what was done for the last term does not count again"
