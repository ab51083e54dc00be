"""Data that an older version has written are there, and in order, after an upgrade."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from lms_bridge.store import marks, migrations
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.places import place_of
from tests.conftest import DATABASES

THEN = dt.datetime(2026, 11, 1, 3, 0, 0, 123_000, dt.UTC)


@pytest.fixture(params=DATABASES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database of the version that numbered statements 1, 2, 3."""
    url = f"sqlite:///{tmp_path}/bridge.db"
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        name = f"old_{os.getpid()}"
        with create_engine(postgres, isolation_level="AUTOCOMMIT").connect() as db:
            db.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            db.execute(text(f"CREATE DATABASE {name}"))
        url = postgres.replace("/postgres?", f"/{name}?")
    store = open_store(url)
    migrations.upgrade(store, "0003")
    yield store
    store.close()


def test_statements_get_the_place_at_which_they_were_stored(old: Store) -> None:
    with old.writing() as db:
        for number in (1, 2, 3, 4):
            db.execute(
                text(
                    "INSERT INTO statements (seq, id, sender, stored, raw)"
                    " VALUES (:seq, :id, 'moodle', :stored, :raw)"
                ),
                {"seq": number, "id": f"id-{number}", "raw": b"{}", "stored": _stored(old, number)},
            )
            db.execute(text("INSERT INTO sightings (statement_seq) VALUES (:seq)"), {"seq": number})
        for number in (1, 2):
            db.execute(
                text("INSERT INTO statement_keys (key, seq) VALUES (7, :seq)"), {"seq": number}
            )
        db.execute(text("INSERT INTO statement_targets (target, seq) VALUES ('id-1', 2)"))
        db.execute(text("INSERT INTO voidings (statement_id, by_seq) VALUES ('id-1', 2)"))
        db.execute(text("INSERT INTO unindexed (seq) VALUES (3), (4)"))
    migrations.upgrade(old)
    first = place_of(THEN)
    with old.reading() as db:

        def column(name: str, table: str) -> list[int]:
            return list(db.scalars(text(f"SELECT {name} FROM {table} ORDER BY 1")))

        # The first two were stored together, and the clock was put back before the third.
        places = [first, first + 1, first + 2, first + 1_000_000]
        assert column("seq", "statements") == places
        assert column("statement_seq", "sightings") == places
        assert column("seq", "statement_keys") == places[:2]
        assert column("seq", "statement_targets") == [places[1]]
        assert column("by_seq", "voidings") == [places[1]]
        assert marks.first_unread(db, "index") == places[2]
        assert marks.first_unread(db, "recognition") is None


def _stored(store: Store, number: int) -> object:
    moment = THEN + dt.timedelta(seconds={3: -60, 4: 1}.get(number, 0))
    is_sqlite = store.engine.dialect.name == "sqlite"
    return moment.replace(tzinfo=None).isoformat(" ") if is_sqlite else moment
