"""An LMS that is described in TOML: the verbs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from lms_bridge.checks import Check
from lms_bridge.http.client import HttpClient
from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.http.trouble import read_secret
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
from lms_bridge.lms.rest.badges import Badges
from lms_bridge.lms.rest.catalogue import Catalogue
from lms_bridge.lms.rest.check import checks
from lms_bridge.lms.rest.people import People
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.mapped.api import Api, Refusals

_REFUSALS = Refusals("lms_request_refused", "lms_request_refused")


class Rest:
    """The LMS ``[lms.NAME]`` with ``type = "rest"``. Threads may share it.

    >>> elearning = Rest("elearning", settings)
    >>> learner, = elearning.find_users("number", ["198703152010012001"])
    >>> elearning.award_badge(learner.id, award, note="", grounds=grounds).link
    'https://elearning.example.go.id/lencana/4711'
    """

    def __init__(
        self,
        name: str,
        settings: RestSettings,
        *,
        gate: Gate = OPEN,
        zone: dt.tzinfo = ZoneInfo("Asia/Jakarta"),  # noqa: B008
    ) -> None:
        self.name = name
        self.home_page = settings.page
        self._settings = settings
        http = HttpClient(settings, gate)
        self._api = Api(f"lms.{name}", settings, http, lambda _issued: None, _REFUSALS)
        self._people = People(self._api, settings)
        self._courses = Catalogue(self._api, settings, zone)
        self._badges = Badges(self._api, settings, zone)
        self.abilities = Abilities(
            finds_users_by=self._people.fields,
            shows_badges=settings.badges.find is not None,
            takes_badges_back=settings.badges.revoke is not None,
            tells_completions=settings.completions is not None,
            settle_seconds=settings.settle_seconds,
        )

    def find_users(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        return self._people.find(field, values)

    def sees_users(self) -> bool | None:
        known = self._settings.check_nip
        if known is None or self._settings.users is None or self._settings.users.by_number is None:
            return None
        remote = self._api.remote
        nip = read_secret(known, remote, f"{remote}.check_nip")
        return bool(self.find_users("number", [nip]))

    def find_badge(self, user_id: str, award: BadgeAward) -> IssuedBadge | None:
        return self._badges.find(user_id, award)

    def award_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> IssuedBadge | None:
        return self._badges.award(user_id, award, note, grounds)

    def find_issued(self, badge_hash: str) -> IssuedBadge | None:
        """None: a badge is found among those of its account."""
        return None

    def unaward_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> None:
        self._badges.revoke(user_id, award, note, grounds)

    def find_course(
        self, *, course_id: str = "", number: str = "", short_name: str = ""
    ) -> LmsCourse | None:
        wanted = {"id": course_id, "number": number, "short_name": short_name}
        return self._courses.find(wanted)

    def courses(self) -> Iterator[LmsCourse]:
        return self._courses.all()

    def activity_of(self, course: LmsCourse) -> str:
        return self._settings.activities.replace("{course_id}", course.id)

    def course_id_of(self, activity: str) -> str:
        before, _, after = self._settings.activities.partition("{course_id}")
        if not (activity.startswith(before) and activity.endswith(after)):
            return ""
        course_id = activity[len(before) : len(activity) - len(after)]
        return "" if set(course_id) & set("/?#") else course_id

    def completions_of(
        self, course: LmsCourse, since: dt.datetime | None
    ) -> Iterator[CourseCompletion]:
        return iter(self._courses.completions(course, since))

    def participants_of(self, course: LmsCourse) -> Iterator[LmsUser]:
        """Those who have completed it: of others the LMS does not tell."""
        return (one.user for one in self.completions_of(course, None))

    def completion_of(self, course: LmsCourse, user: LmsUser) -> CourseCompletion | None:
        mine = (one for one in self.completions_of(course, None) if one.user.id == user.id)
        return next(mine, None)

    def check(self) -> Iterator[Check]:
        return checks(self, self._api, self._settings)
