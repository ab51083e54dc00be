"""An LMS that is told by webhooks: the verbs."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import HttpClient
from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.i18n import mark
from lms_bridge.lms.base import (
    NOTHING,
    Abilities,
    BadgeAward,
    CourseCompletion,
    Grounds,
    IssuedBadge,
    LmsCourse,
    LmsUser,
    Recorded,
    UserField,
)
from lms_bridge.lms.by_nip import BY_NIP, by_nip
from lms_bridge.lms.hook.sending import Hook
from lms_bridge.lms.hook.settings import HookSettings

AWARD, REVOKE = "badge.award", "badge.revoke"
RECORDED, WITHDRAWN = "completion.recorded", "completion.withdrawn"
PING = "bridge.ping"
"""the types of webhooks that there are"""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Hooked:
    """The LMS ``[lms.NAME]`` with ``type = "hook"``. Threads may share it.

    >>> portal = Hooked("portal", settings)
    >>> portal.award_badge("198703152010012001", award, note="", grounds=grounds)
    """

    abilities = Abilities(
        finds_users_by=BY_NIP,
        tells_completions=False,
        shows_badges=False,
        takes_badges_back=True,
        settle_seconds=0.0,
    )

    def __init__(
        self,
        name: str,
        settings: HookSettings,
        *,
        gate: Gate = OPEN,
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        self.name = name
        self.home_page = settings.home_page or settings.url.rstrip("/")
        self._clock = clock
        self._hook = Hook(f"lms.{name}", settings, HttpClient(settings, gate), clock)

    def find_users(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        return list(by_nip(values)) if field in BY_NIP else []

    def sees_users(self) -> bool | None:
        return None

    def find_badge(self, user_id: str, award: BadgeAward) -> IssuedBadge | None:
        """None: it cannot be asked."""
        return None

    def find_issued(self, badge_hash: str) -> IssuedBadge | None:
        """None: it cannot be asked."""
        return None

    def award_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> IssuedBadge | None:
        self._tell(AWARD, grounds, _of_badge(user_id, award, note, grounds))
        return None

    def unaward_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> None:
        data = _of_badge(user_id, award, note, grounds)
        self._tell(REVOKE, grounds, {**data, "award": grounds.badge_id})

    def tell(self, recorded: Recorded, grounds: Grounds, *, stands: bool) -> None:
        data = {
            "learner": {"nip": grounds.nip, "account": recorded.user_id},
            "completion": {
                "course": grounds.course,
                "course_key": recorded.course_key,
                "certificate_number": grounds.certificate_number,
                "hours": recorded.hours,
                "starts": recorded.starts.isoformat(),
                "ends": recorded.ends.isoformat(),
            },
            "registry": recorded.registry,
            "row": recorded.row_id,
        }
        self._tell(RECORDED if stands else WITHDRAWN, grounds, data)

    def find_course(
        self, *, course_id: str = "", number: str = "", short_name: str = ""
    ) -> LmsCourse | None:
        """None: it cannot be asked."""
        return None

    def courses(self) -> Iterator[LmsCourse]:
        """None: it cannot be asked."""
        return iter(())

    def activity_of(self, course: LmsCourse) -> str:
        return f"{self.home_page}/courses/{course.id}"

    def course_id_of(self, activity: str) -> str:
        """That of none: it cannot be asked for a course."""
        return ""

    def participants_of(self, course: LmsCourse) -> Iterator[LmsUser]:
        """Nobody: it cannot be asked."""
        return iter(())

    def completion_of(self, course: LmsCourse, user: LmsUser) -> CourseCompletion | None:
        """None: it cannot be asked."""
        return None

    def check(self) -> Iterator[Check]:
        subject = f"{self._hook.remote}: webhook"
        try:
            self._hook.send(PING, f"ping_{uuid.uuid4()}", self._clock(), {})
        except DeliveryError as error:
            yield Check.that_failed(subject, error.reason)
            return
        took = mark("It took a webhook of the type %(type)s.")
        yield Check(subject, "ok", took, details={"type": PING})

    def _tell(self, kind: str, grounds: Grounds, data: dict[str, Any]) -> None:
        self._hook.send(kind, grounds.id, grounds.asked_at or self._clock(), data)


def _of_badge(user_id: str, award: BadgeAward, note: str, grounds: Grounds) -> dict[str, Any]:
    completed_on = grounds.completed_on
    return {
        "learner": {"nip": grounds.nip, "account": user_id},
        "badge": {
            "key": award.key or award.competency or award.cohort,
            "name": award.name,
            "route": award.route,
        },
        "completion": {
            "course": grounds.course,
            "certificate_number": grounds.certificate_number,
            "ends": completed_on.isoformat() if completed_on else None,
        },
        "note": note,
    }
