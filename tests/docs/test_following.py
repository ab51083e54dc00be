"""A page that leads from nothing to a first row is followed as it stands: every block, in order.

A block of ``sh`` is typed into a shell; what does not end by itself is left running. One of TOML or
JSON is written into the file that the text names before it, and of one of ``text`` each line has
been printed by the commands before it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import requests

from tests.docs.test_documentation import ROOT
from tests.e2e.town import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ENDLESS = ("lms-bridge sandbox", "lms-bridge serve")
_PARTS = re.compile(r"`([\w.-]+\.(?:toml|json))`|^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Newcomer:
    """Somebody at a shell in an empty folder, who does what the page says."""

    def __init__(self, folder: Path, ports: dict[str, int], stack: ExitStack) -> None:
        self._folder, self._ports, self._stack = folder, ports, stack
        self._said = ""
        command = folder / "bin" / "lms-bridge"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lms_bridge "$@"\n')
        command.chmod(0o755)
        path = f"{command.parent}:{os.environ['PATH']}"
        self._env = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def follow(self, section: str) -> None:
        """Do it all."""
        named = ""
        for file, language, text in _PARTS.findall(self._elsewhere(section)):
            if file:
                named = file
            elif language in ("toml", "json"):
                (self._folder / named).write_text(text, encoding="utf-8")
            elif language == "text":
                self._check(text)
            else:
                self._type(text)

    def _elsewhere(self, text: str) -> str:
        """The same at ports that are free here."""
        for named, here in self._ports.items():
            text = text.replace(named, str(here))
        return text

    def _type(self, text: str) -> None:
        if text.startswith(ENDLESS):
            process = subprocess.Popen(
                ["bash", "-c", f"exec {text}"], cwd=self._folder, env=self._env
            )
            self._stack.callback(process.wait, 60)
            self._stack.callback(process.terminate)
            self._wait(process.pid)
            return
        done = subprocess.run(
            ["bash", "-ec", text], cwd=self._folder, env=self._env, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        self._said += " ".join(done.stdout.split()) + " "
        time.sleep(1)  # as long as it takes to read on; the page counts on it

    @staticmethod
    def _wait(pid: int) -> None:
        """Until it listens somewhere, or a process that it has started does."""
        while True:
            process = psutil.Process(pid)
            every = [process, *process.children(recursive=True)]
            if any(one.status == "LISTEN" for each in every for one in each.net_connections()):
                return
            time.sleep(0.2)

    def _check(self, text: str) -> None:
        for line in text.splitlines():
            assert " ".join(line.split()) in self._said, f"{line}\n---\n{self._said}"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_a_simpeg_is_connected_from_nothing(tmp_path: Path, stack: ExitStack) -> None:
    page = (ROOT / "docs" / "simpeg.md").read_text("utf-8")
    section = page.partition("## From nothing")[2].partition("\n## ")[0]
    simpeg, bridge = free_port(), free_port()
    others = "lms-bridge sandbox --registry-port 0 --moodle-port 0"
    section = section.replace("lms-bridge sandbox", others, 1)
    section = section.replace('language = "en"', f'language = "en"\n[web]\nport = {bridge}', 1)
    Newcomer(tmp_path, {"9003": simpeg, "8080": bridge}, stack).follow(section)
    shown = requests.get(f"http://127.0.0.1:{simpeg}/", timeout=10).text
    assert shown.count("Literasi Digital ASN") == 1
    assert shown.count("<td>") == 4 * 8
