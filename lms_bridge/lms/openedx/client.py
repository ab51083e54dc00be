"""Open edX as an LMS: the verbs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lms_bridge.checks import Check
from lms_bridge.http.client import HttpClient
from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.lms.base import (
    NOTHING,
    Abilities,
    BadgeAward,
    CourseCompletion,
    Grounds,
    IssuedBadge,
    LmsCourse,
    LmsUser,
    UserField,
)
from lms_bridge.lms.openedx.awards import Awards
from lms_bridge.lms.openedx.check import checks
from lms_bridge.lms.openedx.learning import Learning
from lms_bridge.lms.openedx.service import Service
from lms_bridge.lms.openedx.settings import OpenEdxSettings


class OpenEdx:
    """The LMS ``[lms.NAME]`` with ``type = "openedx"``. Threads may share it.

    >>> edx = OpenEdx("edx", settings)
    >>> learner, = edx.find_users("number", ["198703152010012001"])
    >>> edx.award_badge(learner.id, award, note="lms-bridge: PKA-2026/00007").link
    'https://credentials.example.go.id/credentials/c1c26ab6eb1d48e9a4d29a2b5e0f2a3c/'
    """

    def __init__(self, name: str, settings: OpenEdxSettings, *, gate: Gate = OPEN) -> None:
        self.name = name
        self.home_page = settings.home_page or settings.url.rstrip("/")
        self._service = Service(name, settings, HttpClient(settings, gate))
        self._learning = Learning(
            self._service, number_field=settings.number_field, known_user=settings.known_user
        )
        self._awards = Awards(self._service, self._learning)
        self.abilities = Abilities(
            finds_users_by=self._learning.fields,
            shows_badges=bool(settings.credentials_url),
            takes_badges_back=True,
        )

    def find_users(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        return self._learning.find(field, values)

    def sees_users(self) -> bool | None:
        return self._learning.are_seen()

    def find_badge(self, user_id: str, award: BadgeAward) -> IssuedBadge | None:
        return self._awards.find(user_id, award)

    def award_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> IssuedBadge | None:
        return self._awards.award(user_id, award, note)

    def find_issued(self, badge_hash: str) -> IssuedBadge | None:
        return self._awards.find_issued(badge_hash)

    def unaward_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> None:
        self._awards.revoke(user_id, award, grounds.badge_id)

    def find_course(
        self, *, course_id: str = "", number: str = "", short_name: str = ""
    ) -> LmsCourse | None:
        """By the id of a run only: the short name is that of every run of the course."""
        wanted = course_id or number
        return self._learning.course(wanted) if wanted else None

    def courses(self) -> Iterator[LmsCourse]:
        return self._learning.courses()

    def activity_of(self, course: LmsCourse) -> str:
        return f"{self.home_page.rstrip('/')}/course/{course.id}"

    def course_id_of(self, activity: str) -> str:
        before = f"{self.home_page.rstrip('/')}/course/"
        found = activity.removeprefix(before)
        return "" if found == activity or set(found) & set("/?#") else found

    def participants_of(self, course: LmsCourse) -> Iterator[LmsUser]:
        """Those who have passed it; of the others nothing is asked."""
        return self._learning.passed(course.id)

    def completion_of(self, course: LmsCourse, user: LmsUser) -> CourseCompletion | None:
        return self._learning.completion(course.id, user)

    def check(self) -> Iterator[Check]:
        return checks(self._service, self._learning, self._awards)
