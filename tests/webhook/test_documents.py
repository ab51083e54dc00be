"""State, Activity and Agent Profile; Agents, Activities and About (Communication 2.2 – 2.8)."""

from __future__ import annotations

import hashlib
import io
import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from sqlalchemy import insert
from werkzeug.test import TestResponse

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import activities, agents
from tests.conftest import on_sqlite
from tests.webhook.conftest import LIMIT, Client

COURSE = "https://lms.example/course/7"
SITI = {"mbox": "mailto:siti@example.id"}
RUN = "2f1e0c9b-8a70-4b5c-8a8d-7c2b1d9e3f60"

STATE = "activities/state"
ACTIVITY_PROFILE = "activities/profile"
AGENT_PROFILE = "agents/profile"
BELONGS_TO = {
    STATE: {"activityId": COURSE, "agent": json.dumps(SITI)},
    ACTIVITY_PROFILE: {"activityId": COURSE},
    AGENT_PROFILE: {"agent": json.dumps(SITI)},
}
IDS = {STATE: "stateId", ACTIVITY_PROFILE: "profileId", AGENT_PROFILE: "profileId"}
NEW = {"If-None-Match": "*"}
V2 = {"X-Experience-API-Version": "2.0.0"}

each_resource = pytest.mark.parametrize("resource", BELONGS_TO)


class Documents:
    """What a sender does with the documents of one resource."""

    def __init__(self, client: Client, resource: str) -> None:
        self._client = client
        self._resource = resource

    def send(self, method: str, id: str | None = "a", **more: Any) -> TestResponse:
        """A request about the document `id`, or about all; a parameter of None is left out."""
        query = BELONGS_TO[self._resource] | {IDS[self._resource]: id} | more.pop("query", {})
        query = {name: value for name, value in query.items() if value is not None}
        return self._client.send(method, f"/xapi/{self._resource}", query_string=query, **more)

    def put(self, value: Any, id: str = "a", **headers: str) -> TestResponse:
        return self.send("PUT", id, json=value, headers=NEW | headers)


@pytest.fixture
def states(lrs: Client) -> Documents:
    return Documents(lrs, STATE)


@pytest.fixture
def kept(lrs: Client, resource: str) -> Documents:
    """The documents of each resource in turn."""
    return Documents(lrs, resource)


# --- the life of a document ----------------------------------------------------------------------


@each_resource
def test_a_document_is_stored_given_back_merged_and_deleted(kept: Documents) -> None:
    stored = kept.send("PUT", json={"car": {"make": "Ford", "model": "A"}, "n": 1}, headers=NEW)
    assert (stored.status_code, stored.data) == (204, b"")
    merged = kept.send("POST", json={"car": {"make": "Dodge"}})
    assert (merged.status_code, merged.data) == (204, b"")
    got = kept.send("GET")
    assert (got.status_code, got.json) == (200, {"car": {"make": "Dodge"}, "n": 1})
    deleted = kept.send("DELETE")
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert kept.send("GET").status_code == 404


@each_resource
def test_a_post_stores_what_is_not_there_yet(kept: Documents) -> None:
    assert kept.send("POST", json={"n": 1}).status_code == 204
    assert kept.send("GET").json == {"n": 1}


@each_resource
def test_what_is_not_there_can_be_deleted_all_the_same(kept: Documents) -> None:
    assert kept.send("DELETE").status_code == 204


@each_resource
def test_a_document_is_given_back_as_it_was_sent(kept: Documents) -> None:
    sent = bytes(range(256))
    headers = NEW | {"Content-Type": 'image/PNG; name="a b"'}
    assert kept.send("PUT", data=sent, headers=headers).status_code == 204
    got = kept.send("GET")
    assert (got.data, got.headers["Content-Type"]) == (sent, 'image/PNG; name="a b"')


@on_sqlite
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_document_of_no_type_is_given_back_as_bytes(states: Documents, method: str) -> None:
    assert states.send(method, data=b"x", headers={"Content-Type": None}).status_code == 204
    assert states.send("GET").headers["Content-Type"] == "application/octet-stream"


@on_sqlite
def test_a_form_is_a_document_like_any_other(states: Documents) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert states.send("PUT", data=b"a=1&b=2", headers=form).status_code == 204
    assert states.send("GET").data == b"a=1&b=2"


@on_sqlite
def test_a_document_does_not_run_in_a_browser_as_a_page_of_the_bridge(states: Documents) -> None:
    states.send("PUT", data=b"<script>", headers={"Content-Type": "text/html"})
    got = states.send("GET")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]


@each_resource
def test_head_is_get_without_the_body(kept: Documents) -> None:
    kept.put({"n": 1})
    named = {"X-Request-ID": "same"}
    head, get = (kept.send(method, headers=named) for method in ("HEAD", "GET"))
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(get.headers)
    assert kept.send("HEAD", id="other").status_code == 404
    assert kept.send("HEAD", id=None).status_code == 200


@each_resource
def test_a_document_that_is_too_large_is_not_stored(kept: Documents) -> None:
    assert kept.send("POST", data=b"x" * (LIMIT + 1)).status_code == 413
    assert kept.send("GET").status_code == 404


@on_sqlite
def test_a_document_is_sent_as_it_is(states: Documents) -> None:
    answer = states.send("PUT", data=b"x", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "header.Content-Encoding" in answer.json["error"]


# --- many documents ------------------------------------------------------------------------------


@each_resource
def test_without_an_id_all_ids_are_told(kept: Documents) -> None:
    assert kept.send("GET", id=None).json == []
    kept.put(1, "b")
    kept.put(2, "a\x00é")
    listed = kept.send("GET", id=None)
    assert (listed.status_code, listed.json) == (200, ["b", "a\x00é"])
    assert listed.headers["Content-Type"] == "application/json"


@each_resource
def test_only_what_changed_after_a_moment_is_told(kept: Documents) -> None:
    kept.put(1)
    for since, told in (("2020-01-01T00:00:00Z", ["a"]), ("2099-01-01T00:00:00+07:00", [])):
        assert kept.send("GET", id=None, query={"since": since}).json == told


def test_a_state_may_belong_to_a_registration(states: Documents) -> None:
    run = {"registration": RUN.upper()}
    assert states.send("PUT", json={"n": 1}, query=run).status_code == 204
    assert states.send("GET", query={"registration": RUN}).json == {"n": 1}
    assert states.send("GET").status_code == 404
    assert states.send("GET", id=None).json == ["a"]


def test_all_states_are_deleted_at_once(states: Documents) -> None:
    states.put(1, "a")
    states.send("PUT", json=2, query={"registration": RUN})
    assert states.send("DELETE", id=None).status_code == 204
    assert states.send("GET", id=None).json == []


@on_sqlite
@pytest.mark.parametrize("resource", [ACTIVITY_PROFILE, AGENT_PROFILE])
def test_profiles_are_deleted_one_by_one(kept: Documents) -> None:
    kept.put(1)
    assert kept.send("DELETE", id=None).status_code == 400
    assert kept.send("GET", id=None).json == ["a"]


# --- what is refused -----------------------------------------------------------------------------


@on_sqlite
@each_resource
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_whom_a_document_belongs_to_must_be_told(
    kept: Documents, resource: str, method: str
) -> None:
    body = {"json": {}, "headers": NEW} if method in ("PUT", "POST") else {}
    for name in BELONGS_TO[resource]:
        for wrong in (None, "", "no such form"):
            assert kept.send(method, query={name: wrong}, **body).status_code == 400


@on_sqlite
@each_resource
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_only_a_single_document_is_stored(kept: Documents, method: str) -> None:
    assert kept.send(method, id=None, json={}, headers=NEW).status_code == 400


@on_sqlite
@each_resource
@pytest.mark.parametrize(
    "query",
    [
        {"registration": "true"},
        {"since": "2020-01-01T00:00:00Z"},
        {"since": "true", "stateId": None, "profileId": None},
        {"stateid": "a"},
        {"limit": "1"},
    ],
)
def test_a_parameter_that_is_wrong_or_unknown_is_refused(
    kept: Documents, query: dict[str, Any]
) -> None:
    assert kept.send("GET", query=query).status_code == 400


@on_sqlite
def test_parameters_are_url_encoded(lrs: Client) -> None:
    path = f"/xapi/{STATE}?activityId={COURSE}&stateId=a&agent=%7B%22mbox%22%ZZ"
    assert lrs.send("GET", path).status_code == 400


@each_resource
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("not/json", b"abcdefg"),
        ("application/x-www-form-urlencoded", b"abc"),
        ("application/json", b'{"a": 1}{'),
        ("application/json", b"[1]"),
        ("application/json", b""),
    ],
)
def test_what_cannot_be_merged_is_refused_and_changes_nothing(
    kept: Documents, kind: str, body: bytes
) -> None:
    kept.put({"n": 1})
    assert kept.send("POST", data=body, headers={"Content-Type": kind}).status_code == 400
    assert kept.send("GET").json == {"n": 1}


@on_sqlite
@each_resource
def test_nothing_is_merged_into_what_is_no_json(kept: Documents) -> None:
    kept.send("PUT", data=b"/ asdf", headers=NEW | {"Content-Type": "text/plain"})
    assert kept.send("POST", json={"n": 1}).status_code == 400
    assert kept.send("GET").data == b"/ asdf"


@on_sqlite
def test_a_post_of_broken_json_is_refused_also_where_nothing_is_yet(states: Documents) -> None:
    assert states.send("POST", data=b'{"n": 1}[').status_code == 400
    assert states.send("GET").status_code == 404


@on_sqlite
def test_a_group_has_documents_in_2_0_only(states: Documents) -> None:
    group = {"agent": json.dumps({"objectType": "Group"} | SITI)}
    assert states.send("PUT", json={}, query=group).status_code == 400
    assert states.send("PUT", json={}, query=group, headers=V2).status_code == 204


@on_sqlite
@each_resource
def test_documents_are_for_those_with_credentials(kept: Documents) -> None:
    kept.put(1)
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        assert kept.send(method, headers={"Authorization": None}).status_code == 401
    assert kept.send("GET", id=None).json == ["a"]


@on_sqlite
@each_resource
def test_a_method_that_a_resource_does_not_have_is_refused(kept: Documents) -> None:
    answer = kept.send("PATCH", json={})
    assert answer.status_code == 405
    assert {"GET", "HEAD", "PUT", "POST", "DELETE"} <= set(answer.headers["Allow"].split(", "))


@on_sqlite
def test_what_is_not_there_yet_is_no_trouble_to_log(states: Documents, lines: io.StringIO) -> None:
    answer = states.send("GET")
    assert answer.status_code == 404
    assert answer.json["error"] == "there is no such document (xAPI 1.0.3 Communication 2.3)"
    assert lines.getvalue() == ""


# --- concurrency (Communication 3.1) -------------------------------------------------------------


@each_resource
def test_answers_say_which_version_of_a_document_they_are_about(kept: Documents) -> None:
    put = kept.put({"n": 1})
    got = kept.send("GET")
    assert got.headers["ETag"] == f'"{hashlib.sha1(got.data).hexdigest()}"'
    assert parsedate_to_datetime(got.headers["Last-Modified"]).tzinfo is not None
    for name in ("ETag", "Last-Modified"):
        assert put.headers[name] == got.headers[name]
    posted = kept.send("POST", json={"m": 2})
    assert posted.headers["ETag"] == kept.send("GET").headers["ETag"] != put.headers["ETag"]
    assert kept.send("GET", id=None).headers["Last-Modified"] == posted.headers["Last-Modified"]


@on_sqlite
def test_what_is_not_there_has_no_time_at_which_it_changed(states: Documents) -> None:
    states.put(1)
    for answer in (states.send("DELETE"), states.send("GET"), states.send("GET", id=None)):
        assert "Last-Modified" not in answer.headers


@each_resource
def test_what_is_known_already_is_not_sent_again(kept: Documents) -> None:
    tag = kept.put({"n": 1}).headers["ETag"]
    for method in ("GET", "HEAD"):
        known = kept.send(method, headers={"If-None-Match": f'"x", {tag}'})
        assert (known.status_code, known.data, known.headers["ETag"]) == (304, b"", tag)
        assert "Content-Type" not in known.headers
        assert kept.send(method, headers={"If-None-Match": '"x"'}).status_code == 200
    listed = kept.send("GET", id=None).headers["ETag"]
    assert kept.send("GET", id=None, headers={"If-None-Match": listed}).status_code == 304
    kept.put(1, "b")
    assert kept.send("GET", id=None, headers={"If-None-Match": listed}).status_code == 200


@each_resource
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_what_others_expect_to_be_there_has_to_be(kept: Documents, version: str) -> None:
    speaks = {"X-Experience-API-Version": version}
    tag = kept.put({"n": 1}, **speaks).headers["ETag"]
    wrong = speaks | {"If-Match": "1234"}
    for method in ("PUT", "POST", "DELETE"):
        refusal = kept.send(method, json={"n": 2}, headers=wrong)
        assert (refusal.status_code, list(refusal.json)) == (412, ["error"])
    assert kept.put({"n": 2}, **speaks).status_code == 412
    assert kept.send("GET", headers=speaks).json == {"n": 1}
    assert kept.send("PUT", json={"n": 2}, headers=speaks | {"If-Match": tag}).status_code == 204
    tag = kept.send("GET", headers=speaks).headers["ETag"]
    assert kept.send("POST", json={"m": 3}, headers=speaks | {"If-Match": tag}).status_code == 204
    assert kept.send("DELETE", headers=speaks | {"If-Match": tag}).status_code == 412
    tag = kept.send("GET", headers=speaks).headers["ETag"]
    assert kept.send("DELETE", headers=speaks | {"If-Match": tag}).status_code == 204


@each_resource
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_put_that_says_nothing_of_what_is_there_is_a_conflict_but_for_states_of_1_0(
    kept: Documents, resource: str, version: str
) -> None:
    speaks = {"X-Experience-API-Version": version}
    kept.send("POST", json={"n": 1}, headers=speaks)
    answer = kept.send("PUT", json={"n": 2}, headers=speaks)
    if (resource, version) == (STATE, "1.0.3"):
        assert answer.status_code == 204
        return
    assert (answer.status_code, answer.mimetype) == (409, "text/plain")
    assert "look what it is now, then send this again with If-Match" in answer.text
    assert kept.send("GET", headers=speaks).json == {"n": 1}


@each_resource
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_new_profile_of_1_0_says_that_it_is_one(
    kept: Documents, resource: str, version: str
) -> None:
    answer = kept.send("PUT", json={}, headers={"X-Experience-API-Version": version})
    must = resource != STATE and version == "1.0.3"
    assert answer.status_code == (400 if must else 204)


# --- Agents, Activities, About -------------------------------------------------------------------


def test_an_agent_is_a_person_with_all_names_that_are_known(lrs: Client, store: Store) -> None:
    known = {"key": key(Kind.AGENT, "mbox:mailto:siti@example.id"), "names": ["Siti", "Siti R."]}
    with store.writing() as db:
        db.execute(insert(agents).values(**known))
    query = {"agent": json.dumps({"name": "Rahmawati"} | SITI)}
    answer = lrs.send("GET", "/xapi/agents", query_string=query)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {
        "objectType": "Person",
        "name": ["Rahmawati", "Siti", "Siti R."],
        "mbox": ["mailto:siti@example.id"],
    }


def test_an_agent_of_whom_nobody_told_is_a_person_as_well(lrs: Client) -> None:
    account = {"homePage": "https://lms.example", "name": "4"}
    query = {"agent": json.dumps({"account": account})}
    answer = lrs.send("GET", "/xapi/agents", query_string=query)
    assert answer.json == {"objectType": "Person", "account": [account]}


def test_an_activity_has_the_definition_that_is_known(lrs: Client, store: Store) -> None:
    definition = b'{"name":{"en":"Meeting"},"extensions":{"act:x":1.50}}'
    with store.writing() as db:
        db.execute(insert(activities).values(key=key(Kind.ACTIVITY, COURSE), definition=definition))
    answer = lrs.send("GET", "/xapi/activities", query_string={"activityId": COURSE})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert definition in answer.data
    assert {"objectType": "Activity", "id": COURSE}.items() <= answer.json.items()


def test_an_activity_of_which_nobody_told_is_one_all_the_same(lrs: Client) -> None:
    answer = lrs.send("GET", "/xapi/activities", query_string={"activityId": COURSE})
    assert answer.json == {"objectType": "Activity", "id": COURSE}


OF_1_0 = ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]


@on_sqlite
@pytest.mark.parametrize(
    ("speaks", "told"),
    [
        (None, [*OF_1_0, "2.0.0"]),
        ("2.0.0", [*OF_1_0, "2.0.0"]),
        ("0.95", [*OF_1_0, "2.0.0"]),
        ("1.0.3", OF_1_0),
        ("1.0", OF_1_0),
    ],
)
def test_anybody_may_ask_what_is_spoken_here(
    lrs: Client, speaks: str | None, told: list[str]
) -> None:
    """A client that speaks 1.0 is told of that only: tincan fails at any that it does not know."""
    headers = {"Authorization": None, "X-Experience-API-Version": speaks}
    answer = lrs.send("GET", "/xapi/about", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {"version": told}
    assert lrs.send("HEAD", "/xapi/about", headers=headers).status_code == 200


@on_sqlite
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("agents", {}),
        ("agents", {"agent": "true"}),
        ("agents", {"agent": '{"name": "Siti"}'}),
        ("agents", {"Agent": json.dumps(SITI)}),
        ("activities", {}),
        ("activities", {"activityId": "true"}),
        ("activities", {"activityId": COURSE, "since": "2020-01-01T00:00:00Z"}),
        ("about", {"x": "1"}),
    ],
)
def test_what_is_asked_in_a_wrong_way_is_refused(
    lrs: Client, path: str, query: dict[str, str]
) -> None:
    for method in ("GET", "HEAD"):
        assert lrs.send(method, f"/xapi/{path}", query_string=query).status_code == 400


@on_sqlite
@pytest.mark.parametrize("path", ["agents", "activities"])
def test_what_is_known_is_told_to_those_with_credentials(lrs: Client, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = lrs.send(method, f"/xapi/{path}", headers={"Authorization": None})
        assert answer.status_code == 401
