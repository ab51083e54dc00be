"""Completions: one per employee, course, run and role, however many statements tell of it.

A completion is made together with its certificate number and its deliveries, in the
transaction that recognises it; so there is none without its steps, and no number is
skipped or given twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, exists, func, select, update

from lms_bridge import corrections, withdrawals
from lms_bridge.catalogue.course import Role
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.certificates.certificate import new_public_id
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import actions, planning
from lms_bridge.deliveries.planning import Planned
from lms_bridge.events import journal
from lms_bridge.events.kinds import Kind
from lms_bridge.people import changed
from lms_bridge.people.identities import Known
from lms_bridge.reasons import Reason
from lms_bridge.recognition.seen import TimeSource
from lms_bridge.store.engine import in_dialects
from lms_bridge.store.schema import certificate_counters, completions, deliveries, sightings
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)

SAME_EVENT = dt.timedelta(days=2)
"""Two tellings of one completion differ by a cron run at the most. Around New Year they would else
be completions of two years."""

_TRUST: dict[str, int] = {"bridge": 0, "lms": 1, "learner": 2, "criteria": 3}


class AsRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a registry has of a completion that somebody typed in before the bridge knew of it."""

    starts: dt.date
    ends: dt.date
    hours: int
    certificate_number: str = ""
    """the one that the learner was given; empty if the registry has none"""
    registry: str = ""
    row_id: str = ""
    """of the row there, which a person took for that of the completion; empty if it has none"""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement, or one answer of the LMS, tells of a completion."""

    who: Known
    entry: CataloguedCourse
    role: Role
    run: str
    completed_at: dt.datetime
    time_source: TimeSource
    score: float | None = None
    told_by: str = ""
    """the LMS that the statement or the answer came from, if it is known"""
    as_recorded: AsRecorded | None = None
    """what a registry has of it already, which a new completion then says as well"""

    @property
    def lms(self) -> str:
        """The LMS in which the learner's badge is to be issued; empty if none is known."""
        return self.entry.course.lms or self.told_by or self.who.lms

    @property
    def lms_user_id(self) -> str:
        """The learner's account in that LMS, if it is known."""
        return self.who.lms_user_id if self.who.lms == self.lms else ""


class Targets(msgspec.Struct, frozen=True):
    """Where a completion goes: the configured registries, and the LMSs that can issue a badge."""

    registries: tuple[str, ...]
    lms: tuple[str, ...]
    after: Mapping[str, str] = {}
    """for a registry the one that must have it before"""
    told: Mapping[str, str] = {}
    """for an LMS the registry of which it is told when it has it"""

    @classmethod
    def of(cls, settings: Settings) -> Targets:
        """Those of a configuration."""
        after = {name: one.after for name, one in settings.registry.items() if one.after}
        told = {name: one.told_of for name, one in settings.lms.items() if one.told_of}
        return cls(tuple(settings.registry), tuple(settings.lms), after, told)


def record(
    db: Connection, telling: Telling, *, targets: Targets, zone: dt.tzinfo, now: dt.datetime
) -> int:
    """The id of the completion that `telling` tells of, made with its deliveries if it is new."""
    row = _existing(db, telling)
    if row is None:
        completion_id = _insert(db, telling, zone, now)
        if completion_id is not None:
            steps = [*_record_steps(targets), *_lms_steps(telling, targets)]
            _link(db, completion_id, telling, steps, now)
            planning.plan(db, completion_id, telling.who.employee_id, steps, now)
            changed.learned(db, telling.who.employee_id, now)
            journal.note(db, Kind.RECOGNISED, now, completion=completion_id)
            return completion_id
        row = _existing(db, telling)  # another process was first
        assert row is not None
    if row.withdrawn_at is not None:
        resume(db, row.id, now)
    if (recorded := telling.as_recorded) and recorded.row_id:
        actions.link(db, row.id, f"registry.{recorded.registry}", recorded.row_id, now=now)
    if telling.lms_user_id and not row.lms_user_id and row.lms in ("", telling.lms):
        _learn_account(db, row, telling, targets, now)
    if _knows_better(telling, row):
        _correct_time(db, row, telling, targets, zone, now)
        changed.learned(db, row.employee_id, now)
    return int(row.id)


def is_known(db: Connection, telling: Telling) -> bool:
    """Whether there is the completion that `telling` tells of, be it taken back."""
    return _existing(db, telling) is not None


def taken_back(db: Connection, telling: Telling) -> Reason | None:
    """That the very completion that `telling` tells of was taken back, and nothing has told anew.

    For what the LMS has in its lists and no statement told: there it stands on. One that was
    completed after the other had been taken back is a new one.
    """
    row = _existing(db, telling)
    if row is None or row.withdrawn_at is None or not withdrawals.was_voided(db, row.id):
        return None
    if telling.time_source != "bridge" and telling.completed_at > row.withdrawn_at:
        return None
    return Reason("taken_back_before", completion=row.id)


def withdraw(db: Connection, completion_id: int, because: Reason, now: dt.datetime) -> bool:
    """Take the completion back if nothing tells of it any more, `because` of that; True if it was.

    If a statement was voided, only other statements still tell of it, and not what was pulled:
    that it stands in the lists of the LMS is no reason against taking it back.

    What has not been delivered is cancelled; what has been is put before HR
    (:mod:`lms_bridge.withdrawals`).
    """
    tells = sightings.c.completion_id == completion_id
    if because.code == withdrawals.VOIDED:
        tells &= sightings.c.statement_seq.is_not(None)
    withdrawn = db.execute(
        update(completions)
        .where(
            completions.c.id == completion_id,
            completions.c.withdrawn_at.is_(None),
            ~exists().where(tells),
        )
        .values(withdrawn_at=now)
    )
    if not withdrawn.rowcount:
        return False
    withdrawals.begin(db, completion_id, because, now)
    return True


def resume(db: Connection, completion_id: int, now: dt.datetime) -> None:
    """A completion that was taken back is told of again; what was cancelled or undone goes on."""
    db.execute(_UPDATE, {"completion": completion_id, "withdrawn_at": None})
    withdrawals.end(db, completion_id, now)
    journal.note(db, Kind.RECOGNISED, now, completion=completion_id)


def settled_users(db: Connection, course_id: int, lms: str, *, run: str) -> set[str]:
    """The LMS users whose completion of the run as learners is known, and beyond doubt theirs."""
    query = select(completions.c.lms_user_id).where(
        completions.c.course_id == course_id,
        completions.c.lms == lms,
        completions.c.role == "learner",
        completions.c.run == run,
        completions.c.withdrawn_at.is_(None),
        ~planning.is_in_doubt(completions.c.id),
    )
    return set(db.execute(query).scalars())


def latest_run(db: Connection, employee_id: int, course_id: int) -> str:
    """The run that the learner completed last; empty if none is known."""
    query = select(completions.c.run).where(
        completions.c.employee_id == employee_id,
        completions.c.course_id == course_id,
        completions.c.role == "learner",
    )
    latest = query.order_by(completions.c.completed_at.desc(), completions.c.id.desc()).limit(1)
    return db.execute(latest).scalar() or ""


def _existing(db: Connection, telling: Telling) -> AnyRow | None:
    mine = {
        "employee": telling.who.employee_id,
        "course": telling.entry.id,
        "as_role": telling.role,
    }
    row = db.execute(_OF_RUN, {**mine, "of_run": telling.run}).one_or_none()
    if row is None and telling.entry.course.run == "yearly":
        at = telling.completed_at
        row = db.execute(_NEAR, {**mine, "least": at - SAME_EVENT, "most": at + SAME_EVENT}).first()
    return row


# Made once, for they are asked of every telling.
_OF_PERSON = select(completions).where(
    completions.c.employee_id == bindparam("employee"),
    completions.c.course_id == bindparam("course"),
    completions.c.role == bindparam("as_role"),
)
_OF_RUN = _OF_PERSON.where(completions.c.run == bindparam("of_run"))
_NEAR = _OF_PERSON.where(
    completions.c.completed_at.between(bindparam("least"), bindparam("most"))
).order_by(completions.c.id)


def _insert(db: Connection, telling: Telling, zone: dt.tzinfo, now: dt.datetime) -> int | None:
    """The id of the new completion; None if there is one by now."""
    course, recorded = telling.entry.course, telling.as_recorded
    starts, ends = course.days(telling.completed_at, zone)
    if recorded:
        starts, ends = recorded.starts, recorded.ends
    row = {
        "employee_id": telling.who.employee_id,
        "course_id": telling.entry.id,
        "run": telling.run,
        "role": telling.role,
        "completed_at": telling.completed_at,
        "time_source": telling.time_source,
        "score": telling.score,
        "hours": recorded.hours if recorded else course.hours_of(telling.role),
        "certificate_number": "",
        "starts": starts,
        "ends": ends,
        "lms": telling.lms,
        "lms_user_id": telling.lms_user_id,
        "created_at": now,
        "public_id": new_public_id(),
    }
    completion_id: int | None = db.execute(_new(db), row).scalar()
    if completion_id is not None:
        number = recorded.certificate_number if recorded else ""
        if not number or _is_given(db, number):
            sequence = _next_number(db, course.organiser, ends.year)
            number = course.certificate_number(ends, sequence=sequence, run=telling.run)
        db.execute(_UPDATE, {"completion": completion_id, "certificate_number": number})
    return completion_id


_UPDATE = update(completions).where(completions.c.id == bindparam("completion"))


@in_dialects
def _new(insert: Any) -> Any:
    new = insert(completions).on_conflict_do_nothing(
        index_elements=["employee_id", "course_id", "run", "role"]
    )
    return new.returning(completions.c.id)


def _is_given(db: Connection, number: str) -> bool:
    """Whether another completion has that certificate number."""
    theirs = select(completions.c.id).where(completions.c.certificate_number == number)
    return db.execute(theirs.limit(1)).first() is not None


def _next_number(db: Connection, organiser: str, year: int) -> int:
    first = {"organiser": organiser, "year": year, "last": 1}
    return int(db.execute(_count(db), first).scalar_one())


@in_dialects
def _count(insert: Any) -> Any:
    counter = insert(certificate_counters).on_conflict_do_update(
        index_elements=["organiser", "year"], set_={"last": certificate_counters.c.last + 1}
    )
    return counter.returning(certificate_counters.c.last)


def _record_steps(targets: Targets) -> list[Planned]:
    return [
        Planned("record", f"registry.{name}", after=f"registry.{first}" if first else "")
        for name in targets.registries
        for first in [targets.after.get(name, "")]
    ]


def _link(
    db: Connection, completion_id: int, telling: Telling, steps: list[Planned], now: dt.datetime
) -> None:
    """Plan the step at the registry whose row it is so that nothing is written there."""
    recorded = telling.as_recorded
    if recorded is None or not recorded.row_id:
        return
    there = [one for one in steps if one.remote == f"registry.{recorded.registry}"]
    pages = {"links": recorded.row_id}
    planning.plan(db, completion_id, telling.who.employee_id, there, now, progress=pages)


def _lms_steps(telling: Telling, targets: Targets) -> list[Planned]:
    steps = _badge_step(telling, targets)
    if first := targets.told.get(telling.lms):
        steps.append(Planned("tell", f"lms.{telling.lms}", after=f"registry.{first}"))
    return steps


def _badge_step(telling: Telling, targets: Targets) -> list[Planned]:
    if telling.entry.course.badge is None or telling.role != "learner":
        return []
    if telling.lms in targets.lms:
        return [Planned("badge", f"lms.{telling.lms}")]
    log.warning("no LMS is known in which to issue the badge", course=telling.entry.course.key)
    return []


def _learn_account(
    db: Connection, row: AnyRow, telling: Telling, targets: Targets, now: dt.datetime
) -> None:
    """The learner's account was not known before; nor, perhaps, in which LMS it is."""
    account = {"lms": telling.lms, "lms_user_id": telling.lms_user_id}
    db.execute(_UPDATE, {"completion": row.id, **account})
    if not row.lms:
        steps = _lms_steps(telling, targets)
        planning.plan(db, row.id, telling.who.employee_id, steps, now)


def _knows_better(telling: Telling, row: AnyRow) -> bool:
    """Whether it tells when the same event really was, and not when the course was done again."""
    return (
        _TRUST[telling.time_source] > _TRUST[row.time_source]
        and telling.completed_at <= row.completed_at + SAME_EVENT
    )


def _correct_time(
    db: Connection,
    row: AnyRow,
    telling: Telling,
    targets: Targets,
    zone: dt.tzinfo,
    now: dt.datetime,
) -> None:
    """Take the better time; a registry that may already have the other one is corrected.

    The certificate keeps its number: it has been given.
    """
    starts, ends = telling.entry.course.days(telling.completed_at, zone)
    better: dict[str, Any] = {
        "run": telling.run,
        "completed_at": telling.completed_at,
        "time_source": telling.time_source,
    }
    tried = select(func.count()).where(
        deliveries.c.completion_id == row.id,
        deliveries.c.step == "record",
        deliveries.c.attempts > 0,
    )
    if db.execute(tried).scalar_one():
        corrections.make(
            db,
            corrections.plan(db, row.id, {"starts": starts, "ends": ends}),
            [f"registry.{name}" for name in targets.registries],
            by=telling.told_by or "lms-bridge",
            why=telling.time_source,
            now=now,
        )
    else:
        better |= {"starts": starts, "ends": ends}
    db.execute(_UPDATE, {"completion": row.id, **better})
