"""The city, or a unit of it, in figures: JP of the year by unit, and completions by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    union_all,
)

from lms_bridge.accounts.sight import Sight
from lms_bridge.config.settings import YearlyHours
from lms_bridge.insight.goals import Goals, goals_of
from lms_bridge.people import units as trees
from lms_bridge.store.schema import completions, employees, postings, yearly_hours

MONTHS = 12


class Reached(msgspec.Struct, frozen=True):
    """How many people in service there are, and what they have reached."""

    people: int
    reached: int
    hours: int

    @property
    def share(self) -> float:
        """Of the people, how many of 100 have reached their JP."""
        return 100 * self.reached / self.people if self.people else 0

    @property
    def lacking(self) -> int:
        """How many have not."""
        return self.people - self.reached

    def with_(self, other: Reached) -> Reached:
        """Both together."""
        return Reached(
            self.people + other.people, self.reached + other.reached, self.hours + other.hours
        )


NOBODY = Reached(0, 0, 0)


class UnitFigures(msgspec.Struct, frozen=True):
    """A unit with all below it."""

    registry: str
    id: str
    name: str
    has_below: bool
    """whether there are units below it"""
    reached: Reached


def by_unit(
    db: Connection, sight: Sight, yearly: YearlyHours, year: int, *, top: str = ""
) -> tuple[Reached, list[UnitFigures]]:
    """All together, and the units right below the one with the id `top`, who lags most first.

    Without `top` it is of all in sight, also of those who are in no unit, and of the highest units:
    those below the one that stands above all others.
    """
    registry = sight.inside[0].registry if sight.inside else _usual_registry(db)
    own = _by_key(db, sight, goals_of(db, yearly, year), registry)
    lines = trees.outline(db, registry)
    names = {line.id: line.name for line in lines}
    above = {line.id: line.parent_id for line in lines}
    seen = sight.inside[1] if sight.inside else None
    start = top if top in names else (sight.inside[0].id if sight.inside else "")
    below = _children(above)
    tops: Iterable[str] = below.get(start, ())
    if not start:
        tops = [one for one in names if above[one] not in names]
        if len(list(tops)) == 1 and below.get(next(iter(tops))):
            tops = below[next(iter(tops))]
    found = []
    for one in tops:
        if seen is not None and one not in seen:
            continue
        together = NOBODY
        for each in _with_below(one, below):
            together = together.with_(own.get(each, NOBODY))
        if together.people:
            has_below = bool(below.get(one))
            found.append(UnitFigures(registry, one, names[one], has_below, together))
    inside = _with_below(start, below) if start else own.keys()
    together = NOBODY
    for each in inside:
        together = together.with_(own.get(each, NOBODY))
    return together, sorted(found, key=lambda line: (line.reached.share, line.name))


def by_month(
    db: Connection, sight: Sight, year: int, zone: dt.tzinfo
) -> list[tuple[int, int, int]]:
    """For each month, how many completions it brought in the year before, and in `year`."""
    bounds = [
        (each, month, _first(each, month, zone), _next(each, month, zone))
        for each in (year - 1, year)
        for month in range(1, MONTHS + 1)
    ]
    at: ColumnElement[dt.datetime] = completions.c.completed_at
    if sight.is_whole:
        # All of a month together are counted in an index.
        counts: Select[Any] | CompoundSelect[Any] = union_all(
            *(
                select(literal(number).label("number"), func.count().label("many"))
                .select_from(completions)
                .where(at >= first, at < until)
                for number, (_, _, first, until) in enumerate(bounds)
            )
        )
    else:
        # Those of some people are found by the people, and then each is looked at once.
        mine = select(at).where(sight.sees(completions.c.employee_id))
        at = mine.cte("mine").prefix_with("MATERIALIZED").c.completed_at
        number_of = case(*((at < until, number) for number, (*_, until) in enumerate(bounds)))
        counts = (
            select(number_of.label("number"), func.count().label("many"))
            .where(at >= bounds[0][2], at < bounds[-1][3])
            .group_by(number_of)
        )
    many = {bounds[row.number][:2]: row.many for row in db.execute(counts)}
    return [
        (month, many.get((year - 1, month), 0), many.get((year, month), 0))
        for month in range(1, MONTHS + 1)
    ]


def _sums(goals: Goals) -> tuple[ColumnElement[Any], ...]:
    return (
        func.count().label("people"),
        func.sum(case((goals.reached, 1), else_=0)).label("reached"),
        func.sum(goals.hours).label("hours"),
    )


def _by_key(db: Connection, sight: Sight, goals: Goals, registry: str) -> dict[str, Reached]:
    """Of those in service and in sight, by the id of their unit; empty: in none with an id."""
    current = and_(
        postings.c.employee_id == employees.c.id,
        postings.c.registry == registry,
        postings.c.until.is_(None),
    )
    unit = func.coalesce(postings.c.unit_id, "").label("unit_id")
    query = (
        select(unit, *_sums(goals))
        .select_from(employees.outerjoin(postings, current).outerjoin(yearly_hours, goals.on))
        .where(goals.in_service, sight.sees(employees.c.id))
        .group_by(unit)
    )
    return {
        row.unit_id: Reached(row.people, row.reached or 0, row.hours or 0)
        for row in db.execute(query)
    }


def _usual_registry(db: Connection) -> str:
    """The registry whose units most people are in."""
    many = func.count()
    query = select(postings.c.registry).where(postings.c.until.is_(None))
    query = query.group_by(postings.c.registry).order_by(many.desc(), postings.c.registry)
    return db.execute(query.limit(1)).scalar() or ""


def _children(above: Mapping[str, str]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = {}
    for one, parent in above.items():
        if one != parent:
            below.setdefault(parent, []).append(one)
    return below


def _with_below(top: str, below: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    open_ = [top]
    while open_:
        one = open_.pop()
        if one not in found:  # a tree may bite its own tail
            found.add(one)
            open_ += below.get(one, ())
    return found


def _first(year: int, month: int, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime(year, month, 1, tzinfo=zone)


def _next(year: int, month: int, zone: dt.tzinfo) -> dt.datetime:
    return _first(year + month // MONTHS, month % MONTHS + 1, zone)
