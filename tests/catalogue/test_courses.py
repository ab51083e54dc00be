"""The catalogue in the database."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from sqlalchemy import select, update

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.courses import CatalogueError, Change, Shelf, current_catalogue
from lms_bridge.lms.base import BadgeAward
from lms_bridge.store.schema import courses
from tests.scene import LATSAR_COURSE, Scene, completed, course

FULL = course(
    "PKA-2026",
    kind=1,
    structural_training="3",
    starts=dt.date(2026, 3, 2),
    ends=dt.date(2026, 3, 20),
    minimum_score=0.7,
    activities=("https://moodle.example/course/view.php?id=2",),
    badge=BadgeAward(route="competency", name="Badge", competency="KMP-PKA"),
)


def keys(scene: Scene) -> list[str]:
    with scene.store.reading() as db:
        return [one.course.key for one in current_catalogue(db).courses]


def problems(scene: Scene, *wanted: Course, **options: object) -> list[str]:
    before = keys(scene)
    with pytest.raises(CatalogueError) as refused:
        scene.catalogue(*wanted, **options)
    assert keys(scene) == before
    return list(map(str, refused.value.problems))


def test_a_course_is_kept_whole(scene: Scene) -> None:
    scene.catalogue(FULL)
    with scene.store.reading() as db:
        assert current_catalogue(db).courses[-1].course == FULL


def test_what_is_already_there_is_not_written_again(scene: Scene) -> None:
    """Otherwise each start of the bridge would judge everything that waits anew."""
    assert scene.catalogue(FULL) == Change(added=1)
    assert scene.catalogue(FULL) == Change()


def test_added_changed_and_removed_courses_are_counted(scene: Scene) -> None:
    scene.catalogue(course("A"), course("B"), source="config")
    change = scene.catalogue(course("A", hours=3), course("C"), source="config", complete=True)
    assert (change.added, change.changed, change.removed) == (1, 1, 1)


def test_a_course_that_is_taken_out_and_put_back_is_the_same_one(scene: Scene) -> None:
    scene.catalogue(course("A"), source="config")
    scene.hear(completed(4, "A"))
    scene.catalogue(source="config", complete=True)
    assert keys(scene) == [LATSAR_COURSE.key]
    scene.catalogue(course("A"), source="config")
    scene.hear(completed(4, "A"))
    assert scene.completion().course == "A"


def test_a_complete_list_leaves_the_courses_of_other_sources_alone(scene: Scene) -> None:
    scene.catalogue(source="config", complete=True)
    assert keys(scene) == [LATSAR_COURSE.key]


def test_a_course_can_only_be_changed_where_it_is_kept(scene: Scene) -> None:
    scene.catalogue(course("A"), source="config")
    assert problems(scene, course("A", hours=3)) == [
        "The course A is kept in the configuration file, and is changed only there."
    ]


def test_a_course_that_is_no_longer_in_use_can_be_kept_elsewhere(scene: Scene) -> None:
    scene.catalogue(course("A"), source="config")
    scene.catalogue(source="config", complete=True)
    assert scene.catalogue(course("A"), source="csv").changed == 1


def test_a_course_of_one_lms_is_not_overwritten_by_another_lms(scene: Scene) -> None:
    scene.catalogue(course("A", lms="moodle"), source="lms")
    assert problems(scene, course("A", lms="lain"), source="lms") == [
        "The course A is kept in the LMS moodle, and is changed only there."
    ]


@pytest.mark.parametrize(
    ("other", "field", "claimed"),
    [
        (course("B", external_ids=("X",)), "external_ids", "X"),
        (course("B", short_ids=("S",)), "short_ids", "S"),
        (course("B", activities=("https://x.example/1",)), "activities", "https://x.example/1"),
    ],
    ids=["external id", "short id", "activity"],
)
def test_two_courses_cannot_claim_the_same_statements(
    scene: Scene, other: Course, field: str, claimed: str
) -> None:
    scene.catalogue(
        course("A", external_ids=("X",), short_ids=("S",), activities=("https://x.example/1",))
    )
    (problem,) = problems(scene, other)
    assert problem.startswith(f"{field}: Two courses, ")
    assert problem.endswith(f"are to be recognised by {claimed}.")


def test_two_courses_of_one_list_cannot_have_the_same_key(scene: Scene) -> None:
    assert "Two courses have the key A." in problems(scene, course("A"), course("A", hours=3))


def test_a_mark_can_move_from_one_course_to_another_in_one_list(scene: Scene) -> None:
    scene.catalogue(course("A", external_ids=("X",)), course("B", external_ids=("Y",)))
    scene.catalogue(course("A", external_ids=("Y",)), course("B", external_ids=("X",)))
    scene.hear(completed(4, "X"))
    assert scene.completion().course == "B"


def test_the_mark_of_a_course_that_is_removed_is_free(scene: Scene) -> None:
    scene.catalogue(course("A", external_ids=("X",)), source="config")
    change = scene.catalogue(course("B", external_ids=("X",)), source="config", complete=True)
    assert (change.added, change.removed) == (1, 1)


def test_a_stored_course_that_this_version_would_not_take_keeps_no_other_from_being_used(
    scene: Scene,
) -> None:
    scene.catalogue(course("A"))
    with scene.store.writing() as db:
        content = msgspec.to_builtins(course("A")) | {"kind": 99}
        db.execute(update(courses).where(courses.c.key == "A").values(content=content))
    assert keys(scene) == [LATSAR_COURSE.key]
    assert scene.catalogue(course("A", hours=9)).changed == 1
    assert keys(scene) == [LATSAR_COURSE.key, "A"]


# --- at hand ---------------------------------------------------------------------------------


def test_a_change_is_seen_at_once_though_no_time_has_passed(scene: Scene) -> None:
    shelf = Shelf()
    with scene.store.reading() as db:
        assert len(shelf.catalogue(db).courses) == 1
    scene.catalogue(course("DIKLAT-LATSAR-2026", hours=1))
    with scene.store.reading() as db:
        assert [one.course.hours for one in shelf.catalogue(db).courses] == [1]


def test_a_change_is_seen_though_the_clock_of_who_made_it_is_slow(scene: Scene) -> None:
    shelf = Shelf()
    with scene.store.reading() as db:
        shelf.catalogue(db)
    scene.clock.forward(days=-3)
    scene.catalogue(course("DIKLAT-LATSAR-2026", hours=1))
    with scene.store.reading() as db:
        assert [one.course.hours for one in shelf.catalogue(db).courses] == [1]


def test_a_removal_is_seen(scene: Scene) -> None:
    shelf = Shelf()
    scene.catalogue(course("A"))
    with scene.store.reading() as db:
        shelf.catalogue(db)
    scene.catalogue(complete=True)
    with scene.store.reading() as db:
        assert shelf.catalogue(db).courses == []
        assert db.execute(select(courses.c.id)).all()


def test_a_catalogue_that_has_not_changed_is_not_read_again(scene: Scene) -> None:
    shelf = Shelf()
    with scene.store.reading() as db:
        assert shelf.catalogue(db) is shelf.catalogue(db)
