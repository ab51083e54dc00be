"""A statement becomes a row at the registry and a badge at a home-made LMS, over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.pull_completions import PullCompletions
from lms_bridge.sandbox.city import BUDI, SITI, demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn import app as siasn
from lms_bridge.store.schema import deliveries
from tests.deliveries.street import SECRETS
from tests.rest.conftest import PAGE
from tests.rest.platform import Elearning
from webhook.app import create_app

CONFIGURATION = """
[database]
url = "{database}"
[[senders]]
name = "elearning"
username = "elearning"
password = "env:ELEARNING_TOKEN"
[registry.siasn]
type = "siasn"
api_url = "{registry}{api}"
apim_token_url = "{registry}{apim}"
sso_token_url = "{registry}{sso}"
consumer_key = "env:CONSUMER_KEY"
consumer_secret = "env:CONSUMER_SECRET"
sso_client_id = "siantarservice"
sso_username = "env:SSO_USERNAME"
sso_password = "env:SSO_PASSWORD"
[delivery.retry]
first_seconds = 0.1
most_seconds = 0.2
[delivery.breaker]
first_probe_seconds = 0.1
most_probe_seconds = 0.2
"""


@pytest.fixture
def bridge(
    database_url: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bridge]:
    """A bridge between that LMS, as docs/lms.md describes it, and a SIASN."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    city = demo_city(faults=Faults(rates={}), clock=time.time)
    with Server(city.registry) as registry, capture_logs():
        text = CONFIGURATION.format(
            database=database_url,
            registry=registry.url,
            api=siasn.API,
            apim=siasn.APIM_TOKEN,
            sso=siasn.SSO_TOKEN,
        )
        text += "\n".join(re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)[:2])
        quick = f'url = "{url}/api"\nread_timeout_seconds = 0.3\nsettle_seconds = 0.3\n'
        text = text.replace('url = "https://elearning.example.go.id/api"\n', quick)
        config = tmp_path / "lms-bridge.toml"
        config.write_text(text, encoding="utf-8")
        made = Bridge.open(config)
        made.city = city  # type: ignore[attr-defined]
        yield made
        made.close()


def statement(user_id: str) -> dict[str, Any]:
    return {
        "actor": {"account": {"homePage": "https://elearning.example.go.id", "name": user_id}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": "https://elearning.example.go.id/courses/7",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "extensions": {
                    "https://w3id.org/learning-analytics/learning-management-system/external-id": (
                        "ELEARN-LITDIG-2026"
                    )
                },
            },
        },
        "timestamp": "2026-11-24T02:00:00Z",
    }


def carried_out(bridge: Bridge, seconds: float = 8) -> list[Any]:
    """Work until nothing waits any more; the deliveries."""
    deadline = time.monotonic() + seconds
    while True:
        bridge.recogniser.run()
        bridge.worker.drain()
        with bridge.store.reading() as db:
            rows = list(db.execute(deliveries.select()))
        if rows and all(row.state == "done" for row in rows):
            return rows
        assert time.monotonic() < deadline, [(row.step, row.reason_details) for row in rows]
        time.sleep(0.05)


def rows_of(bridge: Bridge, nip: str) -> list[Any]:
    rows = bridge.city.registry.rows(nip)  # type: ignore[attr-defined]
    return [row for row in rows if row.get("namaKursus") == "Literasi Digital ASN"]


def test_from_a_statement_to_a_row_and_a_badge_though_an_answer_is_lost(
    bridge: Bridge, elearning: Elearning
) -> None:
    elearning.order("commit-then-hang", where="/badges")
    client = create_app(bridge).test_client()
    answer = client.post(
        "/xapi/statements",
        json=statement("4"),
        auth=("elearning", "rahasia-kantor"),
        headers={"X-Experience-API-Version": "1.0.3"},
    )
    assert answer.status_code == 200
    badge, record = sorted(carried_out(bridge), key=lambda row: row.step)
    assert (badge.remote, record.remote) == ("lms.elearning", "registry.siasn")
    assert len(rows_of(bridge, SITI)) == 1
    assert elearning.badges_of("4") == ["LITDIG"]
    assert badge.attempts > 1


def test_what_no_statement_told_is_asked_for_and_then_only_what_is_new(
    bridge: Bridge, elearning: Elearning
) -> None:
    elearning.complete("5", "2026-11-20 10:15:00")
    assert PullCompletions(bridge).run(lambda _done, _of: None)["recognised"] == 1
    carried_out(bridge)
    assert (len(rows_of(bridge, BUDI)), elearning.badges_of("5")) == (1, ["LITDIG"])
    elearning.told.clear()
    elearning.complete("5", "2026-11-20 10:15:00")
    PullCompletions(bridge).run(lambda _done, _of: None)
    (asked,) = [told[1] for told in elearning.told if "completions" in told[1]]
    assert "sejak=1970" not in asked
