"""Finding employees: by a part of their names or of their unit's, by NIP, by unit, by standing.

A list is read by key, fifty at a time, in the order of names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select

from lms_bridge.accounts.sight import Sight, Unit, of_unit
from lms_bridge.figures.goals import Goals
from lms_bridge.people import keys, service
from lms_bridge.people import units as trees
from lms_bridge.people.service import Kind, Standing
from lms_bridge.people.units import UnitLine
from lms_bridge.store.many import among
from lms_bridge.store.schema import employees, identities, units, yearly_hours
from lms_bridge.store.types import AnyRow

Goal: TypeAlias = Literal["reached", "lacking", ""]

PAGE = 50
COUNTED = 1000
"""up to how many are counted"""
_SHORTEST_NIP = 8
"""digits by which a NIP is looked for: a day of birth"""
_MOST_WORDS = 6


class Person(msgspec.Struct, frozen=True):
    """Somebody in a list."""

    id: int
    nip: str
    name: str
    unit: str
    standing: Standing
    status: str
    """in the registry's own word"""
    kind: Kind
    hours: int
    """JP of the year"""
    wanted: int
    """JP to be reached; 0 for whoever need not reach any"""


class People(msgspec.Struct, frozen=True):
    """A page of them."""

    found: Sequence[Person]
    is_more: bool


class Wanted(msgspec.Struct, frozen=True):
    """Who is looked for; all of it has to be so."""

    words: str = ""
    """each of them a part of the name or of the unit's"""
    digits: str = ""
    """with which the NIP begins, or a former one that is told whole"""
    unit: Unit | None = None
    """or one below it"""
    standing: Standing = ""
    goal: Goal = ""
    """who has reached the JP of the year, or lacks some, of those who are to reach any"""


def digits_of(text: str) -> str:
    """What of `text` can only be meant as a NIP or its beginning; empty if it is a name.

    >>> digits_of("19870315 201001 2 001"), digits_of("Siti"), digits_of("1987")
    ('198703152010012001', '', '')
    """
    joined = re.sub(r"[\s.\-']", "", text)
    return joined if re.fullmatch(rf"[0-9]{{{_SHORTEST_NIP},18}}", joined) else ""


def find(
    db: Connection,
    sight: Sight,
    wanted: Wanted,
    goals: Goals,
    *,
    after: int = 0,
    limit: int = PAGE,
) -> People:
    """Those of whom `sight` sees something, by name, after the employee of that number."""
    query = _matching(db, sight, wanted, goals).order_by(employees.c.name, employees.c.id)
    if after:
        last = db.execute(select(employees.c.name).where(employees.c.id == after)).scalar()
        if last is not None:
            same_name = and_(employees.c.name == last, employees.c.id > after)
            query = query.where(or_(employees.c.name > last, same_name))
    rows = db.execute(query.limit(limit + 1)).all()
    return People([_person(row) for row in rows[:limit]], len(rows) > limit)


def how_many(db: Connection, sight: Sight, wanted: Wanted, goals: Goals) -> int:
    """How many there are, counted up to one more than :data:`COUNTED`."""
    some = _matching(db, sight, wanted, goals).with_only_columns(employees.c.id).limit(COUNTED + 1)
    return db.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _person(row: AnyRow) -> Person:
    """An employee's row as a line of the list."""
    return Person(
        id=row.id,
        nip=row.nip,
        name=row.name,
        unit=row.unit_name,
        standing=service.standing(row.status),
        status=row.status,
        kind=service.kind(row.nip, row.status),
        hours=row.hours,
        wanted=row.wanted if row.in_service else 0,
    )


def unit_named(db: Connection, sight: Sight, text: str) -> Unit | None:
    """The unit that an address calls ``REGISTRY/ID``, if it is one that `sight` sees."""
    registry, _, unit_id = text.partition("/")
    if not unit_id:
        return None
    mine = (units.c.registry == registry) & (units.c.unit_id == unit_id)
    row = db.execute(select(units.c.name).where(mine)).one_or_none()
    if row is None:
        return None
    if sight.inside is not None:
        top, ids = sight.inside
        if top.registry != registry or unit_id not in ids:
            return None
    return Unit(registry, unit_id, row.name)


def above(db: Connection, sight: Sight, unit: Unit) -> list[Unit]:
    """The units above `unit` that `sight` sees, from the top down."""
    lines = {line.id: line for line in tree(db, sight) if line.registry == unit.registry}
    found: list[Unit] = []
    at = lines.get(unit.id)
    while at is not None and (at := lines.get(at.parent_id)) is not None:
        if any(one.id == at.id for one in found):  # a tree may bite its own tail
            break
        found.insert(0, Unit(at.registry, at.id, at.name))
    return found


def tree(db: Connection, sight: Sight) -> list[UnitLine]:
    """The units that `sight` sees, from the top down, each before those below it."""
    query = select(units.c.registry).distinct().order_by(units.c.registry)
    if sight.inside is not None:
        top, ids = sight.inside
        lines = trees.outline(db, top.registry)
        return [line for line in lines if line.id in ids]
    return [
        line
        for registry in db.execute(query).scalars().all()
        for line in trees.outline(db, registry)
    ]


def ids_of(db: Connection, nips: Sequence[str]) -> dict[str, int]:
    """The numbers of the employees with those NIPs, by NIP."""
    if not nips:
        return {}
    query = select(employees.c.nip, employees.c.id).where(among(employees.c.nip, list(nips)))
    return {row.nip: row.id for row in db.execute(query)}


def _matching(
    db: Connection, sight: Sight, wanted: Wanted, goals: Goals
) -> Select[tuple[object, ...]]:
    query = (
        select(
            employees,
            goals.hours.label("hours"),
            goals.wanted.label("wanted"),
            goals.in_service.label("in_service"),
        )
        .select_from(employees.outerjoin(yearly_hours, goals.on))
        .where(sight.sees(employees.c.id))
    )
    if wanted.goal:
        has = goals.reached if wanted.goal == "reached" else not_(goals.reached)
        query = query.where(goals.in_service, has)
    for word in wanted.words.casefold().split()[:_MOST_WORDS]:
        query = query.where(or_(_has(employees.c.name, word), _has(employees.c.unit_name, word)))
    if wanted.digits:
        former = select(identities.c.employee_id).where(
            identities.c.key == keys.of_nip(wanted.digits)
        )
        begins = employees.c.nip.startswith(wanted.digits, autoescape=True)
        query = query.where(or_(begins, employees.c.id.in_(former)))
    if wanted.unit is not None:
        query = query.where(of_unit(db, wanted.unit).sees(employees.c.id))
    if wanted.standing:
        words = db.execute(select(employees.c.status).distinct()).scalars()
        same = [word for word in words if service.standing(word) == wanted.standing]
        query = query.where(employees.c.status.in_(same))
    return query


def _has(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return func.lower(column).contains(word, autoescape=True)
