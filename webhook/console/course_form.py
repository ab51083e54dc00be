"""The form of a course: from a course to the texts in its fields, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from flask_babel import gettext

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.importing import course_from
from lms_bridge.objections import Objected, Objection
from webhook.dressing import language

COMPETENCIES = 4
"""fields for them in the form"""
_LISTS = ("activities", "external_ids", "short_ids", "verbs")
_PLAIN = (
    "key",
    "name",
    "organiser",
    "kind",
    "hours",
    "instructor_hours",
    "certificate",
    "structural_training",
    "starts",
    "ends",
    "lms",
    "minimum_score",
    "run",
    "session_extension",
    "family",
    "lms_certificate",
)
_FIRST = {"competencies": "competency0"}
"""of what has several fields, the first"""
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")

Texts = Mapping[str, str]
"""by field, what stands in it"""


class Filled(msgspec.Struct, frozen=True):
    """A form that somebody has filled in."""

    texts: dict[str, str]
    course: Course | None
    """None where there are errors"""
    errors: dict[str, str]
    """by field; what belongs to none of them under an empty name"""


def texts_of(course: Course) -> dict[str, str]:
    """What stands in the fields of the form of `course`."""
    found = {name: _text(getattr(course, name)) for name in _PLAIN}
    found |= {name: "\n".join(getattr(course, name)) for name in _LISTS}
    for at, one in enumerate(course.competencies):
        found |= {f"competency{at}": one.name, f"level{at}": str(one.level)}
    return found


def fields_for_competencies(texts: Texts) -> int:
    """How many fields for competencies the form has."""
    there = sum(name.startswith("competency") for name in texts)
    return max(COMPETENCIES, there)


def read(form: Mapping[str, Any], before: Course | None = None) -> Filled:
    """What was filled in; what the form has no field for is taken from `before`."""
    texts = {name: str(form.get(name, "")).strip() for name in (*_PLAIN, *_LISTS)}
    texts |= {
        name: str(value).strip()
        for name, value in form.items()
        if name.startswith(("competency", "level"))
    }
    errors = dict(_missing(texts))
    if errors:
        return Filled(texts, None, errors)
    row = {name: texts[name] for name in _PLAIN if texts[name]}
    row |= {name: "|".join(texts[name].splitlines()) for name in _LISTS if texts[name]}
    row["competencies"] = "|".join(_competencies(texts))
    try:
        course = course_from(row)
    except Objected as error:
        return Filled(texts, None, by_field([error.objection]))
    if before is not None:
        course = msgspec.structs.replace(course, badge=before.badge)
    return Filled(texts, course, {})


def by_field(problems: Sequence[Objection]) -> dict[str, str]:
    """What the catalogue objects to, by the field of the form that it is about."""
    found: dict[str, str] = {}
    for problem in problems:
        field = _FIRST.get(problem.field, problem.field)
        known = field in (*_PLAIN, *_LISTS, *_FIRST.values())
        what = problem.sentence(language()) if known else problem.in_language(language())
        field = field if known else ""
        found[field] = f"{found[field]} {what}" if field in found else what
    return found


def _missing(texts: Texts) -> Iterator[tuple[str, str]]:
    for name in ("name", "organiser", "kind", "key"):
        if not texts[name]:
            yield name, gettext("This is needed.")
    if texts["key"] and not _KEY.fullmatch(texts["key"]):
        yield "key", gettext("Letters, digits and . _ / - only, beginning with a letter or digit.")
    for name in ("hours", "instructor_hours"):
        if texts[name] and not texts[name].isdecimal():
            yield name, gettext("A whole number, such as 20.")
    if not texts["hours"] or (texts["hours"] == "0" and texts["instructor_hours"] in ("", "0")):
        yield "hours", gettext("How many JP does it give? 1 or more.")
    if texts["kind"] == "1" and not texts["structural_training"]:
        yield "structural_training", gettext("Structural training needs its level.")
    if not any(texts[name] for name in ("activities", "external_ids", "short_ids")):
        yield "activities", gettext("By at least one of these three it has to be recognised.")


def _competencies(texts: Texts) -> Iterator[str]:
    for at in range(fields_for_competencies(texts)):
        if name := texts.get(f"competency{at}"):
            yield f"{name}:{texts.get(f'level{at}') or 1}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
