"""The catalogue as it is shown: found by words, page by page, with where each course is kept."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, func, or_, select

from lms_bridge.catalogue.course import Course
from lms_bridge.store.schema import completions, courses
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert

PAGE = 50


class Kept(msgspec.Struct, frozen=True):
    """A course as the database has it."""

    id: int
    key: str
    source: str
    revision: int
    active: bool
    changed_at: dt.datetime
    name: str
    course: Course | None
    """None for one that an earlier version let in and this one would not"""

    @property
    def is_editable(self) -> bool:
        """Whether it can be changed in the console."""
        return self.source != "config"


def find(db: Connection, course_id: int) -> Kept | None:
    """The course with that number, in the catalogue or taken out."""
    row = db.execute(select(courses).where(courses.c.id == course_id)).one_or_none()
    return _kept(row) if row else None


def by_key(db: Connection, key: str) -> Kept | None:
    """The course with that key, in the catalogue or taken out."""
    row = db.execute(select(courses).where(courses.c.key == key)).one_or_none()
    return _kept(row) if row else None


def page(
    db: Connection, *, words: str = "", active: bool = True, after: str = "", limit: int = PAGE
) -> list[Kept]:
    """Courses by their keys, after the one with that key; those with all of `words`."""
    name = courses.c.content["name"].as_string()
    query = select(courses).where(courses.c.active.is_(active), courses.c.key > after)
    for word in words.split():
        like = (column.icontains(word, autoescape=True) for column in (courses.c.key, name))
        query = query.where(or_(*like))
    return [_kept(row) for row in db.execute(query.order_by(courses.c.key).limit(limit))]


def completions_of(db: Connection, course_id: int) -> int:
    """How many completions there are of it that were not taken back."""
    mine = (completions.c.course_id == course_id) & completions.c.withdrawn_at.is_(None)
    return db.execute(select(func.count()).select_from(completions).where(mine)).scalar_one()


def usual_organiser(db: Connection) -> str:
    """The organiser of the course that was changed last; empty if there is none."""
    newest = select(courses.c.content).where(courses.c.active)
    content = db.execute(newest.order_by(courses.c.revision.desc()).limit(1)).scalar()
    return str((content or {}).get("organiser", ""))


def _kept(row: AnyRow) -> Kept:
    try:
        course = convert(row.content, Course)
    except msgspec.ValidationError:
        course = None
    return Kept(
        id=row.id,
        key=row.key,
        source=row.source,
        revision=row.revision,
        active=row.active,
        changed_at=row.changed_at,
        name=str(row.content.get("name", "")),
        course=course,
    )
