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
from collections.abc import Sequence
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
    or_,
    select,
    union_all,
)

from lms_bridge.store.engine import Store
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
_LAST = 2**63 - 1


class Span(NamedTuple):
    """Places after `low` and up to `high`, and in which order they are wanted."""

    low: int = 0
    high: int = _LAST
    ascending: bool = False

    def beyond(self, place: int) -> Span:
        """What follows that `place`."""
        if self.ascending:
            return self._replace(low=min(max(place, self.low), _LAST))
        return self._replace(high=min(place - 1, self.high))


class Search:
    """The statements that meet all `conditions` and have their place in `span`, a few at a time."""

    def __init__(self, store: Store, conditions: Sequence[Condition], span: Span) -> None:
        self._store = store
        self._conditions = list(conditions)
        self._left = span
        self._window = _FIRST_WINDOW
        self._deadline = time.monotonic() + _SECONDS
        self.last: int | None = None
        """the place after which to go on; None when there is nothing more"""
        self.is_over = False
        """whether to go on at another time, if at all"""

    def next(self, most: int) -> list[Found]:
        """The next of them, at most so many."""
        rows: list[Found] = []
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
        edges = self._store.ask(query, self._parameters() | {"passed": self._window - 1})
        return edges[0][0] if edges else None

    def _reconsider(self) -> None:
        """A whole window was gone through and was not enough."""
        if self._window == _FIRST_WINDOW:
            self._conditions.sort(key=self._count)
        self._window = min(self._window * 10, _WIDEST_WINDOW)
        self.is_over = time.monotonic() > self._deadline

    def _count(self, condition: Condition) -> int:
        """How many have one of these keys; from some number on it does not matter."""
        [(count,)] = self._store.ask(_count_query(len(condition)), _named([condition]))
        return int(count)

    def _parameters(self) -> dict[str, int]:
        return {
            "low": self._left.low,
            "high": self._left.high,
            "window": self._window,
            **_named(self._conditions),
        }


_1: Final = literal_column("1", Integer)


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
        query = select(*COLUMNS).where(_within(place), is_voided.is_(None))
        return query.order_by(_in_order(place, ascending)).limit(_limit("most"))
    if len(arities) == 1:
        found = _driving(arities[0], ascending, _limit("most")).subquery()
    else:
        driving = _driving(arities[0], ascending, _limit("window")).subquery()
        chosen = select(driving.c.seq).order_by(_in_order(driving.c.seq, ascending))
        for number, arity in enumerate(arities[1:], 1):
            chosen = chosen.where(_has(number, arity, driving.c.seq).is_not(None))
        found = chosen.limit(_limit("most")).subquery()
    return select(*COLUMNS).join(found, found.c.seq == statements.c.seq)


@lru_cache(maxsize=4)
def _edge_query(arity: int, ascending: bool) -> Select[int]:
    driving = _driving(arity, ascending, _1, _limit("passed")).subquery()
    return select(driving.c.seq)


@lru_cache(maxsize=2)
def _count_query(arity: int) -> Select[int]:
    some = select(_1).where(_is_one(statement_keys.c.key, 0, arity)).limit(_COUNTED).subquery()
    return select(func.count()).select_from(some)


def _driving(
    arity: int, ascending: bool, limit: ColumnElement[int], offset: ColumnElement[int] | None = None
) -> Any:
    """The places of all that has one of the keys that drive, each once."""
    first = statement_keys.alias()
    chosen: Any = select(first.c.seq).where(first.c.key == _key(0, 0), _within(first.c.seq))
    if arity > 1:
        second = statement_keys.alias()
        only = _has(0, 1, second.c.seq).is_(None)
        others = select(second.c.seq).where(second.c.key == _key(0, 1), _within(second.c.seq), only)
        chosen = union_all(chosen, others)
    place = chosen.selected_columns.seq
    return chosen.order_by(_in_order(place, ascending)).limit(limit).offset(offset)


def _has(number: int, arity: int, place: ColumnElement[int]) -> ColumnElement[int | None]:
    """Something, if what has this `place` has one of the first `arity` keys of a condition."""
    having = statement_keys.alias()
    return _one(_is_one(having.c.key, number, arity), having.c.seq == place)


def _is_one(key: ColumnElement[int], number: int, arity: int) -> ColumnElement[bool]:
    return or_(*(key == _key(number, alternative) for alternative in range(arity)))


def _one(*conditions: ColumnElement[bool]) -> ColumnElement[int | None]:
    return select(_1).where(*conditions).limit(_1).scalar_subquery()


def _within(place: ColumnElement[int]) -> ColumnElement[bool]:
    return (place > bindparam("low", type_=BigInteger)) & (
        place <= bindparam("high", type_=BigInteger)
    )


def _in_order(place: ColumnElement[int], ascending: bool) -> ColumnElement[int]:
    return place if ascending else place.desc()


def _key(number: int, alternative: int) -> ColumnElement[int]:
    return bindparam(_name(number, alternative), type_=BigInteger)


def _name(number: int, alternative: int) -> str:
    return f"key_{number}_{alternative}"


def _limit(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=Integer)
