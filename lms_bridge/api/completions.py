"""Completions, and what becomes of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Connection, Select, select

from lms_bridge import reports
from lms_bridge.accounts.sight import Sight, Unit
from lms_bridge.api import paging
from lms_bridge.api.paging import Number, Page, Paged, Text
from lms_bridge.api.why import Why, why
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.insight import finished, standings
from lms_bridge.reasons import Reason
from lms_bridge.reports import DeliveryLine
from lms_bridge.store.many import among
from lms_bridge.store.schema import completions, courses, employees
from lms_bridge.store.types import AnyRow
from lms_bridge.withdrawals import Withdrawal

Standing = Literal["under_way", "stopped", "undecided", "through", "given_up", "taken_back"]
_STANDINGS: dict[standings.Standing, Standing] = {
    standings.Standing.UNDER_WAY: "under_way",
    standings.Standing.STOPPED: "stopped",
    standings.Standing.UNDECIDED: "undecided",
    standings.Standing.THROUGH: "through",
    standings.Standing.GIVEN_UP: "given_up",
    standings.Standing.TAKEN_BACK: "taken_back",
}
_OF_WORD = {word: one for one, word in _STANDINGS.items()}


class CompletionsAsked(Paged, frozen=True, kw_only=True):
    """Which completions are asked for."""

    course: Annotated[Text, msgspec.Meta(description="Key of a course.")] = ""
    employee: Annotated[Number | None, msgspec.Meta(description="Number of an employee.")] = None
    unit: Annotated[Text, msgspec.Meta(description="Id of a unit: of who is in it or below.")] = ""
    registry: Annotated[
        Text, msgspec.Meta(description="Whose unit it is, where several registries have that id.")
    ] = ""
    state: Annotated[
        Standing | None,
        msgspec.Meta(
            description="`under_way`: it goes on by itself; `stopped`: a step waits for a person;"
            " `undecided`: it was taken back, and HR has to decide what becomes of what was"
            " delivered; `through`: all of it is done; `given_up`: nothing is left to be done, for"
            " somebody has given up its record or its badge; `taken_back`: it does not count."
        ),
    ] = None
    since: Annotated[
        dt.date | None, msgspec.Meta(description="Completed on this day or later.")
    ] = None
    until: Annotated[
        dt.date | None, msgspec.Meta(description="Completed on this day or earlier.")
    ] = None


class Whose(msgspec.Struct, frozen=True):
    """The employee of a completion."""

    id: int
    nip: str
    name: str
    unit: str


class What(msgspec.Struct, frozen=True):
    """The course of a completion."""

    id: int
    key: str
    name: str


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody has completed a course."""

    id: int
    employee: Whose
    course: What
    role: Literal["learner", "instructor"]
    run: str
    """which run of the course it was"""
    jp: int
    score: float | None
    starts: dt.date
    ends: dt.date
    completed_at: dt.datetime
    certificate_number: str
    state: Standing
    """where it stands as a whole"""
    withdrawn_at: dt.datetime | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is done of a completion, at one place."""

    id: int
    """number of the delivery"""
    step: str
    """`record`: into the registry; `badge`: issue the badge"""
    remote: str
    """`registry.NAME` or `lms.NAME`"""
    state: State
    reason: Why
    attempts: int
    due_at: dt.datetime
    """when it is tried next, if it is"""
    changed_at: dt.datetime
    result_id: str
    """by which the remote knows what came of it"""
    link: str


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """That a completion was taken back, and what was decided about what had been delivered."""

    at: dt.datetime
    reason: Why | None
    decision: Literal["undo", "keep", ""]
    """empty: nobody has decided"""
    decided_at: dt.datetime | None
    decided_by: str
    decided_why: str


class CompletionInFull(msgspec.Struct, frozen=True, kw_only=True):
    """A completion with its deliveries."""

    completion: Completion
    deliveries: list[Step]
    withdrawal: TakenBack | None


def listed(
    db: Connection,
    sight: Sight,
    asked: CompletionsAsked,
    *,
    unit: Unit | None,
    zone: dt.tzinfo,
    now: dt.datetime,
) -> Page[Completion]:
    """The completions that are asked for, the latest first.

    Raises :exc:`~lms_bridge.api.paging.BadCursor`.
    """
    wanted = finished.Wanted(
        unit=unit,
        course=asked.course,
        standing=_OF_WORD[asked.state] if asked.state else None,
        since=_begin_of(asked.since, zone) if asked.since else None,
        until=_begin_of(asked.until, zone, days=1) if asked.until else None,
        employee=asked.employee,
    )
    after = paging.number_of(asked.next) or 0
    found = finished.Search(db, sight, wanted).find(
        after=after, now=now, closed={}, limit=asked.limit
    )
    states = {line.id: _STANDINGS[standings.standing_of(line)] for line in found.lines}
    rows = {row.id: row for row in db.execute(_query().where(among(completions.c.id, states)))}
    last = found.lines[-1].id if found.lines and found.is_more else None
    return Page(
        items=[_completion(rows[number], state) for number, state in states.items()],
        next=paging.cursor_of(last) if last is not None else None,
    )


def in_full(
    db: Connection,
    sight: Sight,
    completion_id: int,
    *,
    language: str,
    now: dt.datetime,
    closed: Mapping[str, Reason],
) -> CompletionInFull | None:
    """One completion with its deliveries; None if there is none of somebody who is seen."""
    which = completions.c.id == completion_id, sight.sees(completions.c.employee_id)
    row = db.execute(_query().where(*which)).one_or_none()
    if row is None:
        return None
    ids = [completion_id]
    [line] = reports.list_completions(db, now=now, ids=ids, limit=1, closed=closed)
    return CompletionInFull(
        completion=_completion(row, _STANDINGS[standings.standing_of(line)]),
        deliveries=[step_of(one, language) for one in line.deliveries],
        withdrawal=_taken_back(line.withdrawal, language),
    )


def step_of(line: DeliveryLine, language: str) -> Step:
    """A delivery in the words of the API."""
    return Step(
        id=line.id,
        step=line.step,
        remote=line.remote,
        state=line.state,
        reason=why(line.reason, language),
        attempts=line.attempts,
        due_at=line.due_at,
        changed_at=line.changed_at,
        result_id=line.result_id,
        link=line.link,
    )


def _query() -> Select[Any]:
    return (
        select(
            completions,
            employees.c.nip,
            employees.c.name.label("employee"),
            employees.c.unit_name,
            courses.c.key,
            courses.c.content,
        )
        .join(employees, completions.c.employee_id == employees.c.id)
        .join(courses, completions.c.course_id == courses.c.id)
    )


def _begin_of(day: dt.date, zone: dt.tzinfo, *, days: int = 0) -> dt.datetime:
    """When the day begins in the city, or one so many days after it."""
    later = day + dt.timedelta(days=min(days, (dt.date.max - day).days))
    return dt.datetime.combine(later, dt.time(), zone)


def _completion(row: AnyRow, state: Standing) -> Completion:
    return Completion(
        id=row.id,
        employee=Whose(row.employee_id, row.nip, row.employee, row.unit_name),
        course=What(row.course_id, row.key, row.content.get("name", "")),
        role=row.role,
        run=row.run,
        jp=row.hours,
        score=row.score,
        starts=row.starts,
        ends=row.ends,
        completed_at=row.completed_at,
        certificate_number=row.certificate_number,
        state=state,
        withdrawn_at=row.withdrawn_at,
    )


def _taken_back(one: Withdrawal | None, language: str) -> TakenBack | None:
    if one is None:
        return None
    return TakenBack(
        at=one.at,
        reason=why(one.reason, language) if one.reason else None,
        decision=one.decision,
        decided_at=one.decided_at,
        decided_by=one.decided_by,
        decided_why=one.decided_why,
    )
