"""Behind a load balancer each request may come to another web process, which must know the rest."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import msgspec
import pytest

from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Sender, Settings
from lms_bridge.store.engine import Store
from tests.console.conftest import HERE, HOST, Visitor
from webhook.app import create_app
from webhook.console.gate import COOKIE

XAPI = HERE | {
    "Authorization": "Basic " + base64.b64encode(b"lms:sender-password").decode(),
    "X-Experience-API-Version": "1.0.3",
}


def test_who_signed_in_at_one_is_signed_in_at_the_other_until_they_leave_either(
    visitor: Callable[[], Visitor], settings: Settings, store: Store
) -> None:
    here = visitor().as_(Role.IT)
    there = Visitor(create_app(Bridge(settings, store)), store)
    cookie = here.client.get_cookie(COOKIE, path="/console", domain="127.0.0.1")
    assert cookie is not None
    there.client.set_cookie(COOKIE, cookie.value, path="/console", domain="127.0.0.1")
    there.user = here.user
    assert there.get("/jobs").status_code == 200
    assert there.post("/jobs/index/pause").status_code == 303
    assert here.post("/sign-out").status_code == 303
    assert there.get("/jobs").status_code != 200


def test_the_more_link_that_one_gave_leads_on_at_the_other(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDER", "sender-password")
    sender = Sender(name="lms", username="lms", password=Secret("env:SENDER"))
    both = [
        create_app(
            Bridge(msgspec.structs.replace(settings, senders=(sender,)), store)
        ).test_client()
        for _ in range(2)
    ]
    statements = [
        {
            "actor": {"mbox": f"mailto:{name}@example.go.id"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": "https://lms.example.go.id/course/4"},
        }
        for name in ("ani", "budi", "citra")
    ]
    ask = {"base_url": HOST, "headers": XAPI}
    sent = both[0].post(
        "/xapi/statements", data=json.dumps(statements), content_type="application/json", **ask
    )
    first = both[0].get("/xapi/statements?limit=2", **ask).get_json()
    rest = both[1].get(first["more"], **ask).get_json()
    told = [one["id"] for one in (*first["statements"], *rest["statements"])]
    assert sorted(told) == sorted(sent.get_json())
