"""What was taken back after it had been delivered: seen, undone, or kept."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from tests.eventful import SITIS_ID
from tests.scene import Scene, voiding


@pytest.fixture
def taken_back(terminal: Terminal, scene: Scene) -> Terminal:
    """A terminal where Siti's completion, with row and badge, was taken back."""
    scene.hear(voiding(SITIS_ID))
    return terminal


def test_it_is_seen_wherever_one_looks(taken_back: Terminal) -> None:
    told = taken_back.read("status", code=1)
    assert "Completions taken back, about which HR decides: 1." in told
    assert taken_back.json("status", code=1)["undecided"] == 1
    for command in (("attention",), ("completions", "--undecided"), ("completions", "show", "1")):
        told = taken_back.read(*command)
        assert "admin@example.go.id took it back through moodle" in told
        assert "Taken back 2026-11-24 10:00:00." in told
        assert "lms.moodle" in told
        assert "registry.siasn" in told
        assert "lms-bridge completions undo 1" in told
    assert "Ditarik kembali" in taken_back.read("attention", language="id")


@on_sqlite
def test_only_what_is_undecided_is_listed(taken_back: Terminal) -> None:
    [line] = taken_back.json("completions", "--undecided")
    assert (line["id"], line["withdrawal"]["decision"]) == (1, "")
    assert line["question"]["details"] == {
        "where": "registry.siasn, lms.moodle",
        "completion": "1",
    }
    taken_back.read("completions", "keep", "1", "--why", "diakui")
    assert taken_back.json("completions", "--undecided") == []
    assert taken_back.json("attention")["completions"] == []


def test_what_is_kept_remembers_who_when_and_why(taken_back: Terminal) -> None:
    told = taken_back.read(
        "completions", "keep", "1", "--why", "diakui BKPSDM", env={"SUDO_USER": "ana"}
    )
    assert told == "Completions that are left as they are: 1."
    told = taken_back.read("completions", "show", "1")
    assert "ana left it as it is" in told
    assert "diakui BKPSDM" in told
    assert "registry record → registry.siasn ✓ done row-1" in told


def test_what_is_undone_becomes_deliveries(taken_back: Terminal) -> None:
    assert taken_back.read("completions", "undo", "1") == "Completions that are being undone: 1."
    steps = {
        one["step"]: one["state"]
        for one in taken_back.json("deliveries", "list")
        if one["completion_id"] == 1
    }
    assert steps == {"record": "done", "badge": "done", "unrecord": "waiting", "revoke": "waiting"}
    assert "had it undone" in taken_back.read("completions", "show", "1")


@on_sqlite
def test_all_undecided_may_be_decided_at_once(taken_back: Terminal) -> None:
    undo = ("completions", "undo", "--all-undecided")
    assert taken_back.json(*undo, "--course", "MENTORING") == {"undone": 0}
    assert taken_back.json(*undo, "--course", "DIKLAT-LATSAR-2026") == {"undone": 1}
    assert taken_back.json(*undo) == {"undone": 0}


@on_sqlite
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("undo", "99"), "there is no completion 99"),
        (("undo", "2"), "completion 2 was not taken back"),
        (("keep", "1", "99", "--why", "x"), "there is no completion 99"),
    ],
)
def test_what_cannot_be_decided_says_why_and_changes_nothing(
    taken_back: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    assert taken_back.refused("completions", *arguments) == f"lms-bridge: {told}"
    assert len(taken_back.json("completions", "--undecided")) == 1


@on_sqlite
def test_which_ones_has_to_be_said(taken_back: Terminal) -> None:
    assert "--all-undecided" in taken_back.refused("completions", "undo", code=2)
    assert "--why" in taken_back.refused("completions", "keep", "1", code=2)


@on_sqlite
def test_what_is_being_undone_is_not_kept(taken_back: Terminal) -> None:
    taken_back.read("completions", "undo", "1")
    told = taken_back.refused("completions", "keep", "1", "--why", "x")
    assert "completion 1 is being undone" in told


@on_sqlite
def test_of_what_nothing_was_delivered_there_is_nothing_to_undo(
    terminal: Terminal, scene: Scene
) -> None:
    (told,) = [one.statement_id for one in scene.sightings(completion_id=2)]
    scene.hear(voiding(told))
    told = terminal.refused("completions", "undo", "2")
    assert told == "lms-bridge: of completion 2 nothing has been delivered"
