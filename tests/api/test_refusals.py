"""What the API refuses, and in which words (RFC 9457)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from lms_bridge.accounts import api_tokens
from lms_bridge.accounts.api_tokens import TokenProblem
from lms_bridge.bridge import utc_now
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import api_tokens as table
from tests.api.conftest import ADMIN, DINAS, Script
from tests.conftest import on_sqlite
from webhook.api import PATH
from webhook.api.door import SECONDS, Door
from webhook.api.problems import Problem

pytestmark = on_sqlite
Make = Callable[..., Script]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/completions?limit=0", "limit"),
        ("/completions?limit=201", "limit"),
        ("/completions?limit=many", "limit"),
        ("/completions?since=yesterday", "since"),
        ("/completions?state=lost", "state"),
        ("/completions?colour=red", "colour"),
        ("/completions?course=a&course=b", "course"),
        ("/completions?next=page2", "next"),
        ("/completions?course=a%00b", "course"),
        ("/employees?unit=nowhere", "unit"),
        ("/employees/1?year=99999", "year"),
    ],
)
def test_a_problem_names_the_field_and_the_rule(script: Make, path: str, field: str) -> None:
    answer = script("people").get(path)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    told = answer.get_json()
    assert told["type"] == f"{PATH}/#request"
    assert told["errors"][0]["field"] == field
    assert told["errors"][0]["rule"]


def test_a_body_is_held_to_the_same_rules(script: Make) -> None:
    hr = script("people")
    wrong = hr.post("/employees/search", {"nip": "12"})
    assert wrong.get_json()["errors"][0]["field"] == "nip"
    assert hr.post("/employees/search", ["a"]).status_code == 400
    plain = {"data": b"nip=1", "content_type": "text/plain"}
    assert hr.post("/employees/search", **plain).status_code == 415
    large = {"data": b" " * 70_000, "content_type": "application/json"}
    assert hr.post("/employees/search", **large).status_code == 413


def test_what_is_not_there_is_told_as_a_problem(app: Flask, script: Make) -> None:
    for path, status in (("/nothing", 404), ("/employees/9999999999999999999999", 404)):
        answer = script("people").get(path)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    wrong = script("people").send("DELETE", "/courses")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_too_many_requests_have_to_wait(script: Make) -> None:
    hurried = script("people", per_minute=2)
    statuses = [hurried.get("/courses").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert int(hurried.get("/courses").headers["Retry-After"]) > 0


def test_a_token_is_taken_no_longer_than_it_is_good(store: Store) -> None:
    now = [dt.datetime(2026, 11, 24, tzinfo=dt.UTC)]
    ticks = [0.0]
    door = Door(store, clock=lambda: now[0], seconds=lambda: ticks[0])
    with store.writing() as db:
        until = now[0] + dt.timedelta(days=1)
        how: Any = {"scopes": ["people"], "actor": ADMIN, "now": now[0]}
        short = api_tokens.create(db, "sebentar", expires_at=until, **how)
        long = api_tokens.create(db, "lama", **how)
    assert door.admit(f"Bearer {short.secret}").name == "sebentar"
    assert door.admit(f"bearer {long.secret}").name == "lama"
    now[0] += dt.timedelta(days=1)
    with pytest.raises(Problem, match="expired"):
        door.admit(f"Bearer {short.secret}")
    with store.writing() as db:
        api_tokens.revoke(db, "lama", actor=ADMIN, now=now[0])
    ticks[0] += SECONDS
    for header in (f"Bearer {long.secret}", "Bearer lmsb_nothing", "Basic YTpi", "Bearer ", None):
        with pytest.raises(Problem) as refused:
            door.admit(header)
        assert refused.value.status == 401


def test_using_a_token_costs_a_write_now_and_then_only(store: Store) -> None:
    now = [dt.datetime(2026, 11, 24, tzinfo=dt.UTC)]
    door = Door(store, clock=lambda: now[0])
    with store.writing() as db:
        made = api_tokens.create(db, "dasbor", scopes=["people"], actor=ADMIN, now=now[0])
    written: list[str] = []

    def see(_c: object, _k: object, statement: str, *_: object) -> None:
        written.extend([statement] if statement.startswith("UPDATE") else [])

    event.listen(store.engine, "before_cursor_execute", see)
    for _ in range(3):
        door.admit(f"Bearer {made.secret}")
    now[0] += dt.timedelta(minutes=11)
    door.admit(f"Bearer {made.secret}")
    assert len(written) == 2


def test_a_token_that_cannot_be_is_not_made(store: Store) -> None:
    now = utc_now()
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("Dasbor", {"scopes": ["people"]}),
        ("dasbor", {"scopes": []}),
        ("dasbor", {"scopes": ["accounts"]}),
        ("dasbor", {"scopes": ["people", "system"], "unit": DINAS}),
        ("dasbor", {"scopes": ["people"], "expires_at": now}),
    ]
    with store.writing() as db:
        for name, how in wrong:
            with pytest.raises(TokenProblem):
                api_tokens.create(db, name, actor=ADMIN, now=now, **how)
        assert db.execute(table.select()).all() == []
        made = api_tokens.create(db, "dasbor", scopes=["people"], actor=ADMIN, now=now)
        with pytest.raises(TokenProblem, match="already"):
            api_tokens.create(db, "dasbor", scopes=["people"], actor=ADMIN, now=now)
        [row] = db.execute(table.select()).all()
    assert made.secret not in str(row)
