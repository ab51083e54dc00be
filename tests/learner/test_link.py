"""``employees link``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lms_bridge.cli import main
from tests.conftest import on_sqlite
from tests.learner.world import HOME, SITI, World

pytestmark = on_sqlite

CONFIGURATION = """
language = "en"
[database]
url = "{database}"
[web]
public_url = "https://bridge.example"
"""
LEARNER = '[learner]\nkey = "file:key"\nlink_days = 3\n'


@pytest.fixture
def folder(world: World, database_url: str) -> Path:
    text = CONFIGURATION.format(database=database_url)
    (world.folder / "lms-bridge.toml").write_text(text + LEARNER)
    return world.folder


def run(folder: Path, *arguments: str) -> Result:
    config = str(folder / "lms-bridge.toml")
    return CliRunner().invoke(main, ["-c", config, "employees", "link", *arguments])


def test_the_link_opens_the_page_of_that_employee(world: World, folder: Path) -> None:
    done = run(folder, SITI)
    assert done.exit_code == 0
    assert SITI not in done.output
    assert "SITI RAHMAWATI" in done.stderr
    address = done.stdout.strip()
    assert address.startswith(f"{HOME}/learner/link?token=")
    assert "SITI" in world.browser().come_in(address.removeprefix(HOME)).text
    told = json.loads(run(folder, SITI, "--days", "0.5", "--json").stdout)
    assert told["link"].startswith(HOME)


def test_what_hinders_it_is_said(folder: Path) -> None:
    assert "18 digits" in run(folder, "123").stderr
    assert "has met nobody" in run(folder, "197001011995032001").stderr
    (folder / "key").write_text("short")
    assert "shorter than 32 characters" in run(folder, SITI).stderr
    config = folder / "lms-bridge.toml"
    config.write_text(config.read_text().replace(LEARNER, ""))
    assert "there is no [learner]" in run(folder, SITI).stderr
