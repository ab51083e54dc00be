"""``lms-bridge reconcile``, from a terminal."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.store.schema import reconciliations
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from tests.reconciling.town import NAME, Town

pytestmark = on_sqlite
CONFIGURATION = """
language = "en"
[database]
url = "{database}"
[log]
level = "error"
[lms.moodle]
type = "moodle"
url = "{moodle}"
home_page = "https://moodle.example"
token = "env:MOODLE"
known_user = "learner1"
[registry.siasn]
type = "siasn"
api_url = "{siasn.api_url}"
apim_token_url = "{siasn.apim_token_url}"
sso_token_url = "{siasn.sso_token_url}"
consumer_key = "env:KEY"
consumer_secret = "env:SECRET"
sso_client_id = "siantarservice"
sso_username = "env:USERNAME"
sso_password = "env:PASSWORD"
"""


@pytest.fixture
def terminal(town: Town, database_url: str, tmp_path: Path) -> Terminal:
    """A terminal beside the bridge of a town in which two rows were disturbed."""
    for nip in (SITI, BUDI):
        town.record(nip)
    town.settle()
    town.delete(town.row(SITI))
    town.change(town.row(BUDI), jumlahJam=18)
    path = tmp_path / "lms-bridge.toml"
    settings = town.bridge.settings
    path.write_text(
        CONFIGURATION.format(
            database=database_url,
            moodle=settings.lms["moodle"].url,
            siasn=settings.registry["siasn"],
        ),
        encoding="utf-8",
    )
    return Terminal(path)


def test_a_run_shows_what_it_found_and_what_can_be_done(terminal: Terminal) -> None:
    said = terminal.read("reconcile")
    assert "gone from the registry: The row" in said
    assert "JP 18 ≠ 20" in said
    assert "Run 1, begun" in said
    assert "people compared: 2" in said
    assert "Findings that wait for somebody to decide: 2." in terminal.read("status", code=1)
    shown = terminal.json("reconcile", "show", "--kind", "differing")
    assert [one["repairs"] for one in shown["findings"]] == [["correct_row", "take_over"]]
    assert shown["run"]["states"] == {"open": 2}
    assert "the whole city" in terminal.read("reconcile", "runs")


def test_repairs_are_said_before_they_are_made(terminal: Terminal, town: Town) -> None:
    terminal.run("reconcile")
    asked = ("reconcile", "repair", "1", "--kind", "vanished")
    assert "Findings that would be repaired: 1" in terminal.read(*asked, "--dry-run")
    assert "--why" in terminal.refused(*asked, code=2)
    said = terminal.read(*asked, "--why", "terhapus tanpa sengaja")
    assert "record it: 1" in said
    town.settle()
    assert len(town.rows(SITI)) == 1
    done = terminal.json("reconcile", "show", "1", "--all")["findings"]
    # Several people are looked at side by side, so either may be the first finding.
    assert {(one["state"], one["decided_why"]) for one in done} == {
        ("repaired", "terhapus tanpa sengaja"),
        ("open", ""),
    }
    assert len(done) == 2


def test_a_person_chooses_between_repairs_and_dismisses(terminal: Terminal, town: Town) -> None:
    terminal.run("reconcile", "--nip", BUDI)
    assert "Say which: --how" in terminal.read("reconcile", "repair", "1", "1", "--why", "x")
    said = terminal.read("reconcile", "dismiss", "1", "1", "--why", "18 JP itu benar")
    assert said == "Findings dismissed: 1."
    terminal.run("reconcile", "--nip", BUDI)
    assert terminal.json("reconcile", "show")["findings"] == []
    assert town.row(BUDI)["jumlahJam"] == 18


def test_findings_go_into_sheets(terminal: Terminal, tmp_path: Path, town: Town) -> None:
    town.registry.type_by_hand(BUDI, namaKursus=NAME, noSertipikat="=1+1")
    terminal.run("reconcile")
    sheet, book = tmp_path / "temuan.csv", tmp_path / "temuan.xlsx"
    assert "3 findings" in terminal.read("reconcile", "show", "--csv", str(sheet))
    rows = list(csv.DictReader(sheet.read_text("utf-8-sig").splitlines()))
    assert {row["nip"] for row in rows} == {"19870315 201001 2 001", "19900228 201503 1 002"}
    assert "3 findings" in terminal.read("reconcile", "show", "--xlsx", str(book))
    assert book.read_bytes().startswith(b"PK")
    assert "cannot be written" in terminal.refused("reconcile", "show", "--csv", str(sheet))


def test_what_was_not_given_rightly_is_refused(terminal: Terminal, town: Town) -> None:
    assert "18 digits" in terminal.refused("reconcile", "--nip", "1", code=2)
    assert "registry.bkd" in terminal.refused("reconcile", "--registry", "bkd", code=2)
    assert "nobody" in terminal.refused("reconcile", "--unit", "tidak ada")
    assert "nothing was compared" in terminal.refused("reconcile", "show")
    assert "no run 7" in terminal.refused("reconcile", "show", "7")
    terminal.run("reconcile", "--nip", SITI)
    assert "no finding 99" in terminal.refused("reconcile", "dismiss", "1", "99", "--why", "x")
    assert "--kind" in terminal.refused("reconcile", "dismiss", "1", "--why", "x", code=2)
    with town.store.reading() as db:
        assert db.execute(select(func.count()).select_from(reconciliations)).scalar() == 1


def test_what_could_not_be_compared_is_said(terminal: Terminal, town: Town) -> None:
    town.registry.remove_person(SITI)
    assert "not in the registry: 1" in terminal.read("reconcile")
