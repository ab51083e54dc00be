"""The catalogue in the database: put there, changed, and read as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
import structlog
from sqlalchemy import Connection, func, select, update

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import Catalogue, CataloguedCourse, doubly_marked
from lms_bridge.i18n import mark
from lms_bridge.objections import Objection, Unfit, objection
from lms_bridge.people import changed
from lms_bridge.recognition import sightings
from lms_bridge.recognition.sightings import Candidates
from lms_bridge.store.engine import insert
from lms_bridge.store.many import among
from lms_bridge.store.schema import completions, courses
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert

log = structlog.get_logger(__name__)

CourseSource = Literal["config", "csv", "lms", "console"]
"""A course that somebody has changed in the console, or taken out there, is kept there from then
on: an LMS that lists it changes it no more."""


class CatalogueError(Unfit):
    """The courses contradict each other or those that are there; nothing was changed."""


class Change(msgspec.Struct, frozen=True):
    """What putting courses into the catalogue changed."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    reconsidered: int = 0
    """sightings that are judged again because of it"""


class Shelf:
    """The catalogue of a database at hand, read anew only when it has changed."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._catalogue = Catalogue(())

    def catalogue(self, db: Connection) -> Catalogue:
        """The catalogue as it is now."""
        revision = _revision(db)
        if revision != self._revision:
            self._catalogue, self._revision = current_catalogue(db), revision
        return self._catalogue


def current_catalogue(db: Connection) -> Catalogue:
    """The catalogue as it is now."""
    rows = db.execute(select(courses).where(courses.c.active).order_by(courses.c.id))
    found = [(row.id, _course(row)) for row in rows]
    return Catalogue(CataloguedCourse(each_id, course) for each_id, course in found if course)


def put(
    db: Connection,
    wanted: Iterable[Course],
    *,
    source: CourseSource,
    now: dt.datetime,
    complete: bool = False,
    candidates: Candidates | None = None,
) -> Change:
    """Put the courses `wanted` into the catalogue.

    With `complete`, courses of the same source that are not among them are taken out of use
    (their completions stay). Statements that may be about one of the courses are judged
    again; with `candidates` only those, and what came after them. Raises :exc:`CatalogueError`.
    """
    sightings.hold(db)
    known = {row.key: row for row in db.execute(select(courses))}
    in_console = {key for key, row in known.items() if row.source == "console"}
    wanted = [one for one in wanted if source != "lms" or one.key not in in_console]
    keys = {course.key for course in wanted}
    gone = [
        row.key
        for row in known.values()
        if complete and row.active and row.source == source and row.key not in keys
    ]
    if problems := list(_problems(wanted, known, gone, source)):
        raise CatalogueError(problems)
    touched = [course for course in wanted if _differs(known.get(course.key), course, source)]
    if not (touched or gone):
        return Change()
    values: dict[str, Any] = {"changed_at": now, "revision": next_revision(db)}
    if gone:
        db.execute(update(courses).where(courses.c.key.in_(gone)).values(active=False, **values))
    ids = [_write(db, course, source=source, **values) for course in touched]
    known_before = [each for each, course in zip(ids, touched, strict=True) if course.key in known]
    if known_before:  # what it is worth may have changed
        changed.completed(db, among(completions.c.course_id, known_before), now)
    numbered = list(zip(ids, touched, strict=True))
    by_hand = source == "console"  # one course, and somebody who looks at the screen
    again = sightings.judge_waiting_about(db, numbered) if by_hand else sightings.judge_waiting(db)
    again += sightings.judge_about(db, numbered, candidates)
    added = sum(course.key not in known for course in touched)
    return Change(added, len(touched) - added, len(gone), again)


def problems_of(db: Connection, course: Course, source: CourseSource) -> list[Objection]:
    """Why `course` cannot be put into the catalogue, if so."""
    known = {row.key: row for row in db.execute(select(courses))}
    return list(_problems([course], known, [], source))


def kept_elsewhere(key: str, source: str, lms: str = "") -> Objection:
    """That a course can be changed only where it is kept."""
    return objection(_KEPT[source], key=key, lms=lms)


def next_revision(db: Connection) -> int:
    """The number of the next change of the catalogue."""
    return _revision(db) + 1


def _problems(
    wanted: Sequence[Course],
    known: Mapping[str, AnyRow],
    gone: Sequence[str],
    source: CourseSource,
) -> Iterator[Objection]:
    keys: set[str] = set()
    for course in wanted:
        if course.key in keys:
            yield objection(mark("Two courses have the key %(key)s."), key=course.key)
        keys.add(course.key)
        row = known.get(course.key)
        if row is not None and row.active and not _may_change(row, source, course):
            yield kept_elsewhere(course.key, *_keeper(row))
    others = (
        _course(row)
        for row in known.values()
        if row.active and row.key not in keys and row.key not in gone
    )
    for kind, what, one, other in doubly_marked([*wanted, *filter(None, others)]):
        if one != other:
            yield objection(
                mark("Two courses, %(one)s and %(other)s, are to be recognised by %(what)s."),
                field=_FIELDS[kind],
                one=one,
                other=other,
                what=what,
            )


def _write(db: Connection, course: Course, **values: Any) -> int:
    """Write the course's row; its id, which it keeps for ever."""
    content = msgspec.json.decode(msgspec.json.encode(course))
    values |= {"content": content, "active": True}
    row = insert(db, courses).values(key=course.key, **values)
    row = row.on_conflict_do_update(index_elements=["key"], set_=values)
    return int(db.execute(row.returning(courses.c.id)).scalar_one())


def _differs(row: AnyRow | None, course: Course, source: CourseSource) -> bool:
    return row is None or not row.active or row.source != source or _course(row) != course


def _course(row: AnyRow) -> Course | None:
    """The course of a row; None for one that an earlier version let in and this one would not."""
    try:
        return convert(row.content, Course)
    except msgspec.ValidationError as error:
        log.error("a course of the catalogue is not usable", course=row.key, reason=str(error))
        return None


def _may_change(row: AnyRow, source: CourseSource, course: Course) -> bool:
    """Whether the course of `row` can be changed by `source`; the console takes courses over."""
    if source == "console":
        return bool(row.source != "config")
    return _keeper(row) == (source, _origin(source, course))


def _keeper(row: AnyRow) -> tuple[str, str]:
    """Where the course is kept: its source, and of several LMSs which."""
    return row.source, str(row.content.get("lms", "")) if row.source == "lms" else ""


def _origin(source: CourseSource, course: Course) -> str:
    return course.lms if source == "lms" else ""


def _revision(db: Connection) -> int:
    """A number that grows with each change of the catalogue, whatever the clocks say."""
    return db.execute(select(func.max(courses.c.revision))).scalar() or 0


_KEPT = {
    "config": mark(
        "The course %(key)s is kept in the configuration file, and is changed only there."
    ),
    "csv": mark("The course %(key)s is kept in an imported list, and is changed only there."),
    "lms": mark("The course %(key)s is kept in the LMS %(lms)s, and is changed only there."),
    "console": mark("The course %(key)s is kept in the console, and is changed only there."),
}
_FIELDS = {"activity": "activities", "external": "external_ids", "short": "short_ids"}
