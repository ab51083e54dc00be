"""What a statement shows."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.recognition.seen import Seen, see
from tests.conftest import NOW
from tests.recognition.test_recognising import captured
from tests.scene import SITE, actor, by_logstore, by_mail, completed, voiding
from xapi import parse_statement, vocabulary

EVENT = "\\core\\event\\course_completed"
ZERO = "00000000-0000-5000-8000-000000000000"


def shown(told: dict[str, Any]) -> Seen:
    return see(parse_statement(json.dumps(told).encode()), stored=NOW, events={EVENT})


def real(object_type: str) -> Seen:
    """The first completion of such an object in what a real Moodle sent."""
    return next(
        shown(one)
        for one in captured()
        if one["verb"]["id"] == vocabulary.COMPLETED
        and one["object"]["definition"]["type"] == object_type
    )


def test_a_real_course_completion_shows_course_event_and_whose_time_it_is() -> None:
    seen = real(vocabulary.COURSE)
    assert (seen.name, seen.external_id) == ("Latihan Dasar CPNS", "DIKLAT-LATSAR-2026")
    assert (seen.event, seen.from_logstore, seen.time_source) == (EVENT, True, "lms")
    assert (seen.success, seen.completion, seen.score) == (None, None, None)


def test_a_real_quiz_attempt_shows_its_score_and_not_the_wrong_one_beside_it() -> None:
    """logstore_xapi sends 50 of 0..100 as ``scaled: 0`` (Moodle facts, section 5)."""
    attempts = [
        one
        for one in captured()
        if one["object"]["definition"]["type"] == vocabulary.ATTEMPT and "result" in one
    ]
    wrong = next(one for one in attempts if one["result"]["score"]["raw"] == 50)
    assert wrong["result"]["score"]["scaled"] == 0
    assert shown(wrong).score == 0.5


def test_a_real_module_completion_is_of_a_page_and_inside_its_course() -> None:
    seen = real("https://w3id.org/xapi/acrossx/activities/page")
    assert seen.completion is True
    assert any("course/view.php" in activity for activity in seen.around)


@pytest.mark.parametrize("kind", ["parent", "grouping"])
@pytest.mark.parametrize("as_list", [True, False])
def test_what_is_around_is_seen_as_a_list_and_alone(kind: str, as_list: bool) -> None:
    one = {"id": f"{SITE}/course/view.php?id=5"}
    around = {"contextActivities": {kind: [one] if as_list else one}}
    assert shown(completed(4, context=around)).around == (one["id"],)


@pytest.mark.parametrize(
    ("value", "id_"),
    [
        ("DIKLAT", "DIKLAT"),
        ("  DIKLAT ", "DIKLAT"),
        (2026, "2026"),
        (None, ""),
        (True, ""),
        (["DIKLAT"], ""),
        ({"id": "DIKLAT"}, ""),
        (20.5, ""),
    ],
)
def test_an_extension_is_an_id_only_where_it_can_be_one(value: Any, id_: str) -> None:
    told = completed(4)
    told["object"]["definition"]["extensions"] = {
        vocabulary.EXTERNAL_ID: value,
        vocabulary.SHORT_ID: value,
    }
    assert (shown(told).external_id, shown(told).short_id) == (id_, id_)


def test_a_time_is_the_same_moment_in_any_zone() -> None:
    here = shown(completed(4, at="2026-11-24T13:09:27+07:00"))
    there = shown(completed(4, at="2026-11-24T06:09:27Z"))
    assert (
        here.completed_at
        == there.completed_at
        == dt.datetime(2026, 11, 24, 6, 9, 27, tzinfo=dt.UTC)
    )


def test_without_a_time_it_is_when_the_bridge_heard_of_it() -> None:
    seen = shown(completed(4, at=None))
    assert (seen.completed_at, seen.time_source) == (NOW, "bridge")


def test_a_logstore_event_without_a_time_is_the_bridges_time_too() -> None:
    assert shown(by_logstore(completed(4, at=None), ZERO)).time_source == "bridge"


@pytest.mark.parametrize(
    ("instructor", "how_many"),
    [
        (None, 0),
        (actor(7), 1),
        ({"objectType": "Group", "member": [actor(7), actor(5)]}, 2),
        ({"objectType": "Group", **by_mail("pengajar@example.go.id")}, 1),
        ({"objectType": "Group", **by_mail("p@example.go.id"), "member": [actor(7)]}, 1),
    ],
)
def test_a_group_in_the_instructors_place_is_its_members(instructor: Any, how_many: int) -> None:
    context = {"instructor": instructor} if instructor else {}
    assert len(shown(completed(4, context=context)).instructors) == how_many


def test_the_target_of_a_voiding_is_seen_in_lower_case() -> None:
    seen = shown(voiding(ZERO.replace("0000-5", "ABCD-5")))
    assert (seen.object_type, seen.object_id) == ("StatementRef", ZERO.replace("0000-5", "abcd-5"))


def test_a_name_is_taken_in_indonesian_if_there_is_one() -> None:
    told = completed(4)
    told["object"]["definition"]["name"] = {"en": "Basic Training", "id": "Latihan Dasar"}
    assert shown(told).name == "Latihan Dasar"
    told["object"]["definition"]["name"] = {"jv": "Latihan"}
    assert shown(told).name == "Latihan"


@given(
    least=st.floats(-1e9, 1e9),
    span=st.floats(1e-3, 1e9),
    share=st.floats(0, 1),
    scaled=st.floats(-1, 1),
)
def test_a_score_is_a_share_of_its_range(
    least: float, span: float, share: float, scaled: float
) -> None:
    most = least + span
    raw = min(max(least + share * span, least), most)
    score = {"raw": raw, "min": least, "max": most, "scaled": scaled}
    seen = shown(completed(4, result={"score": score})).score
    assert seen is not None
    assert -1e-9 <= seen <= 1 + 1e-9
    assert abs(seen - (raw - least) / span) < 1e-3


@given(scaled=st.floats(-1, 1))
def test_without_a_whole_range_the_scaled_score_counts(scaled: float) -> None:
    for score in ({"scaled": scaled}, {"scaled": scaled, "raw": 7}, {"scaled": scaled, "max": 9}):
        assert shown(completed(4, result={"score": score})).score == scaled


def test_a_range_that_no_number_can_hold_is_no_score() -> None:
    score = {"raw": 0, "min": -1e308, "max": 1e308}
    assert shown(completed(4, result={"score": score})).score is None
