"""Who is let in to do what, and how often (Communication 4.0 and 4.2)."""

from __future__ import annotations

import io

import pytest

from lms_bridge.bridge import Bridge
from lms_bridge.credentials import Scope
from tests.conftest import on_sqlite
from tests.webhook.conftest import basic
from tests.webhook.door import METHODS, Door
from webhook.scopes import needed

STATE, PROFILE = "/xapi/activities/state", "/xapi/activities/profile"
AGENT_PROFILE = "/xapi/agents/profile"
READS = {Scope.READ, Scope.READ_MINE, Scope.ALL_READ, Scope.ALL}


@pytest.fixture
def door(bridge: Bridge) -> Door:
    return Door(bridge)


@pytest.mark.parametrize(
    ("methods", "path", "scopes"),
    [
        (("POST", "PUT"), "/xapi/statements", {Scope.WRITE, Scope.ALL}),
        (("GET", "HEAD"), "/xapi/statements", READS),
        (("GET", "HEAD"), "/xapi/agents", READS),
        (("GET", "HEAD"), "/xapi/activities", READS),
        (("POST", "PUT", "DELETE"), STATE, {Scope.STATE, Scope.ALL}),
        (("GET", "HEAD"), STATE, {Scope.STATE, Scope.ALL_READ, Scope.ALL}),
        (("POST", "PUT", "DELETE"), PROFILE, {Scope.PROFILE, Scope.ALL}),
        (("GET", "HEAD"), PROFILE, {Scope.PROFILE, Scope.ALL_READ, Scope.ALL}),
        (("POST", "PUT", "DELETE"), AGENT_PROFILE, {Scope.PROFILE, Scope.ALL}),
        (("GET", "HEAD"), AGENT_PROFILE, {Scope.PROFILE, Scope.ALL_READ, Scope.ALL}),
    ],
)
def test_each_resource_needs_one_of_some_scopes(
    methods: tuple[str, ...], path: str, scopes: set[Scope]
) -> None:
    for method in methods:
        for written in (path, path + "/"):
            need = needed(method, written)
            assert need is not None
            assert {scope for scope in Scope if need.is_met_by({scope})} == scopes


def test_what_is_not_there_needs_none_and_is_told_so_by_whoever_looks_for_it() -> None:
    for method, path in (("GET", "/xapi/x"), ("POST", "/xapi"), ("PUT", "/xapi/agents")):
        assert needed(method, path) is None


def test_a_credential_does_what_it_may_on_either_database(door: Door) -> None:
    door.give("konten", "statements/write", "state")
    assert door.knock("konten").text == "konten"
    assert door.knock("konten", "DELETE", STATE).status_code == 200
    assert door.knock("konten", "GET").status_code == 403


@on_sqlite
def test_what_it_may_not_is_refused_with_the_scope_that_it_lacks(
    door: Door, lines: io.StringIO
) -> None:
    door.give("konten", "state")
    answer = door.knock("konten")
    assert answer.status_code == 403
    assert answer.json["error"] == (
        "the credential konten may not write statements: it lacks the scope statements/write"
        " (Communication 4.2)"
    )
    assert "sender=konten" in lines.getvalue()
    told = door.knock("konten", "GET").json["error"]
    assert "lacks the scope statements/read or statements/read/mine or all/read" in told


@on_sqlite
def test_a_sender_of_the_configuration_may_do_everything(door: Door) -> None:
    sender = {"Authorization": basic("moodle", "rahasia-sekali")}
    for method in METHODS:
        for path in ("/xapi/statements", STATE, PROFILE, AGENT_PROFILE, "/xapi/agents"):
            assert door.knock(None, method, path, headers=sender).status_code == 200


@on_sqlite
def test_without_credentials_nobody_comes_in_but_to_ask_what_is_spoken(door: Door) -> None:
    answer = door.knock(None)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert door.knock("nobody").status_code == 401
    assert door.knock(None, "GET", "/xapi/about").text == "nobody"
    assert door.knock(None, "GET", "/xapi/about/x").status_code == 401


@on_sqlite
def test_a_password_that_cannot_be_read_is_our_fault(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOODLE_PASSWORD")
    answer = door.knock("moodle")
    assert answer.status_code == 500
    assert "nothing was stored" in answer.json["error"]


@on_sqlite
def test_too_many_requests_have_to_wait_as_long_as_they_are_told(door: Door) -> None:
    door.give("konten", per_minute=2)
    assert [door.knock("konten").status_code for _ in range(3)] == [200, 200, 429]
    answer = door.knock("konten")
    assert answer.headers["Retry-After"] == "30"
    assert answer.json["error"] == (
        "the credential konten may make 2 requests a minute and has made them; nothing was"
        " stored, send it again in 30 s"
    )
    door.now += 30
    assert [door.knock("konten").status_code for _ in range(2)] == [200, 429]


@on_sqlite
def test_what_one_uses_up_is_nothing_to_another(door: Door) -> None:
    door.give("konten", per_minute=1)
    door.give("lain", per_minute=1)
    assert [door.knock(name).status_code for name in ("konten", "konten", "lain")] == [
        200,
        429,
        200,
    ]
    sender = {"Authorization": basic("moodle", "rahasia-sekali")}
    assert {door.knock(None, headers=sender).status_code for _ in range(50)} == {200}


@on_sqlite
def test_no_secret_is_logged(door: Door, lines: io.StringIO) -> None:
    door.give("konten", "state", per_minute=1)
    for _ in range(3):
        door.knock("konten")
    assert "request refused" in lines.getvalue()
    assert door.secret("konten") not in lines.getvalue()
    assert basic("konten", door.secret("konten")).split()[1] not in lines.getvalue()
