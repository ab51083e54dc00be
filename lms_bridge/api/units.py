"""Work units, with the JP of a year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.api.people import Year
from lms_bridge.config.settings import YearlyHours
from lms_bridge.people import service, sums
from lms_bridge.people.hours import Hours
from lms_bridge.people.learned import wanted_of
from lms_bridge.people.service import Kind, Standing
from lms_bridge.store.schema import employees, postings, units, yearly_hours


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
    """whether the JP of many people are being added up anew, so that these are of before"""
    items: list[UnitFigures]


_MOST_ON_THE_SPOT = 100
"""people whose JP are worked out while somebody waits for the answer"""


class _Adding:
    """A unit while its people are counted."""

    def __init__(self, name: str, parent: str) -> None:
        self.name = name
        self.parent = parent
        self.people = self.jp = self.reached = 0


def figures(db: Connection, sight: Sight, *, year: int, yearly: YearlyHours) -> Units:
    """The units that `sight` shows, with the JP of `year`."""
    found = {
        (row.registry, row.unit_id): _Adding(row.name, row.parent_id)
        for row in db.execute(select(units).where(units.c.gone_at.is_(None)))
        if sight.inside is None
        or (row.registry == sight.inside[0].registry and row.unit_id in sight.inside[1])
    }
    waiting = len(sums.noted(db, _MOST_ON_THE_SPOT + 1)) > _MOST_ON_THE_SPOT
    hours = _as_counted(db, year) if waiting else sums.hours(db, year)
    for registry, unit_id, name, who, kind in _in_service(db, sight):
        unit = found.setdefault((registry, unit_id or name), _Adding(name, ""))
        jp = hours[who].total if who in hours else 0
        unit.people += 1
        unit.jp += jp
        unit.reached += jp >= wanted_of(kind, yearly)
    return Units(
        year=year,
        being_counted=waiting,
        items=[_told(key, one) for key, one in sorted(found.items())],
    )


def _as_counted(db: Connection, year: int) -> Mapping[int, Hours]:
    """The JP of `year` by employee, as they were last added up."""
    table = yearly_hours
    query = select(table.c.employee_id, table.c.ours, table.c.elsewhere)
    rows = db.execute(query.where(table.c.year == year))
    return {who: Hours(ours, other, ours + other) for who, ours, other in rows}


def _in_service(db: Connection, sight: Sight) -> Iterator[tuple[str, str, str, int, Kind]]:
    """Registry, id and name of the unit, number and kind of whoever is in it and in service."""
    query = (
        select(
            postings.c.registry,
            postings.c.unit_id,
            postings.c.unit_name,
            employees.c.id,
            employees.c.nip,
            employees.c.status,
        )
        .join(employees, postings.c.employee_id == employees.c.id)
        .where(postings.c.until.is_(None), sight.sees(employees.c.id))
    )
    standings: dict[str, Standing] = {}
    for registry, unit_id, name, who, nip, status in db.execute(query):
        if status not in standings:
            standings[status] = service.standing(status)
        if standings[status] in ("active", ""):
            yield registry, unit_id, name, who, service.kind(nip, status)


def _told(key: tuple[str, str], one: _Adding) -> UnitFigures:
    return UnitFigures(
        registry=key[0],
        id=key[1],
        name=one.name,
        parent=one.parent,
        people=one.people,
        jp=one.jp,
        reached=one.reached,
    )
