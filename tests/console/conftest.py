"""A console on each database, and somebody of each role who is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms_bridge.accounts import sessions, users
from lms_bridge.accounts.audit import Entry, entries
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.accounts.users import User
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Console, Settings
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import user_sessions
from webhook.app import create_app
from webhook.console.gate import COOKIE
from webhook.console.site import PATH

PASSWORD = "kereta api senja"
HERE = {"Host": "127.0.0.1:8080"}
HOST = "http://127.0.0.1:8080"
UNIT = Unit("siasn", "U-1", "Dinas Pendidikan")


class Visitor:
    """A browser, in which somebody is signed in or nobody is."""

    def __init__(self, app: Flask, store: Store) -> None:
        self.client: FlaskClient = app.test_client()
        self._store = store
        self.user: User | None = None

    def as_(self, role: Role, *, unit: Unit | None = None) -> Visitor:
        """Sign somebody of that role in, without the form."""
        with self._store.writing() as db:
            made = users.create(
                db,
                username=f"{role}.{unit.id.lower() if unit else 'x'}",
                role=role,
                unit=unit or (UNIT if role == Role.OFFICER else None),
                now=utc_now(),
            )
            token = sessions.begin(db, made.id, now=utc_now())
        self.user = made
        self.client.set_cookie(COOKIE, token, path=PATH, domain="127.0.0.1")
        return self

    @property
    def csrf(self) -> str:
        """The token of the session."""
        assert self.user is not None
        query = select(user_sessions.c.csrf).where(user_sessions.c.user_id == self.user.id)
        with self._store.reading() as db:
            return str(db.execute(query).scalars().first())

    def get(self, path: str, **more: Any) -> TestResponse:
        headers = HERE | more.pop("headers", {})
        return self.client.get(f"{PATH}{path}", base_url=HOST, headers=headers, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form, with the token of whoever is signed in."""
        fields = dict(data or {})
        if self.user is not None:
            fields.setdefault("csrf", self.csrf)
        headers = HERE | more.pop("headers", {})
        return self.client.post(
            f"{PATH}{path}", base_url=HOST, headers=headers, data=fields, **more
        )


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CONSOLE_KEY", "k" * 40)
    return Settings(language="en", console=Console(key=Secret("env:CONSOLE_KEY")))


@pytest.fixture
def bridge(store: Store, settings: Settings) -> Iterator[Bridge]:
    bridge = Bridge(settings, store)
    yield bridge
    bridge.intake.close()


@pytest.fixture
def app(bridge: Bridge) -> Flask:
    return create_app(bridge)


@pytest.fixture
def visitor(app: Flask, store: Store) -> Callable[[], Visitor]:
    return lambda: Visitor(app, store)


@pytest.fixture
def audited(store: Store) -> Callable[[], list[Entry]]:
    """What stands in the audit log, the newest first."""

    def read() -> list[Entry]:
        with store.reading() as db:
            return entries(db)

    return read


def text_of(answer: TestResponse) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())
