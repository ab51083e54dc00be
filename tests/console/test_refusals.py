"""What the console says where something cannot be had: in the reader's language, with a way on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from lms_bridge.accounts.roles import Role
from tests.console.conftest import Visitor, text_of
from webhook.console.gate import COOKIE
from webhook.console.site import PATH


@pytest.mark.parametrize("path", ["/nowhere", "/attention/course/1/judge"])
def test_what_is_nowhere_is_told_with_the_menu_and_in_the_language(
    visitor: Callable[[], Visitor], path: str
) -> None:
    answer = visitor().as_(Role.HR).get(f"{path}?lang=id")
    assert answer.status_code == 404
    assert "Tidak ditemukan" in text_of(answer)
    assert 'href="/console/employees"' in answer.text


def test_what_is_nowhere_is_not_told_to_whoever_is_not_signed_in(
    visitor: Callable[[], Visitor],
) -> None:
    assert visitor().get("/nowhere").status_code == 303


def test_a_failure_is_told_with_what_to_do_next_and_not_why(
    app: Flask, visitor: Callable[[], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_given: object) -> None:
        raise RuntimeError("of the inside")

    monkeypatch.setitem(app.view_functions, "console.employees", fails)
    answer = visitor().as_(Role.HR).get("/employees")
    assert answer.status_code == 500
    assert "The bridge failed at this, and its log says why." in text_of(answer)
    assert "of the inside" not in answer.text
    assert 'href="/console/reports"' in answer.text


def test_a_form_that_was_too_old_leads_back_to_its_page(visitor: Callable[[], Visitor]) -> None:
    hr = visitor().as_(Role.HR)
    sent = {"csrf": "old"}
    page = "http://127.0.0.1:8080/console/courses/new"
    answer = hr.post("/courses/save", sent, headers={"Referer": page})
    assert answer.status_code == 403
    assert "This was not done" in text_of(answer)
    assert 'href="/console/courses/new"' in answer.text
    elsewhere = "https://elsewhere.example/console/courses/new"
    answer = hr.post("/courses/save", sent, headers={"Referer": elsewhere})
    assert "/courses/new" not in answer.text


def test_whose_session_has_ended_is_told_so(visitor: Callable[[], Visitor]) -> None:
    somebody = visitor()
    assert "signed in no longer" not in text_of(somebody.get("/sign-in"))
    somebody.client.set_cookie(COOKIE, "of yesterday", path=PATH, domain="127.0.0.1")
    assert "signed in no longer" in text_of(somebody.get("/sign-in"))
