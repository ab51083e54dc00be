"""A group: what waits for one cause to be mended."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import NamedTuple

import msgspec

from lms_bridge.reasons import Reason

PAGE = 50
"""members, or groups, on one page"""


class Kind(StrEnum):
    """What the cause is about."""

    COURSE = "course"
    """a course that is not in the catalogue"""
    PERSON = "person"
    """an account of which it is not known whose it is"""
    STATEMENT = "statement"
    """what a statement says: no score, a time that cannot be, a group of people"""
    DELIVERY = "delivery"
    """a registry or an LMS refuses, or asks for something that no call can do"""
    UPLOAD = "upload"
    """a file for a registry is to be made or uploaded"""
    WITHDRAWAL = "withdrawal"
    """a completion was taken back after it had been recorded"""
    FINDING = "finding"
    """LMS, bridge and registry say different things"""


class Act(StrEnum):
    """What can be done about a group."""

    CATALOGUE = "catalogue"
    LINK = "link"
    DISMISS = "dismiss"
    RETRY = "retry"
    CANCEL = "cancel"
    UNDO = "undo"
    KEEP = "keep"
    REPAIR = "repair"
    JUDGE = "judge"


ACTS: dict[Kind, tuple[Act, ...]] = {
    Kind.COURSE: (Act.CATALOGUE, Act.JUDGE, Act.DISMISS),
    Kind.PERSON: (Act.LINK, Act.JUDGE, Act.DISMISS),
    Kind.STATEMENT: (Act.JUDGE, Act.DISMISS),
    Kind.DELIVERY: (Act.RETRY, Act.CANCEL),
    Kind.UPLOAD: (),
    Kind.WITHDRAWAL: (Act.UNDO, Act.KEEP),
    Kind.FINDING: (Act.REPAIR, Act.DISMISS),
}


class Cause(msgspec.Struct, frozen=True):
    """Which group it is: that of the member with that number."""

    kind: Kind
    member: int
    """number of a sighting, a delivery, a completion or a finding; 0 where all are one group"""


class Tally(NamedTuple):
    """How many there are in a group."""

    first: int
    """the member that came first, by which the group is named"""
    many: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for one cause to be mended."""

    cause: Cause
    title: str
    """what it is about: the course, the account, the remote; empty where the reason says all"""
    reason: Reason
    """of one of them"""
    count: int
    people: int | None = None
    """how many accounts or employees it is about, where that is counted"""
    oldest: dt.datetime | None = None

    @property
    def acts(self) -> tuple[Act, ...]:
        """What can be done about it."""
        return ACTS[self.cause.kind]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits."""

    id: int
    """of the sighting, the delivery, the completion or the finding"""
    person: str
    """name, or what the account is called"""
    account: str = ""
    """as statements name it, of whoever is not known as an employee"""
    employee_id: int | None = None
    unit: str = ""
    course: str = ""
    completion_id: int | None = None
    at: dt.datetime | None = None
    """when it was completed, or when it came to stand like that"""
    reason: Reason
