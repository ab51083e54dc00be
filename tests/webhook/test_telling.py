"""The short way answers who asks for statements as the ordinary one does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from lms_bridge import credentials
from lms_bridge.config.settings import Settings
from lms_bridge.store.engine import Store
from tests.conftest import NOW, on_sqlite
from tests.webhook.conftest import Client, basic, ordinary_requests
from tests.webhook.examples import ID, OTHER_ID, statement
from webhook import access
from xapi import vocabulary

ORDINARY = {"If-None-Match": '"of something else"'}
"""a header that has to be thought over"""
MISSING = "00000000-0000-4000-8000-00000000000f"


@pytest.fixture
def ordinary(app: Flask) -> Iterator[list[str]]:
    """The paths of the requests that went the ordinary way."""
    with ordinary_requests(app, "full_path") as seen:
        yield seen


@pytest.fixture
def filled(lrs: Client, ordinary: list[str], monkeypatch: pytest.MonkeyPatch) -> Client:
    """An LRS with some statements, which are indexed, and one of them voided."""
    monkeypatch.setattr(access, "SECONDS", 3600)  # a test may be slow
    lrs.post([statement(id=ID), statement(id=OTHER_ID), statement(), statement()])
    voided = {"objectType": "StatementRef", "id": OTHER_ID}
    lrs.post(statement(verb={"id": vocabulary.VOIDED}, object=voided))
    lrs.send("GET")
    ordinary.clear()
    return lrs


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ({}, {}),
        ({"limit": 2}, {}),
        ({"limit": 2, "ascending": "true", "format": "ids"}, {}),
        ({"format": "canonical"}, {"Accept-Language": "id"}),
        ({"agent": json.dumps(statement()["actor"]), "related_agents": "true"}, {}),
        ({"verb": "act:nothing"}, {}),
        ({"statementId": ID}, {}),
        ({"statementId": ID, "format": "ids"}, {}),
        ({"voidedStatementId": OTHER_ID}, {"X-Experience-API-Version": "2.0.0"}),
    ],
    ids=str,
)
def test_the_answers_are_those_of_the_ordinary_way(
    filled: Client, ordinary: list[str], query: dict[str, Any], headers: dict[str, str]
) -> None:
    def told(more: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        answer = filled.send("GET", query_string=urlencode(query), headers=headers | more)
        said = dict(answer.headers)
        for changing in ("Date", "X-Experience-API-Consistent-Through", "X-Request-ID"):
            said.pop(changing, None)
        return answer.status_code, said, answer.data

    short = told({})
    assert ordinary == []
    assert short == told(ORDINARY)
    assert len(ordinary) == 1


def test_page_follows_page(filled: Client, ordinary: list[str]) -> None:
    path, ids = "/xapi/statements?limit=3", []
    while path:
        answer = filled.send("GET", path).json
        path = answer["more"]
        ids += [each["id"] for each in answer["statements"]]
    assert len(set(ids)) == 4
    assert ordinary == []


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ({"statementId": MISSING}, {}, 404),
        ({"statementId": OTHER_ID}, {}, 404),
        ({"statementId": "x"}, {}, 400),
        ({"wrong": "x"}, {}, 400),
        ({"more": "x"}, {}, 400),
        ({"attachments": "true"}, {}, 200),
        ({}, {"Origin": "https://konten.example"}, 200),
        ({}, {"X-Experience-API-Version": None}, 400),
        ({}, {"X-Experience-API-Version": "0.95"}, 400),
        ({}, {"Authorization": None}, 401),
        ({}, {"Authorization": basic("moodle", "wrong")}, 401),
        ({"statementId": ID}, ORDINARY, 200),
        ({"statementId": ID}, {"If-None-Match": "*"}, 304),
    ],
    ids=str,
)
def test_what_has_to_be_thought_over_is_answered_by_the_ordinary_way(
    filled: Client,
    ordinary: list[str],
    query: dict[str, str],
    headers: dict[str, Any],
    status: int,
) -> None:
    answer = filled.send("GET", query_string=urlencode(query), headers=headers)
    assert (answer.status_code, len(ordinary)) == (status, 1)
    assert answer.headers["X-Experience-API-Consistent-Through"]


@on_sqlite
@pytest.mark.parametrize(
    ("limits", "found", "short"),
    [
        ({"scopes": ["all/read"]}, 4, True),
        ({"scopes": ["statements/read/mine"]}, 0, True),
        ({"scopes": ["statements/write"]}, None, False),
        ({"scopes": ["all"], "per_minute": 10}, 4, False),
    ],
)
def test_a_credential_is_shown_what_it_may_see(
    filled: Client,
    store: Store,
    ordinary: list[str],
    limits: dict[str, Any],
    found: int | None,
    short: bool,
) -> None:
    with store.writing() as db:
        made = credentials.create(db, "konten2", settings=Settings(), now=NOW, **limits)
    headers = {"Authorization": basic(made.credential.username, made.secret)}
    for _ in range(2):
        answer = filled.send("GET", headers=headers)
        told = answer.json or {}
        assert (len(told["statements"]) if "statements" in told else None) == found
    assert len(ordinary) == (1 if short else 2)
