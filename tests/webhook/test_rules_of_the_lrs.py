"""What holds for every request under ``/xapi`` (Communication 3.2, 3.3 and 4.0)."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import text

from lms_bridge.store.engine import Store
from tests.conftest import on_sqlite
from tests.webhook.conftest import Client, basic
from tests.webhook.examples import statement

pytestmark = on_sqlite

NOTHING_SENT: dict[str, Any] = {"json": []}


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "1.0.9", "1.0.3-rc1"])
def test_any_version_1_0_is_spoken(lrs: Client, version: str) -> None:
    answer = lrs.post([], headers={"X-Experience-API-Version": version})
    assert answer.status_code == 200


@pytest.mark.parametrize("version", ["0.95", "0.9", "1", "1.1.0", "2.1.0", "1.00", "x", ""])
def test_any_other_version_is_refused(lrs: Client, version: str) -> None:
    answer = lrs.post([], headers={"X-Experience-API-Version": version})
    assert answer.status_code == 400
    assert "1.0.3" in answer.json["error"]


def test_a_request_without_a_version_is_refused(lrs: Client) -> None:
    answer = lrs.post([], headers={"X-Experience-API-Version": None})
    assert answer.status_code == 400
    assert "X-Experience-API-Version: {} lacks a version" in answer.json["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/xapi/statements", 200),
        ("PUT", "/xapi/statements", 400),
        ("GET", "/xapi/statements", 200),
        ("HEAD", "/xapi/statements", 200),
        ("DELETE", "/xapi/statements", 405),
        ("OPTIONS", "/xapi/statements", 200),
        ("GET", "/xapi/activities/state", 400),
        ("GET", "/xapi", 404),
        ("GET", "/xapi/", 404),
        ("POST", "/xapi//statements", 308),
    ],
)
def test_every_answer_names_the_version_that_is_spoken(
    lrs: Client, method: str, path: str, status: int
) -> None:
    answer = lrs.send(method, path, **NOTHING_SENT)
    assert answer.status_code == status
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/xapi/statements"), ("GET", "/xapi/agents"), ("PUT", "/xapi/x")],
)
def test_a_refusal_is_json_with_one_sentence(lrs: Client, method: str, path: str) -> None:
    answer = lrs.send(method, path, **NOTHING_SENT)
    assert list(answer.json) == ["error"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        "/xapi/statements",
        "/xapi/about",
        "/xapi/activities?activityId=x:y",
        "/xapi/activities/profile?activityId=x:y",
        "/xapi/activities/profile?activityId=x:y&profileId=none",
    ],
)
def test_whoever_keeps_an_answer_asks_again_whether_it_holds(
    lrs: Client, method: str, path: str
) -> None:
    assert lrs.send(method, path).headers["Cache-Control"] == "private, no-cache"


def test_a_method_that_is_not_supported_is_told_which_are(lrs: Client) -> None:
    answer = lrs.send("DELETE", **NOTHING_SENT)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST, PUT"


def test_what_is_possible_may_be_asked_without_credentials(lrs: Client) -> None:
    answer = lrs.send("OPTIONS", headers={"Authorization": None, "X-Experience-API-Version": None})
    assert answer.status_code == 200
    assert {"POST", "PUT"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic ***",
        "Basic é",
        "Bearer bW9vZGxlOnJhaGFzaWE=",
        basic("moodle", "wrong"),
        basic("nobody", ""),
        basic("", ""),
        basic("nobody", "rahasia-sekali"),
    ],
)
def test_a_request_without_a_senders_credentials_is_refused(
    lrs: Client, header: str | None
) -> None:
    answer = lrs.post([statement()], headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert "username and password" in answer.json["error"]
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert lrs.stored() == []


def test_even_what_does_not_exist_is_hidden_without_credentials(lrs: Client) -> None:
    assert lrs.send("GET", "/xapi/nothing", headers={"Authorization": None}).status_code == 401


def test_each_sender_has_its_own_credentials(lrs: Client) -> None:
    assert lrs.post(statement()).status_code == 200
    theirs = {"Authorization": basic("konten é", "sandi: ünik")}
    assert lrs.post(statement(), headers=theirs).status_code == 200
    mixed = {"Authorization": basic("konten é", "rahasia-sekali")}
    assert lrs.post(statement(), headers=mixed).status_code == 401
    assert [row.sender for row in lrs.stored()] == ["moodle", "konten"]


def test_a_password_that_cannot_be_read_is_our_fault_and_not_the_senders(
    lrs: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOODLE_PASSWORD")
    answer = lrs.post([statement()])
    assert answer.status_code == 500
    assert "nothing was stored" in answer.json["error"]
    assert "MOODLE_PASSWORD" not in answer.text


def test_a_failure_of_ours_says_that_nothing_counts_as_stored_and_leaks_nothing(
    lrs: Client, store: Store, lines: io.StringIO
) -> None:
    with store.writing() as db:
        db.execute(text("ALTER TABLE statements RENAME TO elsewhere"))
    answer = lrs.post([statement()])
    assert answer.status_code == 500
    assert answer.json == {
        "error": "the bridge failed; count nothing of the request as stored, and send it again"
    }
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert "no such table: statements" in lines.getvalue()
    assert "Traceback" in lines.getvalue()
    assert "Rahmawati" not in lines.getvalue()
    assert "siti@" not in lines.getvalue()


def test_the_log_says_who_was_refused_and_why(lrs: Client, lines: io.StringIO) -> None:
    lrs.post([statement(actor={"mbox": "siti@example.go.id"})])
    said = lines.getvalue()
    assert "request refused" in said
    assert "sender=moodle" in said
    assert "status=400" in said
    assert "$.actor.mbox" in said
    assert "siti@" not in said


def test_the_pages_are_not_of_the_lrs(lrs: Client) -> None:
    answer = lrs.send("GET", "/healthz")
    assert "X-Experience-API-Version" not in answer.headers
