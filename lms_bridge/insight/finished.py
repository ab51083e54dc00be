"""Finding completions: by unit, course, where they stand, and when they were completed.

A list is read by key, fifty at a time, the latest first. Of hundreds of thousands only those are
read that are shown: what is rare is found first and put in order (who is in a small unit, what a
person has to see to), and what is common by going through all in order until a page is full.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, not_, or_, select

from lms_bridge import reports
from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit, of_unit
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.deliveries.standing import UNDONE_BY
from lms_bridge.insight.standings import Standing
from lms_bridge.reasons import Reason
from lms_bridge.reports import CompletionLine
from lms_bridge.store.many import among, within
from lms_bridge.store.schema import completions, courses, deliveries, employees, withdrawals

PAGE = 50
COUNTED = 1000
"""up to how many are counted"""
_FEW = 500
"""people who are gone through first rather than all completions"""
_UNDER_WAY = (State.WAITING, State.RUNNING, State.RETRYING)


_STEPS_OF = {Standing.STOPPED: FOR_A_PERSON, Standing.UNDER_WAY: _UNDER_WAY}


class Wanted(msgspec.Struct, frozen=True):
    """Which completions are looked for; all of it has to be so."""

    unit: Unit | None = None
    """of people who are in it now, or in one below it"""
    course: str = ""
    """its key"""
    standing: Standing | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """before it"""
    employee: int | None = None
    """their number"""


class Finished(msgspec.Struct, frozen=True):
    """A page of them, and whose each is."""

    lines: Sequence[CompletionLine]
    whose: Mapping[int, int]
    """by completion, the number of the employee"""
    is_more: bool


def find(
    db: Connection,
    sight: Sight,
    wanted: Wanted,
    *,
    after: int = 0,
    now: dt.datetime,
    closed: Mapping[str, Reason],
    limit: int = PAGE,
) -> Finished:
    """Those of people whom `sight` sees, before the completion of the number `after`."""
    query = _from(_which(db, sight, wanted, in_order=True))
    number, _, at = query.selected_columns
    if after:
        last = select(completions.c.completed_at).where(completions.c.id == after)
        reached = db.execute(last).scalar()
        if reached is not None:
            query = query.where(or_(at < reached, and_(at == reached, number < after)))
    query = query.order_by(at.desc(), number.desc()).limit(limit + 1)
    whose = {row.id: row.employee_id for row in db.execute(query)}
    ids = list(whose)[:limit]
    found = (
        {
            one.id: one
            for one in reports.list_completions(db, now=now, ids=ids, limit=limit, closed=closed)
        }
        if ids
        else {}
    )
    return Finished([found[each] for each in ids], whose, len(whose) > limit)


def how_many(db: Connection, sight: Sight, wanted: Wanted) -> int:
    """How many there are, counted up to one more than :data:`COUNTED`."""
    which = _which(db, sight, wanted)
    # Not by _from: nothing is put in order here, so nobody goes on after there are enough.
    some = which.of(select(completions.c.id)).where(*which.few, *which.common).limit(COUNTED + 1)
    return db.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def employee_of(db: Connection, sight: Sight, completion_id: int) -> int | None:
    """Whose that completion is; None if there is none, or none in sight."""
    query = select(completions.c.employee_id).where(
        completions.c.id == completion_id, sight.sees(completions.c.employee_id)
    )
    return db.execute(query).scalar()


def days_of(db: Connection, completion_id: int) -> tuple[dt.date, dt.date]:
    """The first and the last day of that completion."""
    query = select(completions.c.starts, completions.c.ends)
    row = db.execute(query.where(completions.c.id == completion_id)).one()
    return row.starts, row.ends


def course_choices(db: Connection) -> list[tuple[str, str]]:
    """Key and name of each course of the catalogue, by name."""
    rows = db.execute(select(courses.c.key, courses.c.content))
    named = [(row.key, row.content.get("name", "")) for row in rows]
    return sorted(named, key=lambda one: one[1].casefold())


class _Which(msgspec.Struct, frozen=True):
    few: Sequence[ColumnElement[bool]]
    """conditions by which few are found"""
    common: Sequence[ColumnElement[bool]]
    steps: Select[Any] | None = None
    """the completions, each once, of which a step is as wanted; they are among these"""

    def of(self, query: Select[Any]) -> Select[Any]:
        """`query` of completions, of only those that have such a step.

        As a join, so that PostgreSQL may go from these few to their completions.
        """
        if self.steps is None:
            return query
        found = self.steps.subquery("steps")
        return query.join(found, found.c.completion_id == completions.c.id)


def _from(which: _Which) -> Select[Any]:
    """Number, employee and time of those `which`."""
    query = select(completions.c.id, completions.c.employee_id, completions.c.completed_at)
    asked: Select[Any] = which.of(query).where(*which.few, *which.common)
    if not which.few and which.steps is None:
        return asked
    # Else a database may think it quicker to go through all in order until it has met enough.
    few = asked.cte("few").prefix_with("MATERIALIZED")
    return select(few.c.id, few.c.employee_id, few.c.completed_at)


def _which(db: Connection, sight: Sight, wanted: Wanted, *, in_order: bool = False) -> _Which:
    """Which those are; `in_order` if only the latest of them are to be found."""
    sights = (sight, of_unit(db, wanted.unit) if wanted.unit else EVERYBODY)
    steps: Select[Any] | None = None
    few: list[ColumnElement[bool]] = []
    common: list[ColumnElement[bool]] = []
    if wanted.course:
        of_it = select(courses.c.id).where(courses.c.key == wanted.course)
        few.append(completions.c.course_id.in_(of_it))
    if wanted.employee is not None:
        few.append(completions.c.employee_id == wanted.employee)
    if wanted.standing is not None:
        rare = wanted.standing is not Standing.THROUGH and not (
            in_order and _is_frequent(db, wanted.standing, sights)
        )
        if rare and wanted.standing in _STEPS_OF:
            steps = _stand_by_step(db, wanted.standing, sights)
        else:
            (few if rare else common).append(_stands(db, wanted.standing, sights))
    for inside in sights:
        if not inside.is_whole:
            by_person = not few and steps is None and _is_of_few(db, inside)
            # An expression of it is looked up in no index.
            column = completions.c.employee_id if by_person else completions.c.employee_id + 0
            (few if by_person else common).append(inside.sees(column))
    if wanted.since:
        common.append(completions.c.completed_at >= wanted.since)
    if wanted.until:
        common.append(completions.c.completed_at < wanted.until)
    return _Which(few, common, steps)


def _is_of_few(db: Connection, sight: Sight) -> bool:
    some = select(employees.c.id).where(sight.sees(employees.c.id)).limit(_FEW + 1)
    return db.execute(select(func.count()).select_from(some.subquery())).scalar_one() <= _FEW


def _is_frequent(db: Connection, standing: Standing, sights: Sequence[Sight]) -> bool:
    """Whether there are so many that stand like that that the latest are soon met."""
    if standing is not Standing.UNDER_WAY:
        return False
    some = _steps(_UNDER_WAY, sights).limit(COUNTED + 1)
    return db.execute(select(func.count()).select_from(some.subquery())).scalar_one() > COUNTED


def _stands(db: Connection, standing: Standing, sights: Sequence[Sight]) -> ColumnElement[bool]:
    """The same as :func:`~lms_bridge.insight.standings.standing_of` says of one in `sights`."""
    undecided = _undecided(db)
    others = not_(within(completions.c.id, undecided))
    match standing:
        case Standing.UNDECIDED:
            return among(completions.c.id, undecided)
        case Standing.STOPPED:
            return and_(_has_step(FOR_A_PERSON, sights), others)
        case Standing.UNDER_WAY:
            stopped = _has_step(FOR_A_PERSON, sights)
            return and_(_has_step(_UNDER_WAY, sights), not_(stopped), others)
        case Standing.THROUGH:
            # One by one they are soon met where nearly all are; of some people few steps are open.
            is_narrow = not all(one.is_whole for one in sights)
            moves = completions.c.id.in_(_steps(_MOVES, sights)) if is_narrow else _is_open(_MOVES)
            return and_(completions.c.withdrawn_at.is_(None), not_(moves))
        case Standing.TAKEN_BACK:
            back = select(withdrawals.c.completion_id).where(withdrawals.c.ended_at.is_(None))
            return and_(completions.c.id.in_(back), others, not_(_is_open(_MOVES)))


def _stand_by_step(db: Connection, standing: Standing, sights: Sequence[Sight]) -> Select[Any]:
    """The same, as the numbers of those of which a step is as it has to be; each once.

    All conditions are on the steps, for PostgreSQL thinks little of joining the few to their
    completions where these have conditions of their own.
    """
    number = deliveries.c.completion_id
    query = _steps(_STEPS_OF[standing], sights).where(not_(within(number, _undecided(db))))
    if standing is Standing.UNDER_WAY:
        query = query.where(number.not_in(_steps(FOR_A_PERSON, sights)))
    return query.distinct()


def _undecided(db: Connection) -> Sequence[int]:
    """Those that were taken back, of which something is delivered, and nothing is decided.

    It is :func:`lms_bridge.withdrawals.is_undecided`, from the few that were taken back.
    """
    back = select(withdrawals.c.completion_id).where(
        withdrawals.c.ended_at.is_(None), withdrawals.c.decision.is_(None)
    )
    ids = db.execute(back).scalars().all()
    there = select(deliveries.c.completion_id).where(
        among(deliveries.c.completion_id, ids),
        deliveries.c.step.in_(UNDONE_BY),
        _STATE == State.DONE,
    )
    return sorted(set(db.execute(there).scalars()))


def _steps(states: Sequence[State], sights: Sequence[Sight]) -> Select[Any]:
    """The completions in `sights` of which a step is in one of these, as often as there are."""
    return select(deliveries.c.completion_id).where(
        deliveries.c.state.in_(states),
        deliveries.c.completion_id.is_not(None),
        *(one.sees(deliveries.c.employee_id) for one in sights if not one.is_whole),
    )


def _has_step(states: Sequence[State], sights: Sequence[Sight]) -> ColumnElement[bool]:
    # An expression of it is looked up in no index: those that are not rare are met in order.
    return (completions.c.id + 0).in_(_steps(states, sights))


def _is_open(states: Sequence[State]) -> ColumnElement[bool]:
    return exists().where(deliveries.c.completion_id == completions.c.id, _STATE.in_(states))


_MOVES = (*_UNDER_WAY, *FOR_A_PERSON)
_STATE = deliveries.c.state + ""
"""an expression, so that the steps of one completion are found by it and not by their state"""
