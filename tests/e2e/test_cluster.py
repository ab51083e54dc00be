"""The short form of ``python -m tests.e2e.cluster``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import cluster
from tests.postgres import postgres_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_three_that_receive_and_three_that_work_lose_nothing_and_double_nothing(
    tmp_path: Path,
) -> None:
    with postgres_server(tmp_path) as server:
        counted = cluster.run(
            tmp_path, server, people=24, times=6, every=2.0, restarts=1, seed=7, patience=200
        )
    assert counted["rows"] == counted["awards"] == 24
    assert counted["badges"] == 48
