"""Statements that take others back, before or after (xAPI 1.0.3, Data 2.3.2)."""

from __future__ import annotations

import uuid

import pytest

from lms_bridge.reasons import Reason
from lms_bridge.sandbox.city import SITI
from tests.scene import Scene, actor, completed, course, sender, voiding

FIRST = str(uuid.UUID(int=1))


def test_a_completion_that_is_taken_back_is_withdrawn_and_not_delivered(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    (by,) = scene.hear(voiding(told))
    assert scene.completion().withdrawn
    assert scene.completion().steps == {"registry.siasn": "cancelled"}
    assert scene.states() == ["none: voided", "none: voiding"]
    assert scene.reason(state="none", reason_code="voided").details == {"by": by}


def test_what_is_taken_back_before_it_comes_never_counts(scene: Scene) -> None:
    scene.hear(voiding(FIRST))
    scene.hear({"id": FIRST, **completed(4)})
    assert scene.completions() == []
    assert scene.states() == ["none: voiding", "none: voided"]


def test_both_may_come_in_one_batch_in_any_order(scene: Scene) -> None:
    second = str(uuid.UUID(int=2))
    scene.hear(
        voiding(FIRST),
        {"id": FIRST, **completed(4)},
        {"id": second, **completed(5)},
        voiding(second),
    )
    assert all(one.withdrawn for one in scene.completions())
    assert scene.states().count("none: voided") == 2


def test_an_id_is_the_same_in_either_case(scene: Scene) -> None:
    shouted = "FD41C918-B88B-4B20-A0A5-A4C32391AAA0"
    scene.hear({"id": shouted, **completed(4)})
    scene.hear(voiding(shouted))
    assert scene.completion().withdrawn


def test_a_statement_that_waits_for_a_person_waits_no_longer(scene: Scene) -> None:
    (unknown,) = scene.hear(completed(4, "ARSIP-2026"))
    scene.hear(voiding(unknown))
    assert scene.states() == ["none: voided", "none: voiding"]


def test_a_statement_about_an_unknown_course_that_was_taken_back_before_does_not_wait(
    scene: Scene,
) -> None:
    scene.hear(voiding(FIRST))
    scene.hear({"id": FIRST, **completed(4, "ARSIP-2026")})
    assert scene.states() == ["none: voiding", "none: voided"]


def test_only_its_own_sender_takes_a_statement_back(scene: Scene) -> None:
    scene.change(senders=(sender("moodle"), sender("konten")))
    (told,) = scene.hear(completed(4))
    scene.hear(voiding(told), by="konten")
    assert not scene.completion().withdrawn
    assert scene.states() == ["recognised", "none: voiding_of_another"]


def test_a_voiding_statement_cannot_be_taken_back(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    (by,) = scene.hear(voiding(told))
    scene.hear(voiding(by))
    assert scene.completion().withdrawn
    assert scene.states() == ["none: voided", "none: voiding", "none: voiding"]


def test_a_completion_that_another_statement_tells_of_as_well_stays(scene: Scene) -> None:
    first, _ = scene.hear(completed(4), completed(4, at="2026-11-24T02:00:01Z"))
    scene.hear(voiding(first))
    assert not scene.completion().withdrawn


def test_a_completion_that_is_told_of_again_is_taken_up_again(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    scene.hear(voiding(told))
    scene.hear(completed(4))
    made = scene.completion()
    assert (made.nip, made.withdrawn, made.steps) == (SITI, False, {"registry.siasn": "waiting"})


def test_what_somebody_cancelled_stays_cancelled_when_it_is_told_of_again(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    scene.deliver(
        scene.completion().id,
        state="cancelled",
        reason_code="cancelled",
        reason_details={"by": "HR", "why": "not wanted"},
    )
    scene.hear(voiding(told))
    scene.hear(completed(4))
    assert scene.completion().steps == {"registry.siasn": "cancelled"}


def test_what_has_been_delivered_stays_and_is_put_before_hr(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    scene.deliver(scene.completion().id)
    (by,) = scene.hear(voiding(told))
    assert scene.completion().withdrawn
    assert scene.completion().steps == {"registry.siasn": "done"}
    (line,) = scene.undecided()
    assert line.withdrawal is not None
    assert line.withdrawal.at == scene.clock()
    assert line.withdrawal.reason == Reason(
        "taken_back", by="admin@example.go.id", sender="moodle", statement=by
    )
    assert line.question == Reason("undecided", where="registry.siasn", completion=line.id)


def test_what_has_not_been_delivered_is_no_question(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    scene.hear(voiding(told))
    assert scene.undecided() == []


def test_what_turns_out_to_be_delivered_after_it_was_taken_back_is_a_question_too(
    scene: Scene,
) -> None:
    (told,) = scene.hear(completed(4))
    scene.deliver(scene.completion().id, state="running")
    scene.hear(voiding(told))
    assert scene.undecided() == []
    scene.deliver(scene.completion().id)
    assert len(scene.undecided()) == 1


def test_the_question_disappears_when_it_is_told_of_again(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    scene.deliver(scene.completion().id)
    scene.hear(voiding(told))
    scene.hear(completed(4))
    assert scene.undecided() == []
    assert scene.completion().steps == {"registry.siasn": "done"}


def test_when_it_was_withdrawn_is_not_changed_by_a_second_voiding(scene: Scene) -> None:
    (told,) = scene.hear(completed(4))
    scene.hear(voiding(told))
    number = scene.completion().number
    scene.clock.forward(hours=1)
    scene.hear(voiding(told))
    assert (scene.completion().withdrawn, scene.completion().number) == (True, number)


@pytest.mark.parametrize("before", [True, False])
def test_taking_a_statement_back_takes_it_from_learner_and_instructor(
    scene: Scene, before: bool
) -> None:
    scene.catalogue(course("MENTORING-2026", instructor_hours=12))
    told = {"id": FIRST, **completed(4, "MENTORING-2026", context={"instructor": actor(7)})}
    for one in [voiding(FIRST), told] if before else [told, voiding(FIRST)]:
        scene.hear(one)
    assert [one.withdrawn for one in scene.completions()] == ([] if before else [True, True])


def test_a_voiding_of_something_that_never_came_is_harmless(scene: Scene) -> None:
    scene.hear(voiding(FIRST), completed(4))
    assert scene.states() == ["none: voiding", "recognised"]
