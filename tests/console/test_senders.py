"""Senders in the console: what came of their requests, and credentials made and ended."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from lms_bridge import sending
from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Console, Sender, Settings
from lms_bridge.sending import NOBODY, Count
from lms_bridge.store.engine import Store
from tests.console.conftest import Visitor, text_of
from tests.webhook.conftest import basic

STATEMENT = {
    "actor": {"mbox": "mailto:siti@example.id"},
    "verb": {"id": "act:read"},
    "object": {"id": "https://lms.example/7"},
}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CONSOLE_KEY", "k" * 40)
    monkeypatch.setenv("SENDER", "rahasia")
    return Settings(
        language="en",
        console=Console(key=Secret("env:CONSOLE_KEY")),
        senders=(Sender(name="moodle", username="moodle", password=Secret("env:SENDER")),),
    )


def _send(visitor: Visitor, value: object, *, who: str = "moodle", secret: str = "rahasia") -> int:
    headers = {"Authorization": basic(who, secret), "X-Experience-API-Version": "1.0.3"}
    return visitor.client.post("/xapi/statements", json=value, headers=headers).status_code


def test_requests_are_counted_whichever_way_they_come(
    visitor: Callable[[], Visitor], bridge: Bridge, store: Store
) -> None:
    budi = visitor().as_(Role.IT)
    for _ in range(3):  # the first goes by way of Flask, the others do not
        assert _send(budi, STATEMENT) == 200
    assert _send(budi, {"actor": "198703152010012001"}) == 400
    assert _send(budi, STATEMENT, secret="salah") == 401
    budi.client.application.extensions["tally"].flush()
    bridge.index.catch_up(utc_now(), seconds=5)
    with store.reading() as db:
        found = sending.of(db, ["moodle", NOBODY], now=utc_now())
    moodle = found["moodle"]
    assert (moodle.taken, moodle.refused, moodle.last_hour.many) == (3, 1, 3)
    assert moodle.said.startswith("400:")
    assert "198703152010012001" not in moodle.said
    assert (found[NOBODY].taken, found[NOBODY].refused) == (0, 1)
    page = text_of(budi.get("/senders"))
    assert "1 of 4 requests" in page
    assert "that are right: 1" in page


def test_counts_of_several_processes_add_up_and_what_is_old_goes(store: Store) -> None:
    now = utc_now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    old = hour - dt.timedelta(days=100)
    with store.writing() as db:
        sending.add(db, {("a", old): Count(1, 0, "", old)})
        sending.add(db, {("a", hour): Count(2, 1, "400: x", now)})
        sending.add(db, {("a", hour): Count(3, 0, "", now)})
    with store.reading() as db:
        sent = sending.of(db, ["a"], now=now)["a"]
        rows = db.execute(sending.select(sending.sender_hours.c.hour)).all()
    assert (sent.taken, sent.refused, sent.said) == (5, 1, "400: x")
    assert len(rows) == 1


def test_a_credential_is_made_rotated_and_revoked(
    visitor: Callable[[], Visitor], audited: Callable[[], list[Entry]]
) -> None:
    budi = visitor().as_(Role.IT)

    def secret_in(text: str) -> str:
        (found,) = re.findall(r'<code class="once">([^<]+)</code>', text)
        return str(found)

    assert budi.post("/senders/new", {"name": "Bukan Nama"}).status_code == 422
    form = {"name": "moodle-2", "scope": ["statements/write"]}
    first = secret_in(budi.post("/senders/new", form).text)
    assert _send(budi, STATEMENT, who="moodle-2", secret=first) == 200
    second = secret_in(budi.post("/senders/moodle-2/rotate", {"hours": "0"}).text)
    assert first != second
    assert second not in budi.get("/senders").text
    assert budi.post("/senders/moodle-2/revoke").status_code == 303
    assert "revoked" in text_of(budi.get("/senders"))
    entries = audited()
    assert [one.action.partition(".")[2] for one in entries] == ["revoked", "rotated", "created"]
    assert first not in str(entries)
    assert second not in str(entries)
