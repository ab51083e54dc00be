"""What a PostgreSQL shows after a crash, and its standby has not got, is answered by nobody yet."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from lms_bridge.bridge import utc_now
from lms_bridge.intake import Intake, Origin
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store, open_store, vouch
from lms_bridge.store.schema import statements
from tests.e2e.crashing import own_database
from tests.postgres import Pair, postgres_pair
from xapi import read_statements

pytestmark = pytest.mark.slow

TOLD = b"""{
    "id": "6c7d1a7e-9b52-4c3c-8a3e-0f6f4b1c9d11",
    "actor": {"mbox": "mailto:siti@example.go.id"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://lms.example/course/1"}
}"""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with postgres_pair(tmp_path) as pair:
        yield pair


def opened(url: str) -> tuple[Store, Intake]:
    store = open_store(url)
    return store, Intake(store, clock=utc_now)


def told(intake: Intake) -> threading.Event:
    """Somebody tells of it; set when that is answered."""
    answered = threading.Event()

    def tell() -> None:
        with suppress(Exception):  # the database was away for longer than is waited for
            intake.store(Origin("lms"), read_statements(TOLD))
            answered.set()

    threading.Thread(target=tell, daemon=True).start()
    return answered


def test_what_only_the_crashed_server_has_is_not_answered(pair: Pair) -> None:
    url = own_database(pair.url)
    store, intake = opened(url)
    migrations.upgrade(store)
    pair.part()
    assert not told(intake).wait(1), "the standby has not got it"
    pair.restart()  # and the server shows it from now on
    store, intake = opened(url)
    with store.reading() as db:
        assert db.scalar(select(func.count()).select_from(statements)) == 1
    again = told(intake)
    assert not again.wait(2), "it may still be lost"
    pair.rejoin()
    assert again.wait(60)
    pair.fail_over()
    store, _ = opened(url)
    with store.reading() as db:
        assert db.scalar(select(func.count()).select_from(statements)) == 1


def test_whoever_may_only_use_the_database_may_have_it_vouched_for(postgres: str) -> None:
    store = open_store(own_database(postgres))
    with store.writing() as db:
        db.execute(text("CREATE ROLE plain NOLOGIN"))
    with store.writing() as db:
        db.execute(text("SET LOCAL ROLE plain"))
        vouch(db)
    store.close()
