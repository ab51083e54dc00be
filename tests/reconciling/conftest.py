"""A town on each database."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Settings
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.sandbox.city import demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.deliveries.yard import SETTINGS
from tests.jobs.conftest import SECRETS, siasn_at
from tests.reconciling.town import Town

CLOCKS = (
    "bridge",
    "jobs.asking",
    "jobs.badges",
    "jobs.read_histories",
    "jobs.reconcile",
)


@pytest.fixture(autouse=True)
def told() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was written to the log."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[dict[str, Any]]:
    """What a town's bridge is told besides where the sandboxes are."""
    for name, value in (SECRETS | {"MOODLE": "sandbox-moodle-token"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lms_bridge.jobs.base.PAUSE_SECONDS", 0)
    for module in CLOCKS:
        monkeypatch.setattr(f"lms_bridge.{module}.utc_now", clock)
    return {"delivery": SETTINGS}


@pytest.fixture
def town(store: Store, clock: Clock, settings: dict[str, Any]) -> Iterator[Town]:
    city = demo_city(faults=Faults(rates={}), clock=lambda: clock().timestamp())
    with Server(city.moodle) as moodle, Server(city.registry) as registry:
        lms = MoodleSettings(
            url=moodle.url,
            home_page="https://moodle.example",
            token=Secret("env:MOODLE"),
            known_user="learner1",
        )
        values = {"registry": {"siasn": siasn_at(registry.url)}, "lms": {"moodle": lms}}
        town = Town(store, clock, city, Settings(**values | settings))
        yield town
        town.bridge.close()
