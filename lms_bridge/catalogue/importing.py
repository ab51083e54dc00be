"""Courses from a table (CSV, XLSX) or from the LMS's course fields, into the one model."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from lms_bridge.catalogue.course import Course
from lms_bridge.i18n import mark
from lms_bridge.objections import Objected, Objection, objection
from lms_bridge.tables import TableError, read_table
from lms_bridge.typed import convert

REQUIRED = ("key", "name", "organiser", "kind", "hours")
OPTIONAL = (
    "instructor_hours",
    "certificate",
    "structural_training",
    "starts",
    "ends",
    "lms",
    "activities",
    "external_ids",
    "short_ids",
    "verbs",
    "minimum_score",
    "run",
    "session_extension",
    "competencies",
    "family",
    "badge_route",
    "badge_name",
    "badge_competency",
    "badge_rating",
    "badge_rate_in",
    "badge_course",
    "badge_cohort",
    "badge_key",
    "lms_certificate",
)
"""columns of the file; lists are separated by ``|``, competencies are ``name:level|name:level``"""

_WRITTEN = {
    "key": mark(
        "Letters, digits and . _ / - only, beginning with a letter or digit; 100 at the most."
    ),
    "competencies.level": mark("A competency has a level from 1 to 5, such as Integritas:3."),
    "lms_certificate": mark("Letters, digits, _ and - only, 60 at the most."),
}
"""what is to be written in a form of its own, and how"""
_SAID = re.compile(r"(.*?)(?: - at `\$\.?([^`]*)`)?", re.DOTALL)
"""what msgspec says, and of which place"""
_MISSING = re.compile(r"Object missing required field `([^`]+)`")

_LISTS = ("activities", "external_ids", "short_ids", "verbs")


def from_file(path: Path) -> list[Course]:
    """The courses of a CSV or XLSX file. Raises :exc:`TableError` naming line, column and rule."""
    found: list[Course] = []
    problems: list[Objection] = []
    lines: dict[str, int] = {}
    for line, row in read_table(path, required=REQUIRED, optional=OPTIONAL):
        try:
            course = course_from(row)
        except Objected as error:
            problems.append(error.objection.in_line(line))
            continue
        if course.key in lines:
            problems.append(
                objection(
                    mark("The key %(key)s stands in line %(other)s too."),
                    line=line,
                    key=course.key,
                    other=lines[course.key],
                )
            )
        lines[course.key] = line
        found.append(course)
    if problems:
        raise TableError(path.name, problems)
    return found


def course_from(row: Mapping[str, str]) -> Course:
    """The course of one row of text values. Raises :exc:`.Objected` naming column and rule."""
    values: dict[str, Any] = {
        name: value for name, value in row.items() if value and not name.startswith("badge_")
    }
    for name in _LISTS:
        if name in values:
            values[name] = _split(values[name])
    if "competencies" in values:
        values["competencies"] = [_competency(text) for text in _split(values["competencies"])]
    badge = {
        name.removeprefix("badge_"): value
        for name, value in row.items()
        if value and name.startswith("badge_")
    }
    if badge:
        values["badge"] = badge
    if "minimum_score" in values:
        values["minimum_score"] = values["minimum_score"].replace(",", ".")
    try:
        # strict=False: the cells of a table are text, "20" is the number 20
        return convert(values, Course, strict=False)
    except msgspec.ValidationError as error:
        raise _objected(error, row) from None


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def _competency(text: str) -> dict[str, str]:
    name, _, level = text.rpartition(":")
    return {"name": name.strip(), "level": level.strip()} if name else {"name": level.strip()}


def _objected(error: msgspec.ValidationError, row: Mapping[str, str]) -> Objected:
    """What msgspec has against the row, by the column and what that may hold."""
    if isinstance(error.__cause__, Objected):
        return error.__cause__
    found = _SAID.fullmatch(str(error))
    assert found is not None
    what, place = found[1], re.sub(r"\[\d+\]", "", found[2] or "")
    if missing := _MISSING.fullmatch(what):
        column = _column(".".join(filter(None, (place, missing[1]))))
        return Objected(mark("The column %(column)s is empty."), column=column)
    column = _column(place)
    says, details = _rule(place)
    return Objected(says, field=column, value=row[column], **details)


def _column(place: str) -> str:
    """The column that holds what stands at `place` of a course."""
    return place.replace("badge.", "badge_").partition(".")[0]


@functools.cache
def _rule(place: str) -> tuple[str, dict[str, object]]:
    """What may stand at `place`, such as ``badge.route``."""
    if known := _WRITTEN.get(place):
        return known, {}
    kind = inspect.type_info(Course)
    for name in place.split("."):
        kind = next(field.type for field in _fields(kind) if field.name == name)
    match _plain(kind):
        case inspect.IntType(ge=least, le=most) if most is not None:
            return mark("A whole number from %(least)s to %(most)s."), {
                "least": least,
                "most": most,
            }
        case inspect.IntType():
            return mark("A whole number, such as 20."), {}
        case inspect.FloatType():
            return mark("A number from 0 to 1, such as 0.7."), {}
        case inspect.DateType():
            return mark("A day, written as 2026-03-31."), {}
        case inspect.LiteralType(values=values):
            known = ", ".join(map(str, values))
            return mark("“%(value)s” is none of %(known)s."), {"known": known}
        case inspect.StrType(max_length=most) if most:
            return mark("%(most)s characters at the most."), {"most": most}
        case other:
            raise AssertionError(f"no text of a table is refused as {other}")


def _fields(kind: inspect.Type) -> tuple[inspect.Field, ...]:
    found = _plain(kind)
    assert isinstance(found, inspect.StructType)
    return found.fields


def _plain(kind: inspect.Type) -> inspect.Type:
    """What a value is if it is there at all; of a list, what each of it is."""
    match kind:
        case inspect.UnionType(types=types):
            return next(one for one in types if not isinstance(one, inspect.NoneType))
        case inspect.VarTupleType(item_type=item):
            return _plain(item)
    return kind
