"""The documentation as a site: made without a complaint, of every page and every command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_site_is_made_of_every_page_and_every_command(tmp_path: Path) -> None:
    asked = ["-q", "-W", "-b", "html", "-c", "site", ".", str(tmp_path)]
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", *asked, "-d", str(tmp_path / "kept")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    pages = {one.stem for one in (tmp_path / "docs").glob("*.html")}
    assert pages == {one.stem for one in (ROOT / "docs").glob("*.md")}
    commands = (tmp_path / "site" / "commands.html").read_text()
    for command in ("serve", "completions-undo", "employees-erase", "backup"):
        assert f'id="lms-bridge-{command}"' in commands
    assert "[jobs.count_figures]" in (tmp_path / "site" / "settings.html").read_text()
