"""Finding the course that a statement is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lms_bridge.catalogue.course import Course


class CataloguedCourse(msgspec.Struct, frozen=True):
    """A course with the id of its row."""

    id: int
    course: Course


class Catalogue:
    """The active courses, by each mark that a statement may carry."""

    def __init__(self, courses: Iterable[CataloguedCourse]) -> None:
        self.courses = list(courses)
        self._by_mark: dict[tuple[str, str], list[CataloguedCourse]] = {}
        for entry in self.courses:
            for mark in marks(entry.course):
                self._by_mark.setdefault(mark, []).append(entry)

    def by_activity(self, activity: str, lms: str) -> CataloguedCourse | None:
        """The course that lists the activity id itself, for statements that belong to `lms`."""
        return self._one(("activity", activity), lms)

    def by_ids(self, external_id: str, short_id: str, lms: str) -> CataloguedCourse | None:
        """The course with the LMS's external id, else the one with its short id."""
        return self._one(("external", external_id), lms) or self._one(("short", short_id), lms)

    def _one(self, mark: tuple[str, str], lms: str) -> CataloguedCourse | None:
        for entry in self._by_mark.get(mark, ()):
            if entry.course.lms in ("", lms):
                return entry
        return None


def marks(course: Course) -> Iterator[tuple[str, str]]:
    """Everything by which a statement is known to be about `course`, each once."""
    yield from (("activity", activity) for activity in dict.fromkeys(course.activities))
    yield from (("external", number) for number in dict.fromkeys(course.external_ids))
    yield from (("short", name) for name in dict.fromkeys(course.short_ids))


def doubly_marked(courses: Iterable[Course]) -> Iterator[tuple[str, str, str, str]]:
    """Each mark that two courses of one LMS share, as (kind, mark, course, other course)."""
    seen: dict[tuple[str, str], list[Course]] = {}
    for course in courses:
        for mark in marks(course):
            for other in seen.get(mark, ()):
                if "" in (course.lms, other.lms) or course.lms == other.lms:
                    yield (*mark, other.key, course.key)
            seen.setdefault(mark, []).append(course)
