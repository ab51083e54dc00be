"""The short way answers as the ordinary one does, and takes only what is plain."""

from __future__ import annotations

import json
from typing import Any

import pytest
import werkzeug.test
from flask import Flask

from lms_bridge import credentials
from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Settings
from lms_bridge.store.engine import Store
from tests.conftest import NOW, on_sqlite
from tests.webhook.conftest import Client, basic
from tests.webhook.examples import ID, OTHER_ID, statement
from tests.webhook.fronted import fronted
from webhook.front import Front

ORDINARY = {"Content-Type": "application/json; charset=utf-8; way=ordinary"}


@pytest.fixture(params=["in a thread", "where HTTP is spoken"])
def lrs(request: pytest.FixtureRequest, app: Flask, bridge: Bridge, store: Store) -> Client:
    if request.param == "in a thread":
        return Client(app.test_client(), store)
    return Client(werkzeug.test.Client(fronted(Front(bridge, app))), store)


def test_statements_are_stored_without_flask(known: Client, ordinary: list[str]) -> None:
    answer = known.post([statement(), statement(id=ID)])
    assert (answer.status_code, len(answer.json or ())) == (200, 2)
    assert known.put(OTHER_ID, statement()).status_code == 204
    assert [row.id for row in known.stored()][1:] == [ID, OTHER_ID]
    assert {(row.sender, row.version) for row in known.stored()} == {("moodle", "1.0.3")}
    assert ordinary == []


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "2.0", "2.0.0"])
def test_the_answers_are_those_of_the_ordinary_way(known: Client, version: str) -> None:
    def told(headers: dict[str, str]) -> list[Any]:
        headers = {"X-Experience-API-Version": version, "X-Request-ID": "same"} | headers
        answers = [
            known.post([statement(id=ID), statement(id=OTHER_ID)], headers=headers),
            known.post(statement(id=ID), headers=headers),
            known.send("PUT", query_string=f"statementId={ID}", json=statement(), headers=headers),
            known.send("POST", "/xapi/statements", data=b"[]", headers=headers),
        ]
        return [(each.status_code, sorted(each.headers), each.data) for each in answers]

    assert told({}) == told(ORDINARY)


@pytest.mark.parametrize(
    "change",
    [
        {"data": b"[1]"},
        {"data": b"{"},
        {"data": json.dumps(statement(id="x")).encode()},
        {"data": b"[" + b"{}," * 5 + b"{}]"},
        {"data": json.dumps(statement(id=ID, verb={"id": "act:other"})).encode()},
        {"query_string": "statementId=" + ID},
        {"headers": {"X-Experience-API-Version": None}},
        {"headers": {"X-Experience-API-Version": "0.95"}},
        {"headers": {"Authorization": None}},
        {"headers": {"Authorization": basic("moodle", "wrong")}},
        {"headers": {"Content-Encoding": "gzip"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"Origin": "https://konten.example"}},
        {"method": "PUT", "query_string": "statementId=" + OTHER_ID},
        {"method": "PUT", "query_string": "statementId=x"},
        {"method": "PUT"},
    ],
    ids=str,
)
def test_what_is_not_plain_is_answered_by_the_ordinary_way(
    known: Client, ordinary: list[str], change: dict[str, Any]
) -> None:
    known.post(statement(id=ID))
    assert ordinary == []
    sent = {"method": "POST", "data": json.dumps(statement(id=ID)).encode()} | change
    answer = known.send(**sent)
    assert ordinary == [sent["method"]]
    assert [row.id for row in known.stored()] == [ID]
    assert answer.status_code == 200 or answer.json["error"]  # type: ignore[index]


def test_a_body_that_ends_early_is_refused_in_the_same_words(known: Client) -> None:
    def told(headers: dict[str, str]) -> Any:
        early = {"CONTENT_LENGTH": "100", "wsgi.input_terminated": True}
        sent = {"data": b'{"actor":', "headers": headers, "environ_overrides": early}
        return known.send("POST", **sent).json

    assert told({}) == told(ORDINARY) == {"error": "the body ends after 9 of 100 bytes"}


@on_sqlite
@pytest.mark.parametrize(
    ("limits", "plain"),
    [
        ({}, True),
        ({"scopes": ["statements/write"]}, True),
        ({"scopes": ["statements/read"]}, False),
        ({"scopes": ["all"], "per_minute": 10}, False),
    ],
)
def test_a_credential_that_is_limited_is_looked_at_each_time(
    lrs: Client, store: Store, ordinary: list[str], limits: dict[str, Any], plain: bool
) -> None:
    with store.writing() as db:
        made = credentials.create(
            db, "konten2", settings=Settings(), now=NOW, **{"scopes": ["all"]} | limits
        )
    headers = {"Authorization": basic(made.credential.username, made.secret)}
    for _ in range(2):
        lrs.post(statement(), headers=headers)
    assert ordinary == ["POST"] * (1 if plain else 2)
