"""The command line in this process, on a bridge in which something of everything has happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lms_bridge.cli import main
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.eventful import an_eventful_scene, configuration
from tests.scene import TOKEN, Scene


class Terminal:
    """Somebody who gives commands."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.width = 200

    def run(self, *arguments: str, language: str = "en", **more: Any) -> Result:
        """A command, run to its end."""
        words = ["--config", str(self.config), "--language", language, *arguments]
        environment = {"COLUMNS": str(self.width)} | more.pop("env", {})
        result = CliRunner().invoke(main, words, env=environment, **more)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def read(self, *arguments: str, code: int = 0, **more: Any) -> str:
        """What a command prints, its lines joined so that it does not matter where they break."""
        result = self.run(*arguments, **more)
        assert result.exit_code == code, result.output
        return " ".join(result.stdout.split())

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What it prints for machines, and nothing else."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        assert result.stderr == ""
        return json.loads(result.stdout)

    def refused(self, *arguments: str, code: int = 1, **more: Any) -> str:
        """The sentence with which a command is refused."""
        result = self.run(*arguments, **more)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.stderr.strip()


@pytest.fixture
def nowhere(tmp_path: Path) -> Terminal:
    """A terminal on a machine on which nothing is configured yet."""
    return Terminal(tmp_path / "here" / "lms-bridge.toml")


@pytest.fixture
def scene(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    for name in ("SENDER", "KEY", "SECRET"):
        monkeypatch.setenv(name, "rahasia")
    with an_eventful_scene(store, clock) as scene:
        yield scene


@pytest.fixture
def terminal(scene: Scene, database_url: str, tmp_path: Path) -> Terminal:
    """A terminal beside the bridge of the scene."""
    path = tmp_path / "lms-bridge.toml"
    path.write_text(configuration(scene, database_url), encoding="utf-8")
    return Terminal(path)
