"""A statement becomes a row at the registry and a badge at a home-made LMS, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms_bridge.jobs.pull_completions import PullCompletions
from lms_bridge.sandbox.city import BUDI, SITI
from tests.deliveries.street import SECRETS
from tests.rest.conftest import PAGE
from tests.rest.platform import Elearning
from tests.rest.whole import Whole, a_whole_bridge


@pytest.fixture
def whole(
    database_url: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Whole]:
    """A bridge between that LMS, as docs/lms.md describes it, and a SIASN."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    lms = "\n".join(re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)[:2])
    quick = f'url = "{url}/api"\nread_timeout_seconds = 1.0\nsettle_seconds = 0.3\n'
    lms = lms.replace('url = "https://elearning.example.go.id/api"\n', quick)
    with a_whole_bridge(database_url, tmp_path, lms) as whole:
        yield whole


def test_from_a_statement_to_a_row_and_a_badge_though_an_answer_is_lost(
    whole: Whole, elearning: Elearning
) -> None:
    elearning.order("commit-then-hang", where="/badges")
    whole.tell("4")
    steps = whole.carried_out()
    assert (steps["badge"].remote, steps["record"].remote) == ("lms.elearning", "registry.siasn")
    assert len(whole.rows_of(SITI)) == 1
    assert elearning.badges_of("4") == ["LITDIG"]
    assert steps["badge"].attempts > 1


def test_what_no_statement_told_is_asked_for_and_then_only_what_is_new(
    whole: Whole, elearning: Elearning
) -> None:
    elearning.complete("5", "2026-11-20 10:15:00")
    assert PullCompletions(whole.bridge).run(lambda _done, _of: None)["recognised"] == 1
    whole.carried_out()
    assert (len(whole.rows_of(BUDI)), elearning.badges_of("5")) == (1, ["LITDIG"])
    elearning.told.clear()
    elearning.complete("5", "2026-11-20 10:15:00")
    PullCompletions(whole.bridge).run(lambda _done, _of: None)
    (asked,) = [told[1] for told in elearning.told if "completions" in told[1]]
    assert "sejak=1970" not in asked
