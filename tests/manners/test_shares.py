"""How many calls may be under way at a remote is kept by all processes together."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from lms_bridge.http import gate
from lms_bridge.manners import shares as module
from lms_bridge.manners.fair import fair
from lms_bridge.manners.shares import Share
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from tests.conftest import DATABASES, NOW
from tests.deliveries.yard import REGISTRY

SHARED = pytest.mark.parametrize("database_url", DATABASES[1:], indirect=True)
PLACES = 4


@pytest.fixture
def two(store: Store) -> Iterator[tuple[Share, Share]]:
    both = Share(store, REGISTRY, PLACES, "siantar-1"), Share(store, REGISTRY, PLACES, "siantar-2")
    yield both
    for one in both:
        one.leave()


def given_out(store: Store) -> int:
    with store.reading() as db:
        return db.scalar(select(func.coalesce(func.sum(schema.shares.c.has), 0))) or 0


@SHARED
def test_one_alone_has_all_and_gives_half_to_another(
    two: tuple[Share, Share], store: Store
) -> None:
    first, second = two
    assert first.ensure() == PLACES
    assert second.ensure() == 0
    first.renew()
    assert (first.has, second.ensure()) == (2, 2)
    assert given_out(store) == PLACES


@SHARED
def test_a_place_is_given_back_when_its_call_has_ended(two: tuple[Share, Share]) -> None:
    first, second = two
    first.ensure()
    with ExitStack() as calls:
        for _ in range(PLACES - 1):
            calls.enter_context(first.turn())
        second.ensure()
        first.renew()
        assert (first.has, second.ensure()) == (3, 1)
    first.renew()
    second.renew()
    assert (first.has, second.has) == (2, 2)


@SHARED
def test_who_wants_none_any_more_leaves_all_to_the_others(
    two: tuple[Share, Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    first.ensure()
    second.want()
    monkeypatch.setattr(first, "_wanted_until", 0.0)
    first.renew()
    second.renew()
    assert (first.has, second.has) == (0, PLACES)


@SHARED
def test_the_places_of_one_that_is_gone_come_back_and_it_does_not_use_them(
    two: tuple[Share, Share], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    first.ensure()
    with store.writing() as db:
        db.execute(update(schema.shares).values(until=NOW - dt.timedelta(days=365)))
    assert second.ensure() == PLACES
    monkeypatch.setattr(module, "_SURE_SECONDS", -1.0)
    first.renew()  # as for one that was frozen since
    assert first.has == 0
    ended = threading.Event()

    def call() -> None:
        gate.end_when(lambda: True)
        with pytest.raises(gate.Ended), first.turn():
            raise AssertionError("it has no place")
        ended.set()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(5)
    assert ended.is_set()


@SHARED
def test_never_more_calls_are_under_way_than_there_are_places(store: Store) -> None:
    at, most, lock = 0, 0, threading.Lock()
    each = [Share(store, REGISTRY, PLACES, f"siantar-{number}") for number in range(3)]
    over = time.monotonic() + 0.5

    def work(share: Share) -> None:
        nonlocal at, most
        while time.monotonic() < over:
            share.want()
            share.renew()
            with share.turn():
                with lock:
                    at += 1
                    most = max(most, at)
                time.sleep(0.002)
                with lock:
                    at -= 1

    threads = [threading.Thread(target=work, args=[share]) for share in each for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < most <= PLACES


@given(
    st.integers(min_value=1, max_value=64),
    st.lists(st.integers(min_value=0, max_value=64), max_size=12),
    st.integers(min_value=0),
)
def test_nobody_gets_more_than_they_want_and_what_is_wanted_is_given(
    places: int, wants: list[int], turn: int
) -> None:
    given_ = fair(places, wants, turn=turn)
    assert sum(given_) == min(places, sum(wants))
    assert all(has <= want for has, want in zip(given_, wants, strict=True))
    unmet = [has for has, want in zip(given_, wants, strict=True) if has < want]
    assert not unmet or max(given_) - min(unmet) <= 1


def test_each_gets_the_only_place_in_turn() -> None:
    assert [fair(1, [1, 0, 4], turn=turn) for turn in range(3)] == [
        [1, 0, 0],
        [0, 0, 1],
        [1, 0, 0],
    ]
