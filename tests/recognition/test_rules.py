"""The rules: what is a completion, in which order they decide, and what one completion is."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import Catalogue, CataloguedCourse
from lms_bridge.config.settings import Recognition
from lms_bridge.recognition import rules
from lms_bridge.recognition.rules import AHEAD, Completed, Nothing, Verdict, Waits
from lms_bridge.recognition.seen import Seen
from tests.scene import course
from xapi import Account, Agent, vocabulary

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
COURSE = "https://lms.example/course/7"
MEETING = "https://lms.example/meeting/1"
SITI = Agent(account=Account(home_page="https://lms.example", name="4"))
PLAIN = Seen(
    verb=vocabulary.COMPLETED,
    object_type="Activity",
    object_id=COURSE,
    activity_type=vocabulary.COURSE,
    external_id="DIKLAT",
    actor=SITI,
    completed_at=NOW,
    received_at=NOW,
)


def judge(
    *courses: Course, lms: str = "moodle", recognition: Recognition | None = None, **seen: Any
) -> Verdict:
    catalogue = Catalogue(CataloguedCourse(n, one) for n, one in enumerate(courses, start=1))
    return rules.judge(
        msgspec.structs.replace(PLAIN, **seen),
        rules=recognition or Recognition(),
        catalogue=catalogue,
        lms=lms,
    )


def code(verdict: Verdict) -> str:
    return "completed" if isinstance(verdict, Completed) else verdict.reason.code


# --- the course ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "known",
    [
        course("C", external_ids=("DIKLAT",)),
        course("C", external_ids=(), short_ids=("PKA",)),
        course("C", external_ids=(), activities=(COURSE,)),
    ],
    ids=["external id", "short id", "activity"],
)
def test_a_course_is_known_by_any_of_its_marks(known: Course) -> None:
    verdict = judge(known, short_id="PKA")
    assert isinstance(verdict, Completed)
    assert verdict.course.course == known


def test_an_activity_goes_before_an_external_id_and_that_before_a_short_id() -> None:
    by_activity = course("A", external_ids=(), activities=(COURSE,))
    by_external = course("B", external_ids=("DIKLAT",))
    by_short = course("C", external_ids=(), short_ids=("PKA",))
    for courses, first in (
        ((by_short, by_external, by_activity), "A"),
        ((by_short, by_external), "B"),
        ((by_short,), "C"),
    ):
        verdict = judge(*courses, short_id="PKA")
        assert isinstance(verdict, Completed)
        assert verdict.course.course.key == first


def test_a_short_id_counts_where_the_external_id_is_nobodys() -> None:
    assert (
        code(judge(course("C", external_ids=(), short_ids=("PKA",)), short_id="PKA")) == "completed"
    )


def test_the_ids_of_a_part_of_a_course_are_not_those_of_the_course() -> None:
    module = {"activity_type": vocabulary.ADL_MODULE, "object_id": "https://lms.example/page/3"}
    assert code(judge(course("C", external_ids=("DIKLAT",)), **module)) == "not_a_course"


def test_a_part_of_a_course_counts_where_the_catalogue_lists_it() -> None:
    exam = "https://lms.example/exam/3"
    known = course("C", external_ids=(), activities=(exam,))
    assert (
        code(judge(known, activity_type=vocabulary.ADL_ASSESSMENT, object_id=exam)) == "completed"
    )


def test_what_an_event_says_is_a_course_is_one_whatever_its_type() -> None:
    event = Recognition().course_events[0]
    assert (
        code(judge(course("C", external_ids=("DIKLAT",)), activity_type="", event=event))
        == "completed"
    )


def test_a_whole_course_that_the_catalogue_does_not_have_waits_for_it() -> None:
    assert code(judge()) == "unknown_course"
    assert isinstance(judge(), Waits)


def test_an_empty_id_is_nobodys() -> None:
    assert code(judge(course("C"), external_id="", short_id="")) == "unknown_course"


def test_a_course_of_one_lms_is_known_by_statements_of_that_lms_only() -> None:
    known = course("C", external_ids=("DIKLAT",), lms="moodle")
    assert code(judge(known, lms="moodle")) == "completed"
    assert code(judge(known, lms="lain")) == "unknown_course"
    assert code(judge(known, lms="")) == "unknown_course"


def test_one_id_may_be_another_course_in_another_lms() -> None:
    one, other = (course(lms, external_ids=("DIKLAT",), lms=lms) for lms in ("one", "other"))
    for lms in ("one", "other"):
        verdict = judge(one, other, lms=lms)
        assert isinstance(verdict, Completed)
        assert verdict.course.course.key == lms


@pytest.mark.parametrize("run", ["session", "once"])
def test_an_activity_within_a_course_is_a_session_only_where_sessions_count(run: str) -> None:
    series = course("C", external_ids=(), activities=(COURSE,), run=run)
    verdict = judge(series, activity_type="", object_id=MEETING, around=(COURSE,), external_id="")
    assert code(verdict) == ("completed" if run == "session" else "not_a_course")


# --- the verb, the result, the score, the time -----------------------------------------------


@pytest.mark.parametrize("verb", [vocabulary.COMPLETED, vocabulary.PASSED])
def test_completed_and_passed_tell_of_a_completion(verb: str) -> None:
    assert code(judge(course("DIKLAT"), verb=verb)) == "completed"


def test_a_course_says_itself_which_verbs_tell_of_its_completion() -> None:
    attended = "http://adlnet.gov/expapi/verbs/attended"
    known = course("DIKLAT", verbs=(attended,))
    assert code(judge(known, verb=attended)) == "completed"
    assert code(judge(known, verb=vocabulary.COMPLETED)) == "verb_not_completion"


def test_the_verbs_of_all_other_courses_are_configured() -> None:
    satisfied = Recognition(verbs=(vocabulary.SATISFIED,))
    known = course("DIKLAT")
    assert code(judge(known, verb=vocabulary.SATISFIED, recognition=satisfied)) == "completed"
    assert code(judge(known, recognition=satisfied)) == "verb_not_completion"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"success": False}, "result_failed"),
        ({"completion": False}, "result_incomplete"),
        ({"success": False, "completion": False}, "result_failed"),
        ({"success": True, "completion": True}, "completed"),
        ({"success": None, "completion": True}, "completed"),
    ],
)
def test_a_result_must_not_say_no(seen: dict[str, Any], expected: str) -> None:
    assert code(judge(course("DIKLAT"), **seen)) == expected


@given(score=st.floats(-1, 1), minimum=st.floats(0, 1))
def test_a_score_must_reach_the_minimum_of_the_course(score: float, minimum: float) -> None:
    verdict = judge(course("DIKLAT", minimum_score=minimum), score=score)
    assert code(verdict) == ("completed" if score >= minimum else "score_too_low")


@given(score=st.one_of(st.none(), st.floats(-1, 1)))
def test_a_course_that_asks_for_no_score_takes_any(score: float | None) -> None:
    assert code(judge(course("DIKLAT"), score=score)) == "completed"


def test_a_score_that_is_missing_waits_for_a_person() -> None:
    assert isinstance(judge(course("DIKLAT", minimum_score=0.7)), Waits)


def test_a_score_just_below_is_not_shown_as_if_it_were_enough() -> None:
    verdict = judge(course("DIKLAT", minimum_score=0.7), score=0.6999)
    assert isinstance(verdict, Nothing)
    assert verdict.reason.details == {"score": "69.9%", "minimum": "70%"}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW, "completed"),
        (NOW + AHEAD, "completed"),
        (NOW + AHEAD + dt.timedelta(seconds=1), "time_not_credible"),
        (dt.datetime(2062, 1, 1, tzinfo=dt.UTC), "time_not_credible"),
        (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "time_not_credible"),
        (dt.datetime(2011, 3, 1, tzinfo=dt.UTC), "completed"),
    ],
    ids=str,
)
def test_a_time_that_cannot_be_waits_for_a_person(at: dt.datetime, expected: str) -> None:
    assert code(judge(course("DIKLAT"), completed_at=at)) == expected


# --- the order -------------------------------------------------------------------------------


def test_the_first_rule_that_decides_is_the_reason_that_is_shown() -> None:
    """Everything is wrong with it, and is mended one by one, in the order of the rules."""
    strict = course("DIKLAT", minimum_score=0.7, verbs=(vocabulary.PASSED,))
    wrong: dict[str, Any] = {
        "verb": vocabulary.VOIDED,
        "object_type": "Agent",
        "external_id": "ANOTHER",
        "activity_type": vocabulary.ADL_MODULE,
        "success": False,
        "completion": False,
        "score": 0.1,
        "completed_at": NOW + 2 * AHEAD,
    }
    shown = [code(judge(strict, **wrong))]
    for mended in (
        {"verb": vocabulary.FAILED},
        {"object_type": "Activity"},
        {"verb": vocabulary.PASSED},
        {"activity_type": vocabulary.COURSE},
        {"external_id": "DIKLAT"},
        {"success": None},
        {"completion": None},
        {"score": 0.7},
        {"completed_at": NOW},
    ):
        wrong |= mended
        shown.append(code(judge(strict, **wrong)))
    assert shown == [
        "voiding",
        "object_not_activity",
        "verb_not_completion",
        "not_a_course",
        "unknown_course",
        "result_failed",
        "result_incomplete",
        "score_too_low",
        "time_not_credible",
        "completed",
    ]


def test_a_verdict_names_the_course_as_far_as_it_is_known() -> None:
    known = course("DIKLAT", minimum_score=0.9)
    verdict = judge(known, score=0.1)
    assert verdict.course == CataloguedCourse(1, known)
    assert judge().course is None


# --- what one completion is ------------------------------------------------------------------


def run(policy: str, *, registration_is_run: bool = True, **seen: Any) -> str:
    extension = seen.pop("session_extension", "")
    known = course("DIKLAT", activities=(COURSE,), run=policy, session_extension=extension)
    return rules.run_of(
        msgspec.structs.replace(PLAIN, **seen),
        known,
        zone=JAKARTA,
        registration_is_run=registration_is_run,
    )


REGISTRATION = "9a2c4db9-088d-5de5-9b01-b9e15c04df3a"


@given(at=st.datetimes(timezones=st.just(dt.UTC)), registration=st.uuids().map(str))
def test_once_is_a_single_run_whatever_else_the_statement_says(
    at: dt.datetime, registration: str
) -> None:
    assert run("once", completed_at=at, registration=registration) == ""


@pytest.mark.parametrize(
    ("at", "year"),
    [
        (dt.datetime(2026, 12, 31, 16, 59, 59, tzinfo=dt.UTC), "2026"),
        (dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC), "2027"),  # midnight in Pematangsiantar
    ],
)
def test_a_year_begins_where_the_bridge_is(at: dt.datetime, year: str) -> None:
    assert run("yearly", completed_at=at) == year


def test_a_registration_is_a_run_in_either_case_of_its_digits() -> None:
    assert run("registration", registration=REGISTRATION.upper()) == REGISTRATION


def test_a_registration_that_means_nothing_is_no_run() -> None:
    assert run("registration", registration=REGISTRATION, registration_is_run=False) == ""


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"extensions": {rules.CMI5_SESSION: "sesi-1"}}, "sesi-1"),
        ({"extensions": {rules.CMI5_SESSION: " sesi-1 "}}, "sesi-1"),
        ({"extensions": {rules.CMI5_SESSION: 7}}, "7"),
        (
            {
                "extensions": {"https://x.example/s": "a"},
                "session_extension": "https://x.example/s",
            },
            "a",
        ),
        ({"object_id": MEETING, "around": (COURSE,)}, MEETING),
        ({"registration": REGISTRATION}, REGISTRATION),
        ({"registration": REGISTRATION, "registration_is_run": False}, "2026-11-24"),
        ({}, "2026-11-24"),
        ({"extensions": {rules.CMI5_SESSION: {"id": 7}}}, "2026-11-24"),
        ({"extensions": {rules.CMI5_SESSION: True}}, "2026-11-24"),
        ({"extensions": {rules.CMI5_SESSION: ""}}, "2026-11-24"),
        ({"completed_at": dt.datetime(2026, 11, 24, 18, tzinfo=dt.UTC)}, "2026-11-25"),
    ],
    ids=str,
)
def test_a_session_is_told_by_the_best_that_the_statement_has(
    seen: dict[str, Any], expected: str
) -> None:
    assert run("session", **seen) == expected
