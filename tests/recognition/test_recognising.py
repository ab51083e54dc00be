"""From statements that came in to completions with their deliveries."""

from __future__ import annotations

import datetime as dt
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from lms_bridge.config.settings import Account
from lms_bridge.intake import Origin
from lms_bridge.sandbox.city import AGUS, BUDI, SITI
from tests.scene import BADGE, LATSAR_COURSE, Scene, by_logstore, completed, course, sender
from xapi import read_statements, vocabulary
from xapi.versions import Version

PKA = course("DIKLAT-PKA-2026")
ACTORS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("actor-variants.json").read_text()
)


def captured() -> list[dict[str, Any]]:
    text = resources.files("lms_bridge.demo").joinpath("statements.json").read_text("utf-8")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def test_of_all_that_a_real_moodle_sent_the_three_completed_courses_are_recognised(
    scene: Scene,
) -> None:
    scene.catalogue(PKA)
    scene.tell(*captured())
    assert scene.recognise()["recognised"] == 3
    assert [(one.nip, one.course, one.time_source) for one in scene.completions()] == [
        (BUDI, "DIKLAT-LATSAR-2026", "lms"),
        (SITI, "DIKLAT-LATSAR-2026", "lms"),
        (SITI, "DIKLAT-PKA-2026", "lms"),
    ]


def test_everything_else_that_a_real_moodle_sent_says_why_it_is_no_completion(scene: Scene) -> None:
    scene.catalogue(PKA)
    scene.hear(*captured())
    others = [row.reason_code for row in scene.sightings(state="none")]
    assert set(others) == {"verb_not_completion", "not_a_course"}
    assert len(others) == len(captured()) - 3


def test_a_statement_of_xapi_2_is_judged_also_where_it_says_what_1_0_does_not_know(
    scene: Scene,
) -> None:
    teacher = {"objectType": "contextAgent", "agent": {"mbox": "mailto:pengajar@example.go.id"}}
    told = completed(4, context={"contextAgents": [teacher]})
    body = json.dumps(told).encode()
    origin = Origin("moodle", version=Version.V2_0)
    scene.intake.store(origin, read_statements(body, version=Version.V2_0))
    scene.recognise()
    assert [one.nip for one in scene.completions()] == [SITI]


def test_a_person_whom_moodle_names_in_every_way_it_can_is_one_person(scene: Scene) -> None:
    scene.catalogue(PKA)
    scene.change(
        accounts=(Account(home_page="https://moodle.example", holds="id"),),
    )
    scene.change_moodle(home_page="https://nip.bkn.example")
    scene.hear(*({**one, "verb": {"id": vocabulary.COMPLETED}} for one in ACTORS))
    assert [one.nip for one in scene.completions()] == [SITI, BUDI]
    assert scene.states() == ["recognised"] * len(ACTORS)


def test_the_same_event_sent_again_by_logstore_is_one_completion(scene: Scene) -> None:
    by_attempt = course("DIKLAT-LATSAR-2026", run="registration")
    scene.catalogue(by_attempt)
    scene.hear(
        by_logstore(completed(4), "9a2c4db9-088d-5de5-9b01-b9e15c04df3a"),
        by_logstore(completed(4), "4e1f3b52-7d0c-5f6a-9d3e-0b7a1c2d3e4f"),
    )
    assert scene.completion().run == ""
    assert scene.states() == ["recognised", "recognised"]


def test_a_sender_that_means_something_by_a_registration_tells_attempts_apart(scene: Scene) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", run="registration"))
    first = "9a2c4db9-088d-5de5-9b01-b9e15c04df3a"
    second = "4e1f3b52-7d0c-5f6a-9d3e-0b7a1c2d3e4f"
    for registration in (first, second, first.upper()):
        scene.hear(completed(4, context={"registration": registration}))
    assert [one.run for one in scene.completions()] == [first, second]


def test_a_sender_can_be_said_to_mean_nothing_by_a_registration(scene: Scene) -> None:
    scene.change(senders=(sender("moodle", registration_is_run=False),))
    scene.catalogue(course("DIKLAT-LATSAR-2026", run="registration"))
    for registration in (
        "9a2c4db9-088d-5de5-9b01-b9e15c04df3a",
        "4e1f3b52-7d0c-5f6a-9d3e-0b7a1c2d3e4f",
    ):
        scene.hear(completed(4, context={"registration": registration}))
    assert scene.completion().run == ""


def test_a_completion_has_its_certificate_its_hours_and_a_delivery_for_each_step(
    scene: Scene,
) -> None:
    scene.catalogue(course("DIKLAT-LATSAR-2026", hours=30, badge=BADGE))
    scene.hear(completed(4))
    made = scene.completion()
    assert (made.hours, made.number) == (30, "DIKLAT-LATSAR-2026/2026/00001")
    assert made.steps == {"registry.siasn": "waiting", "lms.moodle": "waiting"}
    assert (made.lms, made.lms_user_id) == ("moodle", "4")


def test_a_sighting_shows_whom_and_what_it_is_about(scene: Scene) -> None:
    scene.hear({**completed(4), "actor": {**completed(4)["actor"], "name": "Siti Rahmawati"}})
    (seen,) = scene.sightings()
    assert (seen.actor_name, seen.course_name) == ("Siti Rahmawati", "Latihan Dasar CPNS")
    assert seen.external_id == "DIKLAT-LATSAR-2026"
    assert seen.completed_at == dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)
    assert seen.completion_id == scene.completion().id


def test_a_time_that_nobody_told_is_known_to_be_that_of_receiving(scene: Scene) -> None:
    scene.hear(completed(4, at=None))
    made = scene.completion()
    assert (made.completed_at, made.time_source) == (scene.clock(), "bridge")


def test_the_time_of_a_content_player_is_known_to_be_the_learners(scene: Scene) -> None:
    scene.hear(completed(4))
    assert scene.completion().time_source == "learner"


def test_a_day_is_counted_in_the_time_zone_of_the_bridge(scene: Scene) -> None:
    scene.hear(completed(4, at="2026-11-23T17:30:00Z"))  # half past midnight in Pematangsiantar
    assert scene.completion().ends == dt.date(2026, 11, 24)


def test_statements_are_judged_in_the_order_in_which_they_came(scene: Scene) -> None:
    scene.hear(*(completed(user) for user in (6, 5, 4)))
    assert [one.nip for one in scene.completions()] == [AGUS, BUDI, SITI]
    assert [one.number[-5:] for one in scene.completions()] == ["00001", "00002", "00003"]


def test_more_statements_than_fit_into_one_transaction_are_all_judged(scene: Scene) -> None:
    scene.tell(*(completed(4, at=f"2026-11-24T01:{n // 60:02}:{n % 60:02}Z") for n in range(130)))
    assert scene.recognise()["recognised"] == 130
    assert scene.completion().nip == SITI


def test_a_statement_that_is_judged_once_is_not_judged_again(scene: Scene) -> None:
    scene.hear(completed(4))
    assert scene.recognise() == {}


@pytest.mark.parametrize("without", [{"registry": {}}, {}])
def test_where_nothing_is_to_be_delivered_there_is_still_the_completion(
    scene: Scene, without: dict[str, Any]
):
    scene.change(**without)
    scene.catalogue(LATSAR_COURSE)
    scene.hear(completed(4))
    assert set(scene.completion().steps) == {f"registry.{name}" for name in scene.settings.registry}
