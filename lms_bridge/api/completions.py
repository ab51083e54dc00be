"""Completions, and what becomes of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, not_, select

from lms_bridge import reports
from lms_bridge.accounts.sight import Sight
from lms_bridge.api import paging
from lms_bridge.api.paging import Number, Page, Paged, Text
from lms_bridge.api.why import Why, why
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reports import DeliveryLine
from lms_bridge.store.schema import completions, courses, deliveries, employees, withdrawals
from lms_bridge.store.types import AnyRow
from lms_bridge.withdrawals import Withdrawal, current

Standing = Literal["open", "blocked", "through", "withdrawn"]
_SETTLED = (State.DONE, State.CANCELLED)
_OPEN = (State.WAITING, State.RUNNING, State.RETRYING, State.DELEGATED)


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
        msgspec.Meta(description="`open`: under way; `blocked`: a person has to act."),
    ] = None
    since: Annotated[
        dt.date | None, msgspec.Meta(description="The last day of the training is this or later.")
    ] = None
    until: Annotated[
        dt.date | None, msgspec.Meta(description="The last day of the training is this or earlier.")
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
    """`withdrawn` was taken back, `blocked` waits for a person, `open` is under way"""
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
    db: Connection, sight: Sight, asked: CompletionsAsked, inside: Sight
) -> Page[Completion]:
    """The completions that are asked for, the newest first.

    Raises :exc:`~lms_bridge.api.paging.BadCursor`.
    """
    owner = completions.c.employee_id
    which = [sight.sees(owner), inside.sees(owner), *_asked(asked)]
    before = paging.number_of(asked.next)
    if before is not None:
        which.append(completions.c.id < before)
    query = _query().where(*which).order_by(completions.c.id.desc()).limit(asked.limit + 1)
    rows = db.execute(query).all()
    states = _states(db, [row.id for row in rows])
    return paging.page(
        rows, asked.limit, lambda row: row.id, lambda row: _completion(row, states.get(row.id, []))
    )


def in_full(
    db: Connection, sight: Sight, completion_id: int, *, language: str, now: dt.datetime
) -> CompletionInFull | None:
    """One completion with its deliveries; None if there is none of somebody who is seen."""
    which = completions.c.id == completion_id, sight.sees(completions.c.employee_id)
    row = db.execute(_query().where(*which)).one_or_none()
    if row is None:
        return None
    mine = deliveries.c.completion_id == completion_id
    steps = reports.list_deliveries(db, now=now, where=mine)
    taken_back = current(db, select(completions.c.id).where(completions.c.id == completion_id))
    return CompletionInFull(
        completion=_completion(row, [one.state for one in steps]),
        deliveries=[step_of(one, language) for one in steps],
        withdrawal=_taken_back(taken_back.get(completion_id), language),
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


def _asked(asked: CompletionsAsked) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    if asked.course:
        course = select(courses.c.id).where(courses.c.key == asked.course)
        which.append(completions.c.course_id == course.scalar_subquery())
    if asked.employee is not None:
        which.append(completions.c.employee_id == asked.employee)
    if asked.since is not None:
        which.append(completions.c.ends >= asked.since)
    if asked.until is not None:
        which.append(completions.c.ends <= asked.until)
    if asked.state is not None:
        which.append(_is(asked.state))
    return which


def _is(state: Standing) -> ColumnElement[bool]:
    """That a completion stands so; what is rare is found from the side on which it is rare."""
    stands = completions.c.withdrawn_at.is_(None)
    if state == "withdrawn":
        ended = withdrawals.c.ended_at.is_(None)
        taken_back = select(withdrawals.c.completion_id).where(ended)
        return and_(not_(stands), completions.c.id.in_(taken_back))
    if state == "through":
        return and_(stands, ~_has(deliveries.c.state.not_in(_SETTLED)))
    blocked = _among([State.BLOCKED])
    if state == "blocked":
        return and_(stands, completions.c.id.in_(blocked))
    return and_(
        stands, completions.c.id.in_(_among(_OPEN)), ~_has(deliveries.c.state == State.BLOCKED)
    )


def _has(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(deliveries.c.completion_id == completions.c.id, which)


def _among(states: Sequence[State]) -> Select[Any]:
    return select(deliveries.c.completion_id).where(
        deliveries.c.state.in_(states), deliveries.c.completion_id.is_not(None)
    )


def _states(db: Connection, ids: Sequence[int]) -> dict[int, list[State]]:
    """The states of the deliveries of each."""
    query = select(deliveries.c.completion_id, deliveries.c.state)
    found: dict[int, list[State]] = {}
    for row in db.execute(query.where(deliveries.c.completion_id.in_(ids))):
        found.setdefault(row.completion_id, []).append(State(row.state))
    return found


def _standing(row: AnyRow, states: Sequence[State]) -> Standing:
    if row.withdrawn_at is not None:
        return "withdrawn"
    if State.BLOCKED in states:
        return "blocked"
    return "through" if all(one in _SETTLED for one in states) else "open"


def _completion(row: AnyRow, states: Sequence[State]) -> Completion:
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
        state=_standing(row, states),
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
