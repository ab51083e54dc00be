"""Documents: which one is meant, who may change it, and what becomes of it (Comm. 2.2 to 3.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi_examples import AGENT, CROWD, GROUP

from xapi.concurrency import Preconditions, check_change, etag, is_unchanged
from xapi.documents import (
    DocumentQuery,
    Resource,
    asked_activity,
    asked_agent,
    read_document_query,
)
from xapi.errors import Conflict, InvalidRequest, PreconditionFailed, Refusal, RequestTooLarge
from xapi.merging import Document, posted
from xapi.versions import Version

REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
ACTIVITY = ("activityId", "https://lms.example/course/7")
WHO = ("agent", json.dumps(AGENT))
SITI = "mbox:mailto:siti@example.id"
SINCE = ("since", "2026-11-24T06:09:27Z")
OF_WHOM = {
    Resource.STATE: [ACTIVITY, WHO],
    Resource.ACTIVITY_PROFILE: [ACTIVITY],
    Resource.AGENT_PROFILE: [WHO],
}
IDS = {
    Resource.STATE: "stateId",
    Resource.ACTIVITY_PROFILE: "profileId",
    Resource.AGENT_PROFILE: "profileId",
}
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]


def refused(
    resource: Resource, method: str, pairs: Any, version: Version = Version.V1_0
) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read_document_query(resource, method, pairs, version=version)
    assert caught.value.status == 400
    return caught.value


# --- which documents ---------------------------------------------------------------------------


@pytest.mark.parametrize("resource", Resource)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("version", Version)
def test_a_document_has_an_id_and_belongs_to_somebody(
    resource: Resource, method: str, version: Version
) -> None:
    pairs = [*OF_WHOM[resource], (IDS[resource], "bookmark #1")]
    assert read_document_query(resource, method, pairs, version=version) == DocumentQuery(
        resource=resource,
        id="bookmark #1",
        activity=None if resource is Resource.AGENT_PROFILE else ACTIVITY[1],
        agent=None if resource is Resource.ACTIVITY_PROFILE else SITI,
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_state_may_belong_to_a_registration(method: str) -> None:
    pairs = [ACTIVITY, WHO, ("registration", REGISTRATION.upper()), ("stateId", "")]
    query = read_document_query(Resource.STATE, method, pairs)
    assert (query.registration, query.id) == (REGISTRATION, "")


@pytest.mark.parametrize("resource", Resource)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_an_id_all_documents_are_asked_for(resource: Resource, method: str) -> None:
    query = read_document_query(resource, method, [*OF_WHOM[resource], SINCE])
    assert query.id is None
    assert query.since == dt.datetime(2026, 11, 24, 6, 9, 27, tzinfo=dt.UTC)
    assert read_document_query(resource, method, OF_WHOM[resource]).since is None


def test_only_states_are_deleted_together() -> None:
    assert read_document_query(Resource.STATE, "DELETE", [ACTIVITY, WHO]).id is None
    for resource in (Resource.ACTIVITY_PROFILE, Resource.AGENT_PROFILE):
        error = refused(resource, "DELETE", OF_WHOM[resource])
        assert error.rule == 'lacks the parameter "profileId"'


@pytest.mark.parametrize("resource", Resource)
@pytest.mark.parametrize("method", METHODS)
def test_what_a_document_needs_is_not_left_out(resource: Resource, method: str) -> None:
    pairs = [*OF_WHOM[resource], (IDS[resource], "x")]
    for missing in pairs:
        if missing[0] in ("stateId", "profileId") and method not in ("PUT", "POST"):
            continue
        error = refused(resource, method, [pair for pair in pairs if pair != missing])
        assert error.rule == f'lacks the parameter "{missing[0]}"'


@pytest.mark.parametrize("resource", Resource)
@pytest.mark.parametrize("method", METHODS)
def test_since_is_for_asking_for_all(resource: Resource, method: str) -> None:
    pairs = [*OF_WHOM[resource], (IDS[resource], "x"), SINCE]
    assert refused(resource, method, pairs).path == "query.since"


@pytest.mark.parametrize(
    ("resource", "pair", "path"),
    [
        (Resource.STATE, ("activityId", "course"), "query.activityId"),
        (Resource.STATE, ("agent", "true"), "query.agent"),
        (Resource.STATE, ("agent", '{"objectType"%22"Agent"}'), "query.agent"),
        (Resource.STATE, ("agent", '{"mbox":"x"}'), "query.agent.mbox"),
        (Resource.STATE, ("registration", "true"), "query.registration"),
        (Resource.STATE, ("profileId", "x"), "query.profileId"),
        (Resource.STATE, ("StateId", "x"), "query.StateId"),
        (Resource.STATE, ("since", "true"), "query.since"),
        (Resource.ACTIVITY_PROFILE, ("agent", WHO[1]), "query.agent"),
        (Resource.ACTIVITY_PROFILE, ("stateId", "x"), "query.stateId"),
        (Resource.AGENT_PROFILE, ("registration", REGISTRATION), "query.registration"),
        (Resource.AGENT_PROFILE, ("activityId", ACTIVITY[1]), "query.activityId"),
    ],
)
def test_parameters_are_valid_and_of_the_resource(
    resource: Resource, pair: tuple[str, str], path: str
) -> None:
    pairs = [pair, *(other for other in OF_WHOM[resource] if other[0] != pair[0])]
    assert refused(resource, "GET", pairs).path == path


@pytest.mark.parametrize("resource", [Resource.STATE, Resource.AGENT_PROFILE])
def test_in_2_0_a_document_may_belong_to_an_identified_group(resource: Resource) -> None:
    pairs = [ACTIVITY] if resource is Resource.STATE else []
    of_group = [*pairs, ("agent", json.dumps(GROUP))]
    query = read_document_query(resource, "GET", of_group, version=Version.V2_0)
    assert query.agent == "account:https://lms.example|angkatan-7"
    assert "is a Group; its identifier" in refused(resource, "GET", of_group).rule
    of_crowd = [*pairs, ("agent", json.dumps(CROWD))]
    assert refused(resource, "GET", of_crowd, Version.V2_0).cited.startswith("xAPI 2.0 4.1.6.1")


def test_the_agents_and_activities_resources_are_asked_about_one() -> None:
    assert asked_agent([WHO]).name == AGENT["name"]
    assert asked_activity([ACTIVITY]) == ACTIVITY[1]
    for pairs in ([], [("agent", json.dumps(GROUP))], [WHO, ACTIVITY], [("agent", '{"name":"x"}')]):
        for version in Version:
            with pytest.raises(InvalidRequest):
                asked_agent(pairs, version=version)
    for pairs in ([], [("activityId", "true")], [WHO, ACTIVITY], [("activityID", "act:x")]):
        with pytest.raises(InvalidRequest):
            asked_activity(pairs)


def test_every_resource_says_where_it_is_described() -> None:
    assert [Version.V2_0.cited(resource.clause) for resource in Resource] == [
        "xAPI 2.0 4.1.6.2",
        "xAPI 2.0 4.1.6.6",
        "xAPI 2.0 4.1.6.5",
    ]


# --- who may change it -------------------------------------------------------------------------

TAG = etag(b"{}")
OTHER = etag(b"[]")
PROFILES = [Resource.ACTIVITY_PROFILE, Resource.AGENT_PROFILE]


def outcome(
    method: str,
    resource: Resource,
    stored: str | None,
    version: Version,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> int:
    """The status with which a change is answered."""
    try:
        check_change(
            method, resource, stored, Preconditions(if_match, if_none_match), version=version
        )
    except Refusal as error:
        return error.status if error.clause == "Communication 3.1" else 0
    return 204


def test_an_etag_is_the_sha_1_hash_of_the_contents_in_quotes() -> None:
    assert f'"{hashlib.sha1(b"{}").hexdigest()}"' == TAG
    assert etag(b"") == '"da39a3ee5e6b4b0d3255bfef95601890afd80709"'


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("resource", Resource)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("if_match", "if_none_match", "absent", "present"),
    [
        (TAG, None, 412, 204),
        (OTHER, None, 412, 412),
        ("*", None, 412, 204),
        ("1234", None, 412, 412),
        ("", None, 412, 412),
        (f"{OTHER}, {TAG}", None, 412, 204),
        (f"W/{TAG}", None, 412, 204),
        (TAG.strip('"'), None, 412, 204),
        (None, "*", 204, 412),
        (None, TAG, 204, 412),
        (None, OTHER, 204, 204),
        (TAG, "*", 412, 412),
        (TAG, OTHER, 412, 204),
    ],
)
def test_a_change_is_made_if_what_is_stored_is_what_was_expected(
    method: str,
    resource: Resource,
    version: Version,
    if_match: str | None,
    if_none_match: str | None,
    absent: int,
    present: int,
) -> None:
    assert outcome(method, resource, None, version, if_match, if_none_match) == absent
    assert outcome(method, resource, TAG, version, if_match, if_none_match) == present


@pytest.mark.parametrize(
    ("method", "resource", "version", "absent", "present"),
    [
        *(("PUT", resource, Version.V1_0, 400, 409) for resource in PROFILES),
        ("PUT", Resource.STATE, Version.V1_0, 204, 204),
        *(("PUT", resource, Version.V2_0, 204, 409) for resource in Resource),
        *(
            (method, resource, version, 204, 204)
            for method in ("POST", "DELETE")
            for resource in Resource
            for version in Version
        ),
    ],
)
def test_only_a_put_has_to_say_what_it_expects(
    method: str, resource: Resource, version: Version, absent: int, present: int
) -> None:
    assert outcome(method, resource, None, version) == absent
    assert outcome(method, resource, TAG, version) == present


def test_a_conflict_says_what_to_do() -> None:
    with pytest.raises(Conflict) as caught:
        check_change("PUT", Resource.AGENT_PROFILE, TAG, Preconditions())
    assert "get it and look what it is now" in str(caught.value)
    assert f"If-Match: {TAG}" in str(caught.value)
    with pytest.raises(PreconditionFailed) as failed:
        check_change("DELETE", Resource.STATE, None, Preconditions(if_match=TAG))
    assert "is not so: there is no document" in str(failed.value)


@pytest.mark.parametrize(
    ("if_none_match", "unchanged"),
    [(TAG, True), (f"W/{TAG}", True), ("*", True), (OTHER, False), ("", False), (None, False)],
)
def test_who_has_a_document_need_not_get_it_again(
    if_none_match: str | None, unchanged: bool
) -> None:
    assert is_unchanged(TAG, if_none_match) is unchanged


@given(st.text(), st.text(), st.sampled_from([None, TAG]), st.sampled_from(Resource))
def test_any_headers_have_an_outcome(
    if_match: str, if_none_match: str, stored: str | None, resource: Resource
) -> None:
    for version in Version:
        assert outcome("PUT", resource, stored, version, if_match, if_none_match) in (204, 412)


# --- what becomes of it ------------------------------------------------------------------------


def as_json(contents: str, kind: str = "application/json") -> Document:
    return Document(contents.encode(), kind)


def test_posting_merges_the_first_level_of_properties() -> None:
    stored = as_json('{"x":"foo", "y":{"a":1}, "z":[1.50e+1]}')
    merged = posted(as_json('{ "y" : {"b":2}, "w" : null}'), stored)
    assert merged.contents == b'{"x":"foo","y":{"b":2},"z":[1.50e+1],"w":null}'
    assert merged.content_type == "application/json"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_known_however_it_is_written(kind: str) -> None:
    assert posted(as_json('{"a":1}', kind), as_json('{"b":2}')).content_type == kind


@pytest.mark.parametrize(
    "sent", [as_json('{"a": 1 }'), Document(b"\0\xff", "image/png"), Document(b"x", "")]
)
def test_posting_where_nothing_is_stores_what_came(sent: Document) -> None:
    assert posted(sent, None) == sent


@pytest.mark.parametrize(
    ("sent", "stored", "path"),
    [
        (Document(b"abc", "application/octet-stream"), as_json("{}"), "header.Content-Type"),
        (as_json("{}"), Document(b"{}", "text/plain"), "stored.Content-Type"),
        (as_json("[]"), as_json("{}"), "body"),
        (as_json("{"), as_json("{}"), "body"),
        (as_json(""), as_json("{}"), "body"),
        (as_json("[" * 100_000), as_json("{}"), "body"),
        (Document(b'{"a":"\xff"}', "application/json"), as_json("{}"), "body"),
        (as_json("{}"), as_json("[]"), "stored"),
        (as_json("{}"), as_json("bookmark=3"), "stored"),
        (as_json("[1]"), None, "body"),
        (as_json('{"a":'), None, "body"),
    ],
)
def test_only_json_objects_are_merged(sent: Document, stored: Document | None, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        posted(sent, stored, version=Version.V2_0)
    error = caught.value
    assert (error.status, error.path, error.cited) == (400, path, "xAPI 2.0 4.1.6")
    assert len(str(error)) < 300


@pytest.mark.parametrize("deep", ["[" * 100 + "]" * 100, "[" * 100_000 + "]" * 100_000])
def test_what_nests_too_deeply_is_not_merged(deep: str) -> None:
    shallow = as_json('{"a":' + "[" * 99 + "]" * 99 + "}")
    beside = as_json('{"a":[' + ",".join(["[]"] * 200) + "]}")
    assert posted(shallow, beside).contents
    for sent, stored, path in (
        (as_json(f'{{"a":{deep}}}'), shallow, "body"),
        (as_json(f'{{"a":{deep}}}'), None, "body"),
        (shallow, as_json(f'{{"a":{deep}}}'), "stored"),
    ):
        with pytest.raises(RequestTooLarge, match="nests deeper than the 100 levels") as caught:
            posted(sent, stored)
        assert (caught.value.status, caught.value.path) == (413, path)


def test_a_document_does_not_grow_without_end() -> None:
    stored, sent = as_json('{"a":"12345"}'), as_json('{"b":1}')
    assert posted(sent, stored, most=19).contents == b'{"a":"12345","b":1}'
    with pytest.raises(RequestTooLarge) as caught:
        posted(sent, stored, most=18, version=Version.V2_0)
    assert str(caught.value) == (
        "stored: 19 octets of the merged document are more than the 18 that this LRS takes"
        " (xAPI 2.0 4.1.5)"
    )


VALUES = st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans()))


@given(VALUES, VALUES)
def test_what_was_posted_last_counts(stored: dict[str, Any], sent: dict[str, Any]) -> None:
    merged = posted(as_json(json.dumps(sent)), as_json(json.dumps(stored)))
    assert json.loads(merged.contents) == {**stored, **sent}


@given(st.binary(), st.binary())
def test_any_documents_are_merged_or_refused(sent: bytes, stored: bytes) -> None:
    try:
        merged = posted(Document(sent, "application/json"), Document(stored, "application/json"))
    except InvalidRequest:
        return
    assert isinstance(json.loads(merged.contents), dict)
