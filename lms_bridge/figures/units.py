"""Figures of each unit: what they come to of whoever sees some of the units, and how they are had.

Somebody is in one unit of a registry at a time, so that the figures of units add up to those of
their people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, func

from lms_bridge.accounts.sight import Sight, Unit
from lms_bridge.store.schema import postings

Figure = TypeVar("Figure")
Figures = TypeVar("Figures")


class OfUnit(msgspec.Struct, Generic[Figures], frozen=True, array_like=True):
    """Those of one unit, without the units below it."""

    registry: str
    unit_id: str
    """empty: nobody has an id for it, and it is known by its name"""
    name: str
    figures: Figures

    @property
    def unit(self) -> Unit:
        """Which it is."""
        return Unit(self.registry, self.unit_id, self.name)


class ByUnit(msgspec.Struct, Generic[Figures], frozen=True):
    """Those of everybody whom somebody sees; somebody in two registries is in a unit of each."""

    together: Figures
    """also of those who are in no unit"""
    units: Sequence[OfUnit[Figures]]
    """in no order"""


def shown(units: Iterable[OfUnit[Figures]], sights: Sequence[Sight]) -> list[OfUnit[Figures]]:
    """Those of `units` that each of `sights` shows."""
    # Somebody who is seen may be in a unit of another registry, which is not shown for that.
    return [one for one in units if all(sight.shows(one.unit) for sight in sights)]


def of_each(
    query: Select[Any], employee_id: ColumnElement[Any], *group: ColumnElement[Any]
) -> Select[Any]:
    """`query` of sums by `group`, for each unit that the employee of that column is in now.

    Registry, id and name of the unit are the first three columns, before those of `query`.
    """
    here = postings.c.registry, postings.c.unit_id
    # A unit without an id is known by its name, any other by its id however it was called.
    name = case((postings.c.unit_id == "", postings.c.unit_name), else_="")
    named = query.with_only_columns(*here, func.max(postings.c.unit_name), *query.selected_columns)
    current = and_(postings.c.employee_id == employee_id, postings.c.until.is_(None))
    return named.join(postings, current).group_by(*here, name, *group)


def gathered(rows: Iterable[tuple[Sequence[str], Figure]]) -> list[OfUnit[list[Figure]]]:
    """For each unit all that the `rows` of :func:`of_each` tell of it, one by one."""
    found: dict[tuple[str, str, str], OfUnit[list[Figure]]] = {}
    for (registry, unit_id, name), figure in rows:
        # The groups of a unit may know it by different names.
        key = registry, unit_id, "" if unit_id else name
        found.setdefault(key, OfUnit(registry, unit_id, name, [])).figures.append(figure)
    return list(found.values())
