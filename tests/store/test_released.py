"""The database of every version that was released becomes one of this version, with all in it."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.logged import logging_as_it_was
from tests.store.keep_release import RELEASED

CONFIGURATION = '[database]\nurl = "sqlite:///bridge.db"\n'
TABLES = ("statements", "sightings", "employees", "completions", "deliveries")


def counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as db:
        return {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES
        }


@pytest.mark.parametrize("kept", sorted(RELEASED.glob("*.sql.gz")), ids=lambda path: path.name)
def test_a_released_database_is_brought_up_to_date_with_all_in_it(
    kept: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bridge.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(gzip.decompress(kept.read_bytes()).decode())
    before = counts(path)
    assert all(before.values()), before
    config = tmp_path / "lms-bridge.toml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    terminal = Terminal(config)
    with logging_as_it_was():
        assert len(terminal.json("completions")) == before["completions"]
        assert len(terminal.json("deliveries", "list")) == before["deliveries"]
        number = str(terminal.json("completions")[0]["id"])
        assert terminal.read("completions", "show", number)
        assert terminal.read("statements", "list")
        assert terminal.read("status", code=1)
    assert counts(path) == before


def test_there_is_something_to_try_it_with() -> None:
    assert list(RELEASED.glob("*.sql.gz"))
