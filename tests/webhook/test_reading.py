"""What was stored is found again: by id, by every filter, page after page (Communication 2.1.3)."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import on_sqlite
from tests.webhook.conftest import LIMIT, Client
from xapi import vocabulary

SITI = {"mbox": "mailto:siti@example.id", "name": "Siti"}
BUDI = {"mbox": "mailto:budi@example.id"}
IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(10)]
REGISTRATION = "7c2d1c5e-7f0c-4a7c-9d0b-0f6a4d2f8c11"


def said(number: int, actor: Any = SITI, verb: str = "act:read", thing: Any = None, **more: Any):
    thing = thing or {"id": "act:book"}
    return {"id": IDS[number], "actor": actor, "verb": {"id": verb}, "object": thing, **more}


def refers(number: int, target: int, verb: str = "act:comment") -> dict[str, Any]:
    thing = {"objectType": "StatementRef", "id": IDS[target]}
    return said(number, BUDI, verb, thing)


def found(lrs: Client, **query: Any) -> list[int]:
    """Which statements a query finds, in order."""
    answer = lrs.send("GET", "/xapi/statements?" + urlencode(query))
    assert answer.status_code == 200, answer.text
    return [IDS.index(each["id"]) for each in answer.json["statements"]]


def one(lrs: Client, number: int, parameter: str = "statementId") -> Any:
    return lrs.send("GET", f"/xapi/statements?{parameter}={IDS[number]}")


def test_a_statement_comes_back_as_it_was_sent_with_what_the_lrs_adds(lrs: Client) -> None:
    sent = json.dumps(said(1, result={"score": {"raw": 7}})).replace('"raw": 7', '"raw": 7.50e+0')
    assert lrs.post(data=sent).status_code == 200
    answer = one(lrs, 1)
    assert answer.text.startswith(sent[:-1])
    assert {"stored", "authority", "timestamp", "version"} <= answer.json.keys()
    assert answer.headers["Last-Modified"]
    assert answer.headers["ETag"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"ascending": "true"}, [1, 2, 3]),
        ({"limit": 2}, [3, 2]),
        ({"verb": "act:read"}, [3, 1]),
        ({"agent": json.dumps(BUDI)}, [2]),
        ({"agent": json.dumps(BUDI), "related_agents": "true"}, [3, 2]),
        ({"activity": "act:film"}, [3]),
        ({"activity": "act:course"}, []),
        ({"activity": "act:course", "related_activities": "true"}, [3]),
        ({"registration": REGISTRATION.upper()}, [2]),
        ({"verb": "act:read", "agent": json.dumps(SITI), "activity": "act:book"}, [1]),
        ({"verb": "act:read", "since": "2000-01-01T00:00:00Z"}, [3, 1]),
        ({"until": "2000-01-01T00:00:00Z"}, []),
    ],
)
def test_each_filter_finds_what_passes_it(
    lrs: Client, query: dict[str, Any], expected: list[int]
) -> None:
    around = {"instructor": BUDI, "contextActivities": {"parent": [{"id": "act:course"}]}}
    lrs.post(said(1))
    lrs.post(said(2, BUDI, "act:wrote", context={"registration": REGISTRATION}))
    lrs.post(said(3, thing={"id": "act:film"}, context=around))
    assert found(lrs, **query) == expected


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_what_refers_to_a_statement_is_found_with_it_whichever_came_first(
    lrs: Client, order: tuple[int, ...]
) -> None:
    chain = {1: said(1), 2: refers(2, 1), 3: refers(3, 2)}
    for number in order:
        lrs.post(chain[number])
        found(lrs)  # each is indexed before the next comes
    assert found(lrs, activity="act:book") == list(reversed(order))
    assert found(lrs, verb="act:comment", activity="act:book") == [
        number for number in reversed(order) if number != 1
    ]


@pytest.mark.parametrize("first", [1, 2])
def test_what_is_voided_is_told_only_to_who_asks_for_just_that(lrs: Client, first: int) -> None:
    both = {1: said(1), 2: refers(2, 1, vocabulary.VOIDED)}
    for number in (first, 3 - first):
        lrs.post(both[number])
        found(lrs)
    assert found(lrs) == [2]
    assert found(lrs, activity="act:book") == [2], "what refers to it is found all the same"
    assert one(lrs, 1).status_code == 404
    assert one(lrs, 1, "voidedStatementId").json["id"] == IDS[1]
    assert one(lrs, 2, "voidedStatementId").status_code == 404


def test_a_voiding_cannot_be_voided(lrs: Client) -> None:
    lrs.post(said(1))
    lrs.post(refers(2, 1, vocabulary.VOIDED))
    lrs.post(refers(3, 2, vocabulary.VOIDED))
    assert found(lrs) == [3, 2]
    assert one(lrs, 2).status_code == 200


def test_pages_fit_together_whatever_arrives_meanwhile(lrs: Client) -> None:
    for number in range(1, 6):
        lrs.post(said(number))
    told: list[int] = []
    path = "/xapi/statements?limit=2&verb=act:read"
    while path:
        answer = lrs.send("GET", path).json
        told += [IDS.index(each["id"]) for each in answer["statements"]]
        path = answer["more"]
        lrs.post(said(0)) if len(told) == 2 else None
    assert told == [5, 4, 3, 2, 1]


def test_every_answer_to_a_reader_says_up_to_when_all_is_found(lrs: Client) -> None:
    lrs.post(said(1))
    for answer in (lrs.send("GET", "/xapi/statements"), one(lrs, 1), one(lrs, 9)):
        assert answer.headers["X-Experience-API-Consistent-Through"].endswith("Z")


FORM = {"Content-Type": "application/x-www-form-urlencoded", "X-Experience-API-Version": "1.0.3"}


@on_sqlite
def test_a_form_that_is_larger_than_any_request_is_refused(lrs: Client) -> None:
    url = "/xapi/statements?method=PUT"
    answer = lrs.send("POST", url, data=b"content=" + b"x" * 3 * LIMIT, headers=FORM)
    assert answer.status_code == 413
    assert "octets of a form are more than the 60000" in answer.json["error"]
    answer = lrs.send("POST", url, data=b"&" * 1000, headers=FORM)
    assert answer.status_code == 413
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


@on_sqlite
def test_a_form_that_ends_before_its_time_is_refused(lrs: Client) -> None:
    cut = {"wsgi.input": io.BytesIO(b"content=x"), "CONTENT_LENGTH": "10"}
    url = "/xapi/activities/state?method=PUT"
    answer = lrs.send("POST", url, headers=FORM, environ_overrides=cut)
    assert answer.status_code == 400
    assert "9 octets came of a form of 10" in answer.json["error"]


def test_a_request_in_the_alternate_syntax_is_what_it_means(lrs: Client) -> None:
    lrs.post(said(1))
    answer = lrs.send(
        "POST",
        "/xapi/statements?method=GET",
        data=urlencode({"statementId": IDS[1]}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.json["id"] == IDS[1]


def test_what_agents_are_called_and_what_activities_are_is_learnt_from_statements(
    lrs: Client,
) -> None:
    lrs.post(said(1, thing={"id": "act:book", "definition": {"name": {"id": "Buku"}}}))
    lrs.post(said(2, thing={"id": "act:book", "definition": {"name": {"en": "Book"}}}))
    activity = lrs.send("GET", "/xapi/activities?activityId=act:book").json
    assert activity["definition"]["name"] == {"id": "Buku", "en": "Book"}
    asked = urlencode({"agent": json.dumps({"mbox": SITI["mbox"]})})
    assert lrs.send("GET", f"/xapi/agents?{asked}").json["name"] == ["Siti"]
