"""A process that forwards is killed in the middle, and another goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deliveries.street import until
from tests.forwarding.relay import Relay

CONFIGURATION = """
[database]
url = "{database}"
[forward.pusat]
url = "{target}/xapi"
username = "env:PUSAT_USER"
password = "env:PUSAT_PASSWORD"
start = "beginning"
batch = 10
"""


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_and_doubles_nothing(
    relay: Relay, tmp_path: Path, database_url: str
) -> None:
    config = tmp_path / "lms-bridge.toml"
    url = tmp_path / "url"
    url.write_text(database_url)
    config.write_text(CONFIGURATION.format(database=f"file:{url}", target=relay.target.url))
    ids = relay.tell_many(400)
    bad = ids[123]

    def refuse(some: list[dict[str, Any]]) -> str:
        return "400 Bad Request" if any(one["id"] == bad for one in some) else ""

    relay.target.refuses = refuse
    for requests in (3, 9, 25):
        process = run(config)
        until(lambda enough=requests: len(relay.target.requests) >= enough, 20)
        process.kill()
        process.wait(10)
    relay.clock.forward(hours=1)
    relay.forward()
    assert relay.target.ids() == [one for one in ids if one != bad]
    assert relay.apart() == {bad: ("blocked", "statement_refused")}


def run(config: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "lms_bridge", "--config", str(config), "jobs", "run", "forward"],
        stdout=subprocess.DEVNULL,
        env=dict(os.environ),
    )
