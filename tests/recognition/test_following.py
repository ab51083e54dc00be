"""What makes a completion follow later, by itself, without being sent again."""

from __future__ import annotations

import hashlib

import pytest

from lms_bridge.config.settings import Account, Recognition
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.recognition import sightings
from lms_bridge.sandbox.city import AGUS, BUDI, SAHAT, SITI
from tests.people.people import person
from tests.scene import LATSAR_COURSE, SITE, Scene, actor, by_mail, completed, course, voiding
from xapi import vocabulary

ATTENDED = "http://adlnet.gov/expapi/verbs/attended"
ACTIVITY = f"{SITE}/course/view.php?id=9"


# --- the catalogue is completed --------------------------------------------------------------


@pytest.mark.parametrize(
    "added",
    [
        course("NEW", external_ids=("ARSIP-2026",)),
        course("NEW", external_ids=(), short_ids=("ARSIP",)),
        course("NEW", external_ids=(), activities=(ACTIVITY,)),
    ],
    ids=["external id", "short id", "activity"],
)
def test_a_course_that_was_unknown_is_recognised_when_the_catalogue_has_it(
    scene: Scene, added: object
) -> None:
    scene.hear(completed(4, "ARSIP-2026", short_id="ARSIP", activity=ACTIVITY))
    assert scene.states() == ["attention: unknown_course"]
    assert scene.catalogue(added).reconsidered == 1  # type: ignore[arg-type]
    scene.recognise()
    assert scene.completion().course == "NEW"


def test_an_unknown_course_is_shown_with_every_mark_that_the_catalogue_could_have(
    scene: Scene,
) -> None:
    scene.hear(completed(4, "ARSIP-2026", short_id="ARSIP", activity=ACTIVITY))
    what = scene.reason().what()
    assert "Latihan Dasar CPNS" in what
    assert f"({ACTIVITY}, ARSIP-2026, ARSIP)" in what


@pytest.mark.parametrize(
    "added",
    [
        course("NEW", external_ids=("ARSIP-2026",), verbs=(ATTENDED,)),
        course("NEW", external_ids=(), short_ids=("ARSIP",), verbs=(ATTENDED,)),
        course("NEW", external_ids=(), activities=(ACTIVITY,), verbs=(ATTENDED,)),
    ],
    ids=["external id", "short id", "activity"],
)
def test_a_verb_that_only_a_new_course_takes_for_a_completion_is_recognised_then(
    scene: Scene, added: object
) -> None:
    scene.hear(completed(4, "ARSIP-2026", short_id="ARSIP", activity=ACTIVITY, verb=ATTENDED))
    assert scene.states() == ["none: verb_not_completion"]
    scene.catalogue(added)  # type: ignore[arg-type]
    scene.recognise()
    assert scene.completion().course == "NEW"


def test_a_part_of_a_course_is_recognised_when_the_catalogue_lists_it(scene: Scene) -> None:
    exam = f"{SITE}/mod/quiz/view.php?id=17"
    scene.hear(completed(4, "", activity=exam, kind=vocabulary.ADL_ASSESSMENT))
    assert scene.states() == ["none: not_a_course"]
    scene.catalogue(course("EXAM", external_ids=(), activities=(exam,)))
    scene.recognise()
    assert scene.completion().course == "EXAM"


@pytest.mark.parametrize("verb", [vocabulary.COMPLETED, ATTENDED])
def test_sessions_are_recognised_when_the_catalogue_has_their_course(
    scene: Scene, verb: str
) -> None:
    series = f"{SITE}/course/view.php?id=5"
    around = {"contextActivities": {"grouping": [{"id": series}]}}
    meeting = {"activity": f"{SITE}/meeting/1", "kind": vocabulary.ADL_MODULE, "verb": verb}
    scene.hear(completed(4, "", context=around, **meeting))
    assert scene.completions() == []
    scene.catalogue(
        course("MENTOR", external_ids=(), activities=(series,), run="session", verbs=(verb,))
    )
    scene.recognise()
    assert scene.completion().run == f"{SITE}/meeting/1"


def test_a_score_that_was_too_low_counts_when_the_course_asks_for_less(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", minimum_score=0.8))
    scene.hear(completed(4, result={"score": {"scaled": 0.7}}))
    assert scene.states() == ["none: score_too_low"]
    scene.catalogue(course("DIKLAT-LATSAR-2026", minimum_score=0.7))
    scene.recognise()
    assert scene.completion().nip == SITI


def test_a_score_that_is_missing_waits_for_somebody_to_decide(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", minimum_score=0.8))
    scene.hear(completed(4))
    assert scene.states() == ["attention: score_missing"]
    scene.catalogue(LATSAR_COURSE)
    scene.recognise()
    assert scene.completion().nip == SITI


def test_a_learner_earns_when_the_course_gives_hours_to_learners(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", hours=0, instructor_hours=6))
    scene.hear(completed(4))
    assert scene.states() == ["none: learner_earns_nothing"]
    scene.catalogue(course("DIKLAT-LATSAR-2026", hours=5))
    scene.recognise()
    assert scene.completion().hours == 5


def test_a_list_of_more_courses_than_one_query_can_hold_reaches_all_of_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "_AT_ONCE", 2)
    numbers = [f"COURSE-{number}" for number in range(5)]
    scene.hear(*(completed(4, number, verb=ATTENDED) for number in numbers))
    change = scene.catalogue(*(course(number, verbs=(ATTENDED,)) for number in numbers))
    assert change.reconsidered == 5


def test_an_import_that_changes_nothing_judges_nothing_again(scene: Scene) -> None:
    scene.hear(completed(999))
    assert scene.catalogue(LATSAR_COURSE).reconsidered == 0


def test_what_has_been_recognised_stays_when_its_course_is_taken_out_of_the_catalogue(
    scene: Scene,
) -> None:
    scene.hear(completed(4))
    scene.catalogue(source="csv", complete=True)
    scene.recognise()
    assert scene.states() == ["recognised"]
    assert not scene.completion().withdrawn


def test_what_waits_for_a_person_is_about_an_unknown_course_once_the_course_is_taken_out(
    scene: Scene,
) -> None:
    scene.hear(completed(8))
    scene.catalogue(source="csv", complete=True)
    scene.recognise()
    assert scene.states() == ["attention: unknown_course"]


# --- the mapping of people is completed ------------------------------------------------------


def test_the_word_of_hr_settles_every_doubt_about_an_account(scene: Scene) -> None:
    doubtful = {SITI: 8, SAHAT: 9, BUDI: 11, AGUS: 999}
    scene.hear(*(completed(user) for user in doubtful.values()))
    linked = [person(nip, account=(SITE, str(user))) for nip, user in doubtful.items()]
    assert scene.link(*linked).reconsidered == len(doubtful)
    scene.recognise()
    assert [one.nip for one in scene.completions()] == list(doubtful)
    # for the badge, which is to be issued to that very account
    assert [one.lms_user_id for one in scene.completions()] == ["8", "9", "11", "999"]


def test_the_word_of_hr_goes_before_that_of_the_lms(scene: Scene) -> None:
    scene.link(person(SAHAT, account=(SITE, "4")))
    scene.hear(completed(4))
    assert scene.completion().nip == SAHAT
    assert not scene.city.moodle.calls


def test_hr_may_name_an_account_as_the_lms_numbers_it_whatever_statements_call_it(
    scene: Scene,
) -> None:
    called = (actor(11), actor("learner6"), by_mail("learner6@example.go.id"))
    scene.hear(*(completed(who) for who in called))
    assert scene.states() == ["attention: suspended_account"] * 3
    scene.link(person(SAHAT, lms=("moodle", "11")))
    scene.recognise()
    assert scene.states() == ["recognised"] * 3
    assert (scene.completion().nip, scene.completion().lms_user_id) == (SAHAT, "11")


def test_hr_may_name_an_address_of_which_statements_show_only_the_hash(scene: Scene) -> None:
    hashed = hashlib.sha1(b"mailto:Siti@Example.go.id").hexdigest()
    scene.hear(completed({"mbox_sha1sum": hashed.upper()}))
    scene.link(person(SITI, email="Siti@Example.go.id"))
    scene.recognise()
    assert scene.completion().nip == SITI


def test_a_link_reaches_what_was_recognised_as_somebody_elses_and_not_recorded_yet(
    scene: Scene,
) -> None:
    scene.hear(completed(4))
    scene.link(person(SAHAT, account=(SITE, "4")))
    scene.recognise()
    assert [(one.nip, one.withdrawn) for one in scene.completions()] == [
        (SITI, True),
        (SAHAT, False),
    ]
    assert scene.completions()[0].steps == {"registry.siasn": "cancelled"}


def test_a_link_leaves_what_a_registry_has_to_people(scene: Scene) -> None:
    scene.hear(completed(4))
    scene.deliver(scene.completion().id)
    scene.link(person(SAHAT, account=(SITE, "4")))
    scene.recognise()
    assert [(one.nip, one.withdrawn) for one in scene.completions()] == [(SITI, False)]


def test_a_link_leaves_what_a_registry_may_have_to_people(scene: Scene) -> None:
    under_way: list[dict[str, object]] = [
        {"state": State.RUNNING},
        {"state": State.RETRYING, "progress": {"sent_at": "2026-11-24T03:00:00+00:00"}},
        {"state": State.BLOCKED, "result_id": "row-1"},  # it was there, and has vanished
    ]
    scene.hear(completed(4), completed(5), completed(6))
    for made, columns in zip(scene.completions(), under_way, strict=True):
        scene.deliver(made.id, **columns)
    scene.link(*(person(SAHAT, account=(SITE, user)) for user in "456"))
    scene.recognise()
    assert [one.nip for one in scene.completions()] == [SITI, BUDI, AGUS]


# --- the LMS is corrected --------------------------------------------------------------------


def test_an_account_that_was_without_a_nip_is_asked_about_again_some_hours_later(
    scene: Scene,
) -> None:
    scene.hear(completed(8))
    scene.site.users[8].idnumber = SAHAT
    scene.site.users[12].idnumber = ""
    scene.recognise()
    assert scene.completions() == []
    scene.clock.forward(hours=scene.settings.recognition.ask_again_hours)
    scene.recognise()
    assert scene.completion().nip == SAHAT


def test_a_nip_that_the_registry_does_not_know_is_asked_for_again(scene: Scene) -> None:
    scene.site.users[6].idnumber = "198511202009011999"  # mistyped
    scene.hear(completed(6))
    scene.not_in_the_registry(scene.completion().id)
    scene.site.users[6].idnumber = "198511202009011003"
    scene.clock.forward(hours=22)
    scene.pull()
    scene.recognise()
    assert [(one.nip, one.withdrawn) for one in scene.completions()] == [
        ("198511202009011999", True),
        ("198511202009011003", False),
    ]


def test_a_nip_that_is_right_though_the_registry_does_not_know_it_changes_nothing(
    scene: Scene,
) -> None:
    scene.hear(completed(6))
    scene.not_in_the_registry(scene.completion().id)
    for _ in range(3):
        scene.clock.forward(hours=24)
        scene.pull()
        scene.recognise()
    assert not scene.completion().withdrawn
    assert scene.completion().steps == {"registry.siasn": "blocked"}


# --- the configuration is changed ------------------------------------------------------------


def test_a_home_page_that_is_configured_later_is_known_from_the_next_start_on(
    scene: Scene,
) -> None:
    scene.hear(completed(actor(SITI, "https://asn.example")))
    assert scene.states() == ["attention: unknown_home_page"]
    scene.change(accounts=(Account(home_page="https://asn.example", holds="nip"),))
    scene.restart()
    scene.recognise()
    assert scene.completion().nip == SITI


def test_a_verb_that_is_configured_later_counts_from_the_next_start_on(scene: Scene) -> None:
    scene.restart()
    scene.hear(completed(4, verb=ATTENDED))
    scene.change(recognition=Recognition(verbs=(ATTENDED,)))
    assert scene.restart() == 1
    scene.recognise()
    assert scene.completion().nip == SITI


def test_a_start_with_the_same_configuration_judges_nothing_again(scene: Scene) -> None:
    scene.hear(completed(8), completed(4, verb=ATTENDED))
    scene.restart()
    scene.recognise()
    assert scene.restart() == 0


def test_what_was_taken_back_is_not_judged_again_for_a_new_configuration(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    scene.hear(voiding(told))
    scene.change(recognition=Recognition(verbs=(vocabulary.COMPLETED,)))
    scene.restart()
    scene.recognise()
    assert scene.states() == ["none: voided", "none: voiding"]


def test_the_word_of_hr_reaches_everybody_who_waits(scene: Scene) -> None:
    scene.hear(completed(8), completed(11))
    done = scene.link(person(SAHAT, account=(SITE, "8")), person(BUDI, account=(SITE, "11")))
    assert done.reconsidered == 2
    scene.recognise()
    assert [one.nip for one in scene.completions()] == [SAHAT, BUDI]
