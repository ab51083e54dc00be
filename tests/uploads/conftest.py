"""A desk on each database, which itself knows the life cycle."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.deliveries.yard import Yard, refuse_illegal_transitions
from tests.uploads.desk import Desk


@pytest.fixture(autouse=True)
def told() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was written to the log."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture
def desk(store: Store, clock: Clock, tmp_path: Path) -> Desk:
    refuse_illegal_transitions(store)
    return Desk(Yard(store, clock), tmp_path)
