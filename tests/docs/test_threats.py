"""The threat model in docs/security.md against its tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.security.bare import ROOT, Line, lines
from tests.security.taken_away import TAKEN_AWAY

LINES = list(lines())


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.number)
def test_each_line_names_tests_that_there_are(line: Line) -> None:
    assert line.tests
    for test in line.tests:
        path, _, name = test.partition("::")
        assert re.search(rf"(?m)^def {name}\(", (ROOT / path).read_text("utf-8")), test


def test_each_test_of_a_threat_is_named_by_a_line() -> None:
    named = {test for line in LINES for test in line.tests}
    there = {
        f"{path.relative_to(ROOT)}::{name}"
        for path in (ROOT / "tests" / "security").glob("test_*.py")
        for name in re.findall(r"(?m)^def (test_\w+)\(", path.read_text("utf-8"))
    }
    assert there - named == set()


def test_each_line_says_how_its_protection_is_taken_away() -> None:
    assert [line.number for line in LINES] == list(TAKEN_AWAY)
    for number, changes in TAKEN_AWAY.items():
        assert changes
        for file, before, after in changes:
            assert before != after
            assert before in Path(ROOT / file).read_text("utf-8"), f"{number}: {file}: {before}"
