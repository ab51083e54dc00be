"""The catalogue in the database: put there, changed, and read as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import msgspec
from sqlalchemy import Connection, func, select, update

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import Catalogue, CataloguedCourse, doubly_marked
from lms_bridge.recognition.sightings import reconsider
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import courses

CourseSource = Literal["config", "csv", "lms"]


class CatalogueError(Exception):
    """The courses contradict each other or those that are there; nothing was changed."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Change(msgspec.Struct, frozen=True):
    """What putting courses into the catalogue changed."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    reconsidered: int = 0
    """sightings that are judged again because of it"""


def put(
    db: Connection,
    wanted: Iterable[Course],
    *,
    source: CourseSource,
    now: dt.datetime,
    complete: bool = False,
) -> Change:
    """Put the courses `wanted` into the catalogue.

    With `complete`, courses of the same source that are not among them are taken out of use
    (their completions stay). Statements that wait for one of the courses are judged again.
    Raises :exc:`CatalogueError`.
    """
    wanted = list(wanted)
    known = {row.key: row for row in db.execute(select(courses))}
    problems = [
        f"course {course.key} is kept in the {_KEPT[known[course.key].source]} and can only be"
        " changed there"
        for course in wanted
        if course.key in known and known[course.key].active and known[course.key].source != source
    ]
    keys = {course.key for course in wanted}
    others = [
        msgspec.convert(row.content, Course)
        for row in known.values()
        if row.active and row.key not in keys and not (complete and row.source == source)
    ]
    problems += [
        f"courses {one} and {other} both claim {_MARKS[kind]} {mark}"
        for kind, mark, one, other in doubly_marked([*wanted, *others])
    ]
    if problems:
        raise CatalogueError(problems)
    added = changed = 0
    touched: list[Course] = []
    for course in wanted:
        content = msgspec.to_builtins(course)
        row = known.get(course.key)
        if row is not None and row.active and row.content == content and row.source == source:
            continue
        touched.append(course)
        added += row is None
        changed += row is not None
        values = {"source": source, "content": content, "active": True, "changed_at": now}
        db.execute(
            insert(db, courses)
            .values(key=course.key, **values)
            .on_conflict_do_update(index_elements=["key"], set_=values)
        )
    gone = [
        row.key
        for row in known.values()
        if complete and row.active and row.source == source and row.key not in keys
    ]
    if gone:
        db.execute(
            update(courses).where(courses.c.key.in_(gone)).values(active=False, changed_at=now)
        )
    again = 0
    if touched:
        again = reconsider(db, objects=[one for course in touched for one in course.activities])
    return Change(added=added, changed=changed, removed=len(gone), reconsidered=again)


def current_catalogue(db: Connection) -> Catalogue:
    """The catalogue as it is now; read from the database only when it has changed."""
    version = db.execute(select(func.count(), func.max(courses.c.changed_at))).one()
    key = (str(db.engine.url), version[0], version[1])
    if key not in _cache:
        rows = db.execute(select(courses).where(courses.c.active).order_by(courses.c.id))
        catalogue = Catalogue(
            CataloguedCourse(row.id, msgspec.convert(row.content, Course)) for row in rows
        )
        _cache.clear()
        _cache[key] = catalogue
    return _cache[key]


_cache: dict[tuple[object, ...], Catalogue] = {}

_KEPT = {"config": "configuration file", "csv": "imported list", "lms": "LMS"}
_MARKS = {"activity": "the activity", "external": "the external id", "short": "the short id"}
