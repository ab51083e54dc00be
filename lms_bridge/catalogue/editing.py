"""Changing one course by hand: what that would change, and doing it.

A course that is made or changed by hand is kept in the console from then on. One that stands in the
configuration file is changed there. The `revision` that somebody saw goes with what they save, so
that two who edit the same course do not undo each other's work unseen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, literal_column, select, update

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue import shown
from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.courses import CatalogueError
from lms_bridge.catalogue.shown import Kept
from lms_bridge.i18n import mark
from lms_bridge.objections import objection
from lms_bridge.recognition import sightings
from lms_bridge.recognition.sightings import Candidates, carries_a_mark_of
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, courses
from lms_bridge.store.schema import sightings as seen

_IS_UNKNOWN = and_(
    seen.c.state == literal_column("'attention'"), seen.c.reason_code == "unknown_course"
)


class Outdated(Exception):
    """Somebody else has changed the course since it was looked at; nothing was changed."""


class Change(msgspec.Struct, frozen=True):
    """A field that would be another."""

    field: str
    before: Any
    after: Any


class Preview(msgspec.Struct, frozen=True):
    """What saving a course would change."""

    before: Kept | None
    """None: it is new"""
    changes: list[Change]
    waiting: int
    """completions that wait for a course like this one, and are judged again"""
    people: int
    """of how many accounts those are"""
    existing: int
    """completions of it that there are, which stay as they are"""
    differing: int
    """of these, those whose JP would be others today"""
    takes_over: str
    """where it was kept until now, if not in the console"""


def preview(db: Connection, course: Course, revision: int | None) -> Preview:
    """What saving `course` would change; `revision` is as for :func:`save`.

    Raises :exc:`~lms_bridge.catalogue.courses.CatalogueError` and :exc:`Outdated`.
    """
    before = _check(db, course, revision)
    if problems := catalogue.problems_of(db, course, "console"):
        raise CatalogueError(problems)
    waiting, people = db.execute(
        select(func.count(), func.count(seen.c.actor.distinct())).where(
            _IS_UNKNOWN, carries_a_mark_of(course)
        )
    ).one()
    existing = shown.completions_of(db, before.id) if before else 0
    return Preview(
        before=before,
        changes=_changes(before.course if before and before.active else None, course),
        waiting=waiting,
        people=people,
        existing=existing,
        differing=_differing(db, before.id, course) if before and existing else 0,
        takes_over=before.source if before and before.source != "console" else "",
    )


def candidates(db: Connection, course: Course) -> Candidates:
    """What may be judged again when `course` is saved; to be found before, as it takes long."""
    before = shown.by_key(db, course.key)
    return sightings.candidates(db, [(before.id if before else 0, course)])


def save(
    db: Connection,
    course: Course,
    revision: int | None,
    *,
    actor: Actor,
    now: dt.datetime,
    candidates: Candidates | None = None,
) -> catalogue.Change:
    """Put `course` into the catalogue, where it was seen at `revision`; None: it is new.

    What waited for it is judged again. Raises
    :exc:`~lms_bridge.catalogue.courses.CatalogueError` and :exc:`Outdated`.
    """
    sightings.hold(db)
    before = _check(db, course, revision)
    change = catalogue.put(db, [course], source="console", now=now, candidates=candidates)
    old = before.course if before and before.active else None
    if change.added or change.changed:
        details = {one.field: [one.before, one.after] for one in _changes(old, course)}
        action = "course.changed" if old else "course.added"
        audit.note(db, actor, action, f"course:{course.key}", _plain(details), now=now)
    return change


def take_out(
    db: Connection, course_id: int, revision: int, *, actor: Actor, why: str, now: dt.datetime
) -> None:
    """Take the course out of the catalogue; what it was completed by stays.

    Raises :exc:`~lms_bridge.catalogue.courses.CatalogueError` and :exc:`Outdated`.
    """
    sightings.hold(db)
    before = shown.find(db, course_id)
    if before is None or not before.active or before.revision != revision:
        raise Outdated
    if not before.is_editable:
        raise CatalogueError([catalogue.kept_elsewhere(before.key, before.source)])
    values = {"active": False, "source": "console", "changed_at": now}
    values |= {"revision": catalogue.next_revision(db)}
    db.execute(update(courses).where(courses.c.id == course_id).values(**values))
    audit.note(db, actor, "course.taken_out", f"course:{before.key}", {"why": why}, now=now)


def preview_list(store: Store, wanted: Sequence[Course], now: dt.datetime) -> catalogue.Change:
    """What importing a list would change: it is done, and undone.

    Raises :exc:`~lms_bridge.catalogue.courses.CatalogueError`.
    """
    with store.turn(), store.engine.connect() as connection:
        db = connection.execution_options(writes=True)
        with db.begin() as transaction:
            change = catalogue.put(db, wanted, source="csv", now=now)
            transaction.rollback()
    return change


def import_list(
    db: Connection, wanted: Sequence[Course], *, actor: Actor, now: dt.datetime
) -> catalogue.Change:
    """Put the courses of a list into the catalogue.

    Raises :exc:`~lms_bridge.catalogue.courses.CatalogueError`.
    """
    change = catalogue.put(db, wanted, source="csv", now=now)
    details = {"added": change.added, "changed": change.changed}
    audit.note(db, actor, "courses.imported", "courses", details, now=now)
    return change


def _check(db: Connection, course: Course, revision: int | None) -> Kept | None:
    """The course as it is now. Raises if that is not what `revision` says."""
    before = shown.by_key(db, course.key)
    if revision is None:
        if before is not None and before.active:
            there = objection(
                mark("There is a course %(key)s already: %(name)s."),
                field="key",
                key=course.key,
                name=before.name,
            )
            raise CatalogueError([there])
    elif before is None or before.revision != revision:
        raise Outdated
    return before


def _changes(before: Course | None, after: Course) -> list[Change]:
    old = msgspec.to_builtins(before) if before else {}
    new = msgspec.to_builtins(after)
    empty: Mapping[str, Any] = {} if before else {"lms": "", "session_extension": ""}
    return [
        Change(field, old.get(field), value)
        for field, value in new.items()
        if old.get(field, empty.get(field)) != value and (before or value not in (None, [], ""))
    ]


def _differing(db: Connection, course_id: int, course: Course) -> int:
    """Completions of the course that say other JP than it would give now."""
    mine = and_(completions.c.course_id == course_id, completions.c.withdrawn_at.is_(None))
    hours = {"learner": course.hours, "instructor": course.instructor_hours}
    query = select(completions.c.role, completions.c.hours, func.count().label("many"))
    rows = db.execute(query.where(mine).group_by(completions.c.role, completions.c.hours))
    return sum(row.many for row in rows if row.hours != hours.get(row.role))


def _plain(details: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(details)
    return plain
