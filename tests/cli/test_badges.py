"""``badges``: what is shown before a rule takes effect, what it does, and what is missing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lms_bridge.bridge import Bridge
from lms_bridge.cli import badges
from lms_bridge.jobs import runs
from lms_bridge.sandbox.city import SITI
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite

pytestmark = on_sqlite

BADGES = """
[[badges]]
key = "dasar"
name = "ASN Dasar"
competency = { name = "Integritas", level = 1 }
rule = "DIKLAT-LATSAR-2026"
issue = { route = "cohort", name = "ASN Dasar", cohort = "DASAR" }

[[badges]]
key = "pembina"
name = "ASN Pembina"
rule = { all = [{ badge = "dasar" }, "MENTORING", { hours = 60, within = "year" }] }
"""


@pytest.fixture
def configured(terminal: Terminal) -> Terminal:
    """A terminal with badges in the configuration, which are not in force."""
    with terminal.config.open("a", encoding="utf-8") as file:
        file.write(BADGES)
    return terminal


@pytest.fixture
def applied(configured: Terminal) -> Terminal:
    """The same, and they are in force."""
    told = configured.read("badges", "apply", "--yes")
    assert "Badges earned: 2, renewed: 0, corrected: 0, revoked: 0." in told
    return configured


def test_before_a_rule_takes_effect_it_is_shown_who_would_get_the_badge(
    configured: Terminal,
) -> None:
    told = configured.read("badges", "plan")
    assert "ASN Dasar new 0 2" in told
    assert "Siti Rahmawati" in told
    assert "ASN Pembina new 0 0" in told
    assert configured.json("badges", "earned") == []
    told = configured.read("badges", "list")
    assert "No badges are in force." in told
    assert "dasar, pembina. See lms-bridge badges plan." in told


def test_nothing_takes_effect_without_a_yes(configured: Terminal) -> None:
    assert configured.run("badges", "apply", input="n\n").exit_code == 1
    assert configured.json("badges", "list")["badges"] == []


def test_what_a_worker_has_done_of_it_is_told_as_well(
    configured: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if everybody was looked at before the command comes to it."""
    review, finish = badges._review, runs._finish
    over = threading.Event()

    def finish_late(*arguments: Any) -> None:
        assert over.wait(30)
        finish(*arguments)

    def review_after(*arguments: Any, **more: Any) -> dict[str, int]:
        bridge = Bridge.open(configured.config)
        working = worker.submit(runs.run, bridge, "award")
        while bridge.reviewing.has_work():
            time.sleep(0.01)
        threading.Timer(0.5, over.set).start()
        counts = review(*arguments, **more)
        working.result()
        return counts

    monkeypatch.setattr(badges, "_review", review_after)
    monkeypatch.setattr(runs, "_finish", finish_late)
    with ThreadPoolExecutor(1) as worker:
        told = configured.read("badges", "apply", "--yes")
    assert "Badges earned: 2, renewed: 0, corrected: 0, revoked: 0." in told


def test_what_was_put_in_force_is_listed_with_how_many_hold_it(applied: Terminal) -> None:
    told = applied.read("badges", "list")
    assert "ASN Dasar Integritas 1 - complete “Latihan Dasar CPNS” 2" in told
    assert "– - all of these 0" in told
    assert "- 60 JP in one calendar year" in told
    assert applied.json("badges", "list")["not_in_force"] == {"new": [], "changed": [], "ended": []}
    assert "nothing would change" in applied.read("badges", "plan")
    assert applied.json("badges", "apply") == {"applied": False}


def test_who_has_earned_what_is_listed_with_the_evidence_and_what_the_lms_is_told(
    applied: Terminal,
) -> None:
    told = applied.read("badges", "earned", "--nip", SITI)
    assert "Siti Rahmawati" in told
    assert "2026-11-24 Latihan Dasar CPNS" in told
    assert "○ waiting badge → lms.moodle" in told
    [line] = applied.json("badges", "earned", "--nip", SITI)
    assert line["state"] == "valid"
    assert [one["completion_id"] for one in line["evidence"]] == [1]
    assert "award 1" in applied.read("deliveries", "list", "--remote", "lms.moodle")


def test_what_is_missing_is_told_condition_by_condition(applied: Terminal) -> None:
    told = applied.read("badges", "explain", SITI, "pembina")
    assert "○ all of these 2 missing" in told
    assert "✓ hold the badge “ASN Dasar” 2026-11-24" in told
    assert "○ complete “Mentoring [ASN] <b>” not yet" in told
    assert "○ 60 JP in one calendar year 40 JP missing" in told
    told = applied.read("badges", "explain", SITI, "pembina", language="id")
    assert "○ semua yang berikut kurang 2" in told
    [one] = applied.json("badges", "explain", SITI, "pembina")
    assert [line["have"] for line in one["conditions"]] == [1, 1, 0, 20]


def test_one_that_is_taken_out_is_told_of_and_stays_with_whoever_has_it(applied: Terminal) -> None:
    text = applied.config.read_text(encoding="utf-8")
    applied.config.write_text(text.replace(BADGES, ""), encoding="utf-8")
    assert "pembina taken out" in applied.read("badges", "plan")
    applied.read("badges", "apply", "--yes")
    assert applied.json("badges", "list")["badges"] == []
    assert len(applied.json("badges", "earned")) == 2


def test_what_cannot_be_is_refused_in_a_sentence(configured: Terminal) -> None:
    told = configured.refused("badges", "explain", SITI, "dasar")
    assert told == "lms-bridge: no badge dasar is in force"
    assert "18 digits" in configured.refused("badges", "explain", "123", code=2)
    text = configured.config.read_text(encoding="utf-8")
    configured.config.write_text(text.replace('"MENTORING"', '"MENTOR"'), encoding="utf-8")
    told = configured.refused("badges", "apply", "--yes")
    assert told == "lms-bridge: badge pembina: there is no course MENTOR in the catalogue"
