"""Whether a row that nobody accounts for looks like a course of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Formatter

from lms_bridge.catalogue.course import STRUCTURAL, Course
from lms_bridge.deliveries.matching import key
from lms_bridge.registries.base import RecordedTraining

_STANDS_FOR = {"year": r"\d{4}", "month": r"\d{2}", "sequence": r"\d+", "run": r".*"}
_TELLING = 4
"""letters that a number must have besides what is counted, to tell of a course at all"""


class Likeness:
    """The courses, by what rows of them look like.

    >>> Likeness([course]).course_of(row)
    'PKA-2026'
    """

    def __init__(self, courses: Iterable[Course]) -> None:
        self._names: dict[str, list[tuple[str, str]]] = {}
        self._numbers: list[tuple[re.Pattern[str], str]] = []
        for course in courses:
            if course.kind != STRUCTURAL:  # the rows of those keep another name
                mine = (key(course.organiser), course.key)
                self._names.setdefault(key(course.name), []).append(mine)
            if pattern := _pattern(course):
                self._numbers.append((pattern, course.key))

    def course_of(self, row: RecordedTraining) -> str:
        """The key of the course that `row` looks like; empty if it looks like none.

        By its certificate number, or by its name with the organiser, which may be left empty.
        """
        number = row.certificate_number.strip()
        for pattern, course in self._numbers if number else ():
            if pattern.fullmatch(number):
                return course
        organiser = key(row.organiser)
        for theirs, course in self._names.get(key(row.name), ()) if row.name.strip() else ():
            if organiser in ("", theirs):
                return course
        return ""


def _pattern(course: Course) -> re.Pattern[str] | None:
    """What certificate numbers of the course look like; None if they could be anybody's."""
    found, letters = "", ""
    for text, field, _, _ in Formatter().parse(course.certificate):
        found += re.escape(text)
        letters += text
        if field == "course":
            found += re.escape(course.key)
            letters += course.key
        elif field:
            found += _STANDS_FOR[field]
    if sum(letter.isalpha() for letter in letters) < _TELLING:
        return None
    return re.compile(found, re.IGNORECASE)
