"""The alternate request syntax, a POST that means another request (Communication 1.3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.alternate import Unfolded, is_alternate, unfolded
from xapi.errors import InvalidRequest, RequestTooLarge

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "Accept": "*/*"}
SENT = '{"actor":{"name":"S\u00edti & co = 100%"}}'


def unfold(method: str, headers: dict[str, str] = FORM, **fields: str) -> Unfolded:
    return unfolded("POST", [("method", method)], headers, urlencode(fields).encode())


def refused(
    method: str = "POST",
    pairs: Any = (("method", "PUT"),),
    headers: dict[str, str] = FORM,
    form: bytes = b"content=%7B%7D",
) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        unfolded(method, pairs, headers, form)
    assert caught.value.status == 400
    return caught.value


def test_a_put_has_its_parameters_and_its_content_in_the_form() -> None:
    request = unfold("PUT", statementId="1", content=SENT)
    assert (request.method, request.parameters) == ("PUT", [("statementId", "1")])
    assert request.content == SENT.encode()


def test_a_get_has_its_parameters_in_the_form() -> None:
    request = unfold("GET", limit="1", agent='{"openid":"act:x"}')
    assert request.method == "GET"
    assert request.parameters == [("limit", "1"), ("agent", '{"openid":"act:x"}')]
    assert request.content == b""


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "put"])
def test_any_method_can_be_meant(method: str) -> None:
    content = {} if method in ("GET", "HEAD", "DELETE") else {"content": ""}
    assert unfold(method, **content).method == method.upper()


def test_headers_are_those_of_the_form_and_of_the_request_where_it_has_none() -> None:
    sent = {**FORM, "X-Experience-API-Version": "1.0.0", "Content-Length": "999"}
    request = unfold(
        "PUT",
        sent,
        **{
            "Authorization": "Basic eA==",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
            "Content-Length": "12",
            "If-Match": '"abc"',
            "if-none-match": "*",
            "content": SENT,
        },
    )
    assert request.parameters == []
    assert request.headers == {
        "accept": "*/*",
        "authorization": "Basic eA==",
        "x-experience-api-version": "1.0.3",
        "content-type": "application/json",
        "content-length": str(len(SENT.encode())),
        "if-match": '"abc"',
        "if-none-match": "*",
    }


def test_the_type_of_the_form_is_not_that_of_its_content() -> None:
    assert "content-type" not in unfold("POST", content="{}").headers


@pytest.mark.parametrize("kind", ["text/plain", "TEXT/PLAIN;charset=utf-8", "", None])
def test_browsers_that_cannot_say_what_a_form_is_are_understood(kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert unfold("GET", headers, limit="1").parameters == [("limit", "1")]


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_what_says_that_it_is_something_else_is_no_form(kind: str) -> None:
    assert refused(headers={"content-type": kind}).path == "header.Content-Type"


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE", "HEAD"])
def test_every_request_is_a_post(method: str) -> None:
    error = refused(method)
    assert (error.path, error.clause) == ("method", "Communication 1.3")


@pytest.mark.parametrize(
    ("pairs", "path"),
    [
        ([("method", "PUT"), ("statementId", "1")], "query"),
        ([("method", "PUT"), ("method", "PUT")], "query"),
        ([("method", "PATCH")], "query.method"),
        ([("method", "")], "query.method"),
    ],
)
def test_the_query_string_has_the_method_and_nothing_else(pairs: Any, path: str) -> None:
    assert refused(pairs=pairs).path == path


@pytest.mark.parametrize(
    ("method", "form", "path", "rule"),
    [
        ("PUT", b"statementId=1", "form", 'lacks the field "content"'),
        ("POST", b"", "form", 'lacks the field "content"'),
        ("PUT", b'{"statementId":"1","content":"{}"}', "form", 'lacks the field "content"'),
        ("GET", b"limit=1&content=x", "form.content", "is not what a GET sends"),
        ("DELETE", b"content=", "form.content", "is not what a DELETE sends"),
        ("PUT", b"content=1&content=2", "form.content", "is given a second time"),
        ("PUT", b"content=1&If-Match=a&if-match=b", "form.if-match", "is given a second time"),
        ("PUT", b"content=%FF", "form", "is not UTF-8"),
        ("PUT", b"content=%", "form", "is not URL-encoded"),
        ("PUT", b"content=&X-Experience-API-Version=2.0.0", "form.X-Experience-API-Version", "no"),
    ],
)
def test_a_form_says_all_once_and_nothing_else(
    method: str, form: bytes, path: str, rule: str
) -> None:
    error = refused(pairs=[("method", method)], form=form)
    assert error.path == path
    assert rule in error.rule


@pytest.mark.parametrize(
    ("form", "path"),
    [
        (b"content=1&agent=" + b"x" * 16_385, "form.agent"),
        (b"content=1&Authorization=" + b"x" * 16_385, "form.authorization"),
        (b"content=1" + b"&x" * 100, "form"),
        (b"&" * 1_000_000, "form"),
    ],
)
def test_a_form_has_no_more_fields_than_any_request_needs(form: bytes, path: str) -> None:
    with pytest.raises(RequestTooLarge) as caught:
        unfolded("POST", [("method", "PUT")], {}, form)
    assert (caught.value.status, caught.value.path) == (413, path)


@pytest.mark.parametrize("value", ["\0", "text/plain\r\nX: y", "text/plain\n", "a\x7f", "…"])
def test_a_header_in_a_form_is_one_that_could_stand_where_headers_do(value: str) -> None:
    form = urlencode({"content": "x", "Content-Type": value}).encode()
    error = refused(form=form)
    assert error.path == "form.content-type"
    assert error.rule == "has a character that no header can have"


def test_its_content_may_be_as_long_as_any_body() -> None:
    assert len(unfold("PUT", content="x" * 1_000_000).content) == 1_000_000


def test_2_0_has_no_alternate_syntax() -> None:
    error = refused(form=b"content=&X-Experience-API-Version=2.0")
    assert error.rule == "is an edition that has no alternate request syntax"
    assert error.cited == "xAPI 2.0 4.1.1"


@pytest.mark.parametrize(
    ("pairs", "version", "alternate"),
    [
        ([("method", "GET")], "1.0.3", True),
        ([("method", "GET")], None, True),
        ([("method", "GET")], "0.95", True),
        ([("method", "GET")], " 2.0.0 ", False),
        ([("Method", "GET")], "1.0.3", False),
        ([], "1.0.3", False),
    ],
)
def test_a_request_is_a_form_by_its_method_parameter(
    pairs: Any, version: str | None, alternate: bool
) -> None:
    assert is_alternate(pairs, version) is alternate


@given(st.sampled_from(["GET", "PUT", "POST", ""]), st.binary())
def test_any_form_is_a_request_or_refused(method: str, form: bytes) -> None:
    try:
        request = unfolded("POST", [("method", method)], {}, form)
    except InvalidRequest:
        return
    assert request.headers["content-length"] == str(len(request.content))


@given(st.text(), st.dictionaries(st.text(min_size=1, max_size=8).map("x".__add__), st.text()))
def test_what_was_folded_is_unfolded_again(content: str, parameters: dict[str, str]) -> None:
    form = urlencode({**parameters, "content": content}).encode()
    request = unfolded("POST", [("method", "POST")], {}, form)
    assert (request.content.decode(), dict(request.parameters)) == (content, parameters)
