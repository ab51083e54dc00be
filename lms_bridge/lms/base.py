"""What the bridge asks of a learning platform, in the domain's words.

An LMS is a class with these few verbs. To add one, add a folder beside
:mod:`lms_bridge.lms.moodle` and name its class in :mod:`lms_bridge.lms`; nothing else
changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from lms_bridge.checks import Check
from lms_bridge.config.remote import PacedSettings
from lms_bridge.i18n import mark
from lms_bridge.objections import Objected

UserField = Literal["id", "username", "number", "email"]
USER_FIELDS: frozenset[UserField] = frozenset(("id", "username", "number", "email"))


class LmsSettings(PacedSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings that every kind of LMS has."""

    url: str
    """address of the site (Moodle: its ``wwwroot``)"""
    home_page: str = ""
    """``account.homePage`` of the actors in its statements; empty: the same as `url`"""
    account_name: Literal["auto", "id", "username", "nip"] = "auto"
    """what ``account.name`` holds: the LMS's user id, the username or the NIP; "auto" takes 18
    digits for a NIP, other digits for an id and the rest for a username"""

    @property
    def told_of(self) -> str:
        """The registry of which it is to be told when it has a completion; empty: of none."""
        return ""


class LmsUser(msgspec.Struct, frozen=True):
    """An account of the LMS."""

    id: str
    username: str
    full_name: str
    email: str = ""
    number: str = ""
    """what the LMS holds for the personnel number (Moodle: ``idnumber``), as typed there"""
    suspended: bool = False


class BadgeAward(msgspec.Struct, frozen=True):
    """How the LMS is brought to issue a badge (a course's ``badge`` in the catalogue).

    `route` "competency": rate the competency with ID number `competency` as `rating` (the
    1-based place in its scale); "cohort": add the learner to the cohort with ID number `cohort`;
    "direct": have it award the badge that it knows as `key`, which not every LMS lets others do.

    `rate_in` says where a competency is rated: on the learner's "profile"; in the "course" of the
    LMS with ID number `course`, which a badge of that course needs; or in the learner's "plan" that
    has it, and on the profile where none has.
    """

    route: Literal["competency", "cohort", "direct"]
    name: str
    """the badge's name in the LMS, by which it is found again"""
    competency: str = ""
    rating: int = 2
    rate_in: Literal["profile", "course", "plan"] = "profile"
    course: str = ""
    cohort: str = ""
    key: str = ""

    def check(self) -> None:
        """Raises :exc:`.Objected` if the route lacks what it goes by."""
        if self.route == "competency" and not self.competency:
            raise _lacks(mark('With route = "competency" it needs competency, its ID number.'))
        if self.route == "cohort" and not self.cohort:
            raise _lacks(mark('With route = "cohort" it needs cohort, its ID number.'))
        if self.route == "direct" and not self.key:
            raise _lacks(mark('With route = "direct" it needs key, by which the LMS knows it.'))
        if self.rate_in == "course" and not self.course:
            raise _lacks(mark('With rate_in = "course" it needs course, its ID number in the LMS.'))


def _lacks(says: str) -> Objected:
    return Objected(says, field="badge")


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a badge is awarded, or taken back, for."""

    id: str = ""
    """of this one award, or taking back; the same at each attempt at it"""
    asked_at: dt.datetime | None = None
    """when the first attempt at it began"""
    nip: str = ""
    course: str = ""
    """the name of what was learned"""
    certificate_number: str = ""
    completed_on: dt.date | None = None
    badge_id: str = ""
    """the LMS's id of the badge that is taken back"""


NOTHING = Grounds()


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """That a registry has a completion, or had it."""

    registry: str
    row_id: str
    user_id: str
    """of the learner in the LMS; where it is not known, the NIP"""
    course_key: str
    hours: int
    starts: dt.date
    ends: dt.date


class IssuedBadge(msgspec.Struct, frozen=True):
    """A badge that the LMS shows on the learner's profile."""

    id: str
    name: str
    hash: str
    """the LMS's unguessable id of this one award"""
    link: str
    issued_at: dt.datetime | None = None
    revoke_page: str = ""
    """where a person can revoke it"""


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What one LMS can do and another cannot; the bridge does without what is lacking."""

    finds_users_by: frozenset[UserField] = USER_FIELDS
    tells_completions: bool = True
    """whether it can be asked who has completed a course"""
    shows_badges: bool = True
    """whether it can be asked which badges somebody has"""
    takes_badges_back: bool = False
    """whether `unaward_badge` takes the badge itself back"""
    settle_seconds: float | None = None
    """how long an award whose answer did not come may still take effect; so long it is neither
    looked up nor made again. None: to award twice does no harm"""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What of an LMS the bridge uses, as it is configured."""

    awards: tuple[BadgeAward, ...] = ()
    """how the badges that there are come about"""
    pulls: bool = True
    """whether it is asked who has completed what"""
    reads_catalogue: bool = False
    """whether courses are taken from its course fields"""
    fetches_certificates: bool = False


class Permission(msgspec.Struct, frozen=True):
    """Something that the service account has to be given, and what for."""

    name: str
    why: str
    """a marked sentence, for people"""


class AccessPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All that the service account needs for a :class:`Use`, and nothing else."""

    functions: tuple[Permission, ...]
    """what its external service lists"""
    capabilities: tuple[Permission, ...]
    """what its role allows"""
    extras: tuple[Permission, ...] = ()
    """capabilities that are needed only in the case that is said"""
    role_file: str = ""
    """the role as a file that the LMS imports"""


class LmsCourse(msgspec.Struct, frozen=True):
    """A course as the LMS has it."""

    id: str
    name: str
    short_name: str = ""
    number: str = ""
    """Moodle: ``idnumber``; empty when the LMS does not show it"""
    fields: Mapping[str, str] = {}
    """custom fields of the course, by their short names"""
    competencies: tuple[str, ...] = ()
    """ID numbers of the competencies that the LMS has linked to it, where that was asked"""


class CourseCompletion(msgspec.Struct, frozen=True):
    """The LMS says that an account has completed a course."""

    user: LmsUser
    completed_at: dt.datetime | None
    """when the learner met the last criterion; None when the LMS does not say"""


class Lms(Protocol):
    """One learning platform. Every verb may raise :exc:`lms_bridge.errors.DeliveryError`."""

    name: str
    """as configured, e.g. ``moodle`` for ``[lms.moodle]``"""
    home_page: str
    """``account.homePage`` of the actors in its statements"""
    abilities: Abilities

    def find_users(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        """The accounts whose `field` is one of `values`; several may carry one number."""

    def sees_users(self) -> bool | None:
        """Whether an empty answer of :meth:`find_users` proves that the person is unknown.

        False: the service account is blind (a missing permission looks like an unknown
        person). None: it could not be proven either way.
        """

    def find_badge(self, user_id: str, award: BadgeAward) -> IssuedBadge | None:
        """The badge as the learner's profile shows it now, or None."""

    def award_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> IssuedBadge | None:
        """Do what makes the LMS issue the badge. That it was issued, find_badge must show.

        `note` is for people who see it in the LMS, `grounds` for an LMS that takes them as data.
        Returns what the LMS says of the badge in its answer, where it says something.
        """

    def find_issued(self, badge_hash: str) -> IssuedBadge | None:
        """The award with that hash, shown on the profile or hidden; None if it was revoked."""

    def unaward_badge(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds = NOTHING
    ) -> None:
        """Undo what :meth:`award_badge` did, so that the badge is not issued again.

        The badge itself stays, where the LMS lets only a person revoke it.
        """

    def find_course(
        self, *, course_id: str = "", number: str = "", short_name: str = ""
    ) -> LmsCourse | None:
        """The course with that id, ID number or short name; None if the LMS shows none."""

    def courses(self) -> Iterator[LmsCourse]:
        """Every course that the service account can see, with its custom fields."""

    def activity_of(self, course: LmsCourse) -> str:
        """The activity id by which statements name `course`."""

    def course_id_of(self, activity: str) -> str:
        """The id of the course whose activity id in statements is `activity`; "" if of none."""

    def participants_of(self, course: LmsCourse) -> Iterator[LmsUser]:
        """Who takes part in `course`."""

    def completion_of(self, course: LmsCourse, user: LmsUser) -> CourseCompletion | None:
        """That `user` has completed `course`; None if not, or if it is not tracked for them."""

    def check(self) -> Iterator[Check]:
        """Prove address, token, functions and permissions one by one, changing nothing."""


@runtime_checkable
class PlansAccess(Protocol):
    """An LMS that knows what its service account needs. Besides being an :class:`Lms`."""

    def access(self, *, extras: bool = False) -> AccessPlan:
        """What it needs; with `extras`, the role file allows those as well."""


@runtime_checkable
class ListsCompletions(Protocol):
    """An LMS that lists who has completed a course. Besides being an :class:`Lms`.

    One that does not is asked of each participant, one by one.
    """

    def completions_of(
        self, course: LmsCourse, since: dt.datetime | None
    ) -> Iterator[CourseCompletion]:
        """Who has completed `course`; those that it came to know of from `since` on will do."""


@runtime_checkable
class IsTold(Protocol):
    """An LMS that is told what has come into a registry. Besides being an :class:`Lms`."""

    def tell(self, recorded: Recorded, grounds: Grounds, *, stands: bool) -> None:
        """A registry has a completion; or, if it does not stand any more, that was undone."""


@runtime_checkable
class IssuesCertificates(Protocol):
    """An LMS that issues certificates of its own. Besides being an :class:`Lms`."""

    def certificate_of(self, user_id: str, activity: str) -> bytes | None:
        """The certificate, a PDF, that `activity` has issued to the account; None if it has not.

        An empty `user_id` is nobody's: the answer is None, and proves that it can be asked.
        """
