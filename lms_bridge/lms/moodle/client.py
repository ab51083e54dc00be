"""Moodle as an LMS: the verbs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from lms_bridge.checks import Check
from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.lms.base import (
    NOTHING,
    Abilities,
    AccessPlan,
    BadgeAward,
    CourseCompletion,
    Grounds,
    IssuedBadge,
    LmsCourse,
    LmsUser,
    Use,
    UserField,
)
from lms_bridge.lms.moodle.badges import Badges
from lms_bridge.lms.moodle.certificates import Certificates
from lms_bridge.lms.moodle.check import Site, checks
from lms_bridge.lms.moodle.courses import Courses, activity_of, course_id_of
from lms_bridge.lms.moodle.needs import needs
from lms_bridge.lms.moodle.people import People
from lms_bridge.lms.moodle.role import plan_of
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.lms.moodle.webservice import WebService

_HERE = ZoneInfo("Asia/Jakarta")
USUAL = Use
"""what it is used for, if nobody says: to pull completions"""


class Moodle:
    """The LMS ``[lms.NAME]`` with ``type = "moodle"``. Threads may share it.

    >>> moodle = Moodle("moodle", settings)
    >>> learner, = moodle.find_users("number", ["198703152010012001"])
    >>> moodle.award_badge(learner.id, award, note="certificate PKA-2026/00007")
    >>> moodle.find_badge(learner.id, award).link
    'https://moodle.example/badges/badge.php?hash=c6438a6f9b986501d6ee29d2f96a827bceb8c0b8'
    """

    abilities = Abilities()

    def __init__(
        self,
        name: str,
        settings: MoodleSettings,
        *,
        gate: Gate = OPEN,
        zone: dt.tzinfo = _HERE,
        use: Callable[[], Use] = USUAL,
    ) -> None:
        self.name = name
        self.home_page = settings.home_page or settings.url.rstrip("/")
        self._service = WebService(name, settings, gate)
        self._settings = settings
        self._use = use
        self._courses = Courses(
            self._service,
            zone,
            nip_field=settings.nip_field,
            linked_competencies=settings.linked_competencies,
        )
        self._people = People(self._service, self._courses, settings)
        self._badges = Badges(self._service, self._courses)
        self._certificates = Certificates(self._service)

    def find_users(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        return self._people.find(field, values)

    def sees_users(self) -> bool | None:
        return self._people.are_seen()

    def find_badge(self, user_id: str, award: BadgeAward) -> IssuedBadge | None:
        return self._badges.find(user_id, award)

    def award_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> None:
        self._badges.award(user_id, award, note)

    def find_issued(self, badge_hash: str) -> IssuedBadge | None:
        return self._badges.find_issued(badge_hash)

    def unaward_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> None:
        self._badges.unaward(user_id, award, note)

    def certificate_of(self, user_id: str, activity: str) -> bytes | None:
        return self._certificates.of(user_id, activity)

    def find_course(
        self, *, course_id: str = "", number: str = "", short_name: str = ""
    ) -> LmsCourse | None:
        return self._courses.find(course_id=course_id, number=number, short_name=short_name)

    def courses(self) -> Iterator[LmsCourse]:
        return self._courses.all()

    def activity_of(self, course: LmsCourse) -> str:
        return activity_of(course.id, self.home_page)

    def course_id_of(self, activity: str) -> str:
        return course_id_of(activity, self.home_page, self._service.url)

    def participants_of(self, course: LmsCourse) -> Iterator[LmsUser]:
        return self._courses.participants(course.id)

    def completion_of(self, course: LmsCourse, user: LmsUser) -> CourseCompletion | None:
        return self._courses.completion(course.id, user)

    def access(self, *, extras: bool = False) -> AccessPlan:
        return plan_of(needs(self._settings, self._use()), extras=extras)

    def check(self) -> Iterator[Check]:
        site = Site(self._service, self._people, self._courses, self._badges)
        use = self._use()
        needed = list(needs(self._settings, use))
        return checks(site, use, needed, home_page=self.home_page)
