"""A scene, and a bridge that is served with everything that faces the network, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Console, Learner, Settings, Web
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.console.conftest import app as app
from tests.console.conftest import visitor as visitor
from tests.scene import TOKEN, Scene, a_scene, sender
from tests.webhook.conftest import PASSWORD, Client

HOME = "https://bridge.example"


@pytest.fixture
def scene(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    with a_scene(store, clock) as scene:
        yield scene


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CONSOLE_KEY", "k" * 40)
    monkeypatch.setenv("SENDER", PASSWORD)
    return Settings(
        language="en",
        web=Web(public_url=HOME),
        senders=(sender("moodle"),),
        console=Console(key=Secret("env:CONSOLE_KEY"), access="network"),
        learner=Learner(key=Secret("env:CONSOLE_KEY")),
    )


@pytest.fixture
def bridge(store: Store, settings: Settings, tmp_path: Path) -> Iterator[Bridge]:
    bridge = Bridge(settings, store, base=tmp_path)
    yield bridge
    bridge.intake.close()


@pytest.fixture
def lrs(app: Flask, store: Store) -> Client:
    return Client(app.test_client(), store)
