"""Completions that are corrected after they were made: hours, days, number, or their course.

A correction changes the completion, and has each registry that has its row change that under
the same id (:mod:`lms_bridge.deliveries.correct_step`); a certificate that was uploaded is
replaced. What has not been recorded yet is recorded as it is then. Who corrected what, when and
why is kept, and never overwritten.

A course that is changed in the catalogue corrects nothing by itself: it may have been changed
for those who complete it next. :func:`lagging` says which completions say something else than
the catalogue does by now, for a person to decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
import structlog
from sqlalchemy import ColumnElement, Connection, select, update

from lms_bridge.catalogue.course import Course
from lms_bridge.deliveries import standing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.record_step import training_in
from lms_bridge.deliveries.whose import Whose
from lms_bridge.i18n import mark
from lms_bridge.people import changed
from lms_bridge.refusing import Refused
from lms_bridge.store.schema import completions, corrections, courses, deliveries, employees
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert

log = structlog.get_logger(__name__)

FIELDS = ("hours", "starts", "ends", "certificate_number")
"""what a completion itself says; the rest is its course's"""
_OF_COURSE = ("name", "organiser", "kind")


class CannotCorrect(Refused):
    """A completion cannot be corrected like that; the message says why."""


class Correction(msgspec.Struct, frozen=True):
    """What of a completion is to be changed, or was."""

    completion_id: int
    employee: str
    """name, or NIP where no name is known"""
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Past(msgspec.Struct, frozen=True):
    """A correction that was made."""

    at: dt.datetime
    by: str
    why: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def plan(db: Connection, completion_id: int, changes: Mapping[str, Any]) -> Correction:
    """What `changes` (of :data:`FIELDS`) would change of the completion.

    Raises :exc:`CannotCorrect`.
    """
    row = db.execute(_ALL.where(completions.c.id == completion_id)).one_or_none()
    if row is None:
        raise CannotCorrect(mark("there is no completion %(number)s"), number=completion_id)
    if row.withdrawn_at is not None:
        raise CannotCorrect(mark("completion %(number)s was taken back"), number=completion_id)
    wanted = {name: value for name, value in changes.items() if value != getattr(row, name)}
    _check(db, row, {name: getattr(row, name) for name in FIELDS} | dict(changes))
    before = {name: getattr(row, name) for name in wanted}
    return Correction(completion_id, row.employee or row.nip, before, wanted)


def lagging(
    db: Connection, *, course: str = "", zone: dt.tzinfo, ids: Collection[int] = ()
) -> Iterator[Correction]:
    """The completions that say something else than the catalogue does now, and in what.

    Of the course with that key, or of all; only those with one of `ids`, if there are any.
    """
    which: list[ColumnElement[bool]] = [completions.c.withdrawn_at.is_(None)]
    if course:
        which.append(courses.c.key == course)
    if ids:
        which.append(completions.c.id.in_(ids))
    recorded: dict[int, list[Mapping[str, Any]]] = {}
    for done in db.execute(
        select(deliveries.c.completion_id, deliveries.c.progress)
        .join(completions, deliveries.c.completion_id == completions.c.id)
        .join(courses, completions.c.course_id == courses.c.id)
        .where(deliveries.c.step == "record", deliveries.c.state == State.DONE, *which)
    ):
        recorded.setdefault(done.completion_id, []).append(done.progress)
    for row in db.execute(_ALL.where(*which).order_by(completions.c.id)):
        entry = convert(row.content, Course)
        wanted: dict[str, Any] = {"hours": entry.hours_of(row.role)}
        if entry.starts or entry.ends:
            wanted["starts"], wanted["ends"] = entry.days(row.completed_at, zone)
        after = {name: value for name, value in wanted.items() if value != getattr(row, name)}
        before = {name: getattr(row, name) for name in after}
        for progress in recorded.get(row.id, ()):
            written = training_in(progress)
            for name in _OF_COURSE:
                if written and getattr(written, name) != getattr(entry, name):
                    before[name], after[name] = getattr(written, name), getattr(entry, name)
        if after:
            yield Correction(row.id, row.employee or row.nip, before, after)


def make(
    db: Connection,
    correction: Correction,
    remotes: Collection[str],
    *,
    by: str,
    why: str,
    now: dt.datetime,
) -> None:
    """Carry `correction` out, at those of `remotes` that have a row of the completion."""
    if not correction.after:
        return
    columns = {name: value for name, value in correction.after.items() if name in FIELDS}
    if columns:
        which = completions.c.id == correction.completion_id
        db.execute(update(completions).where(which).values(**columns))
        changed.completed(db, which, now)
    db.execute(
        corrections.insert().values(
            completion_id=correction.completion_id,
            corrected_at=now,
            corrected_by=by,
            why=why,
            before=msgspec.to_builtins(correction.before),
            after=msgspec.to_builtins(correction.after),
        )
    )
    has_row = select(deliveries.c.remote).where(
        deliveries.c.completion_id == correction.completion_id,
        deliveries.c.step == "record",
        deliveries.c.state.in_((State.DONE, State.RUNNING)),
        deliveries.c.remote.in_(remotes),
    )
    for remote in db.execute(has_row.order_by(deliveries.c.remote)).scalars().all():
        step = Planned("correct", remote)
        standing.go_on(db, Whose(correction.completion_id), step, {}, now)
    log.info(
        "corrected", completion=correction.completion_id, fields=sorted(correction.after), by=by
    )


def made(db: Connection, completion_id: int) -> list[Past]:
    """The corrections of a completion, the first first."""
    mine = select(corrections).where(corrections.c.completion_id == completion_id)
    return [
        Past(row.corrected_at, row.corrected_by, row.why, row.before, row.after)
        for row in db.execute(mine.order_by(corrections.c.id))
    ]


def _check(db: Connection, row: AnyRow, wanted: Mapping[str, Any]) -> None:
    if wanted["starts"] > wanted["ends"]:
        raise CannotCorrect(
            mark("completion %(number)s would begin on %(starts)s and end on %(ends)s"),
            number=row.id,
            starts=wanted["starts"],
            ends=wanted["ends"],
        )
    if wanted["certificate_number"] == row.certificate_number:
        return
    if not wanted["certificate_number"].strip():
        raise CannotCorrect(
            mark("completion %(number)s would have no certificate number"), number=row.id
        )
    taken = select(completions.c.id).where(
        completions.c.certificate_number == wanted["certificate_number"],
        completions.c.id != row.id,
    )
    other = db.execute(taken.limit(1)).scalar()
    if other:
        raise CannotCorrect(
            mark("the number %(certificate)s is that of completion %(number)s"),
            certificate=wanted["certificate_number"],
            number=other,
        )


_ALL = (
    select(
        completions.c.id,
        completions.c.role,
        completions.c.completed_at,
        completions.c.withdrawn_at,
        *(completions.c[name] for name in FIELDS),
        courses.c.content,
        employees.c.name.label("employee"),
        employees.c.nip,
    )
    .join(courses, completions.c.course_id == courses.c.id)
    .join(employees, completions.c.employee_id == employees.c.id)
)
