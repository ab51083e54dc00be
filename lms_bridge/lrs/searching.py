"""Searching the index for the statements that have all of some keys, in the order of their places.

A statement has to have one key of each *condition*. The keys of one condition, that which the
fewest statements are believed to meet, *drive*: they are gone through in order, and of each
statement that has one it is looked up whether it has the others. So it costs nothing to find the
first few of a million, and much only where what drives is frequent and hardly ever goes together
with the rest. That is noticed when many have been gone through: then it is counted what is rarest,
and after a time the search ends where it has come to, so that it can be gone on with later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from lms_bridge.store.engine import Store
from lms_bridge.store.removed import IS_THERE
from lms_bridge.store.schema import statement_keys, statements, voidings

Condition: TypeAlias = tuple[int, ...]
"""one key, or two of which one is enough"""

_FIRST_WINDOW = 1_000
_WIDEST_WINDOW = 100_000
"""how many keys are gone through in one query"""
_COUNTED = 10_000
"""who is more frequent than this is frequent"""
_SECONDS = 1.0
"""after which the search ends where it has come to"""
COLUMNS = (
    statements.c.seq,
    statements.c.id,
    statements.c.raw,
    statements.c.version,
    statements.c.authority,
)
"""what is read of each statement"""
Found: TypeAlias = tuple[int, str, bytes, str, bytes | None]
"""the same of one"""


class Span(NamedTuple):
    """Places after `low` and up to `high`, and in which order they are wanted."""

    low: int = 0
    high: int = 2**63 - 1
    ascending: bool = False

    def beyond(self, place: int) -> Span:
        """What follows that `place`."""
        if self.ascending:
            return self._replace(low=min(max(place, self.low), self.high))
        return self._replace(high=max(min(place - 1, self.high), self.low))


class Search:
    """The statements that meet all `conditions` and have their place in `span`, a few at a time."""

    def __init__(self, store: Store, conditions: Sequence[Condition], span: Span) -> None:
        self._store = store
        self._conditions = list(conditions)
        self._left = span
        self._window = _FIRST_WINDOW
        self.last: int | None = None
        """the place after which to go on; None when there is nothing more"""
        self.is_over = False
        """whether to go on at another time, if at all"""

    def next(self, most: int) -> list[Found]:
        """The next of them, at most so many."""
        rows: list[Found] = []
        deadline = time.monotonic() + _SECONDS
        while not self.is_over:
            rows += self._rows(most + 1 - len(rows))
            if len(rows) > most:
                rows.pop()
                self._go_on_after(rows[-1][0])
                return rows
            edge = self._edge()
            self._go_on_after(edge)
            if edge is not None:
                self._reconsider()
                self.is_over = time.monotonic() > deadline
        return rows

    def _go_on_after(self, place: int | None) -> None:
        self.last = place
        if place is None:
            self.is_over = True
        else:
            self._left = self._left.beyond(place)

    def _rows(self, most: int) -> list[Found]:
        query = _query(tuple(map(len, self._conditions)), self._left.ascending)
        rows = self._store.ask(query, self._parameters() | {"most": most})
        return sorted(rows, reverse=not self._left.ascending)

    def _edge(self) -> int | None:
        """The place of the last key that was gone through, unless there are no more."""
        if len(self._conditions) < 2:
            return None
        query = _edge_query(len(self._conditions[0]), self._left.ascending)
        edges = self._store.ask(query, self._parameters())
        return edges[0][0] if edges else None

    def _reconsider(self) -> None:
        """A whole window was gone through and was not enough."""
        if self._window == _FIRST_WINDOW:
            self._conditions.sort(key=self._count)
        self._window = min(self._window * 10, _WIDEST_WINDOW)

    def _count(self, condition: Condition) -> int:
        """How many have one of these keys; from some number on it does not matter."""
        values = _named([condition]) | {"most": _COUNTED}
        [(count,)] = self._store.ask(_count_query(len(condition)), values)
        return int(count)

    def _parameters(self) -> dict[str, int]:
        return {
            "low": self._left.low,
            "high": self._left.high,
            "window": self._window,
            "passed": self._window - 1,
            **_named(self._conditions),
        }


_1: Final = literal_column("1", Integer)
_LOW: Final = bindparam("low", type_=BigInteger)
_HIGH: Final = bindparam("high", type_=BigInteger)


def _named(conditions: Sequence[Condition]) -> dict[str, int]:
    return {
        _name(number, alternative): key
        for number, condition in enumerate(conditions)
        for alternative, key in enumerate(condition)
    }


# --- the queries, each of which is made once ------------------------------------------------------
#
# "Whether there is" is asked by a subquery for one value, and not by EXISTS: of that PostgreSQL
# makes a join, and goes through all that a frequent verb has.


@lru_cache(maxsize=100)
def _query(arities: tuple[int, ...], ascending: bool) -> Select[tuple[Any, ...]]:
    """The statements that meet conditions of so many keys each."""
    if not arities:
        place = statements.c.seq
        is_voided = _one(voidings.c.statement_id == statements.c.id)
        query = select(*COLUMNS).where(place > _LOW, place <= _HIGH, is_voided.is_(None), IS_THERE)
        return query.order_by(_in_order(place, ascending)).limit(_limit("most"))
    if len(arities) == 1:
        found = _driving(arities[0], ascending, _limit("most"), _LOW, _HIGH)
    else:
        # The bound itself is moved: SQLite stops at one and only looks whether another is met.
        edge = _edge_query(arities[0], ascending).scalar_subquery()
        low = _LOW if ascending else func.coalesce(edge - 1, _LOW)
        high = func.coalesce(edge, _HIGH) if ascending else _HIGH

        def meets_others(place: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
            for number, arity in enumerate(arities[1:], 1):
                yield _has(number, arity, place).is_not(None)

        found = _driving(arities[0], ascending, _limit("most"), low, high, meets_others)
    chosen = found.limit(_limit("most")).subquery()
    return select(*COLUMNS).join(chosen, chosen.c.seq == statements.c.seq)


@lru_cache(maxsize=4)
def _edge_query(arity: int, ascending: bool) -> Select[int]:
    """The place of the last key of a window, if there are so many."""
    driving = _driving(arity, ascending, _limit("window"), _LOW, _HIGH)
    edge: Select[int] = driving.limit(_1).offset(_limit("passed"))
    return edge


@lru_cache(maxsize=2)
def _count_query(arity: int) -> Select[int]:
    some = (
        select(_1).where(_is_one(statement_keys.c.key, 0, arity)).limit(_limit("most")).subquery()
    )
    return select(func.count()).select_from(some)


def _driving(
    arity: int,
    ascending: bool,
    most: ColumnElement[int],
    low: ColumnElement[int],
    high: ColumnElement[int],
    passes: Callable[[ColumnElement[int]], Iterable[ColumnElement[bool]]] = lambda _: (),
) -> Any:
    """The places of what has one of the keys that drive, each once; at least the first `most`."""
    branches: list[Any] = []
    for alternative in range(arity):
        keys = statement_keys.alias()
        place = keys.c.seq
        branch = select(place).where(keys.c.key == _key(0, alternative), place > low, place <= high)
        if alternative:
            branch = branch.where(_has(0, 1, place).is_(None))
        branches.append(branch.where(*passes(place)).order_by(_in_order(place, ascending)))
    if arity == 1:
        return branches[0]
    # Each branch has a limit of its own, or PostgreSQL would sort all of a course to tell a few.
    both = union_all(*(select(branch.limit(most).subquery().c.seq) for branch in branches))
    return both.order_by(_in_order(both.selected_columns.seq, ascending))


def _has(number: int, arity: int, place: ColumnElement[int]) -> ColumnElement[int | None]:
    """Something, if what has this `place` has one of the first `arity` keys of a condition."""
    having = statement_keys.alias()
    return _one(_is_one(having.c.key, number, arity), having.c.seq == place)


def _is_one(key: ColumnElement[int], number: int, arity: int) -> ColumnElement[bool]:
    # Not by OR, of which SQLite makes a list of all that has either before it counts.
    return key.in_([_key(number, alternative) for alternative in range(arity)])


def _one(*conditions: ColumnElement[bool]) -> ColumnElement[int | None]:
    return select(_1).where(*conditions).limit(_1).scalar_subquery()


def _in_order(place: ColumnElement[int], ascending: bool) -> ColumnElement[int]:
    return place if ascending else place.desc()


def _key(number: int, alternative: int) -> ColumnElement[int]:
    return bindparam(_name(number, alternative), type_=BigInteger)


def _name(number: int, alternative: int) -> str:
    return f"key_{number}_{alternative}"


def _limit(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=Integer)
