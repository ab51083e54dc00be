"""Bringing Moodle to issue a badge, over real HTTP, with every trap that it has."""

from __future__ import annotations

import pytest

from lms_bridge.deliveries import actions
from lms_bridge.sandbox.city import BAMBANG, BUDI, HOTMAN, SITI, TIUR
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.moodle.site import Site
from tests.deliveries.street import LATSAR, LITDIG, PATIENCE_HOURS, Street
from tests.deliveries.yard import COURSE, LMS

GRADE = "core_competency_grade_competency"
ADD = "core_cohort_add_cohort_members"
PROFILE = "core_badges_get_user_badges"
SITI_ID = 4


@pytest.fixture
def site(street: Street) -> Site:
    return street.city.moodle.site


def again(street: Street, delivery: int) -> None:
    """A person has it tried again."""
    with street.yard.store.writing() as db:
        actions.retry(db, [delivery], now=street.yard.clock())


def badges(street: Street, user_id: int = SITI_ID) -> list[str]:
    return street.city.moodle.badges_of(user_id)


# --- as it should be


def test_a_badge_is_issued_and_kept_with_its_hash_and_link(each_street: Street):
    street = each_street
    delivery = street.badge(SITI, lms_user_id="4")
    assert street.deliver() == {"done": 1}
    (award,) = street.city.moodle.awards()
    row = street.yard.row(delivery)
    assert row.result_id == award.uniquehash
    assert row.result_link.endswith(f"/badges/badge.php?hash={award.uniquehash}")
    assert badges(street) == ["Badge Literasi Digital"]


def test_a_badge_by_cohort_is_issued_by_adding_to_it(street: Street):
    street.badge(BUDI, LATSAR, lms_user_id="5")
    street.deliver()
    assert badges(street, 5) == ["Badge Kohort Latsar"]
    assert (street.calls(ADD), street.calls(GRADE)) == (1, 0)


def test_a_badge_that_the_learner_has_already_is_not_brought_about_again(street: Street):
    award = street.city.moodle.site.award_by_hand(4, SITI_ID)
    delivery = street.badge(SITI, lms_user_id="4")
    street.deliver()
    assert street.yard.row(delivery).result_id == award.uniquehash
    assert street.calls(GRADE) == 0


def test_a_course_that_lost_its_badge_says_so(street: Street):
    delivery = street.badge(SITI, COURSE, lms_user_id="4")
    street.deliver()
    assert street.yard.state(delivery) == "blocked"
    assert "needs badge" in street.yard.reason(delivery).what()


# --- whose account it is


def test_where_the_account_is_not_known_it_is_found_by_the_nip(street: Street):
    delivery = street.badge(SITI)
    street.deliver()
    assert badges(street) == ["Badge Literasi Digital"]
    assert street.yard.row(delivery).progress["account"] == "4"


def test_an_account_whose_nip_is_typed_with_blanks_is_found(street: Street):
    street.badge(BAMBANG)
    street.deliver()
    assert badges(street, 14) == ["Badge Literasi Digital"]


def test_of_two_accounts_with_one_nip_none_is_guessed(street: Street):
    delivery = street.badge(HOTMAN)
    street.deliver()
    reason = street.yard.reason(delivery)
    assert (street.yard.state(delivery), reason.code) == ("blocked", "lms_accounts_ambiguous")
    assert reason.details["accounts"] == "learner5, learner5.lama"


def test_a_suspended_account_is_not_the_learner_s(street: Street):
    delivery = street.badge(TIUR)
    street.deliver()
    assert street.yard.reason(delivery).code == "lms_account_unknown"


def test_a_service_account_that_sees_nobody_is_told_from_an_unknown_learner(
    street: Street, site: Site
):
    site.capabilities.discard("moodle/user:viewdetails")
    delivery = street.badge(SITI)
    known = street.badge(BUDI, lms_user_id="5")
    street.deliver()
    assert street.yard.reason(delivery).code == "lookup_blind"
    assert street.yard.state(known) == "done", "whose account is known needs no looking up"
    site.capabilities.add("moodle/user:viewdetails")
    street.settle()
    assert street.yard.state(delivery) == "done"


def test_an_account_that_is_gone_is_replaced_by_the_one_that_has_the_nip_now(
    street: Street, site: Site
):
    delivery = street.badge(SITI, lms_user_id="9999")
    street.deliver()
    assert street.yard.state(delivery) == "done"
    assert badges(street) == ["Badge Literasi Digital"]


# --- later, or never


def test_a_badge_that_comes_later_is_looked_for_and_not_told_of_again(street: Street):
    street.faults.force(Fault.BADGE_LATER, where=GRADE)
    delivery = street.badge(SITI, lms_user_id="4")
    street.deliver()
    assert street.yard.reason(delivery).code == "badge_pending"
    assert not street.yard.health(LMS).failures
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert street.calls(GRADE) == 1


def test_a_badge_that_is_issued_by_cron_is_waited_for(street: Street, site: Site):
    site.badges_at_cron = True
    delivery = street.badge(SITI, lms_user_id="4")
    for _ in range(5):
        street.deliver()
        street.yard.clock.forward(minutes=30)
    assert street.yard.state(delivery) == "retrying"
    street.city.moodle.cron()
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert street.calls(GRADE) == 1


def test_a_badge_that_never_comes_is_put_before_a_person(street: Street, site: Site):
    site.badges[4].active = False
    delivery = street.badge(SITI, lms_user_id="4")
    street.settle(most_hours=PATIENCE_HOURS + 2)
    assert street.yard.state(delivery) == "blocked"
    assert "after 48 hours still shows no badge" in street.yard.reason(delivery).what()
    assert street.calls(GRADE) == 1


def test_when_a_person_has_it_tried_again_the_lms_is_told_again(street: Street, site: Site):
    site.badges[4].active = False
    delivery = street.badge(SITI, lms_user_id="4")
    street.settle(most_hours=PATIENCE_HOURS + 2)
    site.badges[4].active = True
    again(street, delivery)
    street.deliver()
    assert street.yard.state(delivery) == "done"
    assert street.calls(GRADE) == 2


def test_a_badge_that_the_learner_has_hidden_is_not_seen(street: Street):
    first = street.badge(SITI, lms_user_id="4")
    street.deliver()
    street.city.moodle.hide(street.yard.row(first).result_id)
    second = street.badge(SITI, lms_user_id="4", run="2027")
    street.settle(most_hours=PATIENCE_HOURS + 2)
    reason = street.yard.reason(second)
    assert reason.code == "badge_missing"
    assert "the learner has not hidden it" in reason.remedy()


def test_a_badge_that_was_corrected_in_the_catalogue_is_told_of_at_once(street: Street, site: Site):
    delivery = street.badge(
        SITI, {**LITDIG, "badge": {**LITDIG["badge"], "competency": "KMP-YANLIK"}}, lms_user_id="4"
    )
    street.deliver()
    assert street.yard.reason(delivery).code == "badge_pending"
    street.yard.change_course(COURSE["key"], badge=LITDIG["badge"])
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert badges(street) == ["Badge Literasi Digital"]


# --- answers that are none


def test_a_collision_is_tried_again_soon(street: Street):
    street.faults.force(Fault.DML_WRITE, where=GRADE)
    delivery = street.badge(SITI, lms_user_id="4")
    street.deliver()
    assert street.yard.reason(delivery).code == "collision"
    assert street.yard.due_in(delivery) == 5
    street.settle()
    assert badges(street) == ["Badge Literasi Digital"]


@pytest.mark.parametrize(
    "fault", [Fault.COMMIT_THEN_HANG, Fault.COMMIT_THEN_RESET, Fault.RESET, Fault.LATE_COMMIT]
)
def test_whether_it_was_issued_is_seen_on_the_profile_whatever_became_of_the_answer(
    street: Street, fault: Fault
):
    street.faults.force(fault, where=GRADE)
    delivery = street.badge(SITI, lms_user_id="4")
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert badges(street) == ["Badge Literasi Digital"]


def test_that_it_may_have_been_issued_is_known_until_it_is_seen(street: Street):
    """Should the completion be taken back meanwhile, a person is to look."""
    street.faults.force(Fault.COMMIT_THEN_HANG, where=GRADE)
    delivery = street.badge(SITI, lms_user_id="4")
    street.deliver()
    assert "award_sent_at" in street.yard.row(delivery).progress
    street.settle()
    assert "award_sent_at" not in street.yard.row(delivery).progress


def test_a_profile_that_cannot_be_read_is_not_taken_for_one_without_badges(street: Street):
    street.faults.force(Fault.SERVER_ERROR, where=PROFILE)
    street.badge(SITI, lms_user_id="4")
    street.deliver()
    assert street.calls(GRADE) == 0


def test_a_token_that_is_dead_stops_all_badges_at_once_and_says_whose_it_is(street: Street):
    street.city.moodle.expire_token()
    deliveries = [street.badge(nip, lms_user_id=user) for nip, user in ((SITI, "4"), (BUDI, "5"))]
    street.deliver(street.worker(**{LMS: 1}))
    assert sorted(street.yard.row(one).attempts for one in deliveries) == [0, 1]
    known = street.yard.health(LMS)
    assert known.is_down
    assert known.reason is not None
    assert "lms.moodle.token" in known.reason.remedy()


def test_a_lack_of_permission_is_one_delivery_s_trouble_and_names_the_capability(
    street: Street, site: Site
):
    site.capabilities.discard("moodle/competency:competencygrade")
    delivery = street.badge(SITI, lms_user_id="4")
    street.deliver()
    assert street.yard.state(delivery) == "blocked"
    assert "moodle/competency:competencygrade" in street.yard.reason(delivery).remedy()
    assert not street.yard.health(LMS).is_down


def test_a_site_under_maintenance_is_left_alone_as_long_as_it_asks(street: Street, site: Site):
    site.maintenance = True
    for nip, user in ((SITI, "4"), (BUDI, "5"), (BAMBANG, "14")):
        street.badge(nip, lms_user_id=user)
    street.deliver(street.worker(**{LMS: 3}))
    known = street.yard.health(LMS)
    assert known.probe_at is not None
    assert (known.probe_at - street.yard.clock()).total_seconds() == 300
    site.maintenance = False
    street.settle()
    assert len(street.city.moodle.awards()) == 3
