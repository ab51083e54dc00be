"""The JP of those in service in a year: the one place from which the reports have them.

They are the sums that :mod:`lms_bridge.people.sums` keeps, and all that is asked of them is asked
in SQL: ten thousand people are counted in milliseconds, and only those that are shown are read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)

from lms_bridge.accounts.sight import Sight
from lms_bridge.config.settings import YearlyHours
from lms_bridge.people import service
from lms_bridge.people.service import Kind
from lms_bridge.store.schema import employees, history_readings, postings, yearly_hours

_ROWS_AT_ONCE = 500
_NO_NIP = "0" * 18
_FIRST_AGREEMENT = "21"
"""the 13th and 14th digit of a PPPK are this or more"""


class Standing(msgspec.Struct, frozen=True):
    """How far somebody in service has come in a year."""

    employee_id: int
    nip: str
    name: str
    unit: str
    kind: Kind
    ours: int
    elsewhere: int
    wanted: int
    read_at: dt.datetime | None
    """when the history was last read; None: never, so what others recorded is not in it"""

    @property
    def total(self) -> int:
        return self.ours + self.elsewhere

    @property
    def lacks(self) -> int:
        """JP that are still to be reached."""
        return max(0, self.wanted - self.total)


class Sums(msgspec.Struct, frozen=True):
    """What people come to together."""

    people: int = 0
    reached: int = 0
    ours: int = 0
    elsewhere: int = 0
    lacks: int = 0

    @property
    def total(self) -> int:
        return self.ours + self.elsewhere

    def __add__(self, other: Sums) -> Sums:
        mine, others = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Sums(*(one + another for one, another in zip(mine, others, strict=True)))


class Figures:
    """The JP of `year` of those in service whom each of the sights sees.

    >>> with store.reading() as db:
    ...     Figures(db, sight, year=2026, yearly=settings.yearly_hours).sums()
    """

    def __init__(
        self,
        db: Connection,
        *seen_by: Sight,
        year: int,
        yearly: YearlyHours,
        wanted: int | None = None,
    ) -> None:
        self._db = db
        self._year = year
        statuses = list(db.scalars(select(employees.c.status).distinct()))
        serving = [one for one in statuses if service.standing(one) in ("active", "")]
        seen = (sight.sees(employees.c.id) for sight in seen_by if not sight.is_whole)
        self._which = and_(employees.c.status.in_(serving), *seen)
        self._wanted = _wanted(statuses, yearly) if wanted is None else literal(wanted)
        self._ours: ColumnElement[int] = func.coalesce(yearly_hours.c.ours, 0)
        self._elsewhere: ColumnElement[int] = func.coalesce(yearly_hours.c.elsewhere, 0)
        self._lacks: ColumnElement[Any] = self._wanted - self._ours - self._elsewhere

    def standings(self, *, lacking: bool = False, limit: int | None = None) -> Iterator[Standing]:
        """Everybody by name; or who is `lacking` JP, the fewest first."""
        query = self._from(
            employees.c.id,
            employees.c.nip,
            employees.c.name,
            employees.c.unit_name,
            employees.c.status,
            self._ours.label("ours"),
            self._elsewhere.label("elsewhere"),
            self._wanted.label("wanted"),
            _read_at().label("read_at"),
        )
        by_name = employees.c.name, employees.c.nip
        if lacking:
            query = query.where(self._lacks > 0)
            query = query.order_by(self._ours + self._elsewhere, *by_name)
        else:
            query = query.order_by(*by_name)
        rows = self._db.execute(query.limit(limit).execution_options(yield_per=_ROWS_AT_ONCE))
        for row in rows:
            yield Standing(
                row.id,
                row.nip,
                row.name,
                row.unit_name,
                service.kind(row.nip, row.status),
                row.ours,
                row.elsewhere,
                row.wanted,
                row.read_at,
            )

    def sums(self, *, lacking: bool = False) -> Sums:
        """What all of them come to; or those who are `lacking` JP."""
        query = self._from(*self._summed())
        if lacking:
            query = query.where(self._lacks > 0)
        return _sums(self._db.execute(query).one())

    def unread(self, *, lacking: bool = False) -> int:
        """Of how many of them, or of those who are `lacking` JP, no history was ever read."""
        read = select(history_readings.c.employee_id).where(history_readings.c.read_at.is_not(None))
        query = self._from(func.count()).where(employees.c.id.not_in(read))
        if lacking:
            query = query.where(self._lacks > 0)
        return int(self._db.execute(query).scalar_one())

    def by_unit(self) -> Iterator[tuple[str, str, str, Sums]]:
        """(registry, id, name, sums) of each unit that any of them is in now, by itself."""
        unit = postings.c.registry, postings.c.unit_id, postings.c.unit_name
        current = and_(postings.c.employee_id == employees.c.id, postings.c.until.is_(None))
        query = self._from(*unit, *self._summed()).join(postings, current).group_by(*unit)
        for registry, unit_id, name, *sums in self._db.execute(query):
            yield registry, unit_id, name, _sums(sums)

    def _summed(self) -> list[ColumnElement[Any]]:
        return [
            func.count(),
            func.sum(case((self._lacks > 0, 0), else_=1)),
            func.sum(self._ours),
            func.sum(self._elsewhere),
            func.sum(case((self._lacks > 0, self._lacks), else_=0)),
        ]

    def _from(self, *columns: Any) -> Select[Any]:
        mine = and_(yearly_hours.c.employee_id == employees.c.id, yearly_hours.c.year == self._year)
        return (
            select(*columns).select_from(employees).outerjoin(yearly_hours, mine).where(self._which)
        )


def _wanted(statuses: list[str], yearly: YearlyHours) -> ColumnElement[Any]:
    """JP to reach: by what a registry says somebody is, and else as the NIP looks."""
    said: dict[Kind, list[str]] = {"PNS": [], "PPPK": [], "other": []}
    for status in statuses:
        said[service.kind(_NO_NIP, status)].append(status)
    looks = func.substr(employees.c.nip, 13, 2) >= _FIRST_AGREEMENT
    is_pppk = or_(
        employees.c.status.in_(said["PPPK"]), and_(employees.c.status.in_(said["other"]), looks)
    )
    return case((is_pppk, yearly.pppk), else_=yearly.pns)


def _read_at() -> ColumnElement[Any]:
    return (
        select(func.max(history_readings.c.read_at))
        .where(history_readings.c.employee_id == employees.c.id)
        .correlate(employees)
        .scalar_subquery()
    )


def _sums(row: Any) -> Sums:
    return Sums(*(int(each or 0) for each in row))
