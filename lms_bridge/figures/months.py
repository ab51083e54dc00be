"""How many completions each month brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    case,
    func,
    literal,
    select,
    union_all,
)

from lms_bridge.accounts.sight import Sight
from lms_bridge.store.schema import completions

_MONTHS = 12


class Month(msgspec.Struct, frozen=True, array_like=True):
    """A month, from 1 to 12, and how many completions it brought."""

    month: int
    year_before: int
    this_year: int


def counted(db: Connection, sight: Sight, year: int, zone: dt.tzinfo) -> list[Month]:
    """For each month, how many completions of those in sight it brought, as it stands now."""
    bounds = [
        (each, month, _first(each, month, zone), _next(each, month, zone))
        for each in (year - 1, year)
        for month in range(1, _MONTHS + 1)
    ]
    at: ColumnElement[dt.datetime] = completions.c.completed_at
    if sight.is_whole:
        # All of a month together are counted in an index.
        counts: Select[*tuple[Any, ...]] | CompoundSelect[Any] = union_all(
            *(
                select(literal(number).label("number"), func.count().label("many"))
                .select_from(completions)
                .where(at >= first, at < until)
                for number, (_, _, first, until) in enumerate(bounds)
            )
        )
    else:
        # Those of some people are found by the people, in an index that has their times.
        number_of = _place(at, [until for *_, until in bounds])
        month_of = select(number_of.label("number"), func.count().label("many"))
        mine = sight.through(month_of.select_from(completions), completions.c.employee_id)
        counts = mine.where(at >= bounds[0][2], at < bounds[-1][3]).group_by("number")
    many = {bounds[row.number][:2]: row.many for row in db.execute(counts)}
    return [
        Month(month, many.get((year - 1, month), 0), many.get((year, month), 0))
        for month in range(1, _MONTHS + 1)
    ]


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
