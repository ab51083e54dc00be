"""Statements are found in order, each once, however far between those are that are wanted."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from lms_bridge.lrs import searching
from lms_bridge.lrs.searching import Condition, Search, Span
from lms_bridge.store.engine import Store
from lms_bridge.store.many import put_all
from lms_bridge.store.schema import statement_keys, statements

_Index = set[tuple[int, int]]
"""key and place"""


def fill(store: Store, index: _Index, places: Iterable[int] = range(1, 31)) -> None:
    """Nothing but statements in these places, under these keys."""
    with store.writing() as db:
        for table in (statement_keys, statements):
            db.execute(delete(table))
        rows = [{"seq": place, "id": f"{place}", "sender": "lms", "raw": b"{}"} for place in places]
        db.execute(insert(statements), rows)
        put_all(db, statement_keys, sorted(index))


def found(search: Search, at_once: int) -> list[int]:
    """All that it finds."""
    places: list[int] = []
    while not search.is_over:
        rows = search.next(at_once)
        assert len(rows) <= at_once
        places += [row[0] for row in rows]
    return places


@hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    index=st.sets(st.tuples(st.integers(1, 5), st.integers(1, 30)), max_size=80),
    conditions=st.lists(
        st.sampled_from([(1,), (2,), (3,), (1, 4), (2, 5), (4, 5)]), min_size=1, max_size=3
    ),
    low=st.integers(0, 30),
    high=st.integers(0, 31),
    ascending=st.booleans(),
    at_once=st.integers(1, 7),
    window=st.integers(1, 6),
)
def test_all_that_has_one_key_of_each_condition_is_found_in_order(
    store: Store,
    index: _Index,
    conditions: list[Condition],
    low: int,
    high: int,
    ascending: bool,
    at_once: int,
    window: int,
) -> None:
    fill(store, index)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "_FIRST_WINDOW", window)
        patch.setattr(searching, "_WIDEST_WINDOW", window * 2)
        search = Search(store, conditions, Span(low, high, ascending))
        places = found(search, at_once)
    expected = [
        place
        for place in range(low + 1, high + 1)
        if all(any((key, place) in index for key in keys) for keys in conditions)
    ]
    assert places == (expected if ascending else expected[::-1])
    assert search.last is None


def test_a_search_for_what_is_nowhere_ends_in_time_where_it_has_come_to(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, {(1, place) for place in range(1, 31)} | {(2, 1)})
    monkeypatch.setattr(searching, "_FIRST_WINDOW", 10)
    monkeypatch.setattr(searching, "_COUNTED", 1)
    monkeypatch.setattr(searching, "_SECONDS", -1.0)
    search = Search(store, [(1,), (2,)], Span())
    assert search.next(5) == []
    assert (search.is_over, search.last) == (True, 21)
    assert found(Search(store, [(1,), (2,)], Span().beyond(21)), 5) == []


def test_the_rarest_key_drives_when_the_usual_one_leads_nowhere(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, {(1, place) for place in range(1, 31)} | {(2, 3)})
    monkeypatch.setattr(searching, "_FIRST_WINDOW", 2)
    search = Search(store, [(1,), (2,)], Span())
    monkeypatch.setattr(searching, "_WIDEST_WINDOW", 2)
    asked = 0
    ask = store.ask

    def counting(*args: object) -> object:
        nonlocal asked
        asked += 1
        return ask(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "ask", counting)
    assert found(search, 5) == [3]
    assert asked < 8, "and not one query for each two of the thirty"


def test_a_place_beyond_all_places_is_no_error(store: Store) -> None:
    fill(store, {(1, 1)})
    for ascending in (False, True):
        for place in (-(2**70), 2**70):
            span = Span(ascending=ascending).beyond(place)
            assert len(found(Search(store, [(1,)], span), 5)) <= 1
