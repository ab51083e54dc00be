"""Courses as the LMS's own course fields describe them, into the one model.

An LMS administrator can keep what the registry needs (JP, kind, organiser, badge …) in
custom fields of the course; they carry the names of the catalogue's settings.
"""

from __future__ import annotations

import re

import msgspec

from lms_bridge.catalogue import competencies
from lms_bridge.catalogue.course import KINDS, Course
from lms_bridge.catalogue.importing import OPTIONAL, REQUIRED, course_from
from lms_bridge.i18n import gettext, mark
from lms_bridge.lms.base import Lms, LmsCourse
from lms_bridge.objections import Objected, Objection

_WHICH = mark("%(lms)s: course %(course)s")
_FIELDS = {*REQUIRED, *OPTIONAL} - {"name", "lms"}
_ALSO_CALLED = {"jp": "hours", "competency": "competencies"}
_NOT_OF_A_KEY = re.compile(r"[^A-Za-z0-9._/-]+")
_NUMBER_WITH_WORDS = re.compile(r"([0-9]+)[.)]?\s+\D*")
_NAME_AND_LEVEL = re.compile(r"(.*\S)\s+([1-5])")


class Unread(msgspec.Struct, frozen=True):
    """A course of an LMS whose fields are not right."""

    lms: str
    course: str
    objection: Objection

    def in_language(self, language: str = "en") -> str:
        """Which course that is, and what is wrong."""
        which = gettext(_WHICH, language) % {"lms": self.lms, "course": self.course}
        return f"{which}: {self.objection.in_language(language)}"


def read(lms: Lms) -> tuple[list[Course], list[Unread]]:
    """The courses of `lms` that carry JP, and what is wrong with the fields of others.

    A course without ``hours`` and ``instructor_hours``, or with 0 of both, is none of the
    registry's and is left out in silence. Raises :exc:`~lms_bridge.errors.DeliveryError`.
    """
    found: list[Course] = []
    problems: list[Unread] = []
    for course in lms.courses():
        fields = _fields(course)
        if all(fields.get(name, "0") == "0" for name in ("hours", "instructor_hours")):
            continue
        try:
            found.append(course_from(_row(lms, course, fields)))
        except Objected as error:
            problems.append(Unread(lms.name, course.short_name or course.id, error.objection))
    return found, problems


def _fields(course: LmsCourse) -> dict[str, str]:
    """What the fields of the course say, as the catalogue words it."""
    found: dict[str, str] = {}
    for called, value in course.fields.items():
        name = _ALSO_CALLED.get(called.lower(), called.lower())
        if name in _FIELDS and value.strip():
            found.setdefault(name, _as_catalogued(name, value.strip()))
    linked = filter(None, map(competencies.by_id_number, course.competencies))
    if texts := [f"{one.name}:{level}" for one, level in linked]:
        found.setdefault("competencies", "|".join(texts))
    return found


def _as_catalogued(name: str, value: str) -> str:
    """A value as a person chose or typed it in the LMS, as it would stand in a table.

    >>> _as_catalogued("kind", "16 E-Learning"), _as_catalogued("kind", "e-learning")
    ('16', '16')
    >>> _as_catalogued("hours", "20 JP"), _as_catalogued("competencies", "Integritas 3")
    ('20', 'Integritas:3')
    """
    match name:
        case "kind" if number := _KINDS.get(value.casefold()):
            return number
        case "kind" | "hours" | "instructor_hours":
            found = _NUMBER_WITH_WORDS.fullmatch(value)
            return found[1] if found else value
        case "competencies":
            return "|".join(map(_competency, value.split("|")))
    return value


def _competency(text: str) -> str:
    """A competency with its level; one with only a blank between is taken for a standard one."""
    found = _NAME_AND_LEVEL.fullmatch(text.strip())
    known = competencies.find(found[1]) if found else None
    return f"{known.name}:{found[2]}" if found and known else text


_KINDS = {name.casefold(): str(number) for number, name in KINDS.items()}


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
