"""The city, or a unit of it, in figures: JP of the year, unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from lms_bridge.accounts.sight import Sight
from lms_bridge.figures.standings import NOBODY, Standing, Standings
from lms_bridge.figures.units import OfUnit
from lms_bridge.people import units as trees


class UnitFigures(msgspec.Struct, frozen=True):
    """A unit with all below it."""

    registry: str
    id: str
    name: str
    has_below: bool
    """whether there are units below it"""
    standing: Standing


def by_unit(
    db: Connection, sight: Sight, seen: Standings, *, top: str = ""
) -> tuple[Standing, list[UnitFigures]]:
    """All together, and the units right below the one with the id `top`, who lags most first.

    `seen` are those whom `sight` shows. Without `top` it is of all of them, also of those who are
    in no unit, and of the highest units: those below the one that stands above all others.
    """
    registry = sight.inside[0].registry if sight.inside else _usual_registry(seen.units)
    own = {one.unit_id: one.figures for one in seen.units if one.registry == registry}
    lines = trees.outline(db, registry)
    names = {line.id: line.name for line in lines}
    above = {line.id: line.parent_id for line in lines}
    start = top if top in names else (sight.inside[0].id if sight.inside else "")
    below = _children(above)
    tops: Iterable[str] = below.get(start, ())
    if not start:
        tops = [one for one in names if above[one] not in names]
        if len(list(tops)) == 1 and below.get(next(iter(tops))):
            tops = below[next(iter(tops))]
    found = []
    for one in tops:
        if sight.inside is not None and one not in sight.inside[1]:
            continue
        standing = _together(own, _with_below(one, below))
        if standing.people:
            found.append(UnitFigures(registry, one, names[one], bool(below.get(one)), standing))
    together = _together(own, _with_below(start, below)) if start else seen.together
    return together, sorted(found, key=lambda line: (line.standing.share, line.name))


def _together(own: Mapping[str, Standing], ids: Iterable[str]) -> Standing:
    return sum((own[one] for one in ids if one in own), NOBODY)


def _usual_registry(units: Sequence[OfUnit[Standing]]) -> str:
    """The registry in whose units most people are."""
    many: dict[str, int] = {}
    for one in units:
        many[one.registry] = many.get(one.registry, 0) + one.figures.people
    return min(many, key=lambda registry: (-many[registry], registry), default="")


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
