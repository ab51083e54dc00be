"""A scene on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.scene import TOKEN, Scene, a_scene


@pytest.fixture
def scene(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    with a_scene(store, clock) as scene:
        yield scene
