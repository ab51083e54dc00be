"""Completions: one per employee, course, run and role, however many statements tell of it.

A completion is made together with its certificate number and its deliveries, in the
transaction that recognises it; so there is none without its steps, and no number is
skipped or given twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, update

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.deliveries import lifecycle
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.people.identities import Known
from lms_bridge.reasons import Reason
from lms_bridge.recognition.rules import Role
from lms_bridge.recognition.seen import TimeSource
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import certificate_counters, completions, deliveries, sightings
from lms_bridge.store.types import AnyRow

SAME_EVENT = dt.timedelta(days=2)
"""Two tellings of one completion differ by a cron run at the most. Around New Year they would else
be completions of two years."""

_TRUST: dict[str, int] = {"lms": 0, "learner": 1, "criteria": 2}


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement, or one answer of the LMS, tells of a completion."""

    who: Known
    entry: CataloguedCourse
    role: Role
    run: str
    completed_at: dt.datetime
    time_source: TimeSource
    score: float | None = None
    lms: str = ""


class Targets(msgspec.Struct, frozen=True):
    """Where a completion goes: the configured registries, and the LMSs that can issue a badge."""

    registries: tuple[str, ...]
    lms: tuple[str, ...]


def record(
    db: Connection, telling: Telling, *, targets: Targets, zone: dt.tzinfo, now: dt.datetime
) -> int:
    """The id of the completion that `telling` tells of, made with its deliveries if it is new."""
    row = _existing(db, telling, zone)
    if row is None:
        completion_id = _insert(db, telling, zone, now)
        if completion_id is not None:
            _plan(db, completion_id, telling, targets, now)
            return completion_id
        row = _existing(db, telling, zone)  # another worker was first
        assert row is not None
    if row.withdrawn_at is not None:
        _revive(db, row.id, now)
    if telling.who.lms_user_id and not row.lms_user_id:
        db.execute(
            update(completions)
            .where(completions.c.id == row.id)
            .values(lms=telling.who.lms, lms_user_id=telling.who.lms_user_id)
        )
    if _TRUST[telling.time_source] > _TRUST[row.time_source]:
        _correct_time(db, row, telling, zone)
    return int(row.id)


def withdraw(db: Connection, completion_id: int, now: dt.datetime) -> bool:
    """Take the completion back if no statement tells of it any more; True if it was.

    What has not been delivered is cancelled. What has been delivered stays as it is and
    shows the completion as withdrawn.
    """
    still_told = select(sightings.c.id).where(sightings.c.completion_id == completion_id).limit(1)
    if db.execute(still_told).first() is not None:
        return False
    db.execute(
        update(completions).where(completions.c.id == completion_id).values(withdrawn_at=now)
    )
    db.execute(
        update(deliveries)
        .where(
            deliveries.c.completion_id == completion_id,
            deliveries.c.state.in_(lifecycle.sources("cancel")),
        )
        .values(state=State.CANCELLED, changed_at=now, **reason_columns(Reason("withdrawn")))
    )
    return True


def reason_columns(reason: Reason | None) -> dict[str, Any]:
    """`reason` as the two columns that every table keeps one in."""
    if reason is None:
        return {"reason_code": None, "reason_details": None}
    return {"reason_code": reason.code, "reason_details": reason.details}


def _existing(db: Connection, telling: Telling, zone: dt.tzinfo) -> AnyRow | None:
    mine = select(completions).where(
        completions.c.employee_id == telling.who.employee_id,
        completions.c.course_id == telling.entry.id,
        completions.c.role == telling.role,
    )
    row = db.execute(mine.where(completions.c.run == telling.run)).one_or_none()
    if row is None and telling.entry.course.run == "yearly":
        near = mine.where(
            completions.c.completed_at.between(
                telling.completed_at - SAME_EVENT, telling.completed_at + SAME_EVENT
            )
        )
        row = db.execute(near.limit(1)).one_or_none()
    return row


def _insert(db: Connection, telling: Telling, zone: dt.tzinfo, now: dt.datetime) -> int | None:
    course = telling.entry.course
    starts, ends = dates(course, telling.completed_at, zone)
    row = (
        insert(db, completions)
        .values(
            employee_id=telling.who.employee_id,
            course_id=telling.entry.id,
            run=telling.run,
            role=telling.role,
            completed_at=telling.completed_at,
            time_source=telling.time_source,
            score=telling.score,
            hours=course.instructor_hours if telling.role == "instructor" else course.hours,
            certificate_number="",
            starts=starts,
            ends=ends,
            lms=telling.who.lms or telling.lms,
            lms_user_id=telling.who.lms_user_id,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["employee_id", "course_id", "run", "role"])
        .returning(completions.c.id)
    )
    completion_id: int | None = db.execute(row).scalar()
    if completion_id is not None:
        number = course.certificate_number(
            ends, sequence=_next_number(db, course.organiser, ends.year), run=telling.run
        )
        db.execute(
            update(completions)
            .where(completions.c.id == completion_id)
            .values(certificate_number=number)
        )
    return completion_id


def _next_number(db: Connection, organiser: str, year: int) -> int:
    counter = insert(db, certificate_counters).values(organiser=organiser, year=year, last=1)
    counter = counter.on_conflict_do_update(
        index_elements=["organiser", "year"], set_={"last": certificate_counters.c.last + 1}
    )
    return int(db.execute(counter.returning(certificate_counters.c.last)).scalar_one())


def _plan(
    db: Connection, completion_id: int, telling: Telling, targets: Targets, now: dt.datetime
) -> None:
    steps = [("record", f"registry.{name}") for name in targets.registries]
    lms = telling.who.lms or telling.lms
    if telling.entry.course.badge and telling.role == "learner" and lms in targets.lms:
        steps.append(("badge", f"lms.{lms}"))
    rows = [
        {
            "completion_id": completion_id,
            "step": step,
            "remote": remote,
            "lane": f"{remote}:{telling.who.employee_id}",
            "state": State.WAITING,
            "due_at": now,
            "progress": {},
            "effort_since": now,
            "created_at": now,
            "changed_at": now,
            **reason_columns(Reason("new")),
        }
        for step, remote in steps
    ]
    if rows:
        db.execute(deliveries.insert(), rows)


def _revive(db: Connection, completion_id: int, now: dt.datetime) -> None:
    db.execute(
        update(completions).where(completions.c.id == completion_id).values(withdrawn_at=None)
    )
    db.execute(
        update(deliveries)
        .where(
            deliveries.c.completion_id == completion_id,
            deliveries.c.state == State.CANCELLED,
            deliveries.c.reason_code == "withdrawn",
        )
        .values(
            state=State.WAITING,
            due_at=now,
            effort_since=now,
            changed_at=now,
            **reason_columns(Reason("new")),
        )
    )


def _correct_time(db: Connection, row: AnyRow, telling: Telling, zone: dt.tzinfo) -> None:
    """Take the better time, unless the registry may already have the other one."""
    sent = select(func.count()).where(
        deliveries.c.completion_id == row.id,
        deliveries.c.step == "record",
        deliveries.c.attempts > 0,
    )
    if db.execute(sent).scalar_one():
        return
    starts, ends = dates(telling.entry.course, telling.completed_at, zone)
    db.execute(
        update(completions)
        .where(completions.c.id == row.id)
        .values(
            completed_at=telling.completed_at,
            time_source=telling.time_source,
            starts=starts,
            ends=ends,
        )
    )


def dates(course: Course, completed_at: dt.datetime, zone: dt.tzinfo) -> tuple[dt.date, dt.date]:
    """First and last day for the registry: the course's, else the day of completion in `zone`."""
    day = completed_at.astimezone(zone).date()
    ends = course.ends or day
    return course.starts or min(day, ends), ends


def known_users(db: Connection, course_id: int, lms: str) -> Iterable[str]:
    """The LMS user ids whose completion of the course is already known."""
    query = select(completions.c.lms_user_id).where(
        completions.c.course_id == course_id,
        completions.c.lms == lms,
        completions.c.lms_user_id != "",
        completions.c.withdrawn_at.is_(None),
    )
    return db.execute(query).scalars()
