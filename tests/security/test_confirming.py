"""Completions that the LMS is asked for before they are recorded."""

from __future__ import annotations

import datetime as dt

import pytest

from lms_bridge.recognition import confirming
from tests.scene import SITE, Scene, actor, completed, course, sender

SITI, NOBODYS = 4, 5
AGAIN = dt.timedelta(minutes=5)


@pytest.fixture
def asked(scene: Scene) -> Scene:
    """The scene, whose sender is believed nothing that Moodle does not say, too."""
    scene.change(senders=(sender("moodle", lms="moodle", confirm=True),))
    return scene


def complete(scene: Scene, user: int, number: str = "DIKLAT-LATSAR-2026") -> None:
    """Let somebody have completed the course in Moodle."""
    (found,) = [one for one in scene.site.courses.values() if one.idnumber == number]
    scene.site.complete(user, found.id)


def test_what_the_lms_has_as_well_is_recorded(asked: Scene) -> None:
    complete(asked, SITI)
    asked.hear(completed(SITI), completed(actor(198703152010012001, SITE)))
    assert set(asked.states()) == {"recognised"}
    assert len(asked.completions()) == 1


def test_what_it_does_not_have_is_asked_for_again_and_then_shown(asked: Scene) -> None:
    asked.hear(completed(SITI))
    assert asked.states() == ["asking: confirmation_waiting"]
    asked.clock.now += confirming.PATIENCE + AGAIN
    asked.recognise()
    assert asked.states() == ["attention: not_confirmed"]
    assert asked.completions() == []
    complete(asked, SITI)
    asked.clock.forward(hours=7)
    asked.recognise()
    assert asked.states() == ["recognised"]


def test_a_course_that_was_completed_does_not_stand_for_another(asked: Scene) -> None:
    """Whose number the statement claims."""
    asked.catalogue(course("DIKLAT-PKA-2026"))
    complete(asked, SITI)
    asked.hear(completed(SITI, "DIKLAT-PKA-2026"))
    assert asked.completions() == []


def test_while_the_lms_is_down_nothing_is_recorded_and_nothing_lost(asked: Scene) -> None:
    complete(asked, SITI)
    asked.tell(completed(actor(198703152010012001, SITE)))
    asked.site.maintenance = True
    asked.recognise()
    assert asked.states() == ["asking: confirmation_failed"]
    asked.site.maintenance = False
    asked.clock.now += AGAIN
    asked.recognise()
    assert asked.states() == ["recognised"]


def test_what_it_cannot_say_waits_for_a_person(asked: Scene) -> None:
    asked.catalogue(course("ONLY-HERE"))
    asked.hear(completed(SITI, "ONLY-HERE"))
    assert asked.states() == ["attention: cannot_be_confirmed"]


def test_a_sender_that_is_believed_is_not_asked_about(scene: Scene) -> None:
    scene.hear(completed(SITI))
    assert scene.states() == ["recognised"]
