"""The commands: what an operator types, and what they are told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from lms_bridge.bridge import utc_now
from lms_bridge.tables import read_lines
from tests.cli.conftest import Terminal
from tests.uploads.desk import FORM, NAME, Desk


@pytest.fixture
def terminal(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    database = desk.yard.store.engine.url.render_as_string(hide_password=False)
    path = tmp_path / "lms-bridge.toml"
    path.write_text(
        f'language = "en"\n[database]\nurl = "{database}"\n[log]\nlevel = "error"\n'
        f'[registry.other]\ntype = "file"\nprofile = "pegdiklat"\n'
        f'[registry.{NAME}]\ntype = "file"\n{FORM}',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    # The commands have the clock of the bridge; the worker of the desk is to come after them.
    desk.yard.clock.now = utc_now() + dt.timedelta(hours=1)
    return Terminal(path)


def test_from_export_to_done(desk: Desk, terminal: Terminal, tmp_path: Path) -> None:
    first, second = desk.records(2)
    told = terminal.read("registry", "export", NAME)
    assert told == (
        "Batch 1: 2 rows, written to bkd-0001.csv."
        " → Upload it there, then: lms-bridge registry uploaded bkd 1"
    )
    assert (tmp_path / "bkd-0001.csv").read_bytes() == desk.content(1)
    assert (tmp_path / "bkd-0001.csv").stat().st_mode & 0o077 == 0
    told = terminal.read("registry", "uploaded", NAME, "1", "--date", "2026-11-24")
    assert told == "Completions that are recorded by it: 2."
    desk.work()
    assert [desk.state(first), desk.state(second)] == ["done", "done"]
    [line] = terminal.json("registry", "batches", NAME)
    assert (line["number"], line["state"], line["rows"]) == (1, "uploaded", {"listed": 2})
    assert [each["what"] for each in line["history"]] == ["made", "downloaded", "uploaded"]
    assert line["uploaded_on"] == "2026-11-24"


def test_the_same_file_is_written_again_whatever_has_changed(
    desk: Desk, terminal: Terminal, tmp_path: Path
) -> None:
    desk.records(1)
    terminal.read("registry", "export", NAME)
    desk.yard.change_course("LITDIG-2026", name="Another name")
    again = tmp_path / "again.csv"
    terminal.read("registry", "batch", NAME, "1", "--output", str(again))
    assert again.read_bytes() == (tmp_path / "bkd-0001.csv").read_bytes()


def test_a_batch_shows_who_is_in_it(desk: Desk, terminal: Terminal) -> None:
    desk.records(1)
    desk.name(1, "Siti Rahmawati")
    terminal.read("registry", "export", NAME)
    told = terminal.read("registry", "batch", NAME, "1")
    assert "Siti Rahmawati" in told
    assert "Literasi Digital ASN" in told
    shown = terminal.json("registry", "batch", NAME, "1")
    assert (shown["rows"][0]["completion_id"], shown["rows"][0]["state"]) == (1, "listed")


def test_a_result_is_shown_first_and_applied_when_that_is_asked_for(
    desk: Desk, terminal: Terminal
) -> None:
    first, second = desk.records(2)
    terminal.read("registry", "export", NAME)
    file = desk.result_file(
        (*desk.told_of(1, 1), "ok", "", "rw-1"), (*desk.told_of(1, 2), "gagal", "NIP ganda", "")
    )
    told = terminal.read("registry", "results", NAME, "1", str(file))
    assert "NIP ganda" in told
    assert "Accepted: 1; refused: 1; rows of which it says nothing: 0." in told
    assert told.endswith("Nothing was changed; --apply does it.")
    assert desk.work() == {}
    terminal.read("registry", "results", NAME, "1", str(file), "--apply")
    desk.work()
    assert [desk.state(first), desk.state(second)] == ["done", "blocked"]


def test_a_result_that_is_wrong_is_told_line_by_line(desk: Desk, terminal: Terminal) -> None:
    desk.records(1)
    terminal.read("registry", "export", NAME)
    file = desk.result_file(("1", "2", "ok", "", ""))
    told = terminal.refused("registry", "results", NAME, "1", str(file), "--apply")
    assert told == (
        "lms-bridge: result.xlsx: Line 2, NIP, Nomor: Batch 1 has no row with these values."
    )


def test_nothing_to_export_is_no_batch(terminal: Terminal) -> None:
    assert terminal.read("registry", "export", NAME) == "Nothing is to be exported."
    assert terminal.read("registry", "batches") == "There are no batches."
    assert terminal.json("registry", "export", NAME)["batch"] is None


def test_what_waits_and_what_lies_about_is_told(desk: Desk, terminal: Terminal) -> None:
    desk.records(1)
    terminal.read("registry", "export", NAME)
    desk.record(2)
    told = terminal.read("registry", "export", NAME)
    assert told == (
        "Nothing is to be exported. Not looked at yet by a worker: 1."
        " Batches that nobody has said were uploaded: 1."
    )


def test_a_file_that_is_there_is_not_written_over(
    desk: Desk, terminal: Terminal, tmp_path: Path
) -> None:
    desk.records(1)
    (tmp_path / "mine.csv").write_text("mine")
    told = terminal.refused("registry", "export", NAME, "--output", str(tmp_path / "mine.csv"))
    assert told.endswith("mine.csv already")
    (tmp_path / "bkd-0001.csv").write_text("mine")
    told = terminal.refused("registry", "export", NAME)
    assert "lms-bridge registry batch bkd 1 --output FILE" in told
    assert (tmp_path / "bkd-0001.csv").read_text() == "mine"
    assert desk.upload_state(1) == "made"


def test_a_batch_is_discarded_with_a_reason(desk: Desk, terminal: Terminal) -> None:
    desk.records(1)
    terminal.read("registry", "export", NAME)
    told = terminal.read("registry", "discard", NAME, "1", "--why", "salah format")
    assert told == "Completions that are exported anew: 1."
    assert "discarded (salah format)" in terminal.read("registry", "batches")
    told = terminal.refused("registry", "uploaded", NAME, "1")
    assert told == "lms-bridge: batch 1 of registry.bkd is “discarded” already"


def test_what_waits_for_one_file_is_one_thing_to_do(desk: Desk, terminal: Terminal) -> None:
    desk.records(2)
    told = terminal.json("attention")
    assert told["deliveries"] == []
    assert [one["what"] for one in told["uploads"]] == [
        "Completions to be exported for registry.bkd: 2."
    ]
    terminal.read("registry", "export", NAME)
    desk.record(3)
    desk.work()
    told = terminal.read("attention")
    assert "Completions to be exported for registry.bkd: 1." in told
    assert "Batch 1 for registry.bkd is not uploaded yet; completions in it: 2." in told
    assert "lms-bridge registry uploaded bkd 1" in told


def test_what_was_removed_by_hand_is_said_to_be(desk: Desk, terminal: Terminal) -> None:
    desk.records(1)
    terminal.read("registry", "export", NAME)
    terminal.read("registry", "uploaded", NAME, "1")
    desk.work()
    desk.take_back(1)
    assert terminal.read("registry", "removed", NAME, "1") == "Completions that are removed: 1."


def test_a_registry_that_takes_no_files_is_told_from_one_that_is_not_there(
    terminal: Terminal,
) -> None:
    told = terminal.refused("registry", "export", "bk", code=2)
    assert told.endswith("there is no [registry.bk] that takes files; did you mean bkd?")
    told = terminal.refused("registry", "try", "1", "--registry", NAME)
    assert told.endswith("registry.bkd takes files: lms-bridge registry export bkd")


def test_the_check_tells_of_the_form(desk: Desk, terminal: Terminal) -> None:
    desk.records(1)
    terminal.read("registry", "export", NAME)
    found = {one["subject"]: one for one in terminal.json("check")}
    assert found["registry.bkd: form"]["finding"] == "columns: 7, written as CSV"


def test_what_is_written_is_what_the_form_says(
    desk: Desk, terminal: Terminal, tmp_path: Path
) -> None:
    desk.records(1)
    desk.name(1, "=Siti; S.Kom")
    terminal.read("registry", "export", NAME)
    _, row = [cells for _, cells in read_lines(tmp_path / "bkd-0001.csv")]
    assert row == [
        "1",
        "198703152010012001",
        "'=Siti; S.Kom",
        "Literasi Digital ASN",
        "LITDIG-2026/2026/00001",
        "20",
        "24-11-2026",
    ]
