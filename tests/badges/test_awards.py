"""Badges are awarded to whoever meets their rule, renewed, and revoked with what they rest on."""

from __future__ import annotations

import datetime as dt

import pytest

from lms_bridge.badges import in_force
from lms_bridge.badges.awards import Reviewer
from lms_bridge.badges.in_force import CannotApply
from lms_bridge.people.identities import employee_of
from lms_bridge.people.merging import merge
from lms_bridge.sandbox.city import BUDI, SITI
from tests.badges.hall import Hall, badge
from tests.scene import course

ISSUED = {"issue": {"route": "cohort", "name": "Lencana", "cohort": "C"}}


def test_a_badge_is_awarded_after_the_third_of_three_courses(hall: Hall) -> None:
    hall.apply(badge("dasar", ["A", "B", "C"]))
    hall.complete(SITI, "A", "2026-03-01")
    second = hall.complete(SITI, "C", "2026-05-01")
    hall.complete(BUDI, "A", "2026-03-01")
    assert hall.review() == {}
    last = hall.complete(SITI, "B", "2026-04-01")
    assert hall.review() == {"earned": 1}
    award = hall.award()
    assert (award.earned_on, award.expires_on) == (dt.date(2026, 5, 1), None)
    assert award.completion_id == second
    assert sorted(award.evidence) == sorted({second, last, 1})
    assert hall.review() == {}, "nothing waits any more"


def test_a_badge_that_is_added_later_is_awarded_to_whoever_has_met_its_rule(hall: Hall) -> None:
    hall.complete(SITI, "A", "2025-03-01")
    hall.complete(BUDI, "B", "2025-03-01")
    hall.review()
    hall.apply(badge("a", "A"), badge("any", {"any": ["A", "B"]}))
    assert hall.review() == {"earned": 3}


def test_the_day_of_a_completion_is_that_of_the_city(hall: Hall) -> None:
    hall.apply(badge("a", "A"))
    hall.complete(
        SITI, "A", "2026-03-01", completed_at=dt.datetime(2026, 2, 28, 17, 0, tzinfo=dt.UTC)
    )
    hall.review()
    assert hall.held() == {"a": "2026-03-01"}


def test_a_prerequisite_is_awarded_first_in_the_same_review(hall: Hall) -> None:
    hall.apply(badge("upper", ["B", {"badge": "lower"}]), badge("lower", "A"))
    hall.complete(SITI, "B", "2026-01-01")
    hall.complete(SITI, "A", "2026-03-01")
    assert hall.review() == {"earned": 2}
    assert hall.held() == {"lower": "2026-03-01", "upper": "2026-03-01"}
    assert {row.badge_key: row.evidence for row in hall.awards()} == {"lower": [2], "upper": [1, 2]}


def test_a_completion_that_is_taken_back_before_it_was_delivered_takes_the_badge_along(
    hall: Hall,
) -> None:
    hall.apply(badge("upper", {"badge": "lower"}), badge("lower", "A"))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    hall.take_back(completion)
    assert hall.review() == {"revoked": 2}
    assert hall.held() == {}
    assert [row.reason_code for row in hall.awards()] == ["award_unmet", "award_unmet"]


def test_one_that_was_delivered_takes_the_badge_along_when_hr_has_decided(hall: Hall) -> None:
    hall.apply(badge("a", "A"))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    hall.deliver_all("registry.siasn")
    hall.take_back(completion)
    assert hall.review() == {}, "HR has not decided"
    hall.decide(completion, "keep")
    assert hall.review() == {}
    hall.decide(completion, "undo")
    assert hall.review() == {"revoked": 1}


def test_a_badge_that_rests_on_something_else_as_well_stays(hall: Hall) -> None:
    hall.apply(badge("any", {"any": ["A", "B"]}))
    first = hall.complete(SITI, "A", "2026-03-01")
    second = hall.complete(SITI, "B", "2026-04-01")
    hall.review()
    hall.take_back(first)
    assert hall.review() == {"corrected": 1}
    award = hall.award()
    assert (award.revoked_at, award.earned_on) == (None, dt.date(2026, 4, 1))
    assert (award.completion_id, award.evidence) == (second, [second])


def test_what_was_revoked_is_never_given_back_but_earned_anew(hall: Hall) -> None:
    hall.apply(badge("a", "A", **ISSUED))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    hall.take_back(completion)
    hall.review()
    hall.complete(SITI, "A", "2026-03-01")
    assert hall.review() == {"earned": 1}
    revoked, anew = hall.awards()
    assert revoked.revoked_at is not None
    assert anew.revoked_at is None
    assert (revoked.term, anew.term) == (1, 2)
    assert revoked.public_id != anew.public_id


def test_a_stricter_rule_takes_nothing_away(hall: Hall) -> None:
    hall.apply(badge("a", "A"))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    difference = hall.apply(badge("a", ["A", "B"]))
    assert [one.key for one in difference.changed] == ["a"]
    assert hall.review() == {}
    hall.complete(BUDI, "A", "2026-03-01")
    assert hall.review() == {}, "by the new rule that is not enough"
    hall.take_back(completion)
    assert hall.review() == {"revoked": 1}


def test_a_badge_that_is_taken_out_stays_with_whoever_has_it(hall: Hall) -> None:
    hall.apply(badge("a", "A"))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    assert hall.apply().ended == ("a",)
    hall.complete(BUDI, "A", "2026-03-01")
    assert hall.review() == {}
    assert hall.held() == {"a": "2026-03-01"}
    hall.take_back(completion)
    assert hall.review() == {"revoked": 1}


def test_an_older_rule_may_need_a_badge_that_comes_later_by_now(hall: Hall) -> None:
    hall.apply(badge("a", {"badge": "z"}), badge("z", "A"))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    hall.apply(badge("a", "B"), badge("z", {"any": ["A", {"badge": "a"}]}))
    assert hall.review() == {}
    hall.take_back(completion)
    assert hall.review() == {"revoked": 2}


def test_a_badge_that_expires_is_renewed_by_what_comes_after_it(hall: Hall) -> None:
    hall.offer(course("A", run="yearly"))
    hall.apply(badge("a", "A", valid_months=12))
    hall.complete(SITI, "A", "2024-08-31", run="2024")
    hall.review()
    assert hall.award().expires_on == dt.date(2025, 8, 31)
    hall.complete(SITI, "A", "2025-03-01", run="2025")
    hall.complete(SITI, "A", "2026-03-01", run="2026")
    assert hall.review() == {"renewed": 2}
    assert [(row.earned_on.year, row.expires_on.year) for row in hall.awards()] == [
        (2024, 2025),
        (2025, 2026),
        (2026, 2027),
    ]


def test_a_renewal_may_ask_for_less(hall: Hall) -> None:
    hall.offer(course("REFRESH", run="yearly"))
    renewal = {"course": "REFRESH"}
    hall.apply(badge("a", ["A", "B"], valid_months=24, renewal=renewal))
    hall.complete(SITI, "REFRESH", "2024-01-01", run="2024")
    hall.complete(SITI, "A", "2024-02-01")
    hall.complete(SITI, "B", "2024-03-01")
    assert hall.review() == {"earned": 1}
    refreshed = hall.complete(SITI, "REFRESH", "2026-01-01", run="2026")
    assert hall.review() == {"renewed": 1}
    hall.take_back(refreshed)
    assert hall.review() == {"revoked": 1}
    assert hall.held() == {"a": "2024-03-01"}


def test_a_prerequisite_that_has_expired_does_not_count(hall: Hall) -> None:
    hall.apply(badge("lower", "A", valid_months=12), badge("upper", ["B", {"badge": "lower"}]))
    hall.complete(SITI, "A", "2024-03-01")
    hall.complete(SITI, "B", "2026-03-01")
    assert hall.review() == {"earned": 1}
    assert list(hall.held()) == ["lower"]


def test_a_rule_that_only_asks_for_a_badge_is_not_renewed_without_end(hall: Hall) -> None:
    hall.apply(badge("lower", "A"), badge("upper", {"badge": "lower"}, valid_months=12))
    hall.complete(SITI, "A", "2024-03-01")
    assert hall.review() == {"earned": 2}


def test_the_lms_is_told_of_an_award_and_told_again_when_it_is_revoked(hall: Hall) -> None:
    hall.apply(badge("a", "A", **ISSUED))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    award = hall.award()
    assert hall.steps(award) == ["badge waiting"]
    work = hall.taken()
    assert (work.award_id, work.completion_id) == (award.id, completion)
    assert work.badge is not None
    assert (work.badge.cohort, work.is_wanted, work.nip) == ("C", True, SITI)
    hall.succeed(work)
    hall.take_back(completion)
    hall.review()
    assert hall.steps(award) == ["badge done", "revoke waiting"]
    back = hall.taken()
    assert (back.step, back.is_wanted) == ("revoke", True)
    hall.succeed(back)
    assert hall.steps(award) == ["badge cancelled", "revoke done"]


def test_what_was_not_yet_told_is_not_told_any_more_when_it_is_revoked(hall: Hall) -> None:
    hall.apply(badge("a", "A", **ISSUED))
    completion = hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    hall.take_back(completion)
    hall.review()
    assert hall.steps(hall.award()) == ["badge cancelled"]


def test_a_badge_that_an_lms_comes_to_issue_is_issued_to_those_who_have_it(hall: Hall) -> None:
    hall.apply(badge("a", "A"))
    hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    assert hall.steps(hall.award()) == []
    hall.apply(badge("a", "A", **ISSUED))
    hall.review()
    assert hall.steps(hall.award()) == ["badge waiting"]


def test_two_people_who_are_one_keep_one_award_of_each_badge(hall: Hall) -> None:
    hall.apply(badge("a", "A", **ISSUED), badge("b", "B", **ISSUED))
    hall.complete(SITI, "A", "2026-03-01")
    hall.complete(BUDI, "A", "2026-04-01")
    hall.complete(BUDI, "B", "2026-04-01")
    hall.review()
    with hall.store.writing() as db:
        siti = employee_of(db, SITI, name="", now=hall.clock())
        merge(db, BUDI, siti, now=hall.clock())
    assert hall.review() == {"revoked": 1}
    assert sorted(hall.held()) == ["a", "b"]
    assert {row.employee_id for row in hall.awards()} == {siti}


def test_a_correction_of_the_day_moves_the_award(hall: Hall) -> None:
    hall.apply(badge("a", "A", valid_months=12))
    completion = hall.complete(SITI, "A", "2026-03-01", time_source="bridge")
    hall.review()
    better = hall.complete(SITI, "A", "2026-02-28", time_source="criteria")
    assert better == completion
    assert hall.review() == {"corrected": 1}
    award = hall.award()
    assert (award.earned_on, award.expires_on) == (dt.date(2026, 2, 28), dt.date(2027, 2, 28))


def test_a_course_that_comes_to_mean_more_is_looked_at_again(hall: Hall) -> None:
    hall.offer(course("A"))
    hall.apply(badge("a", {"competency": "Integritas", "level": 3}))
    hall.complete(SITI, "A", "2026-03-01")
    assert hall.review() == {}
    hall.offer(course("A", competencies=({"name": "Integritas", "level": 3},)))
    assert hall.review() == {"earned": 1}


def test_badges_that_name_a_course_that_is_not_there_are_not_put_in_force(hall: Hall) -> None:
    hall.offer(course("A"))
    wanted = badge("a", ["A"]), badge("b", {"any": ["A", "TYPO"]})
    with (
        hall.store.writing() as db,
        pytest.raises(CannotApply, match="badge b: there is no course TYPO"),
    ):
        in_force.put(db, wanted, by="ani", now=hall.clock())
    assert hall.review() == {}


def test_a_review_that_fails_is_asked_for_still(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.apply(badge("a", "A"))
    hall.complete(SITI, "A", "2026-03-01")
    with monkeypatch.context() as broken:
        broken.setattr(Reviewer, "review", lambda _self, _people: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hall.review()
    assert hall.review() == {"earned": 1}
