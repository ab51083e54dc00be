"""What a Moodle site may be set up like: the adapter against the sandbox, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward, LmsCourse, Use
from lms_bridge.lms.moodle import everybody
from lms_bridge.lms.moodle.client import Moodle
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.sandbox.moodle import MoodleSandbox
from lms_bridge.sandbox.moodle.functions import FUNCTIONS
from lms_bridge.sandbox.server import Server

NIP = "198703152010012001"
SITI, BUDI = "4", "5"
LEVEL, NUMBER, BADGE = 7, "ASN-INTEGRITAS-3", "Integritas 3"


def award(**where: Any) -> BadgeAward:
    return BadgeAward("competency", BADGE, competency=NUMBER, **where)


IN_COURSE = award(rate_in="course", course="KOMP-2026")
IN_PLAN = award(rate_in="plan")
BY_COHORT = BadgeAward("cohort", "Kohort", cohort="C-1")
WAYS = [award(), IN_COURSE, IN_PLAN, BY_COHORT]


@pytest.fixture
def sandbox() -> MoodleSandbox:
    made = MoodleSandbox()
    site = made.site
    site.add_user(3, "lmsbridge", "LMS", "Bridge")
    site.add_user(4, "siti", "Siti", "Rahmawati").fields["nip"] = "19870315 201001 2 001"
    site.add_user(5, "budi", "Budi", "Santoso", idnumber="199001012015011002")
    site.add_competency(LEVEL, "Integritas 3", NUMBER)
    site.add_badge(1, BADGE, competency=LEVEL)
    site.add_course(2, "Kompetensi", "KOMPETENSI", "KOMP-2026", competencies=(LEVEL,))
    site.enrol(2, int(SITI))
    site.add_cohort(1, "Kohort", "C-1")
    site.add_badge(2, "Kohort", cohort=1)
    return made


@pytest.fixture
def served(sandbox: MoodleSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TOKEN", sandbox.site.token)
    with Server(sandbox) as server:
        yield server


def moodle(served: Server, *awards: BadgeAward, **settings: Any) -> Moodle:
    given = MoodleSettings(url=served.url, token=Secret("env:TOKEN"), **settings)
    return Moodle("moodle", given, use=lambda: Use(awards=awards))


# --- where a competency is rated


@pytest.mark.parametrize("way", [award(), IN_COURSE, IN_PLAN], ids=["profile", "course", "plan"])
def test_a_badge_comes_of_a_rating_wherever_it_is_given(served, sandbox, way):
    sandbox.site.add_plan(1, int(SITI), LEVEL)
    site = moodle(served)
    site.award_badge(SITI, way, "lms-bridge: KOMP/2026/00001")
    assert site.find_badge(SITI, way).name == BADGE
    site.unaward_badge(SITI, way, "lms-bridge: KOMP/2026/00001")
    assert sandbox.site.ratings[int(SITI), LEVEL].grade == 1


@pytest.mark.parametrize("status", [0, 2], ids=["a draft", "completed"])
def test_a_plan_that_is_not_active_is_passed_over_for_the_profile(served, sandbox, status):
    sandbox.site.add_plan(1, int(SITI), LEVEL, status=status)
    moodle(served).award_badge(SITI, IN_PLAN, "note")
    assert sandbox.badges_of(int(SITI)) == [BADGE]


def test_who_takes_no_part_in_the_course_cannot_be_rated_in_it_and_it_is_said(served, sandbox):
    with pytest.raises(DeliveryError) as caught:
        moodle(served).award_badge(BUDI, IN_COURSE, "note")
    assert caught.value.reason.code == "competency_not_in_course"
    assert NUMBER in caught.value.reason.sentence()


def test_a_course_that_is_not_there_is_named(served):
    way = award(rate_in="course", course="KOMP-2025")
    with pytest.raises(DeliveryError) as caught:
        moodle(served).award_badge(SITI, way, "note")
    assert "KOMP-2025" in caught.value.reason.sentence()


def test_the_profile_is_lowered_where_the_learner_has_left_the_course(served, sandbox):
    """Else the cron of Moodle would issue the badge again once it is revoked."""
    site = moodle(served)
    site.award_badge(SITI, IN_COURSE, "note")
    del sandbox.site.courses[2].participants[int(SITI)]
    site.unaward_badge(SITI, IN_COURSE, "note")
    assert sandbox.site.ratings[int(SITI), LEVEL].grade == 1


def test_a_course_that_keeps_its_ratings_brings_no_badge_of_the_site(served, sandbox):
    sandbox.site.courses[2].pushes_ratings = False
    site = moodle(served)
    site.award_badge(SITI, IN_COURSE, "note")
    assert site.find_badge(SITI, IN_COURSE) is None


def test_a_note_that_names_a_training_with_angle_brackets_does_not_hinder_the_badge(
    served, sandbox
):
    """Moodle refuses a rating whose note looks as if it had tags (tried on 4.5.6)."""
    moodle(served).award_badge(SITI, award(), "lms-bridge: Pelatihan <Dasar>, skor <50")
    assert sandbox.badges_of(int(SITI)) == [BADGE]


# --- whose account it is


def test_a_nip_in_a_custom_profile_field_is_read_and_found(served):
    site = moodle(served, nip_field="profile_field_nip")
    (siti,) = site.find_users("number", [NIP])
    assert (siti.id, siti.number) == (SITI, "19870315 201001 2 001")
    assert [one.number for one in site.find_users("id", [SITI, BUDI])] == [siti.number, ""]
    (participant,) = site.participants_of(LmsCourse("2", "Kompetensi"))
    assert participant.number == siti.number


def test_everybody_is_listed_once_for_many_questions(served, sandbox, monkeypatch):
    listed = []
    recognise = sandbox.recognise

    def noting(request: Any) -> Any:
        listed.append("core_enrol_get_enrolled_users" in request.get_data(as_text=True))
        return recognise(request)

    monkeypatch.setattr(sandbox, "recognise", noting)
    site = moodle(served, nip_field="profile_field_nip")
    for _ in range(3):
        assert site.find_users("number", [NIP])
    assert sum(listed) == 2  # a page, and the one after it that is empty


def test_what_was_listed_is_not_believed_for_ever(served, sandbox, monkeypatch):
    monkeypatch.setattr(everybody, "BELIEVED_SECONDS", 0)
    site = moodle(served, nip_field="profile_field_nip")
    assert site.find_users("number", ["199001012015011002"]) == []
    sandbox.site.users[5].fields["nip"] = "199001012015011002"
    assert [one.id for one in site.find_users("number", ["199001012015011002"])] == [BUDI]


def test_a_nip_may_be_the_beginning_of_an_e_mail_address(served, sandbox):
    sandbox.site.users[5].email = f"{NIP}@pematangsiantar.go.id"
    (budi,) = moodle(served, nip_field="email").find_users("number", [NIP])
    assert (budi.id, budi.number) == (BUDI, NIP)


def test_an_account_that_was_deleted_hides_no_other(served, sandbox):
    sandbox.site.users[5].deleted = True
    assert [one.id for one in moodle(served).find_users("id", [SITI, BUDI])] == [SITI]


# --- what an older, or a large, site is like


@pytest.mark.parametrize("hidden", [False, True])
def test_before_moodle_4_3_a_badge_is_looked_for_on_its_public_page(served, sandbox, hidden):
    sandbox.site.without.add("core_badges_get_user_badge_by_hash")
    site = moodle(served)
    site.award_badge(SITI, award(), "note")
    issued = site.find_badge(SITI, award())
    if hidden:
        sandbox.hide(issued.hash)
    found = site.find_issued(issued.hash)
    assert (found.id, found.name, found.revoke_page) == ("1", BADGE, issued.revoke_page)
    sandbox.revoke(issued.hash)
    assert site.find_issued(issued.hash) is None


def test_the_right_cohort_is_left_among_many_whose_names_contain_its_own(served, sandbox):
    for number in range(2, 60):
        sandbox.site.add_cohort(number, f"Kohort {number}", f"C-1{number}")
    sandbox.site.cohorts[99] = sandbox.site.cohorts.pop(1)
    sandbox.site.cohorts[99].id = 99
    sandbox.site.badges.pop(2)
    site = moodle(served)
    site.award_badge(SITI, BY_COHORT, "note")
    site.unaward_badge(SITI, BY_COHORT, "note")
    assert sandbox.site.cohorts[99].members == set()


def test_the_competencies_that_moodle_has_linked_to_a_course_are_told_where_it_is_asked(served):
    (course,) = moodle(served, linked_competencies=True).courses()
    assert course.competencies == (NUMBER,)
    (course,) = moodle(served).courses()
    assert course.competencies == ()


def test_a_course_that_keeps_its_groups_separate_is_told_of_before_nobody_is_missed(
    served, sandbox
):
    """Moodle shows an empty list then, and says nothing of it (tried on 4.5.6)."""
    sandbox.site.courses[2].separates_groups = True
    site = moodle(served)
    assert list(site.participants_of(LmsCourse("2", "Kompetensi"))) == []
    (told,) = [one for one in site.check() if one.subject == "lms.moodle: groups"]
    assert told.verdict == "warning"
    assert "moodle/site:accessallgroups" in told.remedy
    sandbox.site.capabilities.add("moodle/site:accessallgroups")
    assert [one for one in site.check() if one.subject == "lms.moodle: groups"] == []


# --- what the account needs


@pytest.mark.parametrize("way", WAYS, ids=["profile", "course", "plan", "cohort"])
def test_what_is_planned_suffices_and_nothing_of_it_is_superfluous(served, sandbox, way):
    sandbox.site.add_plan(1, int(SITI), LEVEL)
    site = moodle(served, way)
    plan = site.access()
    sandbox.site.functions = {one.name for one in plan.functions}
    usual = {"moodle/badges:viewotherbadges", "moodle/competency:competencyview"}
    planned = {one.name for one in plan.capabilities}
    assert sandbox.site.functions <= set(FUNCTIONS)
    assert _does_all(served, sandbox, way, planned | usual)
    for one in planned:
        assert not _does_all(served, sandbox, way, (planned | usual) - {one}), one


def _does_all(served: Server, sandbox: MoodleSandbox, way: BadgeAward, allowed: set[str]) -> bool:
    sandbox.site.capabilities = set(allowed)
    site, course = moodle(served, way), LmsCourse("2", "Kompetensi")
    try:
        users = site.find_users("id", [SITI])
        told = [site.completion_of(course, one) for one in site.participants_of(course)]
        site.award_badge(SITI, way, "note")
        issued = site.find_badge(SITI, way)
        site.unaward_badge(SITI, way, "note")
    except DeliveryError:
        return False
    return bool(users and users[0].username and told and issued and site.find_issued(issued.hash))
