"""An LRS in this process, on each database, and a sender that talks to it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import werkzeug.test
from flask import Flask, request, request_started
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Console, Sender, Settings, Web
from lms_bridge.recognition.sightings import how_many_unseen
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import statements
from lms_bridge.store.types import AnyRow
from tests.logged import logged
from webhook import access
from webhook.app import create_app

PASSWORD = "rahasia-sekali"
LIMIT = 20_000


def basic(username: str, password: str) -> str:
    """The ``Authorization`` header of a username and a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Client:
    """A sender: what it sends carries its credentials and the version unless it says otherwise."""

    def __init__(self, client: werkzeug.test.Client, store: Store) -> None:
        self._client = client
        self._store = store

    def send(self, method: str, path: str = "/xapi/statements", **more: Any) -> TestResponse:
        """A request; a header given as None is left out, `json` may be bytes."""
        headers = {
            "Authorization": basic("moodle", PASSWORD),
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        } | more.pop("headers", {})
        if "json" in more:
            more["data"] = json.dumps(more.pop("json")).encode()
        given = [(name, value) for name, value in headers.items() if value is not None]
        return self._client.open(path, method=method, headers=given, **more)

    def post(self, value: Any = None, **more: Any) -> TestResponse:
        return self.send("POST", **({"json": value} | more if "data" not in more else more))

    def put(self, statement_id: str, value: Any, **more: Any) -> TestResponse:
        query = {"statementId": statement_id}
        return self.send("PUT", json=value, query_string=query, **more)

    def stored(self) -> list[AnyRow]:
        """Every statement that is stored, in order."""
        with self._store.reading() as db:
            return list(db.execute(select(statements).order_by(statements.c.seq)))

    def work(self) -> int:
        """How many statements are to be looked at by the recogniser."""
        with self._store.reading() as db:
            return how_many_unseen(db)


def settings(**changes: Any) -> Settings:
    senders = (
        Sender(name="moodle", username="moodle", password=Secret("env:MOODLE_PASSWORD")),
        Sender(name="konten", username="konten é", password=Secret("env:KONTEN_PASSWORD")),
    )
    web = Web(most_request_bytes=LIMIT, most_statements=5)
    # Its many routes take longer to put together than most tests take; tests/console has it.
    console = Console(access="off")
    usual = {"senders": senders, "web": web, "console": console, "language": "en"}
    return Settings(**usual | changes)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged."""
    with logged() as written:
        yield written


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODLE_PASSWORD", PASSWORD)
    monkeypatch.setenv("KONTEN_PASSWORD", "sandi: ünik")


@pytest.fixture
def bridge(store: Store, secrets: None) -> Iterator[Bridge]:
    bridge = Bridge(settings(), store)
    yield bridge
    bridge.intake.close()


@pytest.fixture
def app(bridge: Bridge) -> Flask:
    return create_app(bridge)


@pytest.fixture
def lrs(app: Flask, store: Store) -> Client:
    return Client(app.test_client(), store)


@contextmanager
def ordinary_requests(app: Flask, name: str) -> Iterator[list[str]]:
    """Of the requests that Flask sees, and no short way answers, what is called `name`."""
    seen: list[str] = []

    def see(sender: Flask, **_: Any) -> None:
        seen.append(getattr(request, name))

    with request_started.connected_to(see, app):
        yield seen


@pytest.fixture
def ordinary(app: Flask) -> Iterator[list[str]]:
    """The methods of the requests that went the ordinary way."""
    with ordinary_requests(app, "method") as seen:
        yield seen


@pytest.fixture
def known(lrs: Client, ordinary: list[str], monkeypatch: pytest.MonkeyPatch) -> Client:
    """A sender whose credentials were looked at a moment ago."""
    monkeypatch.setattr(access, "SECONDS", 3600)  # a test may be slow
    lrs.post([])
    ordinary.clear()
    return lrs
