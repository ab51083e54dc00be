"""A scene on each database, a target that is told, and what it was told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Breaker
from lms_bridge.events import journal
from lms_bridge.events.settings import EventTarget
from lms_bridge.events.telling import Teller, Tellers
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.scene import TOKEN, Scene, a_scene

URL = "https://dasbor.example/lms-bridge"
SECRET = "whsec_" + "QUJD" * 8


@pytest.fixture
def scene(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    with a_scene(store, clock) as scene:
        yield scene


class Dashboard:
    """A target, as it is configured, and what it was sent."""

    def __init__(self, store: Store, clock: Clock, network: responses.RequestsMock) -> None:
        self.store = store
        self.clock = clock
        self.network = network
        self.settings = EventTarget(name="dasbor", url=URL, secret=Secret("env:EVENTS_SECRET"))
        self.answers(204)

    def begin(self, **changes: Any) -> None:
        """The bridge starts with the target in its configuration."""
        import msgspec

        self.settings = msgspec.structs.replace(self.settings, **changes)
        with self.store.writing() as db:
            journal.begin(db, [self.settings.remote])

    def answers(self, status: int) -> None:
        """From now on it answers so."""
        self.network.reset()
        self.network.add_passthru("http://127.0.0.1")  # the Moodle of the scene
        self.network.add(responses.POST, URL, status=status)

    def teller(self) -> Teller:
        return Teller(self.store, self.settings, policy=Breaker(), clock=self.clock)

    def tell(self) -> dict[str, int]:
        """Run the job once."""
        return dict(Tellers(self.store, [self.teller()], clock=self.clock).tell())

    def told(self) -> list[dict[str, Any]]:
        """What it was sent since it last answered otherwise."""
        return [json.loads(call.request.body) for call in self._calls()]

    def ids(self) -> list[str]:
        """The ``webhook-id`` of each."""
        return [call.request.headers["webhook-id"] for call in self._calls()]

    def _calls(self) -> list[Any]:
        return [call for call in self.network.calls if call.request.url == URL]


@pytest.fixture
def dashboard(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dashboard]:
    monkeypatch.setenv("EVENTS_SECRET", SECRET)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        made = Dashboard(store, clock, network)
        yield made


@pytest.fixture
def rows(store: Store) -> Callable[[], list[Any]]:
    """The journal."""
    from sqlalchemy import select

    from lms_bridge.store.schema import events

    def read() -> list[Any]:
        with store.reading() as db:
            return list(db.execute(select(events).order_by(events.c.id)))

    return read
