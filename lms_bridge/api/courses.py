"""The catalogue."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.api import paging
from lms_bridge.api.paging import Page, Paged, Text
from lms_bridge.store.schema import courses
from lms_bridge.store.types import AnyRow


class CoursesAsked(Paged, frozen=True, kw_only=True):
    """Which courses are asked for."""

    key: Annotated[Text, msgspec.Meta(description="The course with that key.")] = ""
    active: Annotated[
        bool | None, msgspec.Meta(description="Whether it is in the catalogue now.")
    ] = None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A course of the catalogue."""

    id: int
    key: str
    name: str
    organiser: str
    kind: int | None
    """`jenisDiklatId`"""
    jp: int | None
    """for a learner"""
    active: bool
    """whether it is in the catalogue now"""
    source: str
    """from where it came into the catalogue"""
    revision: int
    changed_at: dt.datetime


def listed(db: Connection, asked: CoursesAsked) -> Page[Course]:
    """The courses that are asked for. Raises :exc:`~lms_bridge.api.paging.BadCursor`."""
    query = select(courses).order_by(courses.c.id).limit(asked.limit + 1)
    if asked.key:
        query = query.where(courses.c.key == asked.key)
    if asked.active is not None:
        query = query.where(courses.c.active.is_(asked.active))
    after = paging.number_of(asked.next)
    if after is not None:
        query = query.where(courses.c.id > after)
    return paging.page(db.execute(query).all(), asked.limit, lambda row: row.id, _course)


def one(db: Connection, course_id: int) -> Course | None:
    """The course with that number."""
    row = db.execute(select(courses).where(courses.c.id == course_id)).one_or_none()
    return _course(row) if row else None


def _course(row: AnyRow) -> Course:
    content = row.content
    return Course(
        id=row.id,
        key=row.key,
        name=content.get("name", ""),
        organiser=content.get("organiser", ""),
        kind=content.get("kind"),
        jp=content.get("hours"),
        active=row.active,
        source=row.source,
        revision=row.revision,
        changed_at=row.changed_at,
    )
