"""Of whom something has changed that conclusions rest on: which badges they have, how many JP.

Both are drawn from all that somebody has learned, kept, and drawn anew when that changes. Who is
to be looked at again is noted in the transaction that changes something, once for each conclusion,
and struck out in the one that draws it; so none is forgotten, whenever a process dies.

>>> changed.learned(db, employee_id, now)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    func,
    literal,
    select,
    true,
)

from lms_bridge.store.engine import in_dialects, insert
from lms_bridge.store.many import among, within
from lms_bridge.store.schema import badge_reviews, completions, deliveries, hours_reviews


def _again(new: Any) -> Any:
    """Ask, also for whom was asked before.

    That is written anew: otherwise PostgreSQL would let somebody be looked at, and struck out, in
    between, before that can be seen which this transaction has changed.
    """
    return new.on_conflict_do_update(
        index_elements=["employee_id"], set_={"asked_at": new.excluded.asked_at}
    )


class Notes:
    """Of whom a conclusion is to be drawn anew, in `table`."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._new = in_dialects(lambda insert: _again(insert(table)))

    def ask(self, db: Connection, employee_id: int, now: dt.datetime) -> None:
        """Something has changed of what it rests on for the employee."""
        db.execute(self._new(db), {"employee_id": employee_id, "asked_at": now})

    def ask_for(self, db: Connection, people: Select[tuple[int]], now: dt.datetime) -> None:
        """The same for each of `people`, a query of employees' numbers."""
        some = people.distinct().subquery()
        (who,) = some.c
        rows = select(who, literal(now, self.table.c.asked_at.type))
        # In one order, so that of two who ask for the same people none waits for the other.
        rows = rows.where(true()).order_by(who)
        new = insert(db, self.table).from_select(["employee_id", "asked_at"], rows)
        db.execute(_again(new))

    def is_any(self, db: Connection) -> bool:
        """Whether anybody is to be looked at."""
        return db.execute(select(self.table.c.employee_id).limit(1)).first() is not None

    def how_many(self, db: Connection) -> int:
        """How many are."""
        return db.execute(select(func.count()).select_from(self.table)).scalar_one()

    def take(self, db: Connection, most: int) -> list[int]:
        """Some of them, struck out with the transaction of `db`.

        Not whoever is asked for by a transaction that has not ended: what that changes cannot be
        seen yet.
        """
        some = select(self.table.c.employee_id).order_by(self.table.c.asked_at).limit(most)
        people = list(db.execute(some.with_for_update(skip_locked=True)).scalars())
        if people:
            db.execute(delete(self.table).where(among(self.table.c.employee_id, people)))
        return people


BADGES = Notes(badge_reviews)
HOURS = Notes(hours_reviews)
_ALL = (BADGES, HOURS)


def learned(db: Connection, employee_id: int, now: dt.datetime) -> None:
    """Something has changed of what the employee has learned."""
    for notes in _ALL:
        notes.ask(db, employee_id, now)


def learned_by(db: Connection, people: Select[tuple[int]], now: dt.datetime) -> None:
    """The same for each of `people`, a query of employees' numbers."""
    for notes in _ALL:
        notes.ask_for(db, people, now)


def completed(db: Connection, which: ColumnElement[bool], now: dt.datetime) -> None:
    """The same for everybody who has a completion of those `which`."""
    learned_by(db, select(completions.c.employee_id).where(which), now)


def rows_known(db: Connection, deliveries_: Collection[int], now: dt.datetime) -> None:
    """It may be known by now which rows of a registry the deliveries have brought about.

    Then a row that was taken for another training is the completion's, or the other way about.
    Badges do not rest on that.
    """
    whose = select(completions.c.employee_id).join(
        deliveries, deliveries.c.completion_id == completions.c.id
    )
    HOURS.ask_for(db, whose.where(within(deliveries.c.id, deliveries_)), now)
