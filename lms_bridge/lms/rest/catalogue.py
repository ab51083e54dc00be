"""The courses of an LMS in TOML, and who has completed them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lms_bridge.http.trouble import unreadable
from lms_bridge.lms.base import CourseCompletion, LmsCourse
from lms_bridge.lms.rest import reading
from lms_bridge.lms.rest.requests import TO_LIST_COMPLETIONS, TO_LIST_COURSES, TO_LOOK_UP
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.mapped import listing
from lms_bridge.mapped.answers import meets
from lms_bridge.mapped.api import Api
from lms_bridge.mapped.dates import moment_reader
from lms_bridge.mapped.reading import first
from lms_bridge.mapped.requests import Prepared

_LIST_LASTS = 300.0
"""seconds for which the list of courses is kept, in which one after the other is looked for"""
_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""from when on completions are asked for where all are"""


class Catalogue:
    """The courses of one LMS."""

    def __init__(
        self,
        api: Api,
        settings: RestSettings,
        zone: dt.tzinfo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._zone = zone
        self._clock = clock
        self._courses = settings.courses
        self._completions = settings.completions
        self._moment = moment_reader(settings.dates, zone)
        self._listed: tuple[float, list[LmsCourse]] | None = None
        if settings.courses and settings.courses.list:
            self._list = Prepared(settings.courses.list, settings, TO_LIST_COURSES)
        if settings.completions:
            self._of_course = Prepared(settings.completions, settings, TO_LIST_COMPLETIONS)
        self._by = {
            name: (request, Prepared(request, settings, TO_LOOK_UP))
            for name in ("id", "number", "short_name")
            if settings.courses and (request := getattr(settings.courses, f"by_{name}"))
        }

    def find(self, wanted: Mapping[str, str]) -> LmsCourse | None:
        """The course with the id, number or short name that is `wanted`, in this order."""
        for name, value in wanted.items():
            if not value:
                continue
            if self._courses is None:
                # The LMS tells nothing of courses: its ids are those of the catalogue.
                number = value if name != "short_name" else ""
                return LmsCourse(id=value, name="", short_name=wanted["short_name"], number=number)
            courses = self._asked(name, value) if name in self._by else self._at_hand()
            for course in courses:
                if getattr(course, name) == value:
                    return course
        return None

    def all(self) -> Iterator[LmsCourse]:
        """Every course that the LMS lists."""
        courses = self._courses
        if courses is None or courses.list is None:
            return
        for row in listing.of(self._api, courses.list, self._list, {}):
            course = reading.course(row, courses.fields)
            if course.id:
                yield course

    def completions(self, course: LmsCourse, since: dt.datetime | None) -> list[CourseCompletion]:
        """Who has completed `course`; one for each account, the first if it has several."""
        asked = self._completions
        if asked is None:
            return []
        values: dict[str, Any] = {
            "course_id": course.id,
            "course_number": course.number,
            "course_short_name": course.short_name,
            "since": (since or _BEGINNING).astimezone(self._zone),
        }
        rows = listing.of(self._api, asked, self._of_course, values)
        completed: dict[str, CourseCompletion] = {}
        for row in rows:
            if not meets(row, asked.only):
                continue
            learner = reading.learner(row, asked.fields)
            if not learner.id:
                where = asked.fields.user_id
                raise unreadable(self._api.remote, f"a row says not whose it is at “{where}”")
            at = self._moment(first(row, asked.fields.completed_at))
            before = completed.get(learner.id)
            if before is None or (at and (before.completed_at is None or at < before.completed_at)):
                completed[learner.id] = CourseCompletion(learner, at)
        return list(completed.values())

    def _asked(self, name: str, value: str) -> list[LmsCourse]:
        assert self._courses is not None
        request, prepared = self._by[name]
        judged = self._api.ask(request, prepared, {"value": value})
        if judged.means == "none":
            return []
        rows = reading.found(judged.body, self._courses.found)
        if rows is None:
            where = self._courses.found
            raise unreadable(self._api.remote, f"there is no course at “{where}” (courses.found)")
        return [reading.course(row, self._courses.fields) for row in rows]

    def _at_hand(self) -> list[LmsCourse]:
        now = self._clock()
        if self._listed is None or now - self._listed[0] > _LIST_LASTS:
            self._listed = now, list(self.all())
        return self._listed[1]
