"""Signing in with the account of the agency (OpenID Connect), against a provider over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from joserfc import jwk
from werkzeug.test import TestResponse

from lms_bridge.accounts import users
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Console, Oidc, Settings
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import units
from tests.conftest import on_sqlite
from tests.console.conftest import PASSWORD, Visitor
from tests.console.provider import KeycloakLike, a_provider

pytestmark = on_sqlite

ROLES = {"hr": "bridge-hr", "officer": "bridge-opd", "it": "bridge-it"}


@pytest.fixture(scope="module")
def running() -> Iterator[KeycloakLike]:
    with a_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: KeycloakLike) -> KeycloakLike:
    running.__init__(running.issuer)  # type: ignore[misc] # as it was, on the same port
    return running


@pytest.fixture
def settings(
    settings: Settings, provider: KeycloakLike, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("OIDC_SECRET", "rahasia")
    oidc = Oidc(
        issuer=provider.issuer,
        client_id="lms-bridge",
        client_secret=Secret("env:OIDC_SECRET"),
        roles_claim="realm_access.roles",
        roles=ROLES,  # type: ignore[arg-type]
        unit_claim="opd",
    )
    console = Console(key=Secret("env:CONSOLE_KEY"), oidc=oidc)
    return msgspec.structs.replace(settings, console=console)


@pytest.fixture
def nobody(visitor: Callable[[], Visitor]) -> Visitor:
    return visitor()


def sign_on(visitor: Visitor, provider: KeycloakLike, **changes: str) -> TestResponse:
    """There and back again; `changes` are to what comes back."""
    start = visitor.get("/sign-on?next=/console/profile")
    assert start.status_code == 303, start.text
    asked = {name: one[0] for name, one in parse_qs(urlsplit(start.location).query).items()}
    back: dict[str, Any] = {"state": asked["state"], "code": provider.authorise(asked)}
    return visitor.get("/sign-on/back", query_string=back | changes)


def test_who_has_a_role_there_gets_an_account_here(
    nobody: Visitor, provider: KeycloakLike, store: Store
) -> None:
    assert sign_on(nobody, provider).location == "/console/profile"
    assert "Dewi Lestari" in nobody.get("/profile").text
    with store.reading() as db:
        made = users.find_by_username(db, "dewi")
    assert made is not None
    assert (made.role, made.has_password) == (Role.HR, False)


def test_the_role_follows_what_the_provider_says(
    nobody: Visitor, provider: KeycloakLike, store: Store
) -> None:
    sign_on(nobody, provider)
    with store.writing() as db:
        db.execute(
            units.insert(),
            {"registry": "siasn", "unit_id": "U-9", "name": "Dinas", "seen_at": utc_now()},
        )
    provider.claims |= {"realm_access": {"roles": ["bridge-opd"]}, "opd": "U-9"}
    assert sign_on(nobody, provider).status_code == 303
    with store.reading() as db:
        officer = users.find_by_username(db, "dewi")
    assert officer is not None
    assert officer.role == Role.OFFICER
    assert officer.unit is not None
    assert officer.unit.id == "U-9"


def test_an_account_of_that_name_is_taken_but_not_one_of_another_subject(
    nobody: Visitor, provider: KeycloakLike, store: Store
) -> None:
    with store.writing() as db:
        users.create(db, username="dewi", role=Role.AUDITOR, password=PASSWORD, now=utc_now())
    assert sign_on(nobody, provider).status_code == 303
    with store.reading() as db:
        assert users.find_by_username(db, "dewi").role == Role.AUDITOR  # type: ignore[union-attr]
    provider.claims["sub"] = "u-78"
    assert sign_on(nobody, provider).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"exp": 1},
        {"azp": "another"},
        {"sub": None},
        {"realm_access": {"roles": ["others"]}},
        {"realm_access": {"roles": ["bridge-opd"]}, "opd": "U-none"},
    ],
)
def test_a_token_that_is_not_for_us_lets_nobody_in(
    nobody: Visitor, provider: KeycloakLike, changes: dict[str, Any]
) -> None:
    provider.changes = changes
    assert sign_on(nobody, provider).status_code == 403
    assert nobody.get("/profile").status_code == 303


def test_a_token_that_another_key_has_signed_lets_nobody_in(
    nobody: Visitor, provider: KeycloakLike
) -> None:
    provider.signs_with = jwk.RSAKey.generate_key(2048, {"kid": "k1"})
    assert sign_on(nobody, provider).status_code == 403


@pytest.mark.parametrize(
    "changes", [{"state": "another"}, {"code": "x"}, {"error": "access_denied"}]
)
def test_what_comes_back_otherwise_lets_nobody_in(
    nobody: Visitor, provider: KeycloakLike, changes: dict[str, str]
) -> None:
    assert sign_on(nobody, provider, **changes).status_code == 403


def test_a_sign_in_that_was_begun_in_another_browser_lets_nobody_in(
    visitor: Callable[[], Visitor], provider: KeycloakLike
) -> None:
    start = visitor().get("/sign-on")
    asked = {name: one[0] for name, one in parse_qs(urlsplit(start.location).query).items()}
    back = {"state": asked["state"], "code": provider.authorise(asked)}
    assert visitor().get("/sign-on/back", query_string=back).status_code == 403


def test_a_provider_that_is_away_is_told_of(
    nobody: Visitor, provider: KeycloakLike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "answer", lambda _path, _form: (503, {}))
    answer = nobody.get("/sign-on")
    assert answer.status_code == 403
    assert "did not work" in answer.text
