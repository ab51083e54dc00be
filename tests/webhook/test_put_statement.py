"""``PUT /xapi/statements`` (Communication 2.1.1)."""

from __future__ import annotations

import json

import pytest

from tests.conftest import on_sqlite
from tests.webhook.conftest import Client
from tests.webhook.examples import ID, OTHER_ID, statement


def test_a_statement_is_stored_under_the_id_of_the_request(lrs: Client) -> None:
    answer = lrs.put(ID, statement())
    assert (answer.status_code, answer.data) == (204, b"")
    assert [(row.id, json.loads(row.raw)) for row in lrs.stored()] == [(ID, statement())]


def test_the_statement_may_repeat_the_id_in_either_case(lrs: Client) -> None:
    assert lrs.put(ID, statement(id=ID.upper())).status_code == 204
    assert [row.id for row in lrs.stored()] == [ID]


@on_sqlite
def test_a_statement_with_another_id_is_refused_with_both(lrs: Client) -> None:
    answer = lrs.put(ID, statement(id=OTHER_ID))
    assert answer.status_code == 400
    assert ID in answer.json["error"]
    assert OTHER_ID in answer.json["error"]
    assert lrs.stored() == []


@on_sqlite
@pytest.mark.parametrize("array", [[], [statement()]])
def test_an_array_is_refused_even_of_one_statement(lrs: Client, array: list[object]) -> None:
    answer = lrs.put(ID, array)
    assert answer.status_code == 400
    assert "not a single statement" in answer.json["error"]


@on_sqlite
def test_the_id_is_required(lrs: Client) -> None:
    answer = lrs.send("PUT", json=statement())
    assert answer.status_code == 400
    assert "needs the parameter statementId" in answer.json["error"]


@on_sqlite
@pytest.mark.parametrize("wrong", ["", "7", "fd41c918b88b4b20a0a5a4c32391aaa0", ID + "0"])
def test_the_id_must_be_a_uuid(lrs: Client, wrong: str) -> None:
    answer = lrs.put(wrong, statement())
    assert answer.status_code == 400
    assert "is not a UUID" in answer.json["error"]


@on_sqlite
def test_a_parameter_in_another_case_is_refused_with_the_right_one(lrs: Client) -> None:
    answer = lrs.send("PUT", json=statement(), query_string={"statementid": ID})
    assert answer.status_code == 400
    assert "is statementId meant?" in answer.json["error"]


@on_sqlite
def test_the_id_is_given_only_once(lrs: Client) -> None:
    answer = lrs.send("PUT", json=statement(), query_string=f"statementId={ID}&statementId={ID}")
    assert answer.status_code == 400


def test_putting_the_same_statement_again_changes_nothing(lrs: Client) -> None:
    lrs.put(ID, statement())
    assert lrs.put(ID, statement(id=ID)).status_code == 204
    assert lrs.post(statement(id=ID)).status_code == 200
    assert (len(lrs.stored()), lrs.work()) == (1, 1)


def test_another_statement_under_the_same_id_is_a_conflict(lrs: Client) -> None:
    lrs.put(ID, statement())
    answer = lrs.put(ID, statement(verb={"id": "x:another"}))
    assert answer.status_code == 409
    assert answer.json["error"].startswith(f"$.id: another statement is stored under {ID}")
    assert len(lrs.stored()) == 1


@on_sqlite
def test_a_broken_rule_is_refused(lrs: Client) -> None:
    answer = lrs.put(ID, statement(verb=None))
    assert answer.status_code == 400
    assert "$.verb" in answer.json["error"] or '"verb"' in answer.json["error"]
    assert lrs.stored() == []
