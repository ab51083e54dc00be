"""What waits for a person, gathered by cause."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from sqlalchemy import Connection

from lms_bridge.accounts.sight import Sight
from lms_bridge.api import paging
from lms_bridge.api.paging import LARGEST, Page, Paged
from lms_bridge.api.why import Why, why
from lms_bridge.attention import groups, overview
from lms_bridge.attention.groups import Cause, Kind
from lms_bridge.redaction import mask_nip


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """All that one act mends."""

    kind: Kind
    member: int
    """by which, with the kind, the group is named"""
    title: str
    """the course, the account or the remote that it is about"""
    reason: Why
    count: int
    """things that wait"""
    people: int | None
    """whom it is about, where that is counted"""
    oldest: dt.datetime | None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for causes of one kind."""

    kind: Kind
    count: int
    groups: list[Group]
    """the largest of them"""
    is_more: bool
    """whether there are others"""


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """All that waits for a person; kinds of which nothing waits are left out."""

    sections: list[Section]


class MembersAsked(Paged, frozen=True, kw_only=True):
    """Of which group the members are asked for."""

    kind: Kind
    member: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits."""

    id: int
    """of the sighting, the delivery, the completion or the finding"""
    person: str
    employee: int | None
    unit: str
    course: str
    completion: int | None
    at: dt.datetime | None
    reason: Why


def look(db: Connection, sight: Sight, *, language: str) -> Attention:
    """All that waits, by kind."""
    return Attention(
        sections=[
            Section(
                kind=one.kind,
                count=one.count,
                groups=[_group(each, language) for each in one.groups],
                is_more=one.is_more,
            )
            for one in overview.look(db, sight)
        ]
    )


def members(db: Connection, sight: Sight, asked: MembersAsked, *, language: str) -> Page[Member]:
    """What is in a group. Raises :exc:`~lms_bridge.api.paging.BadCursor`."""
    after = paging.number_of(asked.next) or 0
    cause = Cause(asked.kind, asked.member)
    if overview.find(db, cause, sight) is None:
        return Page(items=[], next=None)
    found = overview.members(db, cause, sight, after=after, limit=asked.limit + 1)
    return paging.page(found, asked.limit, lambda one: one.id, lambda one: _member(one, language))


def _group(one: groups.Group, language: str) -> Group:
    return Group(
        kind=one.cause.kind,
        member=one.cause.member,
        title=mask_nip(one.title),
        reason=why(one.reason, language),
        count=one.count,
        people=one.people,
        oldest=one.oldest,
    )


def _member(one: groups.Member, language: str) -> Member:
    return Member(
        id=one.id,
        person=mask_nip(one.person),
        employee=one.employee_id,
        unit=one.unit,
        course=one.course,
        completion=one.completion_id,
        at=one.at,
        reason=why(one.reason, language),
    )
