"""Finding a course of the catalogue in an LMS."""

from __future__ import annotations

from collections.abc import Iterator

from lms_bridge.catalogue.course import Course
from lms_bridge.lms.base import Lms, LmsCourse


def found_courses(lms: Lms, course: Course) -> Iterator[LmsCourse]:
    """The courses of the LMS that are this one of the catalogue, by any of its marks."""
    seen: set[str] = set()
    searches = [
        *({"number": number} for number in course.external_ids),
        *({"short_name": name} for name in course.short_ids),
        *({"course_id": lms.course_id_of(activity)} for activity in course.activities),
    ]
    for search in searches:
        found = lms.find_course(**search) if all(search.values()) else None
        if found and found.id not in seen:
            seen.add(found.id)
            yield found
