"""Courses as the LMS's own course fields describe them: the adapter against Moodle's answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
import responses

from lms_bridge.catalogue import from_lms
from lms_bridge.catalogue.course import Course
from lms_bridge.config.secrets import Secret
from lms_bridge.lms.base import Lms, LmsCourse
from lms_bridge.lms.moodle.client import Moodle
from lms_bridge.lms.moodle.settings import MoodleSettings

SITE = "https://moodle.example"


def listed(course_id: int, short_name: str, number: str = "", **fields: object) -> dict[str, Any]:
    """A course as core_course_get_courses_by_field lists it, with its custom fields."""
    return {
        "id": course_id,
        "fullname": f"Pelatihan {short_name}",
        "shortname": short_name,
        **({"idnumber": number} if number else {}),
        "customfields": [
            {"shortname": name, "type": "text", "value": value, "valueraw": value}
            for name, value in fields.items()
        ],
    }


class Listing:
    def __init__(self) -> None:
        self.courses: list[dict[str, Any]] = []

    def read(self) -> tuple[list[Course], list[str]]:
        settings = MoodleSettings(url=SITE, token=Secret("env:MOODLE_TOKEN"))
        return from_lms.read(Moodle("moodle", settings))


@pytest.fixture
def moodle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listing]:
    monkeypatch.setenv("MOODLE_TOKEN", "b1946ac92492d2347c6235b4d2611184")
    listing = Listing()
    with responses.RequestsMock() as mock:
        mock.add_callback(
            responses.POST,
            f"{SITE}/webservice/rest/server.php",
            lambda _: (200, {}, json.dumps({"courses": listing.courses, "warnings": []})),
        )
        yield listing


WHOLE = {"hours": "20", "kind": "16", "organiser": "BKPSDM"}


def test_a_course_with_hours_becomes_one_of_the_catalogue(moodle: Listing) -> None:
    moodle.courses = [listed(7, "LITDIG-2026", "ELEARN-LITDIG", **WHOLE)]
    (made,), problems = moodle.read()
    assert problems == []
    assert (made.key, made.name, made.hours, made.kind) == (
        "LITDIG-2026",
        "Pelatihan LITDIG-2026",
        20,
        16,
    )
    assert (made.lms, made.activities) == ("moodle", (f"{SITE}/course/view.php?id=7",))
    assert (made.external_ids, made.short_ids) == (("ELEARN-LITDIG",), ("LITDIG-2026",))


@pytest.mark.parametrize("fields", [{}, {"hours": "0"}, {"hours": "0", "instructor_hours": "0"}])
def test_a_course_without_hours_is_none_of_the_registrys(
    moodle: Listing, fields: dict[str, str]
) -> None:
    moodle.courses = [listed(7, "RAPAT", **fields)]
    assert moodle.read() == ([], [])


def test_a_course_for_instructors_alone_is_one(moodle: Listing) -> None:
    fields = {"instructor_hours": "6", "kind": "15", "organiser": "BKPSDM"}
    moodle.courses = [listed(7, "MENTOR", **fields)]
    (made,), _ = moodle.read()
    assert (made.hours, made.instructor_hours) == (0, 6)


def test_a_course_whose_fields_are_wrong_is_named_and_keeps_no_other_out(moodle: Listing) -> None:
    moodle.courses = [
        listed(7, "A", **WHOLE | {"kind": "99"}),
        listed(8, "B", **WHOLE),
        listed(9, "C", hours="20"),
    ]
    found, problems = moodle.read()
    assert [one.key for one in found] == ["B"]
    assert [one.in_language() for one in problems] == [
        "moodle: course A: kind: A whole number from 1 to 25. (99)",
        "moodle: course C: The column organiser is empty.",
    ]


def test_a_short_name_is_made_a_key_and_an_own_key_goes_before_it(moodle: Listing) -> None:
    moodle.courses = [
        listed(7, "Latsar 2026 (II)", **WHOLE),
        listed(8, "…", **WHOLE),
        listed(9, "PKA", key="PKA-MOODLE", **WHOLE),
    ]
    found, _ = moodle.read()
    assert [one.key for one in found] == ["Latsar-2026-II", "moodle-8", "PKA-MOODLE"]


def test_the_key_is_the_same_whether_or_not_the_lms_shows_the_id_number(moodle: Listing) -> None:
    moodle.courses = [listed(7, "LITDIG-2026", **WHOLE)]
    (hidden,), _ = moodle.read()
    moodle.courses = [listed(7, "LITDIG-2026", "ELEARN-LITDIG", **WHOLE)]
    (shown,), _ = moodle.read()
    assert hidden.key == shown.key


def test_names_of_fields_may_be_in_capitals_and_other_fields_mean_nothing(moodle: Listing) -> None:
    moodle.courses = [
        listed(7, "A", HOURS="20", Kind="16", organiser="BKPSDM", lms="lain", edwiser="x")
    ]
    (made,), problems = moodle.read()
    assert (made.hours, made.lms, problems) == (20, "moodle", [])


@pytest.mark.parametrize("kind", ["16", "16 E-Learning", "16. E-Learning", "e-learning"])
def test_a_kind_may_be_chosen_by_number_or_name(moodle: Listing, kind: str) -> None:
    moodle.courses = [listed(7, "A", **WHOLE | {"kind": kind})]
    (made,), problems = moodle.read()
    assert (made.kind, problems) == (16, [])


def test_hours_may_be_called_jp_and_have_their_unit(moodle: Listing) -> None:
    moodle.courses = [listed(7, "A", JP="20 JP", kind="16", organiser="BKPSDM")]
    (made,), _ = moodle.read()
    assert made.hours == 20


@pytest.mark.parametrize("hours", ["20.5", "20.5 JP", "20 sampai 30"])
def test_hours_that_are_no_whole_number_are_an_error_and_not_cut(
    moodle: Listing, hours: str
) -> None:
    moodle.courses = [listed(7, "A", **WHOLE | {"hours": hours})]
    found, problems = moodle.read()
    assert found == []
    assert problems[0].objection.field == "hours"


@pytest.mark.parametrize(
    "competencies", ["Integritas:3|Literasi Digital", "integritas 3 | Literasi Digital"]
)
def test_competencies_are_named_with_their_levels(moodle: Listing, competencies: str) -> None:
    moodle.courses = [listed(7, "A", **WHOLE, competency=competencies)]
    (made,), _ = moodle.read()
    assert [(one.name, one.level) for one in made.competencies] == [
        ("Integritas", 3),
        ("Literasi Digital", 1),
    ]


def test_competencies_that_are_linked_in_the_lms_do_where_no_field_names_any() -> None:
    class Linked:
        """An LMS that has linked competencies to its courses."""

        name = "moodle"

        def courses(self) -> list[LmsCourse]:
            linked = ("ASN-INTEGRITAS-3", "KMP-OF-ITS-OWN")
            return [
                LmsCourse("1", "A", "A", fields=WHOLE, competencies=linked),
                LmsCourse("2", "B", "B", fields=WHOLE | {"competency": "X:2"}, competencies=linked),
            ]

        def activity_of(self, course: LmsCourse) -> str:
            return f"{SITE}/{course.id}"

    (one, other), _ = from_lms.read(cast(Lms, Linked()))
    assert [(each.name, each.level) for each in one.competencies] == [("Integritas", 3)]
    assert [(each.name, each.level) for each in other.competencies] == [("X", 2)]
