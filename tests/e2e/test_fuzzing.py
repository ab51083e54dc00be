"""The short form of ``python -m tests.e2e.fuzzing``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.fuzzing import fuzz

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_requests_of_all_kinds_are_answered_and_lose_nothing(database: str, tmp_path: Path) -> None:
    run = fuzz(tmp_path, database, seconds=12, seed=7, kill_every=5)
    assert run.findings == []
    assert run.counts["kill -9"] >= 1
    assert run.counts["statements answered 200"] > 50
