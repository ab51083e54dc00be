"""``employees export`` and ``employees erase``."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lms_bridge.accounts import accesses, audit
from lms_bridge.people.identities import known_by_nip
from lms_bridge.sandbox.city import SAHAT, SITI
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from tests.scene import Scene

REPORT = {"report": "lacking", "period": "2026"}


@on_sqlite
def test_all_about_a_person_goes_into_a_file_and_that_is_written_down(
    terminal: Terminal, scene: Scene, tmp_path: Path
) -> None:
    path = tmp_path / "siti.zip"
    with scene.store.reading() as db:
        number = known_by_nip(db, SITI)
    said = terminal.read("employees", "export", str(number), "-o", str(path))
    assert said == f"All that the bridge has of employee {number} is in {path}."
    with zipfile.ZipFile(path) as made:
        assert "summary.txt" in made.namelist()
    refused = terminal.refused("employees", "export", SITI, "-o", str(path))
    assert "cannot be written: File exists" in refused
    with scene.store.reading() as db:
        entries, looks = audit.entries(db, action="employee.exported"), accesses.entries(db)
    assert [one.subject for one in entries] == [f"employee:{number}"] * 2
    assert [(one.what, one.employee_id) for one in looks] == [("export", number)] * 2
    assert SITI not in str(entries)


@on_sqlite
@pytest.mark.parametrize(
    ("command", "what", "whose", "details"),
    [
        ("completions", "list", None, {"list": "completions"}),
        ("completions show 1", "completion", SITI, {"completion": 1}),
        ("registry try 3", "completion", SAHAT, {"completion": 3}),
        (f"employees show {SITI}", "page", SITI, {}),
        ("employees list", "list", None, {"list": "employees"}),
        (f"badges explain {SITI}", "page", SITI, {}),
        ("badges earned", "list", None, {"list": "badges"}),
        ("attention", "list", None, {"list": "attention"}),
        ("attention groups", "list", None, {"list": "attention"}),
        ("reconcile show", "list", None, {"list": "findings"}),
        ("reports make lacking --period 2026", "report", None, REPORT),
    ],
)
def test_a_command_that_shows_people_leaves_an_entry(
    terminal: Terminal,
    scene: Scene,
    command: str,
    what: str,
    whose: str | None,
    details: dict[str, object],
) -> None:
    terminal.run(*command.split())
    with scene.store.reading() as db:
        [entry] = accesses.entries(db)
        assert entry.employee_id == (known_by_nip(db, whose) if whose else None)
    assert (entry.what, entry.details, entry.role) == (what, details, "shell")


@on_sqlite
def test_what_erasing_would_do_is_told_before_it_is_done(
    terminal: Terminal, scene: Scene, tmp_path: Path
) -> None:
    said = terminal.read("employees", "erase", SITI)
    assert "statements whose text goes: 2" in said
    assert "Nothing was done." in said
    assert "[privacy] key is not set" in terminal.refused("employees", "erase", SITI, "--yes")
    key = tmp_path / "privacy"
    key.write_text("k" * 40)
    with terminal.config.open("a") as file:
        file.write(f'[privacy]\nkey = "file:{key}"\n')
    for _ in scene.bridge.index.in_steps():
        pass
    assert "is erased:" in terminal.read("employees", "erase", SITI, "--yes")
    assert "met nobody with this NIP" in terminal.refused("employees", "show", SITI)
    key.unlink()
    assert "privacy.key" in terminal.refused("status", code=2)


@on_sqlite
def test_nobody_with_that_number(terminal: Terminal, tmp_path: Path) -> None:
    refused = terminal.refused("employees", "export", "4711", "-o", str(tmp_path / "x.zip"))
    assert "there is no employee with the number 4711" in refused
