"""Work units, with the JP of a year."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.accounts.sight import Sight, Unit
from lms_bridge.api.people import Year
from lms_bridge.config.settings import YearlyHours
from lms_bridge.figures import keeping
from lms_bridge.figures.standings import NOBODY
from lms_bridge.people import sums
from lms_bridge.store.schema import units


class UnitsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which year the JP of units are asked for."""

    year: Annotated[Year | None, msgspec.Meta(description="Left out: this year.")] = None


class UnitFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A work unit with what its people have learned, without the units below it."""

    registry: str
    id: str
    name: str
    parent: str
    """id of the unit above; empty: none"""
    people: int
    """in service"""
    jp: int
    """of all of them together"""
    reached: int
    """people who have the JP that are to be reached in a year"""


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """All units that are shown, by registry and id; somebody in two registries counts in both."""

    year: int
    being_counted: bool
    """whether the JP of some people are being added up anew, so that these are of before"""
    items: list[UnitFigures]


def figures(
    db: Connection, sight: Sight, *, year: int, yearly: YearlyHours, now: dt.datetime
) -> Units:
    """The units that `sight` shows, with the JP of `year`."""
    listed = {
        (row.registry, row.unit_id): row
        for row in db.execute(select(units).where(units.c.gone_at.is_(None)))
        if sight.shows(Unit(row.registry, row.unit_id, row.name))
    }
    seen = keeping.of_year(db, [sight], yearly, year, now=now).units
    found = {(one.registry, one.unit_id or one.name): one for one in seen}
    items = []
    for key in sorted(found.keys() | listed.keys()):
        line, own = listed.get(key), found.get(key)
        standing = own.figures if own else NOBODY
        items.append(
            UnitFigures(
                registry=key[0],
                id=key[1],
                name=line.name if line else own.name if own else "",
                parent=line.parent_id if line else "",
                people=standing.people,
                jp=standing.all.hours,
                reached=standing.reached,
            )
        )
    return Units(year=year, being_counted=bool(sums.how_many_to_count(db)), items=items)
