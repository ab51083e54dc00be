"""An issuer with a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.openbadges.world import TODAY, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.issuing.keys.create(TODAY)
    return made
