"""What browsers are told of content on pages of other sites (Fetch standard, CORS)."""

from __future__ import annotations

import io

import pytest
from werkzeug.test import TestResponse

from lms_bridge.bridge import Bridge
from tests.conftest import on_sqlite
from tests.webhook.conftest import basic
from tests.webhook.door import METHODS, Door

pytestmark = on_sqlite

PAGE = "https://konten.example"
OTHER_PAGE = "https://lain.example"
STRANGE_PAGE = "https://asing.example"
ALLOWS = "Access-Control-Allow-Origin"


@pytest.fixture
def door(bridge: Bridge) -> Door:
    door = Door(bridge)
    door.give("konten", origins=[PAGE])
    door.give("lain", origins=[OTHER_PAGE])
    door.give("lms")
    return door


def preflight(door: Door, page: str, method: str = "PUT") -> TestResponse:
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,x-experience-api-version",
    }
    return door.knock(None, "OPTIONS", page=page, headers=asked)


def words(answer: TestResponse, header: str) -> set[str]:
    return {word.lower() for word in answer.headers[header].split(", ")}


@pytest.mark.parametrize("page", [PAGE, OTHER_PAGE])
def test_a_page_that_some_credential_allows_may_go_on_without_showing_one(
    door: Door, page: str
) -> None:
    answer = preflight(door, page)
    assert answer.status_code == 204
    assert answer.data == b""
    assert answer.headers[ALLOWS] == page
    assert words(answer, "Access-Control-Allow-Methods") >= {one.lower() for one in METHODS}
    assert words(answer, "Access-Control-Allow-Headers") >= {
        "authorization",
        "content-type",
        "x-experience-api-version",
        "if-match",
        "if-none-match",
    }
    assert "*" not in str(answer.headers)


@pytest.mark.parametrize("page", [STRANGE_PAGE, "null", "*", "", PAGE + "/", PAGE + ":8443"])
def test_no_other_page_may(door: Door, page: str) -> None:
    answer = preflight(door, page)
    assert answer.status_code == 204
    assert [name for name, _ in answer.headers if name.startswith("Access-")] == []


def test_the_log_says_which_page_asked_in_vain(door: Door, lines: io.StringIO) -> None:
    preflight(door, STRANGE_PAGE)
    assert STRANGE_PAGE in lines.getvalue()


def test_a_page_is_shown_the_answer_to_its_own_credential(door: Door) -> None:
    answer = door.knock("konten", page=PAGE)
    assert (answer.status_code, answer.text) == (200, "konten")
    assert answer.headers[ALLOWS] == PAGE
    assert words(answer, "Access-Control-Expose-Headers") >= {
        "x-experience-api-version",
        "x-experience-api-consistent-through",
        "etag",
        "last-modified",
        "content-type",
    }


def test_a_page_may_not_use_a_credential_that_is_meant_for_another(door: Door) -> None:
    for page in (OTHER_PAGE, STRANGE_PAGE):
        answer = door.knock("konten", page=page)
        assert answer.status_code == 403
        assert f"content of {page} may not use the credential konten" in answer.json["error"]
        assert (ALLOWS in answer.headers) == (page == OTHER_PAGE)


def test_no_page_is_shown_the_answer_to_a_credential_that_is_not_for_browsers(door: Door) -> None:
    answer = door.knock("lms", page=PAGE)
    assert (answer.status_code, answer.text) == (200, "lms")
    assert ALLOWS not in answer.headers
    sender = {"Authorization": basic("moodle", "rahasia-sekali"), "Origin": PAGE}
    answer = door.knock(None, headers=sender)
    assert (answer.status_code, answer.text) == (200, "moodle")
    assert ALLOWS not in answer.headers


def test_a_page_is_shown_why_it_was_refused(door: Door) -> None:
    assert door.knock("nobody", page=PAGE).headers[ALLOWS] == PAGE
    assert door.knock(None, page=PAGE).headers[ALLOWS] == PAGE
    assert door.knock(None, page=PAGE).status_code == 401


def test_every_answer_says_that_it_depends_on_the_page(door: Door) -> None:
    for page in (PAGE, STRANGE_PAGE, None):
        assert door.knock("lms", page=page).headers["Vary"] == "Origin"


def test_a_page_whose_credential_was_revoked_is_shown_nothing_any_more(door: Door) -> None:
    assert ALLOWS in preflight(door, PAGE).headers
    door.revoke("konten")
    door.now += 2
    assert ALLOWS not in preflight(door, PAGE).headers


def test_what_is_open_to_all_is_shown_to_pages_that_are_known(door: Door) -> None:
    answer = door.knock(None, "GET", "/xapi/about", page=PAGE)
    assert (answer.status_code, answer.text) == (200, "nobody")
    assert answer.headers[ALLOWS] == PAGE


def test_asking_what_is_possible_is_no_preflight(door: Door) -> None:
    answer = door.knock(None, "OPTIONS")
    assert answer.status_code == 200
    assert set(METHODS) <= set(answer.headers["Allow"].split(", "))


def test_the_pages_of_the_bridge_are_shown_to_no_other(door: Door) -> None:
    answer = door.knock(None, "GET", "/", page=PAGE)
    assert answer.status_code == 200
    assert ALLOWS not in answer.headers
    assert "Vary" not in answer.headers
