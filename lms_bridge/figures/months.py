"""How many completions each month brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    case,
    column,
    func,
    literal,
    select,
    union_all,
)

from lms_bridge.accounts.sight import EVERYBODY, Sight
from lms_bridge.figures.units import ByUnit, OfUnit, gathered, of_each, shown
from lms_bridge.store.schema import completions

_MONTHS = 12
_Counts: TypeAlias = Select[*tuple[Any, ...]]


class Month(msgspec.Struct, frozen=True, array_like=True):
    """A month, from 1 to 12, and how many completions it brought."""

    month: int
    year_before: int
    this_year: int

    def __add__(self, other: Month) -> Month:
        """Both of that month together."""
        before, this = self.year_before + other.year_before, self.this_year + other.this_year
        return Month(self.month, before, this)


def counted(db: Connection, sight: Sight, year: int, zone: dt.tzinfo) -> list[Month]:
    """For each month, how many completions of those in sight it brought, as it stands now."""
    bounds, at = _bounds(year, zone), completions.c.completed_at
    if sight.is_whole:
        # All of a month together are counted in an index.
        counts: _Counts | CompoundSelect[*tuple[Any, ...]] = union_all(
            *(
                select(literal(number).label("number"), func.count().label("many"))
                .select_from(completions)
                .where(at >= first, at < until)
                for number, (first, until) in enumerate(bounds)
            )
        )
    else:
        # Those of some people are found by the people, in an index that has their times.
        mine = sight.through(_numbered(bounds), completions.c.employee_id)
        counts = mine.group_by("number")
    return _twelve({row.number: row.many for row in db.execute(counts)})


def added_up(db: Connection, year: int, zone: dt.tzinfo) -> ByUnit[list[Month]]:
    """The same of everybody, and of each unit."""
    bounds = _bounds(year, zone)
    rows = db.execute(of_each(_numbered(bounds), completions.c.employee_id, column("number")))
    units = [
        OfUnit(one.registry, one.unit_id, one.name, _twelve(dict(one.figures)))
        for one in gathered((row[:3], row[3:]) for row in rows)
    ]
    return ByUnit(counted(db, EVERYBODY, year, zone), units)


def inside(units: Iterable[OfUnit[list[Month]]], sights: Sequence[Sight]) -> list[Month]:
    """What there is together in those of everybody's `units` that each of `sights` shows."""
    each = [one.figures for one in shown(units, sights)]
    return [sum(months[1:], months[0]) for months in zip(_twelve({}), *each, strict=True)]


def _bounds(year: int, zone: dt.tzinfo) -> list[tuple[dt.datetime, dt.datetime]]:
    """From when until when each month goes, of the year before and of `year`."""
    return [
        (_first(each, month, zone), _next(each, month, zone))
        for each in (year - 1, year)
        for month in range(1, _MONTHS + 1)
    ]


def _twelve(many: Mapping[int, int]) -> list[Month]:
    """The months of `year`, of how `many` there were in each of the bounds."""
    return [
        Month(month, many.get(month - 1, 0), many.get(_MONTHS + month - 1, 0))
        for month in range(1, _MONTHS + 1)
    ]


def _numbered(bounds: Sequence[tuple[dt.datetime, dt.datetime]]) -> _Counts:
    """How many there are within `bounds`, to be counted by the number of each of these."""
    at = completions.c.completed_at
    number = _place(at, [until for _, until in bounds]).label("number")
    query = select(number, func.count().label("many")).select_from(completions)
    return query.where(at >= bounds[0][0], at < bounds[-1][1])


def _place(
    at: ColumnElement[dt.datetime], ends: Sequence[dt.datetime], first: int = 0
) -> ColumnElement[int]:
    """The number of the one of `ends`, from `first` on, before which `at` is.

    By halves: of tens of thousands each would else be held against every end before its own.
    """
    if len(ends) == 1:
        return literal(first)
    half = len(ends) // 2
    left, right = _place(at, ends[:half], first), _place(at, ends[half:], first + half)
    return case((at < ends[half - 1], left), else_=right)


def _first(year: int, month: int, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime(year, month, 1, tzinfo=zone)


def _next(year: int, month: int, zone: dt.tzinfo) -> dt.datetime:
    return _first(year + month // _MONTHS, month % _MONTHS + 1, zone)
