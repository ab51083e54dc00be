"""Courses as the LMS's own course fields describe them, into the one model.

An LMS administrator can keep what the registry needs (JP, kind, organiser, badge …) in
custom fields of the course; they carry the names of the catalogue's settings.
"""

from __future__ import annotations

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.importing import OPTIONAL, course_from
from lms_bridge.lms.base import Lms, LmsCourse

_FIELDS = {"organiser", "kind", "hours", *OPTIONAL}


def read(lms: Lms) -> tuple[list[Course], list[str]]:
    """The courses of `lms` that carry JP, and what is wrong with the fields of others.

    A course without ``hours`` and ``instructor_hours`` is none of the registry's and is left
    out in silence. Raises :exc:`~lms_bridge.errors.DeliveryError`.
    """
    found: list[Course] = []
    problems: list[str] = []
    for course in lms.courses():
        fields = {
            name.lower(): value.strip()
            for name, value in course.fields.items()
            if name.lower() in _FIELDS and value.strip()
        }
        if not fields.keys() & {"hours", "instructor_hours"}:
            continue
        try:
            found.append(course_from(_row(lms, course, fields)))
        except ValueError as error:
            problems.append(f"{lms.name}: course {course.short_name or course.id}: {error}")
    return found, problems


def _row(lms: Lms, course: LmsCourse, fields: dict[str, str]) -> dict[str, str]:
    row = {
        "key": course.number or course.short_name or f"{lms.name}-{course.id}",
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
