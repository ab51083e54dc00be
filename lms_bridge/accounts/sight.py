"""Of whom somebody may see anything: of everybody, or of one work unit and those below it.

Every query for somebody narrows what it finds by it, in SQL, so that nothing has to be taken out
again afterwards:

>>> select(completions).where(sight.sees(completions.c.employee_id))
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    literal,
    select,
    true,
)

from lms_bridge.people import units
from lms_bridge.people.units import UnitName as Unit
from lms_bridge.store.schema import postings

_Rows: TypeAlias = Select[*tuple[Any, ...]]

__all__ = ["EVERYBODY", "Sight", "Unit", "of_unit"]


class Sight(msgspec.Struct, frozen=True):
    """Whom somebody sees; :data:`EVERYBODY`, or who is in `inside` now."""

    inside: tuple[Unit, frozenset[str]] | None = None
    """the unit, and the ids of it and of all those below it"""

    @property
    def is_whole(self) -> bool:
        """Whether everybody is seen."""
        return self.inside is None

    def sees(self, employee_id: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition that the employee of that column is seen; one without is seen by all."""
        if self.inside is None:
            return true()
        return employee_id.in_(select(postings.c.employee_id).where(_is_in(postings, self.inside)))

    def through(self, query: _Rows, employee_id: ColumnElement[Any]) -> _Rows:
        """`query` of only those rows whose employee is seen, each as often as without.

        The same as :meth:`sees`, but a database may begin with whoever is in the unit, and stop as
        soon as there are enough rows.
        """
        if self.inside is None:
            return query
        # Somebody is in one unit of a registry at a time.
        here = postings.alias()
        return query.join(here, and_(here.c.employee_id == employee_id, _is_in(here, self.inside)))

    def are_few(self, db: Connection, most: int) -> bool:
        """Whether no more than `most` people are seen."""
        if self.inside is None:
            return False
        some = select(literal(1)).select_from(postings).where(_is_in(postings, self.inside))
        counted = select(func.count()).select_from(some.limit(most + 1).subquery())
        return db.execute(counted).scalar_one() <= most

    def shows(self, unit: Unit) -> bool:
        """Whether `unit` is one of those whose people are seen."""
        if self.inside is None:
            return True
        top, ids = self.inside
        if unit.registry != top.registry:
            return False
        return unit.id in ids if top.id else not unit.id and unit.name == top.name


EVERYBODY = Sight()


def _is_in(postings: FromClause, inside: tuple[Unit, frozenset[str]]) -> ColumnElement[bool]:
    unit, ids = inside
    here: ColumnElement[bool] = postings.c.unit_id.in_(sorted(ids))
    if not unit.id:
        here = and_(postings.c.unit_id == "", postings.c.unit_name == unit.name)
    return and_(postings.c.registry == unit.registry, postings.c.until.is_(None), here)


def of_unit(db: Connection, unit: Unit) -> Sight:
    """Who is in `unit` or below it, by the tree as it is now."""
    below: Set[str] = units.below(db, unit.registry, unit.id) if unit.id else frozenset()
    return Sight((unit, frozenset(below)))
