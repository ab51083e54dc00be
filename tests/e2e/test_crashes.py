"""The short form of ``python -m tests.e2e.crashing``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.crashing import crash, own_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killing_its_processes_loses_nothing_and_doubles_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = "sqlite:///lms-bridge.db"
    if kind == "postgresql":
        database = own_database(request.getfixturevalue("postgres"))
    counted = crash(tmp_path, database=database, people=40, kills=6, seed=7, patience=150)
    assert counted["rows"] == counted["badges"] == 40
