"""What whoever watches over the service is told."""

from __future__ import annotations

import pytest
from flask import Flask

from lms_bridge.bridge import Bridge
from lms_bridge.store.engine import Store, open_store
from tests.conftest import on_sqlite
from tests.webhook.conftest import settings
from webhook.app import create_app


@on_sqlite
def test_a_service_that_lives_says_so(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_service_whose_database_answers_is_ready(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "sqlite:////nowhere/bridge.db"]
)
def test_a_service_whose_database_does_not_answer_is_not_ready(url: str, secrets: None) -> None:
    broken: Store = open_store(url)
    bridge = Bridge(settings(), broken)
    answer = create_app(bridge).test_client().get("/readyz")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    bridge.intake.close()


@on_sqlite
def test_nobody_keeps_the_answer(app: Flask) -> None:
    assert app.test_client().get("/readyz").headers["Cache-Control"] == "no-store"
