"""A scene on each database, in which something of everything has happened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lms_bridge.people.identities import known_by_nip
from lms_bridge.sandbox.city import SITI
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.eventful import an_eventful_scene
from tests.scene import TOKEN, Scene


@pytest.fixture
def scene(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    with an_eventful_scene(store, clock) as scene:
        yield scene


@pytest.fixture
def siti(scene: Scene) -> int:
    """Her number."""
    with scene.store.reading() as db:
        found = known_by_nip(db, SITI)
    assert found is not None
    return found
