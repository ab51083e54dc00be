"""What HR asks about people: what somebody has learned, and who lacks JP in a year."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, literal, select, true

from lms_bridge.config.settings import YearlyHours
from lms_bridge.people import history, postings, service, units
from lms_bridge.people.history import Rated, Reading
from lms_bridge.people.hours import Hours, Learned, Ours, Row, gather, hours_of
from lms_bridge.people.postings import Posting
from lms_bridge.people.service import Kind, Standing
from lms_bridge.store.many import among
from lms_bridge.store.schema import (
    completions,
    courses,
    deliveries,
    employees,
    history_readings,
    history_rows,
    withdrawals,
)
from lms_bridge.store.types import AnyRow


class Employee(msgspec.Struct, frozen=True):
    """Somebody, and how they stand in the service."""

    id: int
    nip: str
    name: str
    unit_id: str
    unit: str
    status: str
    """in the registry's own word"""
    standing: Standing
    kind: Kind


class About(msgspec.Struct, frozen=True):
    """All that is shown of one employee."""

    employee: Employee
    year: int
    hours: Hours
    wanted: int
    """JP to be reached in a year"""
    learned: list[Learned]
    ratings: list[Rated]
    postings: list[Posting]
    readings: list[Reading]


class Lacking(msgspec.Struct, frozen=True):
    """An employee with fewer JP in a year than there are to be reached."""

    employee: Employee
    hours: Hours
    wanted: int
    lacks: int
    read_at: dt.datetime | None
    """when the history was last read; None: never, so what others recorded is not in it"""


class NobodyThere(Exception):
    """Nobody in service is in a unit that was named."""


def about(db: Connection, employee_id: int, *, year: int, yearly: YearlyHours) -> About:
    """All that is shown of the employee, with the JP of `year`."""
    row = db.execute(select(employees).where(employees.c.id == employee_id)).one()
    employee = _employee(row)
    mine = employees.c.id == employee_id
    learned = gather(
        _ours(db, mine, true()).get(employee_id, ()), _rows(db, mine, true()).get(employee_id, ())
    )
    return About(
        employee=employee,
        year=year,
        hours=hours_of(learned, year),
        wanted=wanted_of(employee.kind, yearly),
        learned=learned,
        ratings=history.rated(db, employee_id),
        postings=list(postings.of(db, employee_id)),
        readings=history.readings_of(db, employee_id),
    )


def trainings(db: Connection, people: Collection[int]) -> Mapping[int, Sequence[Learned]]:
    """All that each of `people` has learned, by employee."""
    mine = among(employees.c.id, people)
    ours, rows = _ours(db, mine, true()), _rows(db, mine, true())
    return {each: gather(ours.get(each, ()), rows.get(each, ())) for each in people}


def lacking(
    db: Connection,
    *,
    year: int,
    yearly: YearlyHours,
    unit: str = "",
    wanted: int | None = None,
) -> list[Lacking]:
    """Who in service has fewer JP in `year` than are to be reached, the fewest first.

    `wanted` JP are to be reached by everybody, instead of what `yearly` says. `unit` narrows it to
    the units with that id, or with that in their names, and those below. Who is inactive or has
    retired need not reach any. Raises :exc:`NobodyThere`.
    """
    in_year = (completions.c.ends >= dt.date(year, 1, 1)) & (
        completions.c.ends <= dt.date(year, 12, 31)
    )
    ours = _ours(db, true(), in_year)
    rows = _rows(db, true(), history_rows.c.year == year)
    read = dict[int, dt.datetime]()
    for row in db.execute(select(history_readings).where(history_readings.c.read_at.is_not(None))):
        read[row.employee_id] = max(row.read_at, read.get(row.employee_id, row.read_at))
    found = []
    people = list(_in_service(db, unit))
    if unit and not people:
        raise NobodyThere(unit)
    for employee in people:
        goal = wanted_of(employee.kind, yearly) if wanted is None else wanted
        mine = gather(ours.get(employee.id, ()), rows.get(employee.id, ()))
        hours = hours_of(mine, year)
        if hours.total < goal:
            lacks = goal - hours.total
            found.append(Lacking(employee, hours, goal, lacks, read.get(employee.id)))
    return sorted(found, key=lambda one: (one.hours.total, one.employee.name, one.employee.nip))


def wanted_of(kind: Kind, yearly: YearlyHours) -> int:
    """The JP that an employee of that kind is to reach in a year."""
    return yearly.pppk if kind == "PPPK" else yearly.pns


def _in_service(db: Connection, unit: str) -> Iterator[Employee]:
    """Everybody, or those in `unit`, who is not inactive or retired, as far as it is known."""
    inside = units.people_in(db, unit) if unit else None
    for row in db.execute(select(employees).order_by(employees.c.id)):
        employee = _employee(row)
        if (inside is None or employee.id in inside) and employee.standing in ("active", ""):
            yield employee


def _employee(row: AnyRow) -> Employee:
    return Employee(
        id=row.id,
        nip=row.nip,
        name=row.name,
        unit_id=row.unit_id,
        unit=row.unit_name,
        status=row.status,
        standing=service.standing(row.status),
        kind=service.kind(row.nip, row.status),
    )


def _ours(
    db: Connection, whose: ColumnElement[bool], which: ColumnElement[bool]
) -> Mapping[int, Sequence[Ours]]:
    """The completions `which`, by employee."""
    current = and_(
        withdrawals.c.completion_id == completions.c.id, withdrawals.c.ended_at.is_(None)
    )
    names = {
        row.id: (row.content.get("name", ""), row.content.get("organiser", ""))
        for row in db.execute(select(courses.c.id, courses.c.content))
    }
    query = (
        select(completions, withdrawals.c.decision)
        .join(employees, completions.c.employee_id == employees.c.id)
        .outerjoin(withdrawals, current)
        .where(whose, which)
        .order_by(completions.c.id)
    )
    found: dict[int, list[Ours]] = defaultdict(list)
    for row in db.execute(query):
        name, organiser = names[row.course_id]
        found[row.employee_id].append(
            Ours(
                id=row.id,
                name=name,
                organiser=organiser,
                certificate_number=row.certificate_number,
                hours=row.hours,
                starts=row.starts,
                ends=row.ends,
                withdrawn=row.withdrawn_at is not None,
                kept=row.decision == "keep",
            )
        )
    return found


def _rows(
    db: Connection, whose: ColumnElement[bool], which: ColumnElement[bool]
) -> Mapping[int, Sequence[Row]]:
    """The rows `which` of registries, by employee, with the completions that they are."""
    brought = (
        select(
            deliveries.c.remote,
            deliveries.c.result_id,
            completions.c.id.label("completion_id"),
            completions.c.employee_id,
            completions.c.withdrawn_at,
        )
        .join(completions, deliveries.c.completion_id == completions.c.id)
        # A row that was removed is still the completion's until the history is read again.
        .where(deliveries.c.step.in_(("record", "unrecord")), deliveries.c.result_id.is_not(None))
        .subquery()
    )
    # Also by the employee: a row without an id goes by what it says, which may be of several.
    by_delivery = and_(
        brought.c.employee_id == history_rows.c.employee_id,
        brought.c.remote == literal("registry.") + history_rows.c.registry,
        brought.c.result_id == history_rows.c.row_id,
    )
    query = (
        select(history_rows, brought.c.completion_id)
        .join(employees, history_rows.c.employee_id == employees.c.id)
        .outerjoin(brought, by_delivery)
        .where(whose, which)
        # Of two completions that the same row is of, the one that stands.
        .order_by(history_rows.c.id, brought.c.withdrawn_at.is_not(None), brought.c.completion_id)
    )
    found: dict[int, dict[int, Row]] = defaultdict(dict)
    for row in db.execute(query):
        found[row.employee_id].setdefault(
            row.id,
            Row(
                registry=row.registry,
                history=row.history,
                id=row.row_id,
                name=row.name,
                organiser=row.organiser,
                certificate_number=row.certificate_number,
                hours=row.hours,
                starts=row.starts,
                ends=row.ends,
                year=row.year,
                kind=row.kind,
                document=row.document,
                completion_id=row.completion_id,
            ),
        )
    return {employee_id: list(rows.values()) for employee_id, rows in found.items()}
