"""What another LRS answers, and what that comes to."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
import responses
from requests import ConnectionError as NoConnection

from lms_bridge.errors import DeliveryError
from lms_bridge.forwarding.outgoing import Outgoing
from lms_bridge.forwarding.target import Lrs
from lms_bridge.store.engine import Store
from tests.conftest import on_sqlite
from tests.forwarding.relay import NAME, PASSWORD, REMOTE, settings_of
from xapi.versions import Version

URL = "https://lrs.example.go.id"
STATEMENTS = f"{URL}/xapi/statements"
ABOUT = f"{URL}/xapi/about"
IDS = ("fd41c918-b88b-4b20-a0a5-a4c32391aaa0", "7c2b1d9e-3f60-4b5c-8a8d-2f1e0c9b8a70")
RAW = (
    b'{"actor":{"mbox":"mailto:siti@example.go.id"},"verb":{"id":"x:y"},"object":{"id":"x:z"},'
    b'"id":"%b"}'
)

pytestmark = on_sqlite


def outgoing(statement_id: str = IDS[0], version: Version = Version.V1_0) -> Outgoing:
    return Outgoing(1, statement_id, RAW % statement_id.encode(), version)


@pytest.fixture
def lrs(store: Store) -> Lrs:
    return Lrs(NAME, settings_of(URL), store)


def failure(lrs: Lrs, *some: Outgoing) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        lrs.send(some or [outgoing()])
    return raised.value


@responses.activate
def test_a_request_carries_credentials_version_and_the_statements_as_they_are(lrs: Lrs) -> None:
    responses.post(STATEMENTS, json=list(IDS))
    lrs.send([outgoing(one, Version.V2_0) for one in IDS])
    [call] = responses.calls
    assert call.request.headers["X-Experience-API-Version"] == "2.0.0"
    assert call.request.headers["Content-Type"] == "application/json"
    scheme, _, encoded = call.request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", f"{NAME}:{PASSWORD}")
    assert call.request.body == b"[%b,%b]" % tuple(RAW % one.encode() for one in IDS)


@responses.activate
@pytest.mark.parametrize(
    "body",
    ['["7c2b1d9e-3f60-4b5c-8a8d-2f1e0c9b8a70"]', "[]", "{}", "<html>Selamat datang</html>", ""],
)
def test_a_200_without_our_ids_is_no_success(lrs: Lrs, body: str) -> None:
    responses.post(STATEMENTS, body=body)
    error = failure(lrs)
    assert (error.reason.code, error.remote_wide) == ("unreadable_answer", True)


@responses.activate
def test_the_case_and_order_of_the_ids_do_not_matter(lrs: Lrs) -> None:
    responses.post(STATEMENTS, json=[one.upper() for one in reversed(IDS)])
    lrs.send([outgoing(one) for one in IDS])


@responses.activate
@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_statements_that_are_refused_are_nobody_elses_trouble(lrs: Lrs, status: int) -> None:
    responses.post(STATEMENTS, status=status, json={"error": "verb.id: missing"})
    error = failure(lrs, *(outgoing(one) for one in IDS))
    assert (error.retryable, error.remote_wide) == (False, False)
    assert f"HTTP {status}" in error.reason.what()
    assert "verb.id: missing" in error.reason.what()


@responses.activate
@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (401, "lrs_credentials_rejected", False),
        (403, "lrs_credentials_rejected", False),
        (302, "remote_moved", False),
        (404, "unreadable_answer", True),
        (405, "unreadable_answer", True),
        (429, "remote_unavailable", True),
        (500, "remote_unavailable", True),
        (503, "remote_unavailable", True),
    ],
)
def test_the_trouble_of_the_whole_lrs_is_told_apart(
    lrs: Lrs, status: int, code: str, retryable: bool
) -> None:
    responses.post(STATEMENTS, status=status, headers={"Retry-After": "7"})
    error = failure(lrs)
    assert error.remote_wide
    assert (error.reason.code, error.retryable) == (code, retryable)
    if code == "remote_unavailable":
        assert error.retry_after == 7
    assert PASSWORD not in error.reason.sentence()


@responses.activate
def test_no_answer_is_a_reason_to_send_it_again(lrs: Lrs) -> None:
    responses.post(STATEMENTS, body=NoConnection(ConnectionResetError()))
    error = failure(lrs)
    assert (error.retryable, error.remote_wide, error.outcome_unknown) == (True, True, False)


def test_a_secret_that_is_missing_is_named(lrs: Lrs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUSAT_PASSWORD")
    error = failure(lrs)
    assert error.reason.code == "secret_missing"
    assert error.reason.details["setting"] == f"forward.{NAME}.password"


# --- a conflict -------------------------------------------------------------------------------


def held(body: bytes, parameter: str = "statementId") -> None:
    responses.post(STATEMENTS, status=409)
    if parameter != "statementId":
        responses.get(f"{STATEMENTS}?statementId={IDS[0]}", status=404)
    responses.get(f"{STATEMENTS}?{parameter}={IDS[0]}", body=body)


@responses.activate
@pytest.mark.parametrize("parameter", ["statementId", "voidedStatementId"])
def test_what_it_has_already_is_no_conflict(lrs: Lrs, parameter: str) -> None:
    told: dict[str, Any] = json.loads(outgoing().raw)
    told |= {"stored": "2026-11-24T00:00:00Z", "timestamp": "2026-11-24T00:00:00Z"}
    held(json.dumps(told).encode(), parameter)
    lrs.send([outgoing()])


@responses.activate
@pytest.mark.parametrize(
    "body", [outgoing().raw.replace(b"x:z", b"x:other"), b"[]", b"<html>", b'{"statements":[]}']
)
def test_anything_else_under_the_id_is_one(lrs: Lrs, body: bytes) -> None:
    held(body)
    error = failure(lrs)
    assert (error.reason.code, error.remote_wide) == ("statement_conflicts", False)


@responses.activate
def test_one_that_may_not_be_compared_is_one(lrs: Lrs) -> None:
    responses.post(STATEMENTS, status=409)
    responses.get(f"{STATEMENTS}?statementId={IDS[0]}", status=403)
    assert failure(lrs).reason.code == "statement_conflicts"


# --- lms-bridge check -------------------------------------------------------------------------


def findings(lrs: Lrs) -> dict[str, str]:
    return {one.subject: one.verdict for one in lrs.check()}


@responses.activate
@pytest.mark.parametrize("status", [200, 400])
def test_the_check_proves_address_edition_and_credentials(lrs: Lrs, status: int) -> None:
    responses.get(ABOUT, json={"version": ["1.0.3"]})
    responses.post(STATEMENTS, status=status, json=[])
    assert findings(lrs) == {f"{REMOTE}: address": "ok", f"{REMOTE}: credentials": "ok"}
    assert responses.calls[-1].request.body == b"[]", "nothing is stored by it"


@responses.activate
def test_the_check_says_that_it_would_take_statements_of_a_newer_edition(lrs: Lrs) -> None:
    older = responses.matchers.header_matcher({"X-Experience-API-Version": "1.0.3"})
    newer = responses.matchers.header_matcher({"X-Experience-API-Version": "2.0.0"})
    responses.get(ABOUT, json={"version": ["1.0.3"]}, match=[older])
    responses.get(ABOUT, json={"version": ["1.0.3", "2.0.0"]}, match=[newer])
    responses.post(STATEMENTS, json=[])
    _, found, last = lrs.check()
    assert (found.subject, found.verdict) == (f"{REMOTE}: version", "warning")
    assert found.remedy_in("en") == f'Set forward.{NAME}.version = "2.0.0".'
    assert last.verdict == "ok"


@responses.activate
def test_an_lrs_that_knows_no_newer_edition_is_asked_in_vain(lrs: Lrs) -> None:
    older = responses.matchers.header_matcher({"X-Experience-API-Version": "1.0.3"})
    responses.get(ABOUT, json={"version": ["1.0.3"]}, match=[older])
    responses.get(ABOUT, status=400, body="version")
    responses.post(STATEMENTS, json=[])
    assert findings(lrs) == {f"{REMOTE}: address": "ok", f"{REMOTE}: credentials": "ok"}


@responses.activate
def test_the_check_names_an_edition_that_is_not_spoken(store: Store) -> None:
    lrs = Lrs(NAME, msgspec.structs.replace(settings_of(URL), version="2.0.0"), store)
    responses.get(ABOUT, json={"version": ["1.0.1", "1.0.3"]})
    *_, last = lrs.check()
    assert last.verdict == "failed"
    assert last.remedy == f"Set forward.{NAME}.version to a version that it speaks."


@responses.activate
@pytest.mark.parametrize(
    "about", [{"status": 404}, {"body": "<html>"}, {"json": {"version": []}}, {"json": []}]
)
def test_the_check_says_that_there_is_no_lrs(lrs: Lrs, about: dict[str, Any]) -> None:
    responses.get(ABOUT, **about)
    assert findings(lrs) == {f"{REMOTE}: address": "failed"}


@responses.activate
def test_the_check_says_that_the_credentials_are_not_taken(lrs: Lrs) -> None:
    responses.get(ABOUT, json={"version": ["1.0.3"]})
    responses.post(STATEMENTS, status=401, body="Unauthorized")
    *_, last = lrs.check()
    assert last.subject == f"{REMOTE}: credentials"
    assert "forward.pusat.username" in last.remedy
