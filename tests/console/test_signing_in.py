"""Signing in and out, lock-out, the second factor, one's own password."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask

from lms_bridge.accounts import totp, users
from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.users import TRIES, User
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Settings
from lms_bridge.store.engine import Store
from tests.console.conftest import PASSWORD, Visitor, text_of
from webhook.app import create_app
from webhook.peer import address

Audited = Callable[[], list[Entry]]


@pytest.fixture
def budi(store: Store) -> User:
    with store.writing() as db:
        return users.create(
            db,
            username="Budi",
            role=Role.IT,
            password=PASSWORD,
            must_change=False,
            now=utc_now(),
        )


@pytest.fixture
def nobody(visitor: Callable[[], Visitor]) -> Visitor:
    return visitor()


def _sign_in(visitor: Visitor, password: str = PASSWORD, **more: str) -> int:
    given = {"username": "budi", "password": password} | more
    return visitor.post("/sign-in", given).status_code


def test_who_signs_in_gets_to_their_first_page(
    nobody: Visitor, budi: User, audited: Audited
) -> None:
    answer = nobody.post("/sign-in", {"username": " BUDI ", "password": PASSWORD})
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/console" in cookie
    assert nobody.get("/profile").status_code == 200
    assert [one.action for one in audited()] == ["account.signed_in"]


def test_a_wrong_password_does_not_say_what_was_wrong(nobody: Visitor, budi: User) -> None:
    wrong = nobody.post("/sign-in", {"username": "budi", "password": "x"})
    nobodys = nobody.post("/sign-in", {"username": "tono", "password": "x"})
    assert wrong.status_code == nobodys.status_code == 403
    assert text_of(wrong).replace("budi", "") == text_of(nobodys).replace("tono", "")


def test_an_account_is_locked_after_too_many_tries(
    nobody: Visitor, budi: User, audited: Audited
) -> None:
    for _ in range(TRIES):
        assert _sign_in(nobody, "salah") == 403
    assert _sign_in(nobody) == 403
    assert [one.action for one in audited()[:2]] == ["account.refused", "account.locked"]


def test_the_lock_opens_by_itself(nobody: Visitor, budi: User, store: Store) -> None:
    long_ago = utc_now() - users.LOCKED - dt.timedelta(seconds=1)
    with store.writing() as db:
        for _ in range(TRIES):
            users.note_failure(db, budi.id, now=long_ago)
    assert _sign_in(nobody) == 303


def test_too_many_tries_from_one_address_have_to_wait(nobody: Visitor, budi: User) -> None:
    answers = {_sign_in(nobody, "salah", username=f"tono{number}") for number in range(25)}
    assert answers == {403, 429}


def test_a_connection_of_ipv6_is_one_address_however_many_it_has(
    settings: Settings, store: Store, budi: User
) -> None:
    console = msgspec.structs.replace(settings.console, access="network")
    bridge = Bridge(msgspec.structs.replace(settings, console=console), store)
    visitor = Visitor(create_app(bridge), store)

    def try_from(address: str, number: int) -> int:
        given = {"username": f"tono{number}", "password": "salah"}
        from_there = {"REMOTE_ADDR": address}
        return visitor.post("/sign-in", given, environ_base=from_there).status_code

    tried = [try_from(f"2001:db8:1:2::{number:x}", number) for number in range(21)]
    assert tried == [403] * 20 + [429]
    assert try_from("2001:db8:1:3::1", 22) == 403
    bridge.intake.close()


def test_who_is_disabled_is_kept_out_at_once(nobody: Visitor, budi: User, store: Store) -> None:
    with store.writing() as db:
        users.create(db, username="lain", role=Role.IT, now=utc_now())
    assert _sign_in(nobody) == 303
    with store.writing() as db:
        users.disable(db, budi.id, disabled=True, now=utc_now())
    assert nobody.get("/profile").status_code == 303
    assert _sign_in(nobody) == 403


def test_the_last_administrator_cannot_be_disabled(budi: User, store: Store) -> None:
    with store.writing() as db, pytest.raises(users.AccountProblem):
        users.disable(db, budi.id, disabled=True, now=utc_now())


def test_signing_out_ends_the_session_and_not_only_the_cookie(nobody: Visitor, budi: User) -> None:
    answer = nobody.post("/sign-in", {"username": "budi", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    nobody.post("/sign-out")
    assert nobody.get("/profile", headers={"Cookie": cookie}).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/console/profile", "/console/profile"),
        ("https://evil.example/console", "/console/"),
        ("//evil.example", "/console/"),
        ("/console/\\evil.example", "/console/"),
    ],
)
def test_signing_in_leads_to_a_page_of_ours(
    nobody: Visitor, budi: User, wanted: str, led_to: str
) -> None:
    given = {"username": "budi", "password": PASSWORD, "next": wanted}
    assert nobody.post("/sign-in", given).headers["Location"] == led_to


def test_a_form_of_another_site_signs_nobody_in(nobody: Visitor, budi: User) -> None:
    given = {"username": "budi", "password": PASSWORD}
    elsewhere = {"Origin": "https://evil.example"}
    assert nobody.post("/sign-in", given, headers=elsewhere).status_code == 403


def test_a_password_of_somebody_else_is_to_be_changed_first(nobody: Visitor, store: Store) -> None:
    with store.writing() as db:
        users.create(db, username="budi", role=Role.IT, password=PASSWORD, now=utc_now())
    assert _sign_in(nobody) == 303
    assert nobody.get("/profile").headers["Location"] == "/console/profile/password"
    page = nobody.get("/profile/password").text
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    fields = {"csrf": found[1], "old": PASSWORD, "new": "hujan di bulan juni"}
    refused = nobody.post("/profile/password", fields | {"again": "lain"})
    assert refused.status_code == 422
    changed = nobody.post("/profile/password", fields | {"again": fields["new"]})
    assert changed.headers["Location"] == "/console/profile"
    assert "Your password is changed." in text_of(nobody.get("/profile"))
    assert "Your password is changed." not in text_of(nobody.get("/profile"))


def test_a_second_factor_is_asked_for_and_good_once(
    nobody: Visitor, budi: User, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = totp.new_secret()
    with store.writing() as db:
        users.set_totp(db, budi.id, totp.Vault(Secret("env:CONSOLE_KEY")).locked(secret))
    code = TOTP(secret, 6, SHA1(), 30).generate(int(utc_now().timestamp())).decode()
    assert _sign_in(nobody) == 403
    assert _sign_in(nobody, "salah", code=code) == 403
    assert _sign_in(nobody, code=f"{code[:3]} {code[3:]}") == 303
    nobody.post("/sign-out")
    assert _sign_in(nobody, code=code) == 403


def test_pages_run_nothing_of_others_and_are_not_kept(nobody: Visitor) -> None:
    headers = nobody.get("/sign-in").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("peer", "header", "said"),
    [
        ("127.0.0.1", "203.0.113.9, 10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", "nobody", "127.0.0.1"),
        ("10.0.0.7", "203.0.113.9", "10.0.0.7"),
    ],
)
def test_a_proxy_on_this_machine_says_from_where_somebody_comes(
    peer: str, header: str, said: str
) -> None:
    environ = {"REMOTE_ADDR": peer}
    headers = {"X-Forwarded-For": header}
    with Flask("x").test_request_context(environ_base=environ, headers=headers):
        assert address() == said
