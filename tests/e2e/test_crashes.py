"""The short form of ``python -m tests.e2e.crashing``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.crashing import crash

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_killing_its_processes_loses_nothing_and_doubles_nothing(
    database: str, tmp_path: Path
) -> None:
    counted = crash(tmp_path, database=database, people=40, kills=6, seed=7, patience=150)
    assert counted["rows"] == counted["awards"] == 40
    assert counted["badges"] == 80
