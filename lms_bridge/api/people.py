"""Employees, with the JP of a year and all that they have learned."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.api import paging
from lms_bridge.api.paging import Page, Paged, Text
from lms_bridge.config.settings import YearlyHours
from lms_bridge.people import learned, service
from lms_bridge.people.hours import Learned
from lms_bridge.people.service import Kind, Standing
from lms_bridge.store.schema import employees
from lms_bridge.store.types import AnyRow

Nip = Annotated[str, msgspec.Meta(pattern=r"^\d{18}$", description="NIP or NI PPPK, 18 digits")]
Year = Annotated[int, msgspec.Meta(ge=1900, le=2200)]


class EmployeesAsked(Paged, frozen=True, kw_only=True):
    """Which employees are asked for."""

    unit: Annotated[Text, msgspec.Meta(description="Id of a unit: who is in it or below.")] = ""
    registry: Annotated[
        Text, msgspec.Meta(description="Whose unit it is, where several registries have that id.")
    ] = ""


class EmployeeSearch(EmployeesAsked, frozen=True, kw_only=True):
    """Whom to look for; what is left out matters not."""

    nip: Nip | None = None
    name: Annotated[Text, msgspec.Meta(description="Any part of the name.")] = ""


class EmployeeAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of one employee."""

    year: Annotated[
        Year | None, msgspec.Meta(description="Whose JP are counted; left out: this year.")
    ] = None


class Unit(msgspec.Struct, frozen=True):
    """A work unit."""

    id: str
    name: str


class Employee(msgspec.Struct, frozen=True, kw_only=True):
    """An employee, as the registry knows them."""

    id: int
    nip: str
    name: str
    unit: Unit
    kind: Kind
    status: str
    """in the registry's own word"""
    standing: Standing
    """what that comes to; empty: it is not known"""
    refreshed_at: dt.datetime | None
    """when the registry was last asked"""


class HoursOfYear(msgspec.Struct, frozen=True, kw_only=True):
    """JP of a year."""

    year: int
    jp: int
    recorded_by_bridge: int
    elsewhere: int
    """of trainings that only a registry tells of"""
    wanted: int
    """to be reached in a year"""


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """A training, once, wherever it is known from."""

    name: str
    organiser: str
    certificate_number: str
    jp: int | None
    starts: dt.date | None
    ends: dt.date | None
    year: int | None
    """in which it counts"""
    kind: int | None
    """`jenisDiklatId`"""
    completion: int | None
    """number of the completion; null: it is known from a registry only"""
    registries: list[str]
    """that have a row of it"""
    counts: bool
    """not, if it was taken back"""


class EmployeeInFull(msgspec.Struct, frozen=True, kw_only=True):
    """An employee with the JP of a year and all trainings, the latest first."""

    employee: Employee
    hours: HoursOfYear
    trainings: list[Training]


def listed(db: Connection, sight: Sight, asked: EmployeesAsked, inside: Sight) -> Page[Employee]:
    """The employees that are seen by `sight` and `inside` of the unit that is asked for.

    Raises :exc:`~lms_bridge.api.paging.BadCursor`.
    """
    which = [sight.sees(employees.c.id), inside.sees(employees.c.id)]
    if isinstance(asked, EmployeeSearch):
        which += _sought(asked)
    query = select(employees).where(*which).order_by(employees.c.id).limit(asked.limit + 1)
    after = paging.number_of(asked.next)
    if after is not None:
        query = query.where(employees.c.id > after)
    return paging.page(db.execute(query).all(), asked.limit, lambda row: row.id, employee_of)


def in_full(
    db: Connection, sight: Sight, employee_id: int, *, year: int, yearly: YearlyHours
) -> EmployeeInFull | None:
    """All of one employee; None if there is none who is seen."""
    mine = select(employees).where(employees.c.id == employee_id, sight.sees(employees.c.id))
    row = db.execute(mine).one_or_none()
    if row is None:
        return None
    about = learned.about(db, employee_id, year=year, yearly=yearly)
    return EmployeeInFull(
        employee=employee_of(row),
        hours=HoursOfYear(
            year=year,
            jp=about.hours.total,
            recorded_by_bridge=about.hours.ours,
            elsewhere=about.hours.elsewhere,
            wanted=about.wanted,
        ),
        trainings=[_training(one) for one in about.learned],
    )


def employee_of(row: AnyRow) -> Employee:
    """The employee of a row of ``employees``."""
    return Employee(
        id=row.id,
        nip=row.nip,
        name=row.name,
        unit=Unit(row.unit_id, row.unit_name),
        kind=service.kind(row.nip, row.status),
        status=row.status,
        standing=service.standing(row.status),
        refreshed_at=row.refreshed_at,
    )


def _sought(asked: EmployeeSearch) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    if asked.nip is not None:
        which.append(employees.c.nip == asked.nip)
    if asked.name:
        which.append(employees.c.name.icontains(asked.name, autoescape=True))
    return which


def _training(one: Learned) -> Training:
    return Training(
        name=one.name,
        organiser=one.organiser,
        certificate_number=one.certificate_number,
        jp=one.hours,
        starts=one.starts,
        ends=one.ends,
        year=one.year,
        kind=one.kind,
        completion=one.completion_id,
        registries=list(dict.fromkeys(row.registry for row in one.rows)),
        counts=one.counts,
    )
