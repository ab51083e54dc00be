"""How far the people in service have come in a year, added up: of each unit, and of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.figures.goals import Goals
from lms_bridge.figures.units import ByUnit, OfUnit, of_each, shown
from lms_bridge.store.schema import employees, history_readings, yearly_hours


class Sums(msgspec.Struct, frozen=True, array_like=True):
    """What people come to together."""

    people: int = 0
    ours: int = 0
    """JP of trainings that the bridge recorded"""
    elsewhere: int = 0
    """JP of those that others recorded"""
    lacks: int = 0
    """JP that are still to be reached"""
    unread: int = 0
    """people whose training history was never read"""

    @property
    def hours(self) -> int:
        """All JP."""
        return self.ours + self.elsewhere

    def __add__(self, other: Sums) -> Sums:
        mine, others = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Sums(*(one + another for one, another in zip(mine, others, strict=True)))


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """Some people in service: all of them, and of these who lacks JP."""

    all: Sums = Sums()
    lacking: Sums = Sums()

    @property
    def people(self) -> int:
        """How many they are."""
        return self.all.people

    @property
    def reached(self) -> int:
        """How many have their JP."""
        return self.all.people - self.lacking.people

    @property
    def share(self) -> float:
        """Of 100 of them, how many have reached their JP."""
        return 100 * self.reached / self.people if self.people else 0

    def __add__(self, other: Standing) -> Standing:
        return Standing(self.all + other.all, self.lacking + other.lacking)


NOBODY = Standing()


Standings: TypeAlias = ByUnit[Standing]


def added_up(db: Connection, sights: Sequence[Sight], goals: Goals) -> Standings:
    """Of those in service whom each of `sights` sees, as it stands in this moment.

    It goes through all of them: some 5 ms for each thousand.
    """
    rows = db.execute(of_each(_from(goals, sights), employees.c.id))
    units = [OfUnit(row[0], row[1], row[2], _standing(row[3:])) for row in rows]
    return Standings(together(db, sights, goals), shown(units, sights))


def together(db: Connection, sights: Sequence[Sight], goals: Goals) -> Standing:
    """All of them, also those who are in no unit."""
    return _standing(db.execute(_from(goals, sights)).one())


def inside(units: Iterable[OfUnit[Standing]], sights: Sequence[Sight]) -> Standings:
    """What of everybody's `units` each of `sights` shows, of which one at least is not whole."""
    seen = shown(units, sights)
    return Standings(sum((one.figures for one in seen), NOBODY), seen)


def _from(goals: Goals, sights: Sequence[Sight]) -> Select[Any]:
    return (
        select(*_sums(None, goals), *_sums(goals.hours < goals.wanted, goals))
        .select_from(employees)
        .outerjoin(yearly_hours, goals.on)
        .where(goals.in_service, *(one.sees(employees.c.id) for one in sights if not one.is_whole))
    )


def _sums(which: ColumnElement[bool] | None, goals: Goals) -> list[ColumnElement[Any]]:
    """The columns of :class:`Sums`, of those of whom `which` is so; None: of all."""
    read = select(history_readings.c.employee_id).where(history_readings.c.read_at.is_not(None))
    each = (
        literal(1),
        func.coalesce(yearly_hours.c.ours, 0),
        func.coalesce(yearly_hours.c.elsewhere, 0),
        goals.lacks,
        case((employees.c.id.in_(read), 0), else_=1),
    )
    return [func.sum(one if which is None else case((which, one), else_=0)) for one in each]


def _standing(row: Sequence[Any]) -> Standing:
    numbers = [int(each or 0) for each in row]
    half = len(numbers) // 2
    return Standing(Sums(*numbers[:half]), Sums(*numbers[half:]))
