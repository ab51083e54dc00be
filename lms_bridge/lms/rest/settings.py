"""The settings of ``[lms.NAME]`` with ``type = "rest"``; docs/lms.md explains them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lms_bridge.config.problems import Problem
from lms_bridge.config.remote import Seconds
from lms_bridge.config.secrets import Secret
from lms_bridge.lms.base import LmsSettings
from lms_bridge.mapped.settings import (
    DATES,
    MESSAGES,
    USUAL,
    Auth,
    Condition,
    Listing,
    Method,
    Path,
    Request,
    Rule,
    Scalar,
    Table,
)


class UserFields(Table, frozen=True, kw_only=True):
    """Where it stands what the LMS says of an account, below `found`."""

    id: Path
    username: Path = ""
    full_name: Path = ""
    email: Path = ""
    number: Path = ""
    """the NIP"""


class Users(Table, frozen=True, kw_only=True):
    """Finding accounts; by what it cannot be done is left out."""

    found: str = ""
    """path of the account, or of a list of accounts; empty: the answer as a whole"""
    fields: UserFields
    suspended: Condition | None = None
    """what is so of an account that is closed"""
    by_id: Request | None = None
    by_username: Request | None = None
    by_number: Request | None = None
    by_email: Request | None = None


class CourseFields(Table, frozen=True, kw_only=True):
    """Where it stands what the LMS says of a course, below `found`."""

    id: Path
    name: Path = ""
    short_name: Path = ""
    number: Path = ""
    """by which the catalogue knows it (`external_ids`)"""
    custom: dict[str, Path] = msgspec.field(default_factory=dict)
    """by the name of a setting of ``[[courses]]``, e.g. ``hours``"""


class Courses(Table, frozen=True, kw_only=True):
    """Finding and listing courses; how it cannot be done is left out."""

    found: str = ""
    """path of the course, or of a list of courses, in the answers of all but `list`"""
    fields: CourseFields
    list: Listing | None = None
    by_id: Request | None = None
    by_number: Request | None = None
    by_short_name: Request | None = None


class CompletionFields(Table, frozen=True, kw_only=True):
    """Where it stands what a row says of somebody who has completed the course."""

    user_id: Path
    username: Path = ""
    full_name: Path = ""
    email: Path = ""
    number: Path = ""
    """the NIP"""
    completed_at: Path = ""


class Completions(Listing, frozen=True, kw_only=True):
    """Listing who has completed a course."""

    fields: CompletionFields
    only: Condition | None = None
    """what is so of a row that counts; left out: all do"""


class BadgeFields(Table, frozen=True, kw_only=True):
    """Where it stands what a row says of a badge that somebody has."""

    id: Path
    """of the badge that was awarded, not of the kind of badge"""
    key: Path = ""
    """what the LMS knows the kind of badge as; left empty: it is known by its name"""
    name: Path = ""
    link: Path = ""
    issued_at: Path = ""


class FindingBadge(Listing, frozen=True, kw_only=True):
    """Listing the badges that somebody has."""

    fields: BadgeFields
    only: Condition | None = None
    """what is so of a row that counts, e.g. that the badge was not revoked"""


class AwardingBadge(Request, frozen=True, kw_only=True):
    """Awarding a badge."""

    method: Method = "POST"
    id: Path = ""
    """path of the id of the badge that was awarded, or ``header:NAME``"""
    link: Path = ""
    """path of the address at which it can be seen"""


class RevokingBadge(Request, frozen=True, kw_only=True):
    """Taking a badge back."""

    method: Method = "DELETE"


class Badges(Table, frozen=True, kw_only=True):
    """What can be done about badges; the rest is left out."""

    find: FindingBadge | None = None
    award: AwardingBadge | None = None
    revoke: RevokingBadge | None = None


class RestSettings(
    LmsSettings,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="rest",
):
    """An LMS in TOML alone."""

    auth: Auth = Auth()
    keys: dict[str, Secret] = msgspec.field(default_factory=dict)
    """secrets that templates name as ``{keys.NAME}``"""
    constants: dict[str, Scalar] = msgspec.field(default_factory=dict)
    """what templates name as ``{constants.NAME}``"""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    """sent with each request"""
    query: dict[str, str] = msgspec.field(default_factory=dict)
    enumerations: dict[str, dict[str, Scalar]] = msgspec.field(default_factory=dict)
    """by NAME, what a value is called there; ``*`` is any other"""
    dates: tuple[str, ...] = DATES
    """patterns in which dates are read"""
    messages: tuple[str, ...] = MESSAGES
    """paths of the LMS's own words"""
    answers: tuple[Rule, ...] = USUAL
    activity: str = ""
    """the activity id of a course in statements, with ``{course_id}`` in it; empty: it is below
    the home page, ``/courses/{course_id}``"""
    users: Users | None = None
    """left out: the ids of accounts are NIPs"""
    courses: Courses | None = None
    """left out: the ids of courses are those by which the catalogue knows them"""
    completions: Completions | None = None
    """left out: completions are known from statements only"""
    badges: Badges = Badges()
    check_nip: Secret | None = None
    settle_seconds: Seconds = 120
    """how long an award whose answer did not come may still take effect"""

    def disagreements(self, path: str) -> Iterator[Problem]:
        """What is wrong with settings whose single values are right."""
        from lms_bridge.lms.rest import agreement

        return agreement.disagreements(self, path)

    @property
    def page(self) -> str:
        """``account.homePage`` of the actors in its statements."""
        return self.home_page or self.url.rstrip("/")

    @property
    def activities(self) -> str:
        """The activity id of a course, with ``{course_id}`` in it."""
        return self.activity or f"{self.page.rstrip('/')}/courses/{{course_id}}"
