"""Completions that no statement told: asked of a Moodle over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from lms_bridge.config.settings import Breaker, Delivery
from lms_bridge.jobs import base
from lms_bridge.jobs.base import JobFailed
from lms_bridge.lms.base import LmsCourse, LmsUser
from lms_bridge.lms.moodle.refusals import refusal
from lms_bridge.sandbox.city import AGUS, BUDI, LATSAR, LITDIG, PKA, SAHAT, SITI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.residents import many_people
from tests.people.people import person
from tests.scene import BADGE, SITE, Scene, actor, by_logstore, completed, course, voiding
from xapi import vocabulary

MORNING = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PAUSE_SECONDS", 0)


def finish(scene: Scene, user: int, course_id: int = LATSAR, at: dt.datetime = MORNING) -> None:
    """The learner completes the course in Moodle, which sends no statement of it."""
    scene.city.moodle.complete(user, course_id, at.timestamp())


# --- what is pulled --------------------------------------------------------------------------


def test_a_completion_that_no_statement_told_is_recognised_like_any_other(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", hours=30, badge=BADGE))
    finish(scene, 6)
    assert scene.pull()["recognised"] == 1
    made = scene.completion()
    assert (made.nip, made.hours, made.completed_at) == (AGUS, 30, MORNING)
    assert made.time_source == "criteria"
    assert made.steps == {"registry.siasn": "waiting", "lms.moodle": "waiting"}
    assert (made.lms, made.lms_user_id) == ("moodle", "6")


def test_a_sighting_shows_where_it_comes_from(scene: Scene) -> None:
    finish(scene, 6)
    scene.pull()
    (seen,) = scene.sightings()
    assert (seen.statement_id, seen.object_id) == (None, f"{SITE}/course/view.php?id={LATSAR}")
    assert (seen.actor_name, seen.state) == ("Agus Wijaya", "recognised")


def test_who_has_not_completed_the_course_is_not_recognised(scene: Scene) -> None:
    assert scene.pull()["asked"] > 0
    assert scene.completions() == []


def test_what_is_known_is_not_asked_for_again(scene: Scene) -> None:
    scene.hear(completed(6))
    finish(scene, 6)
    scene.pull()
    first = scene.city.moodle.calls["core_completion_get_course_completion_status"]
    participants = len(scene.site.courses[LATSAR].participants)
    assert first == participants - 1
    assert scene.completion().nip == AGUS


def test_pulling_again_changes_nothing(scene: Scene) -> None:
    finish(scene, 6)
    scene.pull()
    scene.pull()
    assert scene.completion().number.endswith("/00001")
    assert len(scene.sightings()) == 1


def test_a_statement_that_comes_after_all_tells_of_the_same_completion(scene: Scene) -> None:
    finish(scene, 6)
    scene.pull()
    scene.hear(completed(6))
    assert scene.states() == ["recognised", "recognised"]
    assert scene.completion().nip == AGUS


def test_the_time_of_the_last_criterion_is_better_than_that_of_the_cron_run(scene: Scene) -> None:
    told = by_logstore(
        completed(6, at="2026-11-24T06:09:27Z"), "9a2c4db9-088d-5de5-9b01-b9e15c04df3a"
    )
    told["actor"] = actor(AGUS)  # so that the account is not known
    scene.hear(told)
    assert scene.completion().time_source == "lms"
    finish(scene, 6)
    scene.pull()
    assert (scene.completion().completed_at, scene.completion().time_source) == (
        MORNING,
        "criteria",
    )
    assert scene.completion().lms_user_id == "6"


def test_each_course_of_the_lms_that_the_catalogue_takes_for_one_is_pulled(scene: Scene) -> None:
    scene.catalogue(
        course("DIKLAT-LATSAR-2026"),
        course(
            "TWO",
            external_ids=("ELEARN-LITDIG-2026",),
            activities=(f"{SITE}/course/view.php?id={PKA}",),
        ),
    )
    finish(scene, 4, LITDIG)
    finish(scene, 5, PKA)
    scene.city.moodle.cron()
    scene.pull()
    assert [(one.course, one.nip) for one in scene.completions()] == [("TWO", SITI), ("TWO", BUDI)]


def test_a_course_is_found_in_the_lms_by_each_kind_of_mark(scene: Scene) -> None:
    scene.catalogue(
        course("DIKLAT-LATSAR-2026"),
        course("BY-NAME", external_ids=(), short_ids=("LITDIG-2026",)),
        course("BY-PAGE", external_ids=(), activities=(f"{SITE}/course/view.php?id={PKA}",)),
    )
    for course_id in (LATSAR, LITDIG, PKA):
        finish(scene, 6, course_id)
    scene.city.moodle.cron()
    scene.pull()
    assert {one.course for one in scene.completions()} == {
        "DIKLAT-LATSAR-2026",
        "BY-NAME",
        "BY-PAGE",
    }


def test_where_the_lms_cannot_say_what_the_course_asks_nothing_is_pulled(scene: Scene) -> None:
    number = ("DIKLAT-LATSAR-2026",)
    for changes in (
        {"run": "session"},
        {"run": "registration"},
        {"minimum_score": 0.7},
        {"hours": 0, "instructor_hours": 5},
        {"verbs": (vocabulary.PASSED,)},
    ):
        scene.catalogue(course("DIKLAT-LATSAR-2026", external_ids=number, **changes))
        assert scene.pull() == {"courses": 0}


def test_a_course_of_another_lms_is_not_looked_for_in_this_one(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", lms="lain"))
    assert scene.pull() == {"courses": 0}


def test_a_course_that_the_lms_does_not_have_is_counted(scene: Scene) -> None:
    scene.catalogue(course("ELSEWHERE"))
    assert scene.pull()["courses_not_found"] == 1


def test_more_completions_than_are_taken_in_at_once_are_all_taken_in(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026"), course("ELEARN-LITDIG-2026"))
    people = many_people(105)
    scene.city.settle(people)
    for one in people:
        finish(scene, one.user_id, LITDIG)
    scene.pull()
    assert sorted(one.nip for one in scene.completions()) == sorted(one.nip for one in people)


# --- who it is -------------------------------------------------------------------------------


def test_each_doubt_about_an_account_is_shown(scene: Scene) -> None:
    for user in (8, 9, 11):
        finish(scene, user)
    scene.pull()
    assert sorted(scene.states()) == [
        "attention: account_without_nip",
        "attention: shared_nip",
        "attention: suspended_account",
    ]


def test_the_word_of_hr_settles_it_by_whatever_name_the_account_has(scene: Scene) -> None:
    names: list[tuple[str, dict[str, Any]]] = [
        (SAHAT, {"account": (SITE, "8")}),
        (SITI, {"account": (SITE, "learner5")}),
        (AGUS, {"email": "learner6@example.go.id"}),
        (BUDI, {"lms": ("moodle", "10")}),
    ]
    for user in (8, 9, 11, 10):
        finish(scene, user)
    scene.pull()
    assert {row.state for row in scene.sightings()} == {"attention"}
    scene.link(*(person(nip, **name) for nip, name in names))
    scene.pull()
    assert sorted((one.nip, one.lms_user_id) for one in scene.completions()) == sorted(
        [(SAHAT, "8"), (SITI, "9"), (AGUS, "11"), (BUDI, "10")]
    )


def test_the_word_of_hr_goes_before_the_nip_of_the_account(scene: Scene) -> None:
    scene.link(person(SAHAT, account=(SITE, "4")))
    finish(scene, 4)
    scene.pull()
    assert scene.completion().nip == SAHAT


def test_an_account_that_waits_is_settled_when_a_statement_told_of_it_meanwhile(
    scene: Scene,
) -> None:
    finish(scene, 9)
    scene.pull()
    scene.hear(completed(9))
    scene.link(person(SAHAT, account=(SITE, "9")))
    scene.recognise()
    scene.pull()
    assert scene.states() == ["recognised", "recognised"]


def test_an_account_that_was_corrected_in_the_lms_is_recognised_at_the_next_pull(
    scene: Scene,
) -> None:
    finish(scene, 8)
    scene.pull()
    scene.site.users[8].idnumber = SAHAT
    scene.site.users[12].idnumber = ""
    scene.pull()
    assert (scene.completion().nip, scene.states()) == (SAHAT, ["recognised"])


def test_a_nip_that_the_registry_does_not_know_is_asked_for_again(scene: Scene) -> None:
    scene.site.users[6].idnumber = "198511202009011999"
    finish(scene, 6)
    scene.pull()
    scene.not_in_the_registry(scene.completion().id)
    scene.site.users[6].idnumber = AGUS
    scene.pull()
    assert [(one.nip, one.withdrawn) for one in scene.completions()] == [
        ("198511202009011999", True),
        (AGUS, False),
    ]


def test_an_instructor_who_is_known_as_such_is_still_asked_about_as_a_learner(
    scene: Scene,
) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", instructor_hours=9))
    scene.hear(completed(4, context={"instructor": actor(5)}))
    finish(scene, 5)
    scene.pull()
    assert [(one.nip, one.role) for one in scene.completions()] == [
        (SITI, "learner"),
        (BUDI, "instructor"),
        (BUDI, "learner"),
    ]


# --- what was taken back, and what is counted each year --------------------------------------


def test_what_a_statement_took_back_does_not_come_back_from_the_lists_of_the_lms(
    scene: Scene,
) -> None:
    """Moodle keeps it there whatever was voided; and HR may have had it undone."""
    finish(scene, 6)
    (told,) = scene.hear(completed(6))
    scene.hear(voiding(told))
    scene.pull()
    assert scene.completion().withdrawn
    assert scene.reason(statement_seq=None).code == "taken_back_before"
    scene.hear(completed(6))
    assert not scene.completion().withdrawn


def test_it_is_taken_back_although_it_stands_in_the_lists_of_the_lms(scene: Scene) -> None:
    finish(scene, 6)
    scene.pull()
    (told,) = scene.hear(completed(6))
    scene.hear(voiding(told))
    assert scene.completion().withdrawn
    scene.pull()
    assert scene.completion().withdrawn


def test_what_is_completed_after_the_other_was_taken_back_is_told_anew(scene: Scene) -> None:
    (told,) = scene.hear(completed(6))
    scene.hear(voiding(told))
    scene.clock.forward(hours=2)
    finish(scene, 6, at=scene.clock() - dt.timedelta(hours=1))
    scene.pull()
    assert not scene.completion().withdrawn


def test_a_course_of_each_year_is_asked_for_anew_each_year(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", run="yearly"))
    finish(scene, 6)
    scene.pull()
    scene.clock.forward(days=365)
    scene.site.completions.clear()  # Moodle resets the course
    finish(scene, 6, at=MORNING + dt.timedelta(days=365))
    scene.pull()
    assert [one.run for one in scene.completions()] == ["2026", "2027"]


def test_last_years_completion_is_not_taken_for_one_of_this_year(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", run="yearly"))
    finish(scene, 6)
    scene.pull()
    scene.clock.forward(days=365)
    scene.pull()
    assert scene.completion().run == "2026"


def test_nor_is_one_of_which_the_lms_does_not_say_when_it_was(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", run="yearly"))
    finish(scene, 6)
    scene.site.completions[6, LATSAR].criterion_met_at = 0
    scene.pull()
    assert (scene.completion().run, scene.completion().time_source) == ("2026", "bridge")
    scene.clock.forward(days=365)
    scene.pull()
    assert scene.completion().run == "2026"


# --- an LMS that does not answer -------------------------------------------------------------


def test_a_participant_whom_the_lms_fails_over_keeps_no_other_waiting(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in (4, 5, 6):
        finish(scene, user)
    moodle = scene.bridge.lms["moodle"]
    completion_of = moodle.completion_of

    def fails(found: LmsCourse, user: LmsUser) -> Any:
        if user.id == "5":
            raise refusal("lms.moodle", "core_completion", "codingerror", "something of a plugin")
        return completion_of(found, user)

    monkeypatch.setattr(moodle, "completion_of", fails)
    assert scene.pull()["failed"] == 1
    assert sorted(one.nip for one in scene.completions()) == sorted([SITI, AGUS])


def test_an_account_that_the_lms_fails_over_keeps_no_other_waiting(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in (4, 5, 6):
        finish(scene, user)
    moodle = scene.bridge.lms["moodle"]
    find_users = moodle.find_users

    def fails(field: Any, values: Any) -> Any:
        if "5" in values:
            raise refusal("lms.moodle", "core_user", "codingerror", "something of a plugin")
        return find_users(field, values)

    monkeypatch.setattr(moodle, "find_users", fails)
    assert scene.pull()["failed"] == 1
    assert sorted(one.nip for one in scene.completions()) == sorted([SITI, AGUS])


def test_a_course_that_the_lms_fails_over_keeps_no_other_waiting(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.catalogue(course("AAA", external_ids=("DIKLAT-PKA-2026",)))
    finish(scene, 6)
    moodle = scene.bridge.lms["moodle"]
    find = moodle.find_course

    def fails(**question: str) -> Any:
        if question.get("number") == "DIKLAT-LATSAR-2026":
            raise RuntimeError("a record that nobody expected")
        return find(**question)

    monkeypatch.setattr(moodle, "find_course", fails)
    finish(scene, 4, PKA)
    scene.city.moodle.cron()
    assert scene.pull()["failed"] == 1
    assert [one.course for one in scene.completions()] == ["AAA"]


def test_a_call_that_fails_in_passing_is_made_again(scene: Scene) -> None:
    finish(scene, 6)
    scene.city.moodle.faults.force(Fault.BAD_GATEWAY, where="core_enrol_get_enrolled_users")
    scene.city.moodle.faults.force(Fault.BAD_GATEWAY, where="core_user_get_users_by_field")
    assert scene.pull()["failed"] == 0
    assert scene.completion().nip == AGUS


def test_an_lms_that_is_down_fails_the_job_and_says_so(scene: Scene) -> None:
    scene.change(delivery=Delivery(breaker=Breaker(failures=1)))
    scene.catalogue(course("AAA"), course("BBB"))
    scene.site.maintenance = True
    with pytest.raises(JobFailed, match="cannot be used now"):
        scene.pull()


def test_an_lms_that_is_down_is_noticed_once_and_not_by_each_course(scene: Scene) -> None:
    scene.change(delivery=Delivery(breaker=Breaker(failures=1)))
    scene.catalogue(*(course(f"COURSE-{number}") for number in range(10)))
    scene.site.maintenance = True
    with pytest.raises(JobFailed):
        scene.pull()
    assert sum(scene.city.moodle.calls.values()) == base.TRIES
