"""A course: what no registry could take is refused, in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.catalogue.course import KINDS, Course
from tests.scene import course

DAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"external_ids": ()}, "needs activities, external_ids or short_ids"),
        ({"external_ids": ("",)}, "external_ids: It is empty, or has spaces or characters"),
        ({"short_ids": (" PKA",)}, "around it that cannot be seen. (' PKA')"),
        ({"activities": ("https://x.example/\x00",)}, "activities: It is empty"),
        ({"verbs": ("",)}, "verbs: It is empty"),
        ({"name": " "}, "name: It is empty"),
        ({"organiser": "BKPSDM\x00"}, "organiser: It is empty"),
        ({"hours": 0}, "It needs hours of 1 or more"),
        ({"kind": 1}, "needs structural_training, 1 to 8"),
        ({"kind": 1, "structural_training": "9"}, "needs structural_training, 1 to 8"),
        (
            {"starts": dt.date(2026, 3, 2), "ends": dt.date(2026, 3, 1)},
            "The first day is after the last",
        ),
        ({"run": "yearly", "ends": DAY}, "run: What counts once a year has no days of its own"),
        ({"certificate": "{kursus}/{year}"}, "“{kursus}” is none of {course}, {year}"),
        ({"certificate": "{course.__class__}"}, "“{course.__class__}” is none of"),
        ({"certificate": "{sequence:x"}, "certificate: "),
        ({"certificate": "{sequence:0300d}"}, "A number would be longer than 200"),
        ({"certificate": "{run}" * 4}, "A number would be longer than 200"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_with_the_rule(
    changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError) as refused:
        course("PKA-2026", **changes)
    assert problem in str(refused.value)


@pytest.mark.parametrize("key", ["", " PKA", "PKA 2026", "-PKA", "P" * 101])
def test_a_key_is_a_short_name_that_can_stand_in_a_certificate_number(key: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(course("PKA")) | {"key": key}, Course)


def test_a_course_for_instructors_alone_needs_no_hours() -> None:
    assert course("MENTOR", hours=0, instructor_hours=6).hours_of("instructor") == 6


def test_learner_and_instructor_earn_what_the_course_gives_each() -> None:
    mentoring = course("MENTOR", hours=8, instructor_hours=12)
    assert (mentoring.hours_of("learner"), mentoring.hours_of("instructor")) == (8, 12)


def test_a_certificate_number_is_made_from_its_template() -> None:
    made = course("PKA", certificate="800/{sequence:03d}/{course}/{month}/{year}/{run}")
    assert made.certificate_number(DAY, sequence=7, run="A") == "800/007/PKA/11/2026/A"


@given(st.text(max_size=500))
def test_a_number_fits_however_long_the_id_of_a_session_is(run: str) -> None:
    made = course("PKA", certificate="{course}/{run}/{sequence}")
    assert len(made.certificate_number(DAY, sequence=99_999, run=run)) <= 200


def test_every_kind_of_the_registry_has_a_name() -> None:
    assert sorted(KINDS) == list(range(1, 26))
