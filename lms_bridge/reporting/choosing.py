"""Which work units there are to choose from, for somebody who sees so much.

A unit is written ``registry:id``, or ``registry::name`` where nobody has an id for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.accounts.sight import Sight, Unit
from lms_bridge.store.schema import postings, units


class Choice(msgspec.Struct, frozen=True):
    """A unit in its place in the tree."""

    key: str
    unit: Unit
    depth: int


def key_of(unit: Unit) -> str:
    """
    >>> key_of(Unit("siasn", "U1", "Dinas Kesehatan")), key_of(Unit("", "", "Dinas Kesehatan"))
    ('siasn:U1', '::Dinas Kesehatan')
    """
    return f"{unit.registry}:{unit.id}" if unit.id else f"{unit.registry}::{unit.name}"


def unit_of(db: Connection, key: str) -> Unit | None:
    """The unit that is written so; None if there is none."""
    registry, _, rest = key.partition(":")
    if rest.startswith(":"):
        return Unit(registry, "", rest[1:]) if rest[1:] else None
    mine = (units.c.registry == registry) & (units.c.unit_id == rest)
    name = db.scalar(select(units.c.name).where(mine))
    if name is None:
        here = (postings.c.registry == registry) & (postings.c.unit_id == rest)
        name = db.scalar(select(postings.c.unit_name).where(here).limit(1))
    return Unit(registry, rest, name or rest) if rest and name is not None else None


def choices(db: Connection, sight: Sight) -> list[Choice]:
    """The units that may be chosen, each before those below it, by name.

    Those that people are in and no list of units has stand at the end.
    """
    rows = [
        (Unit(row.registry, row.unit_id, row.name), row.parent_id)
        for row in db.execute(select(units).where(units.c.gone_at.is_(None)))
    ]
    found = list(_placed(rows))
    listed = {(unit.registry, unit.id) for unit, _ in rows}
    here = postings.c.until.is_(None)
    # The ids first, which an index has; names are looked up only of the few that no list has.
    ids = select(postings.c.registry, postings.c.unit_id).where(here).distinct()
    for registry, unit_id in db.execute(ids).all():
        if (registry, unit_id) not in listed:
            of = here & (postings.c.registry == registry) & (postings.c.unit_id == unit_id)
            names = select(postings.c.unit_name).where(of).distinct().order_by(postings.c.unit_name)
            for name in db.scalars(names if not unit_id else names.limit(1)):
                unit = Unit(registry, unit_id, name or unit_id)
                found.append(Choice(key_of(unit), unit, 0))
    return [one for one in found if sight.shows(one.unit)]


def _placed(rows: Iterable[tuple[Unit, str]]) -> Iterator[Choice]:
    ordered = sorted(rows, key=lambda row: (row[0].name.casefold(), row[0].id))
    there = {(unit.registry, unit.id) for unit, _ in ordered}
    children: dict[tuple[str, str], list[Unit]] = {}
    for unit, parent in ordered:
        above = parent if (unit.registry, parent) in there and parent != unit.id else ""
        children.setdefault((unit.registry, above), []).append(unit)
    placed: set[tuple[str, str]] = set()
    tops = [unit for (_, above), some in children.items() if not above for unit in some]
    # Units that are above each other hang from no top; they are shown all the same.
    for top in [*tops, *(unit for unit, _ in ordered)]:
        open_ = [(top, 0)]
        while open_:
            unit, depth = open_.pop()
            if (unit.registry, unit.id) not in placed:
                placed.add((unit.registry, unit.id))
                yield Choice(key_of(unit), unit, depth)
                below = children.get((unit.registry, unit.id), ())
                open_ += [(child, depth + 1) for child in reversed(below)]
