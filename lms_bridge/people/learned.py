"""What HR asks about people: what somebody has learned, and who lacks JP in a year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.config.settings import YearlyHours
from lms_bridge.people import history, postings, service, sums, units
from lms_bridge.people.gathering import trainings
from lms_bridge.people.history import Rated, Reading
from lms_bridge.people.hours import Hours, Learned, hours_of
from lms_bridge.people.postings import Posting
from lms_bridge.people.service import Kind, Standing
from lms_bridge.store.schema import employees, history_readings
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
    learned = list(trainings(db, [employee_id])[employee_id])
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


def lacking(
    db: Connection,
    sight: Sight,
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
    known = sums.hours(db, year)
    read = dict[int, dt.datetime]()
    for row in db.execute(select(history_readings).where(history_readings.c.read_at.is_not(None))):
        read[row.employee_id] = max(row.read_at, read.get(row.employee_id, row.read_at))
    found = []
    people = list(_in_service(db, sight, unit))
    if unit and not people:
        raise NobodyThere(unit)
    for employee in people:
        goal = wanted_of(employee.kind, yearly) if wanted is None else wanted
        hours = known.get(employee.id, sums.NONE)
        if hours.total < goal:
            lacks = goal - hours.total
            found.append(Lacking(employee, hours, goal, lacks, read.get(employee.id)))
    return sorted(found, key=lambda one: (one.hours.total, one.employee.name, one.employee.nip))


def wanted_of(kind: Kind, yearly: YearlyHours) -> int:
    """The JP that an employee of that kind is to reach in a year."""
    return yearly.pppk if kind == "PPPK" else yearly.pns


def _in_service(db: Connection, sight: Sight, unit: str) -> Iterator[Employee]:
    """Who of `sight`, and of `unit`, is not inactive or retired, as far as that is known."""
    inside = units.people_in(db, unit) if unit else None
    seen = select(employees).where(sight.sees(employees.c.id))
    for row in db.execute(seen.order_by(employees.c.id)):
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
