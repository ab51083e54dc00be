"""Taking a badge back, over real HTTP: what calls can do, and what only a person can."""

from __future__ import annotations

import pytest

from lms_bridge.deliveries import actions
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.moodle.site import Site
from tests.deliveries.street import LATSAR, LITDIG, Street
from tests.deliveries.yard import LMS

GRADE = "core_competency_grade_competency"
LEAVE = "core_cohort_delete_cohort_members"
SITI_ID, BUDI_ID = 4, 5


@pytest.fixture
def site(street: Street) -> Site:
    return street.city.moodle.site


def issued(street: Street, nip: str = SITI, content=LITDIG, user: int = SITI_ID, **more) -> int:
    delivery = street.badge(nip, content, lms_user_id=str(user), **more)
    assert street.deliver() == {"done": 1}
    return delivery


def a_person_revokes(street: Street, delivery: int) -> None:
    street.city.moodle.revoke(street.yard.row(delivery).result_id)


def test_a_person_is_asked_with_the_page_and_the_names(each_street: Street):
    street = each_street
    delivery = issued(street)
    street.undo(delivery)
    assert street.deliver() == {"delegate": 1}
    back = street.back(delivery)
    reason = street.yard.reason(back.id)
    assert (back.state, reason.code) == ("delegated", "badge_to_revoke")
    assert "“Badge Literasi Digital” of Siti Rahmawati (learner1)" in reason.what()
    assert f"{street.servers[LMS].url}/badges/award.php?id=4" in reason.remedy()
    assert f"deliveries retry {back.id}" in reason.remedy()


def test_now_and_then_it_is_looked_whether_they_did(each_street: Street):
    street = each_street
    delivery = issued(street)
    street.undo(delivery)
    street.deliver()
    street.yard.clock.forward(minutes=59)
    assert street.deliver() == {}
    street.yard.clock.forward(minutes=1)
    assert street.deliver() == {"delegate": 1}
    a_person_revokes(street, delivery)
    street.yard.clock.forward(minutes=60)
    assert street.deliver() == {"done": 1}
    assert (street.yard.state(delivery), street.back(delivery).state) == ("cancelled", "done")


def test_a_person_who_has_done_it_need_not_wait(street: Street):
    delivery = issued(street)
    street.undo(delivery)
    street.deliver()
    a_person_revokes(street, delivery)
    with street.yard.store.writing() as db:
        actions.retry(db, [street.back(delivery).id], now=street.yard.clock())
    assert street.deliver() == {"done": 1}


def test_a_person_may_say_that_it_stays(street: Street):
    delivery = issued(street)
    street.undo(delivery)
    street.deliver()
    with street.yard.store.writing() as db:
        now = street.yard.clock()
        actions.cancel(db, [street.back(delivery).id], by="ani", why="tidak bisa", now=now)
    street.yard.clock.forward(hours=48)
    assert street.deliver() == {}
    assert street.yard.state(delivery) == "done"


def test_the_rating_is_lowered_first_so_that_moodle_does_not_issue_it_again(
    street: Street, site: Site
):
    delivery = issued(street)
    street.undo(delivery)
    street.deliver()
    assert [grade for _, _, grade in site.evidence] == [2, 1]
    a_person_revokes(street, delivery)
    street.city.moodle.cron()
    assert street.city.moodle.badges_of(SITI_ID) == []


def test_the_cohort_is_left_first_so_that_moodle_does_not_issue_it_again(
    street: Street, site: Site
):
    delivery = issued(street, BUDI, LATSAR, BUDI_ID)
    street.undo(delivery)
    street.deliver()
    assert all(BUDI_ID not in cohort.members for cohort in site.cohorts.values())
    a_person_revokes(street, delivery)
    street.city.moodle.cron()
    assert street.city.moodle.badges_of(BUDI_ID) == []


def test_it_is_undone_once_however_often_it_is_looked(street: Street):
    delivery = issued(street)
    street.undo(delivery)
    for _ in range(3):
        street.deliver()
        street.yard.clock.forward(minutes=60)
    assert street.calls(GRADE) == 2


def test_a_badge_that_the_learner_hides_is_not_taken_for_revoked(street: Street):
    delivery = issued(street)
    street.city.moodle.hide(street.yard.row(delivery).result_id)
    street.undo(delivery)
    assert street.deliver() == {"delegate": 1}


def test_a_badge_that_is_gone_already_is_done(street: Street):
    delivery = issued(street)
    a_person_revokes(street, delivery)
    street.undo(delivery)
    assert street.deliver() == {"done": 1}


def test_a_badge_that_another_completion_stands_for_as_well_stays(street: Street, site: Site):
    delivery = issued(street)
    other = issued(street, run="2027")
    street.undo(delivery)
    assert street.deliver() == {"done": 1}
    back = street.back(delivery)
    assert back.reason_code == "badge_stands"
    assert street.city.moodle.badges_of(SITI_ID) == ["Badge Literasi Digital"]
    assert [grade for _, _, grade in site.evidence] == [2]
    street.undo(other)
    assert street.deliver() == {"delegate": 1}, "now nothing stands for it"


def test_an_account_that_is_gone_has_no_badge_any_more(street: Street, site: Site):
    delivery = issued(street)
    street.undo(delivery)
    a_person_revokes(street, delivery)
    del site.users[SITI_ID]
    assert street.deliver() == {"done": 1}


def test_a_permission_that_is_missing_is_named(street: Street, site: Site):
    delivery = issued(street, BUDI, LATSAR, BUDI_ID)
    site.capabilities.discard("moodle/cohort:view")
    street.undo(delivery)
    street.deliver()
    reason = street.yard.reason(street.back(delivery).id)
    assert reason.details["capability"] == "moodle/cohort:view"


@pytest.mark.parametrize(
    "fault", [Fault.COMMIT_THEN_HANG, Fault.COMMIT_THEN_RESET, Fault.RESET, Fault.DML_WRITE]
)
def test_what_undoes_it_is_done_again_after_an_answer_that_did_not_come(
    street: Street, site: Site, fault: Fault
):
    delivery = issued(street)
    street.undo(delivery)
    street.faults.force(fault, where=GRADE)
    street.deliver()
    street.yard.clock.forward(minutes=5)
    street.deliver()
    assert street.back(delivery).state == "delegated"
    assert site.evidence[-1][2] == 1


# --- told of again


def test_a_badge_that_was_revoked_is_issued_anew(each_street: Street):
    street = each_street
    delivery = issued(street)
    first = street.yard.row(delivery).result_id
    street.undo(delivery)
    street.deliver()
    a_person_revokes(street, delivery)
    street.yard.clock.forward(minutes=60)
    street.deliver()
    street.tell_again(delivery)
    assert street.deliver() == {"done": 1}
    (award,) = street.city.moodle.awards()
    assert award.uniquehash == street.yard.row(delivery).result_id != first


def test_a_badge_that_nobody_had_revoked_yet_stays_and_its_rating_is_restored(
    street: Street, site: Site
):
    delivery = issued(street)
    street.undo(delivery)
    street.deliver()
    street.tell_again(delivery)
    assert street.back(delivery).state == "cancelled"
    assert street.deliver() == {"done": 1}
    assert [grade for _, _, grade in site.evidence] == [2, 1, 2]
    assert len(street.city.moodle.awards()) == 1


def test_so_it_is_after_a_person_had_said_that_the_badge_stays(street: Street, site: Site):
    delivery = issued(street)
    street.undo(delivery)
    street.deliver()
    with street.yard.store.writing() as db:
        now = street.yard.clock()
        actions.cancel(db, [street.back(delivery).id], by="ani", why="tetap", now=now)
    street.tell_again(delivery)
    assert street.deliver() == {"done": 1}
    assert [grade for _, _, grade in site.evidence] == [2, 1, 2]


def test_told_of_again_while_it_is_being_taken_back_its_rating_is_restored(
    street: Street, site: Site
):
    delivery = issued(street)
    street.undo(delivery)
    moodle = street.moodle()
    unaward = moodle.unaward_badge

    def told_meanwhile(*args, **more):
        street.tell_again(delivery)
        unaward(*args, **more)

    moodle.unaward_badge = told_meanwhile  # type: ignore[method-assign]
    street.moodle = lambda: moodle  # type: ignore[method-assign]
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert site.evidence[-1][2] == 2


# --- taken back while it was on its way


def test_a_badge_that_moodle_is_late_with_is_waited_for_and_taken_back(street: Street, site: Site):
    site.badges_at_cron = True
    delivery = street.badge(SITI, lms_user_id="4")
    street.deliver()
    street.undo(delivery)
    street.city.moodle.cron()
    street.yard.clock.forward(minutes=10)
    street.deliver()
    assert street.back(delivery).state == "delegated"
    assert street.calls(GRADE) == 2


def test_a_badge_that_moodle_never_issued_is_given_up(street: Street, site: Site):
    site.badges_at_cron = True
    delivery = street.badge(SITI, lms_user_id="4")
    street.deliver()
    street.take_back(delivery)
    street.settle(most_hours=60)
    row = street.yard.row(delivery)
    assert (row.state, row.reason_code) == ("cancelled", "withdrawn")
    assert street.calls(GRADE) == 1
