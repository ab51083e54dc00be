"""Storing statements in the thread that speaks to everybody."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from lms_bridge.store.at_once import MOST, Appender, Row
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.promptly import IN_A_ROW, LONG_SECONDS, Promptly
from lms_bridge.store.schema import statements
from tests.conftest import NOW, on_sqlite


class Watch:
    """A clock that moves on by `step` seconds each time that somebody looks."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        self.seconds += self.step
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def promptly(store: Store, watch: Watch) -> Iterator[Promptly]:
    promptly = Promptly(store, clock=watch)
    yield promptly
    promptly.close()


def row(number: int, raw: bytes = b"{}") -> Row:
    return (f"id-{number}", "moodle", raw, "1.0.3", None)


def stored(store: Store) -> list[str]:
    with store.reading() as db:
        return list(db.scalars(select(statements.c.id).order_by(statements.c.seq)))


@pytest.fixture
def file(store: Store) -> Path:
    assert store.engine.url.database
    return Path(store.engine.url.database)


@on_sqlite
def test_it_is_stored_behind_all_others(store: Store, promptly: Promptly) -> None:
    with closing(Appender(store)) as other:
        assert other.append([row(1)], now=NOW)
        assert promptly.append([row(2), row(3)], now=NOW)
        assert other.append([row(4)], now=NOW)
    assert promptly.append([row(5)], now=NOW)
    assert stored(store) == ["id-1", "id-2", "id-3", "id-4", "id-5"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_has_to_be_waited_for(store: Store, promptly: Promptly) -> None:
    assert not promptly.append([row(1)], now=NOW)
    assert stored(store) == []


@on_sqlite
@pytest.mark.parametrize("rows", [[row(2), row(1)], [], [row(each) for each in range(MOST + 1)]])
def test_what_has_to_be_looked_at_is_not_stored(
    store: Store, promptly: Promptly, rows: list[Row]
) -> None:
    assert promptly.append([row(1)], now=NOW)
    assert not promptly.append(rows, now=NOW)
    assert promptly.append([row(MOST + 9)], now=NOW)
    assert stored(store) == ["id-1", f"id-{MOST + 9}"]


@on_sqlite
def test_nobody_else_who_writes_is_waited_for(
    store: Store, promptly: Promptly, watch: Watch, database_url: str, file: Path
) -> None:
    other = open_store(database_url)
    with store.writing():  # another thread
        assert not promptly.append([row(1)], now=NOW)
    with other.writing():  # another process
        assert not promptly.append([row(1)], now=NOW)
    with closing(sqlite3.connect(file, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        assert not promptly.append([row(1)], now=NOW)
        stranger.execute("ROLLBACK")
    watch.seconds += 1
    assert promptly.append([row(1)], now=NOW)
    with other.writing() as db:  # and nobody has to wait because of it
        assert db.scalar(select(func.count()).select_from(statements)) == 1
    other.close()


@on_sqlite
def test_nobody_who_waits_for_the_turn_is_overtaken(
    store: Store, promptly: Promptly, database_url: str
) -> None:
    other = open_store(database_url)
    assert other._turnstile
    next_, _ = other._turnstile._opened()
    assert other._turnstile._take(next_)
    assert not promptly.append([row(1)], now=NOW)
    other.close()
    del other  # which lets go of the place
    assert promptly.append([row(1)], now=NOW)


@on_sqlite
def test_without_a_turnstile_there_is_no_telling(
    store: Store, promptly: Promptly, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: str) -> int:
        raise PermissionError

    monkeypatch.setattr(store._turnstile, "_open", refused)
    assert not promptly.append([row(1)], now=NOW)


@on_sqlite
def test_when_it_takes_long_others_do_it_for_a_while(
    store: Store, promptly: Promptly, watch: Watch
) -> None:
    watch.step = 2 * LONG_SECONDS
    assert promptly.append([row(1)], now=NOW)
    watch.step = LONG_SECONDS
    assert not promptly.append([row(2)], now=NOW)
    watch.step, watch.seconds = 0.0, 39 * LONG_SECONDS
    assert not promptly.append([row(2)], now=NOW)
    watch.seconds = 43 * LONG_SECONDS
    assert promptly.append([row(2)], now=NOW)
    assert promptly.append([row(3)], now=NOW)


@on_sqlite
def test_others_carry_the_log_into_the_file(store: Store, promptly: Promptly, file: Path) -> None:
    """That is to be done once in a while, and it takes long."""
    store.engine.dispose()
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file.stat().st_size
    large = b"x" * 4000
    times = [
        promptly.append([row(40 * each + at, large) for at in range(40)], now=NOW)
        for each in range(IN_A_ROW + 1)
    ]
    assert times == [True] * IN_A_ROW + [False]
    assert file.stat().st_size == before
    with closing(Appender(store)) as other:
        assert other.append([row(-1)], now=NOW)
    assert file.stat().st_size > before + 1000 * len(large)
    assert promptly.append([row(-2)], now=NOW)


@on_sqlite
def test_an_error_is_for_those_to_see_who_do_it_next(
    store: Store, promptly: Promptly, watch: Watch
) -> None:
    with store.writing() as db:
        db.execute(text("ALTER TABLE statements RENAME TO elsewhere"))
    assert not promptly.append([row(1)], now=NOW)
    with store.writing() as db:
        db.execute(text("ALTER TABLE elsewhere RENAME TO statements"))
    assert not promptly.append([row(1)], now=NOW), "it is not tried again at once"
    watch.seconds += 1
    assert promptly.append([row(1)], now=NOW)


@on_sqlite
def test_nothing_is_stored_after_the_end(store: Store, promptly: Promptly) -> None:
    assert promptly.append([row(1)], now=NOW)
    promptly.close()
    assert not promptly.append([row(2)], now=NOW)
    assert stored(store) == ["id-1"]
