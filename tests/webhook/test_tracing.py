"""One completion is followed through the log by one search, from the request to the registry."""

from __future__ import annotations

import json
import re

import pytest
import structlog
from structlog.contextvars import get_contextvars

from lms_bridge.bridge import Bridge
from lms_bridge.catalogue import courses
from lms_bridge.catalogue.course import Course
from lms_bridge.config.settings import Account
from lms_bridge.deliveries.step import Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.jobs import runs
from lms_bridge.store.engine import Store
from tests.conftest import NOW, on_sqlite
from tests.jobs.conftest import siasn_at
from tests.logged import logged
from tests.webhook.conftest import Client, settings
from webhook.app import create_app

ACTIVITY = "https://lms.example/course/view.php?id=7"
STATEMENT = {
    "id": "3f2c0a9e-6a42-4c0f-9c3e-5b2f6d1a7e11",
    "actor": {"account": {"homePage": "https://nip.example", "name": "198703152010012001"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": ACTIVITY},
}
COURSE = {
    "key": "litdig",
    "name": "Literasi Digital",
    "kind": 16,
    "hours": 20,
    "activities": (ACTIVITY,),
    "organiser": "BKPSDM",
}


class Recording:
    """A step that says something to the log while it is at it, as any adapter may."""

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        structlog.get_logger("adapter").info("asked the registry")
        return Outcome("row-17")

    def not_before(self, notebook: Notebook) -> None:
        return None


@on_sqlite
def test_one_search_shows_the_way_of_a_completion(store: Store, secrets: None) -> None:
    account = Account(home_page="https://nip.example", holds="nip")
    registry = {"siasn": siasn_at("http://127.0.0.1:1")}
    bridge = Bridge(settings(accounts=(account,), registry=registry), store)
    bridge.__dict__["steps"] = {("registry.siasn", "record"): Recording()}
    with store.writing() as db:
        courses.put(db, [Course(**COURSE)], source="csv", now=NOW)
    client = create_app(bridge).test_client()
    with logged(format="json") as lines:
        sent = Client(client, store).post(STATEMENT, headers={"X-Request-ID": "nginx-4711"})
        assert (sent.status_code, sent.headers["X-Request-ID"]) == (200, "nginx-4711")
        runs.run(bridge, "recognise")
        runs.run(bridge, "deliver")
    bridge.intake.close()
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    stored = [line for line in written if line.get("request") == "nginx-4711"]
    assert [line["statement"] for line in stored] == [[STATEMENT["id"]]]
    way = [line for line in written if line.get("completion") == 1]
    assert [line["event"] for line in way] == ["completion told", "asked the registry", "delivered"]
    assert way[0]["statement"] == STATEMENT["id"]
    assert {line["delivery"] for line in way[1:]} == {1}
    assert way[0]["job"] == "recognise"
    assert way[2]["result"] == "row-17"
    assert get_contextvars() == {}


@on_sqlite
@pytest.mark.parametrize("given", ["a", "x" * 65, "a b c d", "nama;rahasia", "ábcd"])
def test_a_request_without_a_fit_name_gets_one(given: str, lrs: Client) -> None:
    answers = [
        lrs.post(STATEMENT, headers={"X-Request-ID": given.encode().decode("latin-1")})
        for _ in range(2)
    ]
    names = [answer.headers["X-Request-ID"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in names)
    assert names[0] != names[1]


@on_sqlite
def test_a_refusal_in_the_log_names_the_request_that_was_answered(lrs: Client) -> None:
    with logged(format="json") as lines:
        answer = lrs.post(STATEMENT, headers={"Authorization": None})
    [line] = [json.loads(each) for each in lines.getvalue().splitlines()]
    assert line["request"] == answer.headers["X-Request-ID"]
    assert line["status"] == 401
