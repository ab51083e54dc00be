"""The work units of the registries, as trees."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.people import service
from lms_bridge.registries.base import UnitList
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import employees, postings, units
from lms_bridge.store.types import AnyRow
from lms_bridge.text import fitting, storable

_LONGEST_ID = 64
_PLACE = (units.c.registry, units.c.unit_id, units.c.name, units.c.parent_id)


class UnitName(msgspec.Struct, frozen=True):
    """Which unit."""

    registry: str
    id: str
    name: str


class UnitLine(msgspec.Struct, frozen=True):
    """A unit in its place in the tree, with how many people it has."""

    registry: str
    id: str
    name: str
    parent_id: str
    depth: int
    people: int
    """in service, in the unit itself, as far as the bridge has met them"""
    people_in_all: int
    """with those of the units below it"""
    gone_at: dt.datetime | None
    """when the registry was first seen without it"""


def put(db: Connection, registry: str, listed: UnitList, *, now: dt.datetime) -> Counter[str]:
    """Keep the units that `registry` has now; how many are new, and how many are gone.

    One that is no longer listed is kept and marked, since people were in it; a list that is
    not whole marks none.
    """
    rows = db.execute(select(units).where(units.c.registry == registry)).all()
    known = {row.unit_id: row for row in rows}
    values = {
        fitting(storable(unit.id), _LONGEST_ID): {
            "registry": registry,
            "unit_id": unit.id,
            "name": unit.name,
            "parent_id": unit.parent_id,
            "seen_at": now,
            "gone_at": None,
        }
        for unit in listed.units
    }
    if values:
        put_unit = insert(db, units)
        new = {
            name: put_unit.excluded[name] for name in ("name", "parent_id", "seen_at", "gone_at")
        }
        db.execute(
            put_unit.on_conflict_do_update(index_elements=["registry", "unit_id"], set_=new),
            list(values.values()),
        )
    seen = values.keys()
    counts = Counter(units=len(seen), units_new=len(seen - known.keys()))
    for unit_id in known.keys() - seen if listed.whole else ():
        if known[unit_id].gone_at is None:
            counts["units_gone"] += 1
            gone = (units.c.registry == registry) & (units.c.unit_id == unit_id)
            db.execute(update(units).where(gone).values(gone_at=now))
    return counts


def tree(db: Connection, registry: str) -> list[UnitLine]:
    """The units of `registry` from the top down, each before those below it, by name.

    Units that people are in and the registry does not list stand at the top, and so do units
    whose upper one is not listed.
    """
    people = _people_by_unit(db, registry)
    nodes = {
        row.unit_id: UnitLine(
            registry, row.unit_id, row.name, row.parent_id, 0, people[row.unit_id], 0, row.gone_at
        )
        for row in db.execute(select(units).where(units.c.registry == registry))
    }
    in_unlisted = postings.c.unit_id.not_in(
        select(units.c.unit_id).where(units.c.registry == registry)
    )
    unlisted = select(postings.c.unit_id, postings.c.unit_name).where(
        postings.c.registry == registry, postings.c.until.is_(None), in_unlisted
    )
    for row in db.execute(unlisted.order_by(postings.c.id)):
        name = row.unit_name or row.unit_id
        key = row.unit_id or name
        nodes[key] = UnitLine(registry, row.unit_id, name, "", 0, people[key], 0, None)
    # Who is gone and has nobody is shown no more.
    return [line for line in _placed(nodes) if line.gone_at is None or line.people_in_all]


def outline(db: Connection, registry: str) -> list[UnitLine]:
    """The units that `registry` has now, as :func:`tree` has them, but without counting people."""
    query = select(*_PLACE).where(units.c.registry == registry, units.c.gone_at.is_(None))
    nodes = {
        row.unit_id: UnitLine(registry, row.unit_id, row.name, row.parent_id, 0, 0, 0, None)
        for row in db.execute(query)
    }
    return list(_placed(nodes))


def with_those_below(db: Connection, named: str) -> set[tuple[str, str]]:
    """(registry, id) of the units with that id or name, and of all below them.

    A name is found by any part of it, in capitals or not.
    """
    rows = db.execute(select(units)).all()
    return _with_those_below(
        rows,
        [
            (row.registry, row.unit_id)
            for row in rows
            if row.unit_id == named or named.casefold() in row.name.casefold()
        ],
    )


def current(db: Connection) -> list[UnitName]:
    """The units that registries have now, by name, of each registry."""
    query = select(units).where(units.c.gone_at.is_(None))
    rows = db.execute(query.order_by(units.c.registry, units.c.name, units.c.unit_id))
    return [UnitName(row.registry, row.unit_id, row.name) for row in rows]


def with_id(db: Connection, unit_id: str) -> list[UnitName]:
    """The units of that id; each registry has its own ids."""
    rows = db.execute(select(units).where(units.c.unit_id == unit_id).order_by(units.c.registry))
    return [UnitName(row.registry, row.unit_id, row.name) for row in rows]


def below(db: Connection, registry: str, unit_id: str) -> set[str]:
    """The ids of that unit of `registry` and of all below it."""
    rows = db.execute(select(*_PLACE).where(units.c.registry == registry)).all()
    return {unit_id for _, unit_id in _with_those_below(rows, [(registry, unit_id)])}


def _with_those_below(
    rows: Sequence[AnyRow], tops: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    children: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        children.setdefault((row.registry, row.parent_id), []).append(row.unit_id)
    found: set[tuple[str, str]] = set()
    open_ = list(tops)
    while open_:
        unit = open_.pop()
        if unit not in found:  # a tree may bite its own tail
            found.add(unit)
            open_ += [(unit[0], child) for child in children.get(unit, ())]
    return found


def people_in(db: Connection, named: str) -> set[int]:
    """The employees in the units with that id, or with that in their names, and in those below.

    Somebody is in a unit if any registry says so.
    """
    meant = with_those_below(db, named)
    current = select(postings).where(postings.c.until.is_(None))
    found = {
        row.employee_id
        for row in db.execute(current)
        if (row.registry, row.unit_id) in meant or _is_named(named, row.unit_id, row.unit_name)
    }
    theirs = select(employees.c.id, employees.c.unit_id, employees.c.unit_name)
    return found | {
        row.id for row in db.execute(theirs) if _is_named(named, row.unit_id, row.unit_name)
    }


def _is_named(wanted: str, unit_id: str, name: str) -> bool:
    return bool(name or unit_id) and (unit_id == wanted or wanted.casefold() in name.casefold())


def _people_by_unit(db: Connection, registry: str) -> Counter[str]:
    """How many people in service are in each unit now; one without an id goes by its name."""
    query = (
        select(postings.c.unit_id, postings.c.unit_name, employees.c.status)
        .join(employees, postings.c.employee_id == employees.c.id)
        .where(postings.c.registry == registry, postings.c.until.is_(None))
    )
    return Counter(
        row.unit_id or row.unit_name
        for row in db.execute(query)
        if service.standing(row.status) in ("active", "")
    )


def _placed(nodes: dict[str, UnitLine]) -> Iterator[UnitLine]:
    """The units in the order of the tree, with their depth and their sums."""
    children: dict[str, list[str]] = {}
    for key, node in nodes.items():
        above = node.parent_id if node.parent_id in nodes and node.parent_id != key else ""
        children.setdefault(above, []).append(key)
    placed: dict[str, UnitLine] = {}
    order: list[str] = []

    def place(tops: Iterable[str]) -> None:
        open_ = [(key, 0) for key in reversed(_by_name(nodes, tops))]
        while open_:
            key, depth = open_.pop()
            if key not in placed:
                placed[key] = msgspec.structs.replace(nodes[key], depth=depth)
                order.append(key)
                below = _by_name(nodes, children.get(key, ()))
                open_ += [(child, depth + 1) for child in reversed(below)]

    place(children.get("", ()))
    for key in _by_name(nodes, nodes):  # units that are above each other hang from no top
        if key not in placed:
            place([key])
    sums = {key: placed[key].people for key in order}
    ancestors: list[str] = []
    for key in order:
        depth = placed[key].depth
        del ancestors[depth:]
        for above in ancestors:
            sums[above] += placed[key].people
        ancestors.append(key)
    for key in order:
        yield msgspec.structs.replace(placed[key], people_in_all=sums[key])


def _by_name(nodes: dict[str, UnitLine], keys: Iterable[str]) -> Sequence[str]:
    return sorted(keys, key=lambda key: (nodes[key].name.casefold(), key))
