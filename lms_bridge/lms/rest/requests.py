"""The requests to an LMS in TOML, and the fields that each may name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lms_bridge.lms.base import BadgeAward
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.mapped.settings import Request

TO_LOOK_UP = ("value",)
TO_LIST_COURSES: tuple[str, ...] = ()
TO_LIST_COMPLETIONS = ("course_id", "course_number", "course_short_name", "since")
TO_FIND_BADGES = ("user_id", "badge", "badge_name", "competency", "rating", "cohort")
TO_AWARD = (
    *TO_FIND_BADGES,
    "id",
    "nip",
    "note",
    "course",
    "certificate_number",
    "completed_on",
)
TO_REVOKE = (*TO_AWARD, "badge_id")
"""the fields that a request of each kind may name, besides keys, constants and the token"""


class Place(NamedTuple):
    """A request that is described, where, and what it may name."""

    path: str
    request: Request
    fields: Sequence[str]


def described(settings: RestSettings) -> Iterator[Place]:
    """The requests that are described, in the order in which they are explained."""
    if users := settings.users:
        for name in ("by_number", "by_username", "by_id", "by_email"):
            yield from _place(f"users.{name}", getattr(users, name), TO_LOOK_UP)
    if courses := settings.courses:
        yield from _place("courses.list", courses.list, TO_LIST_COURSES)
        for name in ("by_number", "by_short_name", "by_id"):
            yield from _place(f"courses.{name}", getattr(courses, name), TO_LOOK_UP)
    yield from _place("completions", settings.completions, TO_LIST_COMPLETIONS)
    yield from _place("badges.find", settings.badges.find, TO_FIND_BADGES)
    yield from _place("badges.award", settings.badges.award, TO_AWARD)
    yield from _place("badges.revoke", settings.badges.revoke, TO_REVOKE)


def code_of(award: BadgeAward) -> str:
    """What the LMS knows the badge as, whatever the route."""
    return award.key or award.competency or award.cohort


def _place(path: str, request: Request | None, fields: Sequence[str]) -> Iterator[Place]:
    if request is not None:
        yield Place(path, request, fields)
