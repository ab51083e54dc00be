"""A hall on each database."""

from __future__ import annotations

import pytest

from lms_bridge.store.engine import Store
from tests.badges.hall import Hall
from tests.conftest import Clock


@pytest.fixture
def hall(store: Store, clock: Clock) -> Hall:
    return Hall(store, clock)
