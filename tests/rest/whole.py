"""A whole bridge in this process, between a SIASN sandbox and whatever LMS a test brings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from lms_bridge.bridge import Bridge
from lms_bridge.sandbox.city import City, demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn import app as siasn
from lms_bridge.store.schema import deliveries
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


class Whole:
    """The bridge, and the city at its other side."""

    def __init__(self, bridge: Bridge, city: City) -> None:
        self.bridge = bridge
        self.city = city

    def tell(self, user_id: str) -> None:
        """The LMS sends a statement: that account has completed the course."""
        answer = (
            create_app(self.bridge)
            .test_client()
            .post(
                "/xapi/statements",
                json=statement(user_id),
                auth=("elearning", "rahasia-kantor"),
                headers={"X-Experience-API-Version": "1.0.3"},
            )
        )
        assert answer.status_code == 200

    def carried_out(self, seconds: float = 8) -> dict[str, Any]:
        """Work until nothing waits any more; the deliveries by their steps."""
        deadline = time.monotonic() + seconds
        while True:
            self.bridge.recogniser.run()
            self.bridge.worker.drain()
            with self.bridge.store.reading() as db:
                rows = list(db.execute(deliveries.select()))
            if rows and all(row.state == "done" for row in rows):
                return {row.step: row for row in rows}
            assert time.monotonic() < deadline, [(row.step, row.reason_details) for row in rows]
            time.sleep(0.05)

    def rows_of(self, nip: str) -> list[Any]:
        """What the registry has of the course for somebody."""
        rows = self.city.registry.rows(nip)
        return [row for row in rows if row.get("namaKursus") == "Literasi Digital ASN"]


@contextmanager
def a_whole_bridge(database_url: str, folder: Path, lms: str) -> Iterator[Whole]:
    """One with the LMS and the courses that the TOML `lms` describes."""
    city = demo_city(faults=Faults(rates={}), clock=time.time)
    with Server(city.registry) as registry, capture_logs():
        text = CONFIGURATION.format(
            database=database_url,
            registry=registry.url,
            api=siasn.API,
            apim=siasn.APIM_TOKEN,
            sso=siasn.SSO_TOKEN,
        )
        config = folder / "lms-bridge.toml"
        config.write_text(text + lms, encoding="utf-8")
        bridge = Bridge.open(config)
        yield Whole(bridge, city)
        bridge.close()


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
