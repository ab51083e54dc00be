"""What an LRS adds to a statement, and that it touches nothing else (Data 2.3.1, 2.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_xapi_properties import mutated
from xapi_examples import AGENT, BY_ROLE, COURSE, FULL, NESTED, SIMPLE, changed, told, without

from xapi import InvalidStatement, parse_statement, read_statements, same_statement
from xapi.completing import Assigned, completed, passed_on, told_in_utc
from xapi.raw import changed as changed_raw
from xapi.raw import each, framed, members
from xapi.versions import Version

ID = "0197f9a0-7e1c-7cc0-9a2b-6b1f4f2a9d11"
STORED = "2026-11-24T06:09:28.123Z"
AUTHORITY = b'{"account":{"homePage":"https://lrs.example","name":"lms"}}'


def complete(statement: Any, version: Version = Version.V1_0) -> bytes:
    raw = statement if isinstance(statement, bytes) else told(statement)
    assigned = Assigned(stored=STORED, authority=AUTHORITY, version=version)
    return completed(raw, ID, assigned)


def test_what_is_missing_is_written_behind_what_was_sent() -> None:
    assert complete(SIMPLE) == told(SIMPLE)[:-1] + (
        b',"id":"%b","timestamp":"%b","stored":"%b","authority":%b,"version":"1.0.0"}'
        % (ID.encode(), STORED.encode(), STORED.encode(), AUTHORITY)
    )


@pytest.mark.parametrize(
    ("version", "of_statements"), [(Version.V1_0, "1.0.0"), (Version.V2_0, "2.0.0")]
)
def test_a_version_is_that_of_the_request(version: Version, of_statements: str) -> None:
    assert json.loads(complete(SIMPLE, version))["version"] == of_statements
    kept = {**SIMPLE, "version": "1.0.2"}
    assert json.loads(complete(kept, version))["version"] == "1.0.2"


def test_what_the_sender_assigned_is_kept() -> None:
    own = {**SIMPLE, "id": FULL["id"].upper(), "timestamp": "2026-11-24T13:09+07", "version": "1.0"}
    assert complete(own) == told(own)[:-1] + (
        b',"stored":"%b","authority":%b}' % (STORED.encode(), AUTHORITY)
    )


def test_what_the_sender_says_of_stored_and_authority_is_overwritten() -> None:
    own = {"stored": "2011-07-15T00:00:00Z", "authority": AGENT, **SIMPLE}
    complete_statement = json.loads(complete(own))
    assert complete_statement["stored"] == STORED
    assert complete_statement["authority"] == json.loads(AUTHORITY)
    assert complete(own).count(b'"stored"') == complete(own).count(b'"authority"') == 1


ODD = (
    b'{ "actor" : {"mbox":"mailto:a@b.id","name":"S\\u00ed\\/ti"},\n"verb":{"id":"act:v"} ,'
    b'"object":{"id":"act:o"},"result":{"score":{"raw":1.50e+1},"extensions":{"act:x":'
    b'123456789012345678901234567890.10, "act:y" : {"a":1,"a":2}}}%b}'
)


def test_a_statement_that_lacks_things_only_keeps_every_byte() -> None:
    assert complete(ODD % b"").startswith((ODD % b"")[:-1])
    assert json.loads(complete(ODD % b" \n"))["id"] == ID


def test_where_something_changes_all_other_values_keep_every_byte() -> None:
    complete_statement = complete(ODD % b',"stored":"2011-07-15T00:00:00Z"')
    for kept in (
        b'{"mbox":"mailto:a@b.id","name":"S\\u00ed\\/ti"}',
        b'{"score":{"raw":1.50e+1},"extensions":{"act:x":123456789012345678901234567890.10, '
        b'"act:y" : {"a":1,"a":2}}}',
    ):
        assert kept in complete_statement


@pytest.mark.parametrize("kind", ["parent", "grouping", "category", "other"])
@pytest.mark.parametrize("version", Version)
def test_a_context_activity_that_stands_alone_is_put_in_an_array(
    kind: str, version: Version
) -> None:
    context = {"contextActivities": {kind: COURSE}, "extensions": {"act:x": 1.5}}
    in_array = {**context, "contextActivities": {kind: [COURSE]}}
    alone = json.loads(complete({**SIMPLE, "context": context}, version))
    assert alone["context"] == in_array
    inside = changed(NESTED, "object.context", context)
    assert json.loads(complete(inside, version))["object"]["context"] == in_array
    both = json.loads(complete({**inside, "context": context}, version))
    assert (both["context"], both["object"]["context"]) == (in_array, in_array)


def test_context_activities_in_arrays_stay_as_they_are() -> None:
    several = {**SIMPLE, "context": {"contextActivities": {"parent": [COURSE, COURSE]}}}
    assert complete(several).startswith(told(several)[:-1])


@pytest.mark.parametrize(
    ("timestamp", "in_utc"),
    [
        ("2026-11-24T13:09:27+07:00", "2026-11-24T06:09:27.000Z"),
        ("2026-11-24T13:09:27.1234567+07:00", "2026-11-24T06:09:27.123456Z"),
        ("2026-11-24 06:09:27.250Z", "2026-11-24T06:09:27.250Z"),
        ("20261124T060927Z", "2026-11-24T06:09:27.000Z"),
        ("2026-11-24T06:09:27", "2026-11-24T06:09:27.000Z"),
        ("2026-11-24T06:09:27.25Z", "2026-11-24T06:09:27.25Z"),
        ("2026-11-24T06:09:27.123456789Z", "2026-11-24T06:09:27.123456789Z"),
        ("2026-11-24T06:09:27+00:00", "2026-11-24T06:09:27+00:00"),
    ],
)
def test_2_0_tells_timestamps_in_utc(timestamp: str, in_utc: str) -> None:
    assert told_in_utc(timestamp) == in_utc
    statement = {**SIMPLE, "timestamp": timestamp}
    nested = changed(NESTED, "object.timestamp", timestamp)
    assert json.loads(complete(statement, Version.V2_0))["timestamp"] == in_utc
    assert json.loads(complete(nested, Version.V2_0))["object"]["timestamp"] == in_utc


def test_1_0_3_tells_timestamps_as_they_were_sent() -> None:
    statement = {**SIMPLE, "timestamp": "2026-11-24T13:09:27+07:00"}
    assert json.loads(complete(statement))["timestamp"] == "2026-11-24T13:09:27+07:00"


@pytest.mark.parametrize("version", Version)
@given(data=st.data())
def test_a_complete_statement_is_the_one_that_was_sent_and_lacks_nothing(
    version: Version, data: st.DataObject
) -> None:
    sent = json.dumps(data.draw(mutated())).encode()
    try:
        parse_statement(sent, version=version)
    except InvalidStatement:
        return
    complete_statement = complete(sent, version)
    assert same_statement(sent, complete_statement)
    assert parse_statement(complete_statement, version=version).stored == STORED
    values = json.loads(complete_statement)
    assert {"id", "timestamp", "stored", "authority", "version"} <= values.keys()
    around = values.get("context", {}).get("contextActivities", {})
    assert all(isinstance(activities, list) for activities in around.values())


def test_what_2_0_adds_is_told_as_it_was_sent() -> None:
    assert json.loads(complete(BY_ROLE, Version.V2_0))["context"] == BY_ROLE["context"]
    assert without(json.loads(complete(BY_ROLE, Version.V2_0)), "id")["version"] == "2.0.0"


# --- JSON objects whose values stay the bytes that they are -------------------------------------


def test_framing_an_object_anew_touches_none_of_its_values() -> None:
    assert framed(members(b'{"b" : 1.0e0 , "a":[ 1,2 ] }')) == b'{"b":1.0e0,"a":[ 1,2 ]}'


def test_only_what_is_there_is_changed() -> None:
    assert changed_raw(b'{"a": 1}', {"b": lambda raw: b"2"}) == b'{"a":1}'
    assert each(lambda raw: b"[%b]" % raw)(b"[1, {}]") == b"[[1],[{}]]"
    assert each(lambda raw: raw)(b"[]") == b"[]"


# --- sent on to another LRS -------------------------------------------------------------------


def on_its_way(statement: Any, version: Version = Version.V1_0) -> bytes:
    raw = statement if isinstance(statement, bytes) else told(statement)
    assigned = Assigned(stored=STORED, authority=AUTHORITY, version=version)
    read_statements(raw, version=version)
    return passed_on(raw, ID, assigned)


def test_what_is_sent_on_has_all_that_it_got_here_but_when_and_by_whom() -> None:
    assert on_its_way(SIMPLE) == told(SIMPLE)[:-1] + (
        b',"id":"%b","timestamp":"%b","version":"1.0.0"}' % (ID.encode(), STORED.encode())
    )


def test_what_a_sender_claims_of_that_is_not_sent_on() -> None:
    claims = {"stored": STORED, "authority": json.loads(AUTHORITY)}
    assert json.loads(on_its_way({**claims, **SIMPLE})) == json.loads(on_its_way(SIMPLE))


def test_all_else_is_sent_on_as_it_came() -> None:
    """Also what is told otherwise: a lone context Activity, a time that is not in UTC."""
    lone = {"contextActivities": {"parent": {"id": "x:p"}}}
    sent = {**SIMPLE, "context": lone, "timestamp": "2026-11-24T13:09:27+07:00"}
    assert on_its_way(sent, Version.V2_0).startswith(told(sent)[:-1])


@given(st.data())
def test_what_is_sent_on_is_the_same_statement(data: st.DataObject) -> None:
    raw = json.dumps(data.draw(mutated())).encode()
    try:
        sent = on_its_way(raw)
    except InvalidStatement:
        return
    assert same_statement(raw, sent)
