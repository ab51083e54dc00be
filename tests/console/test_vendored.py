"""What the pages take from others is what was taken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import webhook

FOLDER = Path(webhook.__file__).parent / "static" / "vendor"


def test_each_file_is_as_its_sum_says() -> None:
    sums = dict(reversed(line.split()) for line in (FOLDER / "SHA256SUMS").read_text().splitlines())
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.min.*")
    }
    assert found == sums
