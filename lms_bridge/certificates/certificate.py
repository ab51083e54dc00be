"""What a certificate says: the completion in the words of the document, which is in Indonesian.

The words are the city's (``[certificates]`` of the configuration), with these in them:

{name} {nip} {course} {organiser} {kind} {hours} {dates} {number}
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from typing import Any

import msgspec
from babel.dates import format_date

from lms_bridge.catalogue.course import KINDS, Course, Role

FIELDS = ("name", "nip", "course", "organiser", "kind", "hours", "dates", "number")
_FIELD = re.compile(r"\{([^{}]*)\}")
_LANGUAGE = "id"


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate."""

    number: str
    name: str
    """of the person, as the registry has it"""
    nip: str
    course: str
    organiser: str
    kind: str
    hours: int
    """JP"""
    starts: dt.date
    ends: dt.date
    role: Role = "learner"
    competencies: tuple[str, ...] = ()
    address: str
    """where anybody can see that it is genuine"""

    def said(self, template: str) -> str:
        """`template` with what the certificate says in it."""
        values = {
            **{name: str(getattr(self, name)) for name in FIELDS if name != "dates"},
            "dates": in_words(self.starts, self.ends),
        }
        return _FIELD.sub(lambda field: values.get(field[1], field[0]), template)


def made(course: Course, **rest: Any) -> Certificate:
    """The certificate of a completion of `course`; `rest` is all that is not the course's."""
    return Certificate(
        course=course.name,
        organiser=course.organiser,
        kind=KINDS[course.kind],
        competencies=tuple(f"{one.name} (level {one.level})" for one in course.competencies),
        **rest,
    )


def new_public_id() -> str:
    """An id by which a certificate is found and that nobody can guess: 128 random bits."""
    return secrets.token_urlsafe(16)


def unknown_fields(template: str) -> list[str]:
    """The fields that `template` names and no certificate has.

    >>> unknown_fields("{name} menyelesaikan {kursus}")
    ['kursus']
    """
    return [field for field in _FIELD.findall(template) if field not in FIELDS]


def in_words(starts: dt.date, ends: dt.date) -> str:
    """The days, as a certificate has them.

    >>> in_words(dt.date(2026, 3, 2), dt.date(2026, 3, 20))
    '2 s.d. 20 Maret 2026'
    """
    last = _day(ends, "d MMMM y")
    if starts == ends:
        return last
    if starts.year != ends.year:
        return f"{_day(starts, 'd MMMM y')} s.d. {last}"
    return f"{_day(starts, 'd' if starts.month == ends.month else 'd MMMM')} s.d. {last}"


def on_the_day(day: dt.date) -> str:
    """A single day.

    >>> on_the_day(dt.date(2026, 3, 20))
    '20 Maret 2026'
    """
    return _day(day, "d MMMM y")


def _day(day: dt.date, form: str) -> str:
    return format_date(day, form, locale=_LANGUAGE)
