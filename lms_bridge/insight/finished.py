"""Finding completions: by unit, course, where they stand, and when they were completed.

>>> search = Search(db, sight, Wanted(course="LITDIG-2026"))
>>> search.find(now=now, closed={}).lines, search.how_many()

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
from lms_bridge.deliveries.standing import DELIVERED, GIVEN_UP, UNDONE_BY
from lms_bridge.insight.standings import Standing
from lms_bridge.reasons import Reason
from lms_bridge.reports import CompletionLine
from lms_bridge.store.many import among, within
from lms_bridge.store.schema import completions, courses, deliveries, withdrawals

PAGE = 50
COUNTED = 1000
"""up to how many are counted"""
_FEW = 150
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


class Search:
    """The completions of people whom `sight` sees that are as `wanted`."""

    def __init__(self, db: Connection, sight: Sight, wanted: Wanted) -> None:
        self._db = db
        self._wanted = wanted
        self._sights = (sight, of_unit(db, wanted.unit) if wanted.unit else EVERYBODY)
        self._undecided = _undecided(db) if wanted.standing else ()

    def find(
        self,
        *,
        after: int = 0,
        now: dt.datetime,
        closed: Mapping[str, Reason],
        limit: int = PAGE,
    ) -> Finished:
        """Those before the completion of the number `after`, the latest first."""
        db = self._db
        query = _from(self._which(in_order=True))
        number, _, at = query.selected_columns
        if after:
            last = select(completions.c.completed_at).where(completions.c.id == after)
            reached = db.execute(last).scalar()
            if reached is not None:
                # The first says no more than the second, but where to begin in an index.
                query = query.where(at <= reached, or_(at < reached, number < after))
        query = query.order_by(at.desc(), number.desc()).limit(limit + 1)
        whose = {row.id: row.employee_id for row in db.execute(query)}
        ids = list(whose)[:limit]
        found: dict[int, CompletionLine] = {}
        if ids:
            lines = reports.list_completions(db, now=now, ids=ids, limit=limit, closed=closed)
            found = {one.id: one for one in lines}
        return Finished([found[each] for each in ids], whose, len(whose) > limit)

    def how_many(self) -> int:
        """How many there are, counted up to one more than :data:`COUNTED`."""
        which = self._which()
        if which.steps is not None and not which.few and not which.common:
            return self._counted(which.steps)
        # Not by _from: nothing is put in order here, so nobody goes on after there are enough.
        every = which.of(select(completions.c.id)).where(*which.few, *which.common)
        return self._counted(every)

    def _which(self, *, in_order: bool = False) -> _Which:
        """Which those are; `in_order` if only the latest of them are to be found."""
        wanted, sights = self._wanted, self._sights
        steps: Select[Any] | None = None
        few: list[ColumnElement[bool]] = []
        common: list[ColumnElement[bool]] = []
        people: list[Sight] = []
        if wanted.course:
            of_it = select(courses.c.id).where(courses.c.key == wanted.course)
            few.append(completions.c.course_id.in_(of_it))
        if wanted.employee is not None:
            few.append(completions.c.employee_id == wanted.employee)
        if wanted.standing is not None:
            rare = wanted.standing is not Standing.THROUGH and not (
                in_order and self._are_frequent(wanted.standing)
            )
            if rare and wanted.standing in _STEPS_OF:
                steps = _stand_by_step(wanted.standing, sights, self._undecided)
            else:
                stand = _stands(wanted.standing, sights, self._undecided)
                (few if rare else common).append(stand)
        for inside in reversed(sights):  # whoever is looked for first, for they are fewer
            if inside.is_whole or steps is not None:  # which are of those who are seen
                continue
            if not (few or people or in_order):
                people.append(inside)
                continue
            by_person = not few and inside.are_few(self._db, _FEW)
            # An expression of it is looked up in no index.
            column = completions.c.employee_id if by_person else completions.c.employee_id + 0
            (few if by_person else common).append(inside.sees(column))
        if wanted.since:
            common.append(completions.c.completed_at >= wanted.since)
        if wanted.until:
            common.append(completions.c.completed_at < wanted.until)
        return _Which(few, common, steps, people)

    def _are_frequent(self, standing: Standing) -> bool:
        """Whether there are so many that stand like that that the latest are soon met."""
        if standing is not Standing.UNDER_WAY:
            return False
        return self._counted(_steps(_UNDER_WAY, self._sights)) > COUNTED

    def _counted(self, every: Select[Any]) -> int:
        counted = select(func.count()).select_from(every.limit(COUNTED + 1).subquery())
        return self._db.execute(counted).scalar_one()


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
    rows = db.execute(select(courses.c.key, courses.c.content["name"].as_string().label("name")))
    return sorted(((row.key, row.name or "") for row in rows), key=lambda one: one[1].casefold())


class _Which(msgspec.Struct, frozen=True):
    few: Sequence[ColumnElement[bool]]
    """conditions by which few are found"""
    common: Sequence[ColumnElement[bool]]
    steps: Select[Any] | None = None
    """the completions, each once, of which a step is as wanted; they are among these"""
    people: Sequence[Sight] = ()
    """whose they are, to begin with: for where nothing is to be put in order"""

    def of(self, query: Select[Any]) -> Select[Any]:
        """`query` of completions, of only those of such people that have such a step.

        As a join, so that PostgreSQL may go from these few to their completions.
        """
        for one in self.people:
            query = one.through(query, completions.c.employee_id)
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


def _stands(
    standing: Standing, sights: Sequence[Sight], undecided: Sequence[int]
) -> ColumnElement[bool]:
    """The same as :func:`~lms_bridge.insight.standings.standing_of` says of one in `sights`."""
    others = not_(within(completions.c.id, undecided))
    given_up = completions.c.id.in_(_given_up(sights))
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
            return and_(completions.c.withdrawn_at.is_(None), not_(moves), not_(given_up))
        case Standing.GIVEN_UP:
            return and_(given_up, completions.c.withdrawn_at.is_(None), not_(_is_open(_MOVES)))
        case Standing.TAKEN_BACK:
            back = select(withdrawals.c.completion_id).where(withdrawals.c.ended_at.is_(None))
            return and_(completions.c.id.in_(back), others, not_(_is_open(_MOVES)))


def _stand_by_step(
    standing: Standing, sights: Sequence[Sight], undecided: Sequence[int]
) -> Select[Any]:
    """The same, as the numbers of those of which a step is as it has to be; each once.

    All conditions are on the steps, for PostgreSQL thinks little of joining the few to their
    completions where these have conditions of their own.
    """
    number = deliveries.c.completion_id
    query = _steps(_STEPS_OF[standing], sights).where(not_(within(number, undecided)))
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


def _given_up(sights: Sequence[Sight]) -> Select[Any]:
    """The completions in `sights` of which somebody has given up the record or the badge."""
    return _steps((State.CANCELLED,), sights).where(
        deliveries.c.reason_code == GIVEN_UP, deliveries.c.step.in_(DELIVERED)
    )


def _has_step(states: Sequence[State], sights: Sequence[Sight]) -> ColumnElement[bool]:
    # An expression of it is looked up in no index: those that are not rare are met in order.
    return (completions.c.id + 0).in_(_steps(states, sights))


def _is_open(states: Sequence[State]) -> ColumnElement[bool]:
    return exists().where(deliveries.c.completion_id == completions.c.id, _STATE.in_(states))


_MOVES = (*_UNDER_WAY, *FOR_A_PERSON)
_STATE = deliveries.c.state + ""
"""an expression, so that the steps of one completion are found by it and not by their state"""
