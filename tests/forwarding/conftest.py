from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.forwarding.relay import NAME, PASSWORD, Relay, a_relay


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSAT_USER", NAME)
    monkeypatch.setenv("PUSAT_PASSWORD", PASSWORD)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def relay(store: Store, clock: Clock, tmp_path: Path, migrated_file: Path) -> Iterator[Relay]:
    with a_relay(store, clock, tmp_path, migrated_file) as relay:
        yield relay
