"""How many trainings of each course and kind there were in a year, and their JP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, func, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.figures.units import ByUnit, OfUnit, gathered, of_each, shown
from lms_bridge.store.schema import yearly_trainings


class Trainings(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Those of one course; or of one kind, of which only a registry tells."""

    course_id: int
    """0: only a registry tells of them"""
    kind: int
    """which then is said; 0: that is not known"""
    trainings: int
    hours: int

    def __add__(self, other: Trainings) -> Trainings:
        """Both of that course and kind together."""
        many, hours = self.trainings + other.trainings, self.hours + other.hours
        return Trainings(self.course_id, self.kind, many, hours)


_KEPT: Final = yearly_trainings.c
_WHICH: Final = (_KEPT.course_id, _KEPT.kind)


def counted(db: Connection, sights: Sequence[Sight], year: int) -> list[Trainings]:
    """Those of people whom each of `sights` sees, as they were last summed up."""
    narrow = [one.sees(_KEPT.employee_id) for one in sights if not one.is_whole]
    rows = db.execute(_summed(year).where(*narrow).group_by(*_WHICH))
    return [_trainings(row) for row in rows]


def added_up(db: Connection, year: int) -> ByUnit[list[Trainings]]:
    """Those of everybody, and of each unit."""
    rows = db.execute(of_each(_summed(year), _KEPT.employee_id, *_WHICH))
    units = gathered((row[:3], _trainings(row[3:])) for row in rows)
    return ByUnit(counted(db, (), year), units)


def inside(units: Iterable[OfUnit[list[Trainings]]], sights: Sequence[Sight]) -> list[Trainings]:
    """What there is together in those of everybody's `units` that each of `sights` shows."""
    found: dict[tuple[int, int], Trainings] = {}
    for one in chain.from_iterable(unit.figures for unit in shown(units, sights)):
        which = one.course_id, one.kind
        found[which] = found[which] + one if which in found else one
    return list(found.values())


def _summed(year: int) -> Select[Any]:
    sums = func.sum(_KEPT.trainings), func.sum(_KEPT.hours)
    return select(*_WHICH, *sums).where(_KEPT.year == year)


def _trainings(row: Sequence[Any]) -> Trainings:
    course_id, kind, trainings, hours = row
    return Trainings(course_id, kind, int(trainings), int(hours))
