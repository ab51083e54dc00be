"""A yard on each database, which itself knows the life cycle; and streets between the sandboxes.

What is stored is the same in both databases wherever a `yard` says so; so most of what is
about HTTP is tried on a street with a file only, and the rest on a street on each.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lms_bridge.store.engine import Store, open_store
from tests.conftest import Clock
from tests.deliveries.street import SECRETS, Street, a_street
from tests.deliveries.yard import Yard, refuse_illegal_transitions


@pytest.fixture(autouse=True)
def told() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was written to the log."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture
def yard(store: Store, clock: Clock) -> Yard:
    refuse_illegal_transitions(store)
    return Yard(store, clock)


@pytest.fixture
def street(tmp_path: Path, migrated_file: Path, clock: Clock, secrets: None) -> Iterator[Street]:
    path = tmp_path / "street.db"
    path.write_bytes(migrated_file.read_bytes())
    store = open_store(f"sqlite:///{path}")
    refuse_illegal_transitions(store)
    with a_street(Yard(store, clock)) as street:
        yield street
    store.close()


@pytest.fixture
def each_street(yard: Yard, secrets: None) -> Iterator[Street]:
    """A street on each database."""
    with a_street(yard) as street:
        yield street


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
