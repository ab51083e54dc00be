"""The short form of ``python -m tests.e2e.fuzzing``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.crashing import own_database
from tests.e2e.fuzzing import fuzz

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_requests_of_all_kinds_are_answered_and_lose_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = f"sqlite:///{tmp_path}/bridge.db"
    if kind == "postgresql":
        database = own_database(request.getfixturevalue("postgres"))
    run = fuzz(tmp_path, database, seconds=12, seed=7, kill_every=5)
    assert run.findings == []
    assert run.counts["kill -9"] >= 1
    assert run.counts["statements answered 200"] > 50
