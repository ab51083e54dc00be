"""A bridge with two people, on each database, whose clock stands still."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.learner.world import World


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Clock:
    """The clock by which the page goes."""
    for module in ("webhook.entrance", "webhook.learner"):
        monkeypatch.setattr(f"{module}.utc_now", clock)
    return clock


@pytest.fixture
def world(store: Store, still: Clock, tmp_path: Path) -> World:
    made = World(store, still, tmp_path)
    made.live()
    return made
