"""What GET Statements can ask for, and how the next page is found (Comm. 2.1, 3.2; Data 2.5)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from xapi_examples import AGENT, CROWD, GROUP, SIMPLE, told

from xapi import InvalidStatement, RequestTooLarge, read_statements
from xapi.cursor import Cursor
from xapi.errors import InvalidRequest, Refusal
from xapi.parameters import pairs_in, taken
from xapi.query import StatementsQuery, check_put, no_parameters, put_id, read_query
from xapi.versions import Version

ID = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
MOMENT = dt.datetime(2026, 11, 24, 6, 9, 27, 250_000, tzinfo=dt.UTC)


def asked(**parameters: str) -> StatementsQuery:
    return read_query(parameters.items())


def refused(pairs: Any, version: Version = Version.V1_0) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read_query(pairs, version=version)
    assert caught.value.status == 400
    return caught.value


# --- parameters --------------------------------------------------------------------------------


def test_all_parameters_together_are_one_value() -> None:
    assert asked(
        agent=json.dumps(AGENT),
        verb="http://adlnet.gov/expapi/verbs/completed",
        activity="https://lms.example/course/7",
        registration=ID.upper(),
        related_activities="true",
        related_agents="false",
        since="2026-11-24T13:09:27.250+07:00",
        until="2026-11-24T06:09:27.250Z",
        limit="50",
        format="canonical",
        attachments="true",
        ascending="true",
    ) == StatementsQuery(
        agent="mbox:mailto:siti@example.id",
        verb="http://adlnet.gov/expapi/verbs/completed",
        activity="https://lms.example/course/7",
        registration=ID,
        related_activities=True,
        related_agents=False,
        since=MOMENT,
        until=MOMENT,
        limit=50,
        format="canonical",
        attachments=True,
        ascending=True,
    )


@pytest.mark.parametrize(
    ("encoded", "said"),
    [
        (b"verb=act:" + b"x" * 32_768, "query: 32777 octets of parameters are more than the 32768"),
        (b"&".join([b"x"] * 101), "query: 101 parameters are more than the 100"),
        (b"&" * 10_000, "query: 10001 parameters are more than the 100"),
    ],
)
def test_parameters_are_no_more_than_any_request_needs(encoded: bytes, said: str) -> None:
    with pytest.raises(RequestTooLarge) as caught:
        pairs_in(encoded)
    assert caught.value.status == 413
    assert str(caught.value).startswith(said)


def test_nothing_asked_is_everything_in_the_format_exact() -> None:
    query = asked()
    assert query == StatementsQuery()
    assert (query.format, query.limit, query.ascending, query.single) == ("exact", 0, False, None)
    assert not query.filters


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
def test_a_single_statement_is_asked_for_by_its_id(name: str) -> None:
    assert asked(**{name: ID.upper()}).single == ID
    query = asked(**{name: ID, "format": "ids", "attachments": "true"})
    assert (query.single, query.format, query.attachments) == (ID, "ids", True)
    assert bool(query.voided_statement_id) is (name == "voidedStatementId")


@pytest.mark.parametrize("name", ["agent", "verb", "activity", "registration"])
def test_what_refers_to_a_statement_passes_filters_with_it(name: str) -> None:
    values = {"agent": json.dumps(AGENT), "registration": ID}
    assert asked(**{name: values.get(name, "act:x")}).filters
    assert not asked(since="2026-11-24T06:09:27Z", limit="1", related_agents="true").filters


@pytest.mark.parametrize("single", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statementId", ID),
        ("voidedStatementId", ID),
        ("agent", json.dumps(AGENT)),
        ("verb", "act:v"),
        ("activity", "act:a"),
        ("registration", ID),
        ("related_activities", "true"),
        ("related_agents", "false"),
        ("since", "2026-11-24T06:09:27Z"),
        ("until", "2026-11-24T06:09:27Z"),
        ("limit", "0"),
        ("ascending", "false"),
    ],
)
def test_a_single_statement_goes_with_format_and_attachments_only(
    single: str, name: str, value: str
) -> None:
    if name == single:
        return
    error = refused([(name, value), (single, ID), ("format", "ids")])
    assert error.clause == "Communication 2.1.3"
    assert "is not allowed together with " in error.rule


@pytest.mark.parametrize(
    "name",
    [
        "statementId",
        "voidedStatementId",
        "agent",
        "verb",
        "activity",
        "registration",
        "related_activities",
        "related_agents",
        "since",
        "until",
        "limit",
        "format",
        "attachments",
        "ascending",
    ],
)
def test_a_parameter_is_known_by_its_case(name: str) -> None:
    for other in (name.capitalize(), name.upper()):
        error = refused([(other, "true")])
        assert (error.path, error.clause) == (f"query.{other}", "Communication 3.2")
        assert error.rule == f'stands under a name that is no parameter here; "{name}" is'


def test_no_other_parameter_is_known() -> None:
    error = refused([("limit", "1"), ("foo", "bar")])
    assert str(error) == (
        'query.foo: "bar" stands under a name that is no parameter here'
        " (xAPI 1.0.3 Communication 3.2)"
    )
    assert refused([("method", "GET")], Version.V2_0).cited == "xAPI 2.0 4.1.5"


def test_a_parameter_stands_once() -> None:
    error = refused([("limit", "1"), ("limit", "1")])
    assert (error.path, error.rule) == ("query.limit", "is given a second time")


@pytest.mark.parametrize(
    ("name", "value", "path", "rule"),
    [
        ("statementId", "wrong", "", "is not a UUID"),
        ("voidedStatementId", "", "", "is not a UUID"),
        ("registration", ID[:-1], "", "is not a UUID"),
        ("verb", "not.a.valid.iri.com/verb", "", "has no scheme"),
        ("activity", "", "", "has no scheme"),
        ("activity", "act:a b", "", "is not an IRI"),
        ("since", "yesterday", "", "is not an ISO 8601 date and time"),
        ("until", "2026-11-24", "", "is not an ISO 8601 date and time"),
        ("limit", "-1", "", "is not a nonnegative integer"),
        ("limit", "1.0", "", "is not a nonnegative integer"),
        ("limit", "", "", "is not a nonnegative integer"),
        ("limit", "٣", "", "is not a nonnegative integer"),
        ("format", "Exact", "", "is none of ids, exact, canonical"),
        ("attachments", "True", "", "is neither true nor false"),
        ("ascending", "1", "", "is neither true nor false"),
        ("related_agents", "", "", "is neither true nor false"),
        ("agent", "wrong", "", "is not JSON"),
        ("agent", "", "", "is not JSON"),
        ("agent", "[]", "", "is not an object"),
        ("agent", "null", "", "is not allowed"),
        ("agent", "{}", "", "has no identifier"),
        ("agent", '{"mbox":"siti"}', ".mbox", "is not a mailto IRI"),
        ("agent", '{"mbox":null}', ".mbox", "is not allowed outside extensions"),
        ("agent", '{"mbox":"mailto:a@b.id","openid":"act:x"}', "", "more than one identifier"),
        ("agent", '{"account":{"name":"4"}}', ".account", 'lacks the property "homePage"'),
        ("agent", '{"objectType":"Activity","id":"act:x"}', ".objectType", "is none of Agent"),
        ("agent", '{"mbox":"mailto:a@b.id","id":"act:x"}', ".id", "is not allowed here"),
        ("agent", '{"openid":"act:x","openid":"act:y"}', ".openid", "has already used"),
        ("agent", json.dumps(CROWD), "", "is a Group without an identifier"),
        ("agent", "[" * 100_000, "", "nests deeper"),
    ],
)
def test_a_value_is_held_to_the_rules_for_the_same_in_a_statement(
    name: str, value: str, path: str, rule: str
) -> None:
    error = refused([(name, value)])
    assert error.path == f"query.{name}{path}"
    assert rule in error.rule
    assert len(str(error)) < 300


def test_an_agent_or_an_identified_group_is_its_identifier() -> None:
    assert asked(agent=json.dumps(GROUP)).agent == "account:https://lms.example|angkatan-7"
    assert asked(agent='{"mbox":"mailto:Siti@EXAMPLE.id"}').agent == "mbox:mailto:Siti@example.id"


def test_a_limit_beyond_all_that_can_be_counted_is_the_most() -> None:
    assert asked(limit="0" * 18 + "7").limit == 7
    assert asked(limit="9" * 5000).limit == asked(limit="9" * 19).limit == 2**63 - 1


# --- query strings -----------------------------------------------------------------------------


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_what_was_url_encoded_is_read_again(pairs: list[tuple[str, str]]) -> None:
    assert pairs_in(urlencode(pairs).encode()) == pairs


def test_plus_is_a_space_and_utf_8_may_stand_as_it_is() -> None:
    assert pairs_in("a=1+2&&b=%2B&ä=%c3%A9".encode()) == [("a", "1 2"), ("b", "+"), ("ä", "é")]
    assert pairs_in(b"") == []
    assert pairs_in(b"agent&x==") == [("agent", ""), ("x", "=")]


@pytest.mark.parametrize(
    "encoded", [b"a=%", b"a=%4", b"a=%zz", b"%=1", b"a=%ff", b"a=\xff", b"%C3=1"]
)
def test_what_is_not_url_encoded_utf_8_is_refused(encoded: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        pairs_in(encoded)
    assert (caught.value.path, caught.value.clause) == ("query", "Communication 1.4")


@given(st.binary())
def test_any_query_string_is_a_query_or_refused(encoded: bytes) -> None:
    try:
        query = read_query(pairs_in(encoded))
    except InvalidRequest:
        return
    assert isinstance(query, StatementsQuery)


NAMES = st.sampled_from(["agent", "verb", "activity", "since", "limit", "statementId", "x"])


@example([("agent", "0:")])  # no actor to begin with, and then no JSON
@given(st.lists(st.tuples(NAMES, st.text() | st.sampled_from([ID, "act:x", "1"]))))
def test_any_parameters_are_a_query_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        query = read_query(pairs)
    except InvalidRequest as error:
        refusal = str(error)
    else:
        refusal = "query."
        assert len({name for name, _ in pairs}) == len(pairs)
        assert Cursor.of(Cursor(query, 1).token()).query == query
    assert refusal.startswith("query")
    assert len(refusal) < 400


# --- PUT and POST ------------------------------------------------------------------------------


def test_a_put_has_the_id_of_the_statement_and_nothing_else() -> None:
    assert put_id([("statementId", ID.upper())]) == ID
    with pytest.raises(InvalidRequest) as caught:
        put_id([])
    assert str(caught.value) == (
        'query: [] lacks the parameter "statementId" (xAPI 1.0.3 Communication 3.2)'
    )
    for pairs in ([("StatementId", ID)], [("statementId", ID), ("format", "ids")]):
        with pytest.raises(InvalidRequest):
            put_id(pairs)


def test_a_put_is_of_one_statement_and_its_id_is_no_other() -> None:
    [received] = read_statements(told({**SIMPLE, "id": ID.upper()}), single=True)
    check_put(received, ID)
    check_put(*read_statements(told(SIMPLE), single=True), ID)
    with pytest.raises(InvalidStatement) as caught:
        check_put(received, ID.replace("f", "e"))
    assert (caught.value.path, caught.value.clause) == ("$.id", "Communication 2.1.1")
    with pytest.raises(InvalidStatement) as caught:
        read_statements(b"[%b]" % told(SIMPLE), single=True)
    assert caught.value.rule == "is not a single statement, an object"


def test_a_post_has_no_parameters() -> None:
    no_parameters([])
    with pytest.raises(InvalidRequest):
        no_parameters([("statementId", ID)])


def test_a_parameter_that_is_missing_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InvalidRequest) as caught:
        taken([("a", "1")], {"a": lambda path, text: text}, ["a", "b"], version=Version.V2_0)
    assert str(caught.value) == 'query: ["a"] lacks the parameter "b" (xAPI 2.0 4.1.5)'


# --- the cursor --------------------------------------------------------------------------------

QUERIES = st.builds(
    StatementsQuery,
    agent=st.none() | st.text(),
    verb=st.none() | st.text(),
    activity=st.none() | st.text(),
    since=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
    limit=st.integers(0, 2**63 - 1),
    related_agents=st.booleans(),
    format=st.sampled_from(["ids", "exact", "canonical"]),
)


@given(QUERIES, st.integers(0, 2**63 - 1), st.binary())
def test_a_cursor_survives_being_a_link(query: StatementsQuery, after: int, key: bytes) -> None:
    cursor = Cursor(query, after)
    token = cursor.token(key)
    assert pairs_in(f"more={token}".encode()) == [("more", token)]
    assert Cursor.of(token, key) == cursor


def test_a_usual_cursor_is_a_short_link() -> None:
    query = asked(agent=json.dumps(AGENT), activity="https://lms.example/course/7", limit="50")
    assert len(Cursor(query, 1_000_000).token()) < 200


@given(st.text())
def test_any_text_is_a_cursor_or_refused(token: str) -> None:
    with pytest.raises(InvalidRequest):
        Cursor.of(token)


@given(st.data())
def test_a_cursor_that_was_changed_or_cut_is_refused(data: st.DataObject) -> None:
    token = Cursor(StatementsQuery(verb="act:read", limit=50), 7).token()
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCxyz019-_"))
    for other in (token[:place], token[:place] + letter + token[place + 1 :]):
        if other != token:
            with pytest.raises(Refusal):
                Cursor.of(other)


def test_a_cursor_made_with_another_key_is_refused() -> None:
    token = Cursor(StatementsQuery(), 7).token(b"secret")
    assert Cursor.of(token, b"secret").after == 7
    for key in (b"", b"other"):
        with pytest.raises(InvalidRequest) as caught:
            Cursor.of(token, key)
        assert (caught.value.path, caught.value.clause) == ("query.more", "Data 2.5")
