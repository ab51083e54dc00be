"""The commands that change something: imports, deliveries, jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms_bridge.sandbox.city import AGUS
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from tests.eventful import LATSAR
from tests.scene import BADGE, Scene, course

ARSIP = (
    "key;name;organiser;kind;hours;external_ids\n"
    "ARSIP-2026;Manajemen Arsip;BKPSDM;4;10;ARSIP\n"
)  # fmt: skip


def saved(tmp_path: Path, text: str) -> str:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_course_that_is_imported_has_what_waited_for_it_judged_again(
    terminal: Terminal, scene: Scene, tmp_path: Path
) -> None:
    told = terminal.read("courses", "import", saved(tmp_path, ARSIP))
    assert told == "Courses added: 1; changed: 0; statements that are judged again: 1."
    scene.recognise()
    [agus] = terminal.json("completions", "--course", "ARSIP-2026")
    assert agus["nip"] == AGUS


@on_sqlite
def test_a_trial_of_an_import_changes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    told = terminal.read("courses", "import", "--dry-run", saved(tmp_path, ARSIP))
    assert told.startswith("Nothing was changed. Courses that would be added: 1;")
    assert [one["key"] for one in terminal.json("courses", "list")] == [
        "DIKLAT-LATSAR-2026",
        "MENTORING",
    ]


@on_sqlite
def test_a_table_that_is_wrong_is_told_line_by_line_and_nothing_of_it_is_taken(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = saved(tmp_path, ARSIP + "X;Y;Z;99;10;X\n")
    told = terminal.refused("courses", "import", path)
    assert told.startswith("lms-bridge: table.csv: Line 3, kind:")
    assert len(terminal.json("courses", "list")) == 2


@on_sqlite
def test_courses_are_listed_with_what_they_are_recognised_by(terminal: Terminal) -> None:
    told = terminal.read("courses", "list")
    assert "DIKLAT-LATSAR-2026 20 DIKLAT-LATSAR-2026 CSV Latihan Dasar CPNS Badge Kohort" in told
    assert "15 Mentoring" in told
    [latsar, _] = terminal.json("courses", "list")
    assert (latsar["source"], latsar["hours"], latsar["badge"]["route"]) == ("csv", 20, "cohort")


def test_employees_are_linked_by_a_table_and_listed_with_their_accounts(
    terminal: Terminal, tmp_path: Path
) -> None:
    table = "nip,name,home_page,account\n197001011995031001,Rina,https://lms.example,rina\n"
    told = terminal.read("employees", "import", saved(tmp_path, table))
    assert told.startswith("Employees: 1; accounts linked: 1;")
    [rina] = terminal.json("employees", "list", "--search", "RINA")
    assert rina["nip"] == "197001011995031001"
    assert "account:https://lms.example|rina" in rina["identities"]
    assert "Rina" in terminal.read("employees", "list", "--search", "19700101 199503 1 001")
    assert terminal.read("employees", "list", "--search", "%") == "No employees."


def test_a_blocked_delivery_is_tried_again_and_its_remote_at_once(terminal: Terminal) -> None:
    told = terminal.read("deliveries", "retry", "3")
    assert told == "Deliveries that will be tried again: 1."
    [yuni] = terminal.json("deliveries", "list", "--state", "waiting", "--limit", "1")
    assert (yuni["id"], yuni["reason"]["code"]) == (3, "new")
    assert terminal.json("status", code=1)["down"] == []


@on_sqlite
def test_all_blocked_deliveries_of_a_remote_are_tried_again(terminal: Terminal) -> None:
    other = ("deliveries", "retry", "--all-blocked", "--remote", "lms.moodle")
    assert terminal.json(*other) == {"retried": 0}
    mine = ("deliveries", "retry", "--all-blocked", "--remote", "registry.siasn")
    assert terminal.json(*mine) == {"retried": 1}
    assert terminal.json("status", code=1)["down"] == []


@on_sqlite
def test_a_delivery_is_cancelled_with_who_did_it_and_why(terminal: Terminal) -> None:
    told = terminal.read(
        "deliveries", "cancel", "3", "--why", "pegawai pindah", env={"SUDO_USER": "ana"}
    )
    assert told == "Deliveries that were cancelled: 1."
    [yuni] = terminal.json("deliveries", "list", "--state", "cancelled")
    assert yuni["reason"]["what"] == "Cancelled by ana: pegawai pindah"


@on_sqlite
def test_deliveries_to_a_remote_are_paused_and_resumed(terminal: Terminal) -> None:
    remote = "registry.siasn"
    told = terminal.read(
        "deliveries", "pause", remote, "--why", "SIASN pindah", env={"SUDO_USER": "ana"}
    )
    assert told == "Nothing is delivered to registry.siasn until it is resumed."
    paused = terminal.json("status", code=1)["overview"]["remotes"][remote]["paused"]
    assert paused["what"] == f"ana has paused what is delivered to {remote}: SIASN pindah"
    assert "is delivered again" in terminal.read("deliveries", "resume", remote)
    assert terminal.json("status", code=1)["overview"]["remotes"][remote]["paused"] is None
    assert "there is no registry.x" in terminal.refused("deliveries", "pause", "registry.x", code=1)


@on_sqlite
def test_a_job_is_run_paused_and_resumed_and_leaves_a_row(terminal: Terminal) -> None:
    assert "nothing to do" in terminal.read("jobs", "run", "recognise")
    [run] = terminal.json("jobs", "runs", "recognise")
    assert run["outcome"] == "done"
    assert run["started_at"].endswith("Z")
    assert terminal.read("jobs", "pause", "reconcile") == "reconcile is paused."
    jobs = {one["name"]: one for one in terminal.json("jobs", "list")}
    assert (jobs["reconcile"]["paused"], jobs["reconcile"]["next_run"]) == (True, None)
    assert jobs["recognise"]["last"]["outcome"] == "done"
    assert "paused" in terminal.read("jobs", "list")
    terminal.read("jobs", "resume", "reconcile")
    jobs = {one["name"]: one for one in terminal.json("jobs", "list")}
    assert jobs["reconcile"]["next_run"].endswith("Z")


@on_sqlite
def test_a_job_that_fails_says_why_and_leaves_a_row(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms_bridge.jobs.base.PAUSE_SECONDS", 0)
    told = terminal.refused("jobs", "run", "refresh_employees")
    assert told.startswith("lms-bridge: ")
    [run] = terminal.json("jobs", "runs", "refresh_employees")
    assert run["outcome"] == "failed"
    assert run["error"]
    assert "✗ failed" in terminal.read("jobs", "runs", "refresh_employees")


@on_sqlite
def test_a_job_that_never_ran_says_so(terminal: Terminal) -> None:
    assert terminal.read("jobs", "runs", "reconcile") == "It has not run yet."


# --- corrections -----------------------------------------------------------------------------


def test_a_completion_is_corrected_and_its_story_tells_who_and_why(
    terminal: Terminal, scene: Scene
) -> None:
    change = ("completions", "correct", "1", "--hours", "32", "--starts", "2026-11-20")
    assert "Nothing was changed" in terminal.read(*change, "--dry-run")
    told = terminal.read(*change, "--why", "salah ketik")
    assert "lesson hours (JP): 20 → 32" in told
    assert "first day: 2026-11-24 → 2026-11-20" in told
    assert "Completions corrected: 1. Their rows follow by themselves." in told
    story = terminal.read("completions", "show", "1")
    assert "lesson hours (JP): 20 → 32" in story
    assert "salah ketik" in story
    assert "correction → registry.siasn" in story
    (past,) = terminal.json("completions", "show", "1")["corrections"]
    assert past["after"] == {"hours": 32, "starts": "2026-11-20"}


def test_a_course_that_was_changed_is_shown_and_corrected_when_somebody_says_so(
    terminal: Terminal, scene: Scene
) -> None:
    assert terminal.read("completions", "correct") == "There is nothing to correct."
    scene.catalogue(course(LATSAR, name="Latihan Dasar CPNS", badge=BADGE, hours=51))
    told = terminal.read("completions", "correct", language="id")
    assert "jam pelajaran (JP): 20 → 51" in told
    assert "Tidak ada yang diubah" in told
    assert terminal.json("completions", "correct", "--course", LATSAR, "--why", "x")["changed"]
    assert terminal.read("completions", "correct") == "There is nothing to correct."


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("1",), 2, "give the number of a completion and what is to change, or a --course"),
        (("--hours", "3"), 2, "give the number of a completion and what is to change"),
        (("1", "--hours", "3"), 2, "say why, with --why"),
        (("99", "--hours", "3", "--why", "x"), 1, "there is no completion 99"),
        (("1", "--ends", "2020-01-01", "--why", "x"), 1, "would begin on"),
    ],
)
@on_sqlite
def test_a_correction_that_cannot_be_says_why(
    terminal: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    assert said in terminal.refused("completions", "correct", *words, code=code)
