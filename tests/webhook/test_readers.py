"""Whoever reads over xAPI what others have sent stands in the log of who looked at whose data."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from flask import Flask

from lms_bridge import credentials
from lms_bridge.accounts import accesses
from lms_bridge.accounts.accesses import Access
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Settings
from lms_bridge.people.importing import Person, put
from lms_bridge.store.engine import Store
from tests.webhook.conftest import Client, basic

SITI = "198703152010012001"
PAGE = "https://lms.example"
AGENT = {"account": {"homePage": PAGE, "name": "4"}}


@pytest.fixture
def siti(store: Store) -> int:
    """The number of somebody whom HR has linked to an account."""
    with store.writing() as db:
        put(db, [(2, Person(nip=SITI, keys=(f"account:{PAGE}|4",)))], now=utc_now())
    return 1


def looks(app: Flask, store: Store) -> list[Access]:
    app.extensions["readers"].flush()
    with store.reading() as db:
        return accesses.entries(db)


def ask(lrs: Client, path: str = "/xapi/statements", **query: Any) -> int:
    return lrs.send("GET", path, query_string=query).status_code


def test_of_whose_statements_somebody_was_told_is_written_down_once(
    app: Flask, lrs: Client, store: Store, siti: int
) -> None:
    assert lrs.post([]).status_code == 200  # from now on it goes the short way
    for _ in range(3):
        assert ask(lrs, agent=json.dumps(AGENT)) == 200
    [entry] = looks(app, store)
    assert (entry.by, entry.role, entry.what) == ("lrs:moodle", "lrs", "list")
    assert (entry.employee_id, entry.details) == (siti, {"list": "statements"})
    assert entry.address == "127.0.0.1"


def test_whoever_reads_those_of_all_leaves_one_entry(app: Flask, lrs: Client, store: Store) -> None:
    unknown = json.dumps({"mbox": "mailto:nobody@example.go.id"})
    for query in ({}, {"limit": 1}, {"verb": "x:y"}, {"agent": unknown}):
        assert ask(lrs, attachments="true", **query) == 200  # goes the long way
    assert [one.employee_id for one in looks(app, store)] == [None]


def test_every_name_of_somebody_is_about_them(
    app: Flask, lrs: Client, store: Store, siti: int
) -> None:
    assert ask(lrs, "/xapi/agents", agent=json.dumps(AGENT)) == 200
    assert [one.employee_id for one in looks(app, store)] == [siti]


def test_what_a_credential_has_sent_itself_it_may_read_without_an_entry(
    app: Flask, bridge: Bridge, lrs: Client, store: Store
) -> None:
    with store.writing() as db:
        made = credentials.create(
            db, "mine", scopes=["statements/read/mine"], settings=Settings(), now=utc_now()
        )
    header = {"Authorization": basic("mine", made.secret)}
    assert lrs.send("GET", "/xapi/statements", headers=header).status_code == 200
    assert looks(app, store) == []


def test_what_cannot_be_written_keeps_nobody_from_reading_and_is_written_later(
    app: Flask, lrs: Client, store: Store, siti: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = store.writing
    monkeypatch.setattr(store, "writing", lambda: writing(1))  # type: ignore[call-arg]
    assert ask(lrs, agent=json.dumps(AGENT)) == 200
    assert looks(app, store) == []
    monkeypatch.setattr(store, "writing", writing)
    assert [one.employee_id for one in looks(app, store)] == [siti]


def test_it_is_written_down_by_itself(lrs: Client, store: Store, siti: int) -> None:
    assert ask(lrs, agent=json.dumps(AGENT)) == 200
    until = time.monotonic() + 60
    while True:
        with store.reading() as db:
            if [one.employee_id for one in accesses.entries(db)] == [siti]:
                return
        assert time.monotonic() < until
        time.sleep(0.05)
