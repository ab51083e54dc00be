"""Each protection of docs/security.md taken away, and its test that fails then.

``python -m tests.security.bare [LINE …]`` copies the project, takes away one protection after the
other, and runs the tests of its line. A line whose test passes all the same shows nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.security.taken_away import TAKEN_AWAY

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
_COPIED = ("lms_bridge", "webhook", "xapi", "tests", "benchmarks", "examples", "scripts", "docs")
_ROW = re.compile(r"^\| ([A-Z]\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


class Line(NamedTuple):
    """A line of the threat model."""

    number: str
    tests: tuple[str, ...]
    """as pytest names them"""


def lines() -> Iterator[Line]:
    """All of them."""
    for number, shown in _ROW.findall(PAGE.read_text("utf-8")):
        found = tuple(
            f"{file if '/' in file else f'tests/security/{file}'}::{name}"
            for file, name in _TEST.findall(shown)
        )
        yield Line(number, found)


def main(wanted: list[str]) -> int:
    """Try the lines `wanted`, or all; 1 if any of them shows nothing."""
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in _COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in ROOT.iterdir():
            if path.is_file():
                shutil.copy(path, copy / path.name)
        for line in lines():
            if wanted and line.number not in wanted:
                continue
            for number, (file, before, after) in enumerate(TAKEN_AWAY[line.number]):
                path = copy / file
                whole = path.read_text("utf-8")
                path.write_text(whole.replace(before, after, 1), "utf-8")
                verdict = _run(copy, line.tests)
                path.write_text(whole, "utf-8")
                print(f"{line.number}.{number + 1}  {verdict}", flush=True)
                if verdict != "fails, as it should":
                    bad.append(line.number)
    return 1 if bad else 0


def _run(copy: Path, tests: tuple[str, ...]) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "slow or not slow"]
    command += ["-p", "no:cacheprovider", "-k", "not postgresql", *tests]
    env = os.environ | {"PYTHONPATH": str(copy)}
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 1 and "1 failed" in done.stdout:
        return "fails, as it should"
    if done.returncode == 0:
        return "PASSES without the protection"
    return f"could not be run: {(done.stdout + done.stderr)[-300:]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
