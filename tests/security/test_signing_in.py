"""Sessions that are taken over, and accounts that are guessed."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from lms_bridge import credentials
from lms_bridge.accounts import passwords, users
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import utc_now
from lms_bridge.config.settings import Settings
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import audit_entries
from lms_bridge.store.schema import users as accounts
from tests.conftest import on_sqlite
from tests.console.conftest import PASSWORD, Visitor
from tests.webhook.conftest import PASSWORD as SENDERS_PASSWORD
from tests.webhook.conftest import Client, basic
from webhook.console.gate import COOKIE
from webhook.console.site import PATH

Visit = Callable[[], Visitor]
pytestmark = on_sqlite


@pytest.fixture
def budi(store: Store) -> users.User:
    with store.writing() as db:
        return users.create(
            db, username="budi", role=Role.IT, password=PASSWORD, must_change=False, now=utc_now()
        )


def test_a_session_that_was_planted_is_not_the_one_that_is_begun(
    visitor: Visit, budi: users.User
) -> None:
    victim, planted = visitor(), "planted-by-somebody-else-0123456789abcdefgh"
    victim.client.set_cookie(COOKIE, planted, path=PATH, domain="127.0.0.1")
    answer = victim.post("/sign-in", {"username": "budi", "password": PASSWORD})
    assert answer.status_code == 303
    assert planted not in answer.headers["Set-Cookie"]
    thief = visitor()
    thief.client.set_cookie(COOKIE, planted, path=PATH, domain="127.0.0.1")
    assert thief.get("/profile").status_code == 303, "it is led to the way in"


def test_signing_in_ends_the_session_that_was_there(visitor: Visit, budi: users.User) -> None:
    browser, thief = visitor(), visitor()
    browser.post("/sign-in", {"username": "budi", "password": PASSWORD})
    first = browser.client.get_cookie(COOKIE, path=PATH, domain="127.0.0.1")
    assert first is not None
    browser.post("/sign-in", {"username": "budi", "password": PASSWORD})
    thief.client.set_cookie(COOKIE, first.value, path=PATH, domain="127.0.0.1")
    assert thief.get("/profile").status_code == 303


def test_a_session_of_an_account_that_is_disabled_is_none(visitor: Visit, store: Store) -> None:
    somebody = visitor().as_(Role.HR)
    assert somebody.get("/profile").status_code == 200
    with store.writing() as db:
        db.execute(update(accounts).values(disabled_at=utc_now()))
    assert somebody.get("/profile").status_code == 303


def test_the_cookie_is_for_our_pages_by_https_alone(visitor: Visit, budi: users.User) -> None:
    cookie = visitor().post("/sign-in", {"username": "budi", "password": PASSWORD}).headers
    flags = set(cookie["Set-Cookie"].partition("; ")[2].split("; "))
    assert {"HttpOnly", "Secure", "SameSite=Lax", f"Path={PATH}"} <= flags


def test_who_there_is_cannot_be_told_by_the_work_that_a_refusal_takes(
    visitor: Visit, budi: users.User, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash is computed, and one row written, whoever is named."""
    hashed: list[str] = []
    hasher = passwords._hasher

    class Noting:
        def verify(self, known: str, given: str) -> bool:
            hashed.append(known)
            return bool(hasher.verify(known, given))

        def hash(self, given: str) -> str:
            return str(hasher.hash(given))

    monkeypatch.setattr(passwords, "_hasher", Noting())
    with store.writing() as db:
        gone = users.create(db, username="gone", role=Role.HR, password=PASSWORD, now=utc_now())
        users.disable(db, gone.id, disabled=True, now=utc_now())

    def work(username: str) -> tuple[int, int]:
        before, hashed[:] = _written(store), []
        status = visitor().post("/sign-in", {"username": username, "password": "wrong"}).status_code
        assert status == 403
        return len(hashed), _written(store) - before

    assert {work(name) for name in ("budi", "gone", "nobody")} == {(1, 1)}


def _written(store: Store) -> int:
    with store.reading() as db:
        return db.scalar(select(func.count()).select_from(audit_entries)) or 0


def test_no_page_is_framed_by_another_site(app: Flask, visitor: Visit) -> None:
    somebody = visitor().as_(Role.HR)
    for path in ("/employees", "/sign-in", "/profile"):
        policy = somebody.get(path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_secrets_are_compared_in_a_time_that_tells_nothing(
    lrs: Client,
    visitor: Visit,
    store: Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[object] = []
    compare = hmac.compare_digest

    def noted(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return compare(one, other)

    with store.writing() as db:
        made = credentials.create(db, "pemutar", settings=settings, now=utc_now())
    monkeypatch.setattr(hmac, "compare_digest", noted)

    def many(call: Callable[[], object]) -> int:
        compared.clear()
        call()
        return len(compared)

    wrong, right = basic("moodle", "wrong"), basic("moodle", SENDERS_PASSWORD)
    for authorization in (wrong, right, basic("nobody", "wrong")):
        headers = {"Authorization": authorization}
        assert many(lambda sent=headers: lrs.send("POST", data=b"[]", headers=sent))
    assert many(lambda: credentials.Key("0" * 64).fits(made.secret.encode(), utc_now()))
    somebody = visitor().as_(Role.HR)
    assert many(lambda: somebody.post("/profile/totp/off", {"csrf": "wrong"}))
