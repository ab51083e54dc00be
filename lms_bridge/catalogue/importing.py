"""Courses from a table (CSV, XLSX) or from the LMS's course fields, into the one model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lms_bridge.catalogue.course import Course
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

_LISTS = ("activities", "external_ids", "short_ids", "verbs")


def from_file(path: Path) -> list[Course]:
    """The courses of a CSV or XLSX file. Raises :exc:`TableError` naming line, column and rule."""
    found: list[Course] = []
    problems: list[str] = []
    lines: dict[str, int] = {}
    for line, row in read_table(path, required=REQUIRED, optional=OPTIONAL):
        try:
            course = course_from(row)
        except ValueError as error:
            problems.append(f"line {line}: {error}")
            continue
        if course.key in lines:
            problems.append(
                f"line {line}: key {course.key!r} stands in line {lines[course.key]} too"
            )
        lines[course.key] = line
        found.append(course)
    if problems:
        raise TableError(path.name, problems)
    return found


def course_from(row: Mapping[str, str]) -> Course:
    """The course of one row of text values. Raises :exc:`ValueError` naming column and rule."""
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
        raise ValueError(_in_words(str(error), row)) from None


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def _competency(text: str) -> dict[str, str]:
    name, _, level = text.rpartition(":")
    return {"name": name.strip(), "level": level.strip()} if name else {"name": level.strip()}


def _in_words(error: str, row: Mapping[str, str]) -> str:
    """msgspec's message with the column first and what stands in the cell last."""
    match = re.fullmatch(r"(.*?)(?: - at `\$\.?([^`]*)`)?", error, re.DOTALL)
    assert match is not None
    what, place = match[1], match[2]
    if missing := re.fullmatch(r"Object missing required field `([^`]+)`", what):
        return f"{place + '.' if place else ''}{missing[1]} is required"
    if not place:
        return what
    cell = row.get(re.sub(r"\[.*", "", place.replace("badge.", "badge_")))
    shown = f" (it is {cell!r})" if cell and cell not in what else ""
    return f"{place}: {what[0].lower()}{what[1:]}{shown}"
