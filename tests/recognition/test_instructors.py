"""Mentoring and coaching: each side earns its own completion and hours, as the course says."""

from __future__ import annotations

from typing import Any

import pytest

from lms_bridge.sandbox.city import BUDI, DEWI, SAHAT, SITI
from tests.people.people import person
from tests.scene import BADGE, SITE, Scene, actor, by_mail, completed, course

MENTORING = course("MENTORING-2026", hours=8, instructor_hours=12, run="session")


def mentored(who: int, *, by: Any = None, **more: Any) -> dict[str, Any]:
    instructor = actor(7) if by is None else by
    return completed(who, "MENTORING-2026", context={"instructor": instructor}, **more)


def earned(scene: Scene) -> list[tuple[str, str, int]]:
    return [(one.nip, one.role, one.hours) for one in scene.completions()]


def test_mentor_and_mentee_each_get_their_own_completion_and_hours(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    scene.hear(mentored(12))
    assert earned(scene) == [(SAHAT, "learner", 8), (DEWI, "instructor", 12)]


def test_only_the_learner_gets_the_badge(scene: Scene) -> None:
    scene.catalogue(course("MENTORING-2026", instructor_hours=12, badge=BADGE))
    scene.hear(mentored(12))
    learner, instructor = scene.completions()
    assert set(learner.steps) == {"registry.siasn", "lms.moodle"}
    assert set(instructor.steps) == {"registry.siasn"}


def test_an_instructor_earns_though_nobody_knows_who_the_learner_is(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    scene.hear(mentored(8))
    assert earned(scene) == [(DEWI, "instructor", 12)]


def test_a_learner_earns_though_nobody_knows_who_the_instructor_is(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    scene.hear(mentored(12, by=actor(8)))
    assert earned(scene) == [(SAHAT, "learner", 8)]
    assert scene.reason(role="instructor").code == "account_without_nip"


def test_an_instructor_who_waits_follows_when_hr_says_who_it_is(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    scene.hear(mentored(12, by=actor(8)))
    scene.link(person(DEWI, account=(SITE, "8")))
    scene.recognise()
    assert earned(scene) == [(SAHAT, "learner", 8), (DEWI, "instructor", 12)]


def test_each_of_several_instructors_earns(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    both = {"objectType": "Group", "member": [actor(7), actor(5)]}
    scene.hear(mentored(12, by=both))
    assert earned(scene)[1:] == [(DEWI, "instructor", 12), (BUDI, "instructor", 12)]


def test_a_group_of_instructors_without_members_is_nobody(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    scene.hear(mentored(12, by={"objectType": "Group", **by_mail("pengajar@example.go.id")}))
    assert scene.reason(role="instructor").code == "group_actor"


def test_where_the_course_gives_instructors_nothing_the_sighting_says_so(scene: Scene) -> None:
    scene.catalogue(course("MENTORING-2026"))
    scene.hear(mentored(12))
    assert scene.reason(role="instructor").code == "instructor_earns_nothing"


def test_instructors_follow_when_the_course_gives_them_hours_later(scene: Scene) -> None:
    scene.catalogue(course("MENTORING-2026"))
    scene.hear(mentored(12))
    scene.catalogue(course("MENTORING-2026", instructor_hours=12))
    scene.recognise()
    assert earned(scene) == [(SAHAT, "learner", 20), (DEWI, "instructor", 12)]


def test_a_course_for_instructors_alone_records_no_learner(scene: Scene) -> None:
    scene.catalogue(course("MENTORING-2026", hours=0, instructor_hours=12))
    scene.hear(mentored(12))
    assert earned(scene) == [(DEWI, "instructor", 12)]
    assert scene.reason(role="learner").code == "learner_earns_nothing"


def test_nobody_is_mentor_to_themselves(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    scene.hear(mentored(7, by=actor(7, SITE + "/")))
    assert earned(scene) == [(DEWI, "learner", 8)]
    assert scene.reason(role="instructor").code == "own_instructor"


def test_an_instructor_who_reports_alone_earns(scene: Scene) -> None:
    scene.catalogue(course("MENTORING-2026", hours=0, instructor_hours=12))
    scene.hear(mentored(7, by=actor(7)))
    assert earned(scene) == [(DEWI, "instructor", 12)]


@pytest.mark.parametrize("run", ["once", "yearly"])
def test_a_mentor_of_several_people_has_one_completion_of_each_run(scene: Scene, run: str) -> None:
    scene.catalogue(course("MENTORING-2026", instructor_hours=12, run=run))
    scene.hear(mentored(12), mentored(4))
    assert [nip for nip, role, _ in earned(scene) if role == "instructor"] == [DEWI]
    assert [nip for nip, role, _ in earned(scene) if role == "learner"] == [SAHAT, SITI]


def test_each_session_counts_for_both_sides(scene: Scene) -> None:
    scene.catalogue(MENTORING)
    scene.hear(mentored(12, at="2026-11-03T02:00:00Z"), mentored(12, at="2026-11-10T02:00:00Z"))
    assert [(one.role, one.run) for one in scene.completions()] == [
        ("learner", "2026-11-03"),
        ("learner", "2026-11-10"),
        ("instructor", "2026-11-03"),
        ("instructor", "2026-11-10"),
    ]
