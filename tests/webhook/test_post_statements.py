"""``POST /xapi/statements`` (Communication 2.1.2)."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from tests.conftest import on_sqlite
from tests.webhook.conftest import LIMIT, Client
from tests.webhook.examples import ID, OTHER_ID, statement
from xapi import is_uuid


def test_one_statement_is_answered_with_its_id_in_an_array(lrs: Client) -> None:
    answer = lrs.post(statement(id=ID))
    assert (answer.status_code, answer.json) == (200, [ID])
    assert answer.mimetype == "application/json"


def test_a_statement_without_an_id_gets_one(lrs: Client) -> None:
    [given] = lrs.post(statement()).json
    assert is_uuid(given)
    assert [row.id for row in lrs.stored()] == [given]


def test_a_batch_is_answered_with_the_ids_in_its_order(lrs: Client) -> None:
    answer = lrs.post([statement(id=OTHER_ID), statement(), statement(id=ID)])
    first, made, last = answer.json
    assert (first, last) == (OTHER_ID, ID)
    assert [row.id for row in lrs.stored()] == [OTHER_ID, made, ID]


def test_two_equal_statements_without_ids_are_two(lrs: Client) -> None:
    answer = lrs.post([statement(), statement()])
    assert len(set(answer.json)) == 2
    assert len(lrs.stored()) == 2


def test_an_empty_array_is_received_and_stores_nothing(lrs: Client) -> None:
    """Moodle's plugin posts one each minute."""
    answer = lrs.post([])
    assert (answer.status_code, answer.json) == (200, [])
    assert lrs.stored() == []


def test_every_statement_is_stored_with_the_bytes_in_which_it_came(lrs: Client) -> None:
    first = json.dumps(statement(), indent=3).encode().replace(b"/", b"\\/")
    second = json.dumps(statement(result={"score": {"scaled": 0.5}})).encode()
    second = second.replace(b"0.5", b"5.0E-1")
    assert lrs.post(data=b" [ " + first + b"\n,\t" + second + b" ] ").status_code == 200
    assert [row.raw for row in lrs.stored()] == [first, second]


def test_the_work_that_a_statement_causes_is_stored_with_it(lrs: Client) -> None:
    lrs.post([statement(), statement()])
    assert lrs.work() == len(lrs.stored())


def test_who_sent_it_is_stored_with_it(lrs: Client) -> None:
    lrs.post(statement())
    assert [row.sender for row in lrs.stored()] == ["moodle"]


def test_a_statement_of_a_person_course_and_verb_unknown_here_is_received(lrs: Client) -> None:
    unheard_of = statement(
        actor={"account": {"homePage": "https://elsewhere.example", "name": "?"}},
        verb={"id": "https://elsewhere.example/verbs/juggled"},
        object={"id": "https://elsewhere.example/ball"},
    )
    assert lrs.post(unheard_of).status_code == 200


def test_sending_the_same_statement_again_changes_nothing(lrs: Client) -> None:
    assert lrs.post(statement(id=ID)).json == [ID]
    assert lrs.post(statement(id=ID)).json == [ID]
    assert (len(lrs.stored()), lrs.work()) == (1, 1)


def test_an_id_is_the_same_in_either_case_and_is_returned_as_it_was_sent(lrs: Client) -> None:
    lrs.post(statement(id=ID))
    assert lrs.post(statement(id=ID.upper())).json == [ID.upper()]
    assert [row.id for row in lrs.stored()] == [ID]


def test_another_statement_under_the_same_id_is_a_conflict_that_names_it(lrs: Client) -> None:
    lrs.post(statement(id=ID))
    answer = lrs.post([statement(), statement(id=ID, verb={"id": "x:another"})])
    assert answer.status_code == 409
    assert answer.json == {
        "error": f"statement 1, $.id: another statement is stored under {ID}, and a statement"
        " cannot be changed (xAPI 1.0.3 Communication 2.1.2)"
    }


def test_a_conflict_lets_nothing_of_the_request_in(lrs: Client) -> None:
    lrs.post(statement(id=ID))
    lrs.post([statement(), statement(id=ID, verb={"id": "x:another"}), statement()])
    assert [row.id for row in lrs.stored()] == [ID]


@on_sqlite
def test_a_broken_rule_is_refused_by_statement_place_value_and_clause(lrs: Client) -> None:
    answer = lrs.post([statement(), statement(actor={"mbox": "siti@example.go.id"})])
    assert answer.status_code == 400
    assert answer.json == {
        "error": 'statement 1, $.actor.mbox: "siti@example.go.id" is not a mailto IRI'
        " (xAPI 1.0.3 Data 2.4.2.3)"
    }
    assert lrs.stored() == []


@on_sqlite
def test_two_statements_of_one_id_in_a_batch_are_refused(lrs: Client) -> None:
    answer = lrs.post([statement(id=ID), statement(id=ID)])
    assert answer.status_code == 400
    assert "statement 1, $.id" in answer.json["error"]


@on_sqlite
@pytest.mark.parametrize("body", [b"", b"null", b"3", b"{", b'"x"', b"\xff", b"[[]]", b"[1,]"])
def test_what_is_no_statement_is_refused(lrs: Client, body: bytes) -> None:
    answer = lrs.post(data=body)
    assert answer.status_code == 400
    assert answer.json["error"]
    assert lrs.stored() == []


@on_sqlite
def test_a_request_that_is_too_large_is_refused_with_the_limit(lrs: Client) -> None:
    answer = lrs.post(data=b"[" + b" " * LIMIT + b"]")
    assert answer.status_code == 413
    assert f"larger than the {LIMIT} bytes" in answer.json["error"]


@on_sqlite
def test_a_request_as_large_as_the_limit_is_received(lrs: Client) -> None:
    body = json.dumps([statement()]).encode()
    assert lrs.post(data=body.ljust(LIMIT)).status_code == 200


@on_sqlite
def test_more_statements_than_the_limit_are_refused_with_the_limit(lrs: Client) -> None:
    answer = lrs.post([statement()] * 6)
    assert answer.status_code == 413
    assert "the 5 that this LRS takes" in answer.json["error"]
    assert lrs.post([statement()] * 5).status_code == 200


@on_sqlite
def test_a_parameter_that_is_not_known_is_refused(lrs: Client) -> None:
    answer = lrs.post(statement(), query_string={"statementId": ID})
    assert answer.status_code == 400
    assert "no parameter 'statementId' for POST" in answer.json["error"]
    assert lrs.stored() == []


@on_sqlite
def test_a_slash_at_the_end_of_the_path_makes_no_difference(lrs: Client) -> None:
    assert lrs.post([statement()], path="/xapi/statements/").status_code == 200
    assert len(lrs.stored()) == 1


@on_sqlite
@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_announced_in_any_way(lrs: Client, kind: str) -> None:
    assert lrs.post(statement(), headers={"Content-Type": kind}).status_code == 200


@on_sqlite
@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_announced_as_json_is_refused(lrs: Client, kind: str | None) -> None:
    answer = lrs.post(statement(), headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "application/json" in answer.json["error"]


def test_the_data_of_an_attachment_come_back_with_its_statement(lrs: Client) -> None:
    data = bytes(range(256))
    sha2 = hashlib.sha256(data).hexdigest()
    attachment = {
        "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
        "display": {"id": "Sertifikat"},
        "contentType": "application/pdf",
        "length": len(data),
        "sha2": sha2,
    }
    part = b"--x\r\nContent-Type: application/json\r\n\r\n%b\r\n--x\r\n"
    headers = f"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n"
    told = json.dumps(statement(attachments=[attachment])).encode()
    body = part % told + headers.encode() + data + b"\r\n--x--"
    sent = lrs.post(data=body, headers={"Content-Type": "multipart/mixed; boundary=x"})
    assert sent.status_code == 200, sent.text
    answer = lrs.send("GET", f"/xapi/statements?statementId={sent.json[0]}&attachments=true")
    assert answer.content_type.startswith("multipart/mixed; boundary=")
    assert data in answer.data
    assert lrs.post(data=told).status_code == 400, "without the data, and without a fileUrl"


@on_sqlite
def test_a_statement_that_tells_of_attachments_is_received(lrs: Client) -> None:
    attachment = {
        "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
        "display": {"id": "Sertifikat"},
        "contentType": "application/pdf",
        "length": 4711,
        "sha2": "a" * 64,
        "fileUrl": "https://lms.example.go.id/sertifikat/7",
    }
    assert lrs.post(statement(attachments=[attachment])).status_code == 200


@on_sqlite
def test_a_compressed_body_is_refused_with_what_is_taken(lrs: Client) -> None:
    answer = lrs.post(statement(), headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert answer.headers["Accept-Encoding"] == "identity"
    assert lrs.post(statement(), headers={"Content-Encoding": "identity"}).status_code == 200


@on_sqlite
def test_a_body_that_ends_before_its_announced_end_is_refused(lrs: Client) -> None:
    short = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "5"}
    answer = lrs.send("POST", input_stream=io.BytesIO(b"[]"), environ_overrides=short)
    assert answer.status_code == 400
    assert answer.json["error"] == "the body ends after 2 of 5 bytes"


@on_sqlite
def test_a_body_of_no_announced_length_is_read_to_its_end(lrs: Client) -> None:
    body = json.dumps([statement()]).encode()
    open_ended = {"input_stream": io.BytesIO(body)}
    answer = lrs.send("POST", environ_overrides={"wsgi.input_terminated": True}, **open_ended)
    assert answer.status_code == 200
    assert len(lrs.stored()) == 1


@on_sqlite
def test_nor_may_a_body_of_no_announced_length_be_larger_than_the_limit(lrs: Client) -> None:
    open_ended = {"input_stream": io.BytesIO(b"[]".ljust(LIMIT + 1))}
    answer = lrs.send("POST", environ_overrides={"wsgi.input_terminated": True}, **open_ended)
    assert answer.status_code == 413
    assert answer.headers["Connection"] == "close"
