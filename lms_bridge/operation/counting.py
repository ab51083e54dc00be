"""Counting what may be very much: exactly up to a limit, and "more than" that beyond.

Each count goes through so many entries of an index and no further, so that a page costs the same
however much there is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, func, literal_column, select

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.store.schema import deliveries

MOST = 1_000
UNFINISHED = (State.BLOCKED, State.DELEGATED, State.RETRYING, State.RUNNING, State.WAITING)


class Some(NamedTuple):
    """How many there are: `many`, or more than that."""

    many: int
    is_more: bool = False


def up_to(db: Connection, table: FromClause, *which: ColumnElement[bool], most: int = MOST) -> Some:
    """How many rows of `table` meet the conditions, up to `most`."""
    some = select(literal_column("1")).select_from(table).where(*which).limit(most + 1).subquery()
    found = db.execute(select(func.count()).select_from(some)).scalar_one()
    return Some(min(found, most), found > most)


def unfinished(db: Connection, remotes: Collection[str]) -> dict[str, dict[str, Some]]:
    """By remote and state, how many deliveries are not through."""
    return by_state(db, remotes, UNFINISHED)


def by_state(
    db: Connection, remotes: Iterable[str], states: Iterable[State]
) -> dict[str, dict[str, Some]]:
    """By remote and state, how many deliveries there are."""
    wanted = list(states)
    found: dict[str, dict[str, Some]] = {}
    for remote in remotes:
        for state in wanted:
            some = up_to(db, deliveries, deliveries.c.state == state, deliveries.c.remote == remote)
            if some.many:
                found.setdefault(remote, {})[state] = some
    return found
