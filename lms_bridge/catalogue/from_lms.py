"""Courses as the LMS's own course fields describe them, into the one model.

An LMS administrator can keep what the registry needs (JP, kind, organiser, badge …) in
custom fields of the course; they carry the names of the catalogue's settings.
"""

from __future__ import annotations

import re

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.importing import OPTIONAL, REQUIRED, course_from
from lms_bridge.lms.base import Lms, LmsCourse

_FIELDS = {*REQUIRED, *OPTIONAL} - {"name", "lms"}
_NOT_OF_A_KEY = re.compile(r"[^A-Za-z0-9._/-]+")


def read(lms: Lms) -> tuple[list[Course], list[str]]:
    """The courses of `lms` that carry JP, and what is wrong with the fields of others.

    A course without ``hours`` and ``instructor_hours``, or with 0 of both, is none of the
    registry's and is left out in silence. Raises :exc:`~lms_bridge.errors.DeliveryError`.
    """
    found: list[Course] = []
    problems: list[str] = []
    for course in lms.courses():
        fields = {
            name.lower(): value.strip()
            for name, value in course.fields.items()
            if name.lower() in _FIELDS and value.strip()
        }
        if all(fields.get(name, "0") == "0" for name in ("hours", "instructor_hours")):
            continue
        try:
            found.append(course_from(_row(lms, course, fields)))
        except ValueError as error:
            problems.append(f"{lms.name}: course {course.short_name or course.id}: {error}")
    return found, problems


def _row(lms: Lms, course: LmsCourse, fields: dict[str, str]) -> dict[str, str]:
    row = {
        "key": _key(course) or f"{lms.name}-{course.id}",
        "name": course.name,
        "hours": "0",
        "lms": lms.name,
        "activities": lms.activity_of(course),
        **fields,
    }
    if course.number:
        row.setdefault("external_ids", course.number)
    if course.short_name:
        row.setdefault("short_ids", course.short_name)
    return row


def _key(course: LmsCourse) -> str:
    """The course's own short name, which the LMS shows to everybody, as a key can be written.

    >>> _key(LmsCourse(id="7", name="Latihan Dasar", short_name="Latsar 2026 (II)"))
    'Latsar-2026-II'
    """
    return _NOT_OF_A_KEY.sub("-", course.short_name).strip("-._/")[:100]
