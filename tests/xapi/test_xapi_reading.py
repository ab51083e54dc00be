"""How the body of a request becomes statements: Data 2.2, Communication 1.4, 1.5.1, 2.1 and 3.2."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from xapi_examples import FULL, NESTED, SIMPLE, changed, refusal, told

from xapi import InvalidStatement, Received, RequestTooLarge, parse_statement, read_statements

ID = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
SAID = told(SIMPLE)


def request_refused(body: bytes, **limits: int) -> InvalidStatement:
    with pytest.raises(InvalidStatement) as caught:
        read_statements(body, **limits)
    return caught.value


def test_one_object_is_one_statement() -> None:
    [received] = read_statements(SAID)
    assert received == Received(SAID, parse_statement(SAID))


def test_an_array_is_as_many_statements_as_it_has() -> None:
    received = read_statements(b"[%b,%b]" % (SAID, told(FULL)))
    assert [one.raw for one in received] == [SAID, told(FULL)]


def test_an_empty_array_is_no_statement_and_no_error() -> None:
    assert read_statements(b"[]") == read_statements(b" [\n] ") == []


@pytest.mark.parametrize("space", [b" ", b"\n", b"\r\n", b"\t", b" \n\t\r "])
def test_each_statement_keeps_its_bytes_and_loses_the_space_around_them(space: bytes) -> None:
    odd = b'{"actor" : {"mbox":"mailto:siti@example.id", "name":"S\\u00ed\\/ti \xc3\xad"},\n\t'
    odd += b'"verb":{"id":"act:v"} ,"object":{"id":"act:o"},"result":{"score":{"raw":1.50e+1}}}'
    body = space + b"[" + space + odd + space + b"," + space + SAID + space + b"]" + space
    assert [one.raw for one in read_statements(body)] == [odd, SAID]
    assert [one.raw for one in read_statements(space + odd + space)] == [odd]


def test_a_statement_is_read_from_its_bytes_as_from_the_request() -> None:
    [received] = read_statements(b"[" + told(FULL) + b"]")
    assert parse_statement(received.raw) == received.statement


def test_one_wrong_statement_refuses_the_request_and_is_named_by_its_place() -> None:
    wrong = told(changed(SIMPLE, "actor", {"mbox": "foo@x"}))
    error = request_refused(b"[%b,%b,%b,%b]" % (SAID, SAID, SAID, wrong))
    assert error.index == 3
    assert error.value == "foo@x"
    assert str(error) == (
        'statement 3, $.actor.mbox: "foo@x" is not a mailto IRI (xAPI 1.0.3 Data 2.4.2.3)'
    )


def test_of_a_single_statement_no_place_is_named() -> None:
    error = request_refused(told(changed(SIMPLE, "verb.id", "x")))
    assert error.index is None
    assert str(error) == (
        '$.verb.id: "x" is not an absolute IRI: it has no scheme such as "https:"'
        " (xAPI 1.0.3 Data 2.4.3)"
    )


def test_an_error_can_be_carried_to_another_process() -> None:
    error = request_refused(b"[%b]" % told(changed(SIMPLE, "verb.id", "x")))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_long_value_is_shown_shortened() -> None:
    error = refusal(changed(SIMPLE, "verb.id", "x" * 100_000))
    assert len(str(error)) < 250
    assert len(repr(error)) < 300
    assert "xxx…" in str(error)


@pytest.mark.parametrize("name", ["x" * 100_000, "\x1b[31m", 'a"b', "a` - at `$.b", ""])
def test_an_odd_name_is_shown_in_one_short_line(name: str) -> None:
    for statement in (
        {**SIMPLE, name: 1},
        changed(SIMPLE, "verb.display", {name: "x"}),
        changed(SIMPLE, "context.extensions", {name: 1}),
    ):
        error = str(refusal(statement))
        assert len(error) < 400
        assert error.isprintable()


# --- bodies that are no statements --------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b" ", b"\n\n"])
def test_an_empty_body_is_refused_as_such(body: bytes) -> None:
    error = request_refused(body)
    assert str(error).startswith("$: an empty body is not JSON")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[",
        b"}",
        SAID[:-1],
        SAID + b"]",
        SAID + SAID,
        b"[" + SAID + b",]",
        b"[" + SAID + b" " + SAID + b"]",
        b"[" + SAID,
        SAID.replace(b'"', b"'"),
        b"\xef\xbb\xbf" + SAID,
        b"actor=siti",
        b"<statement/>",
        b'{"actor": undefined}',
        SAID[:-1] + b',"result":{"score":{"raw":NaN}}}',
        SAID[:-1] + b',"result":{"score":{"raw":Infinity}}}',
        SAID[:-1] + b',"result":{"score":{"raw":-Infinity}}}',
        SAID[:-1] + b',"result":{"score":{"raw":01}}}',
        SAID[:-1] + b',"result":{"score":{"raw":.5}}}',
        SAID[:-1] + b',"result":{"response":"\x07"}}',
        SAID[:-1] + b',"result":{"response":"\\x"}}',
        SAID[:-1] + b',"context":{"extensions":{"act:x":NaN}}}',
        SAID[:-1] + b',"timestamp":}',
        SAID[:-1] + b',"timestamp"}',
        SAID[:-1] + b",}",
        SAID[:-1] + b"/* so far */}",
    ],
)
def test_a_body_that_is_not_json_is_refused_as_such(body: bytes) -> None:
    error = request_refused(body)
    assert (error.path, error.clause) == ("$", "Communication 1.5.1")
    assert error.rule.startswith("is not JSON: ")


def test_half_a_surrogate_pair_is_no_text() -> None:
    error = request_refused(b"[%b,%b]" % (SAID, SAID.replace(b"siti", b"\\ud83d")))
    assert (error.index, error.path) == (None, "$")
    assert error.rule == "is not JSON: a text contains half of a surrogate pair"


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"])
def test_a_text_that_is_not_utf_8_is_refused_as_such(bad: bytes) -> None:
    error = request_refused(b"[%b]" % SAID.replace(b"siti", bad))
    assert (error.index, error.path, error.clause) == (0, "$", "Communication 1.4")


@pytest.mark.parametrize("body", [b"5", b'"statement"', b"true", b"null", b"1.5e3"])
def test_a_body_that_is_neither_object_nor_array_is_refused_as_such(body: bytes) -> None:
    error = request_refused(body)
    assert (error.path, error.clause) == ("$", "Communication 2.1.2")
    assert error.rule == "is neither a statement, an object, nor an array of statements"


@pytest.mark.parametrize("element", [b"5", b'"statement"', b"true", b"[]", b"[%b]" % SAID])
def test_an_array_of_other_things_is_refused_at_the_first(element: bytes) -> None:
    error = request_refused(b"[%b,%b]" % (SAID, element))
    assert (error.index, error.path, error.rule) == (1, "$", "is not an object")


def test_null_is_no_statement() -> None:
    error = request_refused(b"[null]")
    assert (error.index, error.path) == (0, "$")
    assert error.rule == "is not allowed outside extensions"


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"[" + b'{"a":' * 100_000,
        b'{"actor":' * 100_000,
        b'{"object":' * 100_000 + b"1" + b"}" * 100_000,
        SAID[:-1]
        + b',"context":{"extensions":{"act:x":'
        + b"[" * 100_000
        + b"]" * 100_000
        + b"}}}",
        SAID[:-1] + b',"context":{"extensions":{"act:x":' + b"[" * 700 + b"]" * 700 + b"}}}",
        SAID[:-1] + b',"verb":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
    ids=lambda bomb: str(len(bomb)),
)
def test_no_depth_of_nesting_does_more_than_be_refused(bomb: bytes) -> None:
    for body in (bomb, b"[%b]" % bomb):
        request_refused(body)
    with pytest.raises(InvalidStatement):
        parse_statement(bomb)


def test_substatements_within_substatements_are_refused_at_any_depth() -> None:
    statement: dict[str, Any] = NESTED
    for depth in range(150):
        statement = changed(NESTED, "object.object", statement["object"])
        if depth in (0, 1, 149):
            with pytest.raises(InvalidStatement):
                parse_statement(told(statement))


def test_a_number_beyond_all_bounds_is_refused() -> None:
    error = refusal(SAID[:-1] + b',"result":{"score":{"raw":1e999}}}')
    assert (error.path, error.clause) == ("$.result.score.raw", "Data 2.4.5.1")
    error = refusal(SAID[:-1] + b',"context":{"extensions":{"act:x":[1e999]}}}')
    assert error.rule == "holds a number too large to be read"


def test_large_whole_numbers_in_an_extension_are_let_be() -> None:
    [received] = read_statements(SAID[:-1] + b',"context":{"extensions":{"act:x":%d}}}' % 10**60)
    assert received.statement.context
    assert received.statement.context.extensions == {"act:x": 10**60}


# --- limits -------------------------------------------------------------------------------------


def test_as_many_statements_as_allowed_are_taken_and_not_one_more() -> None:
    assert len(read_statements(b"[%b,%b]" % (SAID, SAID), most=2)) == 2
    error = request_refused(b"[%b,%b,%b]" % (SAID, SAID, SAID), most=2)
    assert isinstance(error, RequestTooLarge)
    assert (error.index, error.path, error.value) == (None, "$", 3)
    assert str(error).startswith("$: 3 statements in one request are more than the 2")


# --- ids ----------------------------------------------------------------------------------------


def test_two_statements_of_one_id_refuse_the_request() -> None:
    one, other = told({**SIMPLE, "id": ID}), told({**SIMPLE, "id": ID.upper()})
    error = request_refused(b"[%b,%b,%b]" % (one, SAID, other))
    assert (error.index, error.path, error.value) == (2, "$.id", ID.upper())
    assert (error.rule, error.clause) == ("is the id of statement 0 as well", "Communication 2.1.2")


def test_the_same_statement_twice_without_an_id_is_two_statements() -> None:
    assert len(read_statements(b"[%b,%b]" % (SAID, SAID))) == 2


# --- names that stand twice ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "becomes", "path"),
    [
        (b'{"actor"', b'{"verb":{"id":"act:x"},"actor"', "$.verb"),
        (b'{"mbox"', b'{"mbox":"mailto:budi@example.id","mbox"', "$.actor.mbox"),
        (b'{"mbox"', b'{"mbo\\u0078":"mailto:siti@example.id","mbox"', "$.actor.mbox"),
        (b'{"mbox"', b'{"name":"a\\u003a\\u003ab","mbox":"mailto:a@b.c","mbox"', "$.actor.mbox"),
        (
            b'"verb": {',
            b'"verb": {"display":{"id":"a:\\u003Ab","id":"a:b"},',
            "$.verb.display.id",
        ),
        (
            b'"object": {',
            b'"object": {"definition":{"extensions":{"act:x":1,"act:x":2}},',
            '$.object.definition.extensions["act:x"]',
        ),
        (
            b'{"actor"',
            b'{"context":{"contextActivities":{"other":[{"id":"act:x","id":"act:x"}]}},"actor"',
            "$.context.contextActivities.other[0].id",
        ),
        (
            b'{"actor"',
            b'{"context":{"extensions":{},"extensions":{}},"actor"',
            "$.context.extensions",
        ),
    ],
)
def test_a_property_stands_once(was: bytes, becomes: bytes, path: str) -> None:
    twice = SAID.replace(was, becomes, 1)
    assert twice != SAID
    error = request_refused(twice)
    assert (error.path, error.clause) == (path, "Data 2.2")
    assert error.rule == "stands under a name that the same object has already used"
    assert request_refused(b"[%b,%b]" % (SAID, twice)).index == 1


def test_names_in_the_value_of_an_extension_repeat_as_they_like() -> None:
    free = SAID[:-1] + b',"context":{"extensions":{"act:x":[{"a":1,"a":{"b":2,"b":3}}]}}}'
    [received] = read_statements(free)
    assert received.raw == free
    read_statements(b"[%b,%b]" % (free, SAID))


def test_colons_and_escapes_in_texts_are_not_taken_for_properties() -> None:
    for text in (":-)", '":', "\\u003a", "a\\u003a", "\u003a\u003a", 'x":{"y":1'):
        statement = changed(SIMPLE, "result.response", text)
        read_statements(json.dumps(statement, ensure_ascii=True).replace(":-", "\\u003a-").encode())
        read_statements(told(statement))


def test_very_many_repeated_names_are_refused_at_once() -> None:
    many = b",".join(b'"act:%d":1' % (number % 50_000) for number in range(100_000))
    error = request_refused(SAID[:-1] + b',"context":{"extensions":{' + many + b"}}}")
    assert error.path == '$.context.extensions["act:0"]'
