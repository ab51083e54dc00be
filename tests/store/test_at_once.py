"""Storing statements with a single call of the driver."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lms_bridge.store.at_once import MOST, Appender, Row
from lms_bridge.store.engine import Store, may_pass, open_store
from lms_bridge.store.places import next_place, place_of
from lms_bridge.store.schema import statements
from tests.conftest import NOW

FIRST = place_of(NOW)


@pytest.fixture
def appender(store: Store) -> Iterator[Appender]:
    appender = Appender(store)
    yield appender
    appender.close()


def row(number: int, raw: bytes = b"{}", authority: bytes | None = None) -> Row:
    return (f"id-{number}", "moodle", raw, "1.0.3", authority)


def stored(store: Store) -> list[tuple[object, ...]]:
    with store.reading() as db:
        return [tuple(each) for each in db.execute(select(statements).order_by(statements.c.seq))]


def test_rows_are_stored_as_they_are_behind_all_others(store: Store, appender: Appender) -> None:
    told = [row(1, '{"é": "\x00"}'.encode(), b'{"name":"\xc3\xa9"}'), row(2, b"\x00\xff")]
    assert appender.append(told, now=NOW)
    assert appender.append([row(3)], now=NOW - dt.timedelta(days=1))
    assert appender.append([row(4)], now=NOW + dt.timedelta(seconds=1))
    places = [FIRST, FIRST + 1, FIRST + 2, FIRST + 1_000_000]
    assert stored(store) == [
        (place, *each) for place, each in zip(places, [*told, row(3), row(4)], strict=True)
    ]


def test_the_places_go_on_where_a_transaction_has_ended(store: Store, appender: Appender) -> None:
    assert appender.append([row(1), row(2)], now=NOW)
    with store.writing() as db:
        assert next_place(db, NOW) == FIRST + 2


def test_as_many_as_a_call_takes(store: Store, appender: Appender) -> None:
    assert appender.append([row(number) for number in range(MOST)], now=NOW)
    assert len(stored(store)) == MOST


@pytest.mark.parametrize("twice", [[row(1), row(2), row(1)], [row(2), row(9)]])
def test_where_an_id_is_there_already_nothing_is_stored(
    store: Store, appender: Appender, twice: list[Row]
) -> None:
    assert appender.append([row(9)], now=NOW)
    assert not appender.append(twice, now=NOW)
    assert appender.append([row(3)], now=NOW)
    assert [each[1] for each in stored(store)] == ["id-9", "id-3"]


def test_a_row_that_the_database_does_not_take_is_nobodys_fault_but_its_own(
    store: Store, appender: Appender
) -> None:
    with store.writing() as db:
        db.execute(text("ALTER TABLE statements RENAME TO elsewhere"))
    with pytest.raises(DBAPIError) as caught:
        appender.append([row(1)], now=NOW)
    assert not may_pass(caught.value)
    assert "moodle" not in str(caught.value)
    with store.writing() as db:
        db.execute(text("ALTER TABLE elsewhere RENAME TO statements"))
    assert appender.append([row(1)], now=NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_was_ended_meanwhile_is_replaced(
    store: Store, appender: Appender
) -> None:
    assert appender.append([row(1)], now=NOW)
    with store.writing() as db:
        db.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    with pytest.raises(DBAPIError) as caught:
        appender.append([row(2)], now=NOW)
    assert may_pass(caught.value)
    assert appender.append([row(2)], now=NOW)
    assert len(stored(store)) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_another_process_writes_for_too_long_may_pass(
    database_url: str, store: Store, appender: Appender
) -> None:
    assert appender.append([row(1)], now=NOW)
    appender._connection().execute("PRAGMA busy_timeout = 10")
    other = open_store(database_url)
    with other.writing():
        with pytest.raises(DBAPIError) as caught:
            appender.append([row(2)], now=NOW)
        assert may_pass(caught.value)
    assert appender.append([row(2)], now=NOW)
    other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_isolates_more_by_default_makes_no_difference(
    database_url: str, store: Store
) -> None:
    with store.writing() as db:
        name = db.scalar(text("SELECT current_database()"))
        change = f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'"
        db.execute(text(change))
    other = open_store(database_url)
    with other.writing() as db:
        assert db.scalar(text("SHOW transaction_isolation")) == "read committed"
    other.close()
