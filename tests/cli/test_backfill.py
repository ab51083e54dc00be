"""``backfill``: a plan that is looked at, decided about and carried out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lms_bridge.sandbox.city import AGUS, BUDI, LITDIG, demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from tests.backfilling.conftest import NAME, ORGANISER, YEARS_AGO
from tests.cli.conftest import Terminal
from tests.deliveries.street import SECRETS

CONFIGURATION = """
language = "en"
[database]
url = "sqlite:///{folder}/bridge.db"
[log]
level = "error"
[lms.moodle]
type = "moodle"
url = "{moodle}"
home_page = "https://moodle.example"
token = "env:MOODLE_TOKEN"
known_user = "learner1"
[registry.siasn]
type = "siasn"
api_url = "{registry}/apisiasn/1.0"
apim_token_url = "{registry}/oauth2/token"
consumer_key = "env:CONSUMER_KEY"
consumer_secret = "env:CONSUMER_SECRET"
sso_token = "env:SSO_TOKEN"
[[courses]]
key = "LITDIG-2026"
name = "{name}"
organiser = "{organiser}"
kind = 16
hours = 20
external_ids = ["ELEARN-LITDIG-2026"]
"""


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal in a city whose LMS has run for years."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lms_bridge.jobs.base.PAUSE_SECONDS", 0)
    city = demo_city(faults=Faults(rates={}))
    for user in (4, 5, 6, 8):
        city.moodle.complete(user, LITDIG, YEARS_AGO.timestamp())
    for nip, day in ((BUDI, "06-03-2023"), (AGUS, "01-02-2023")):
        city.registry.type_by_hand(
            nip,
            namaKursus=NAME,
            institusiPenyelenggara=ORGANISER,
            jenisDiklatId="16",
            jumlahJam="18",
            tahunKursus="2023",
            tanggalKursus=day,
            tanggalSelesaiKursus=day,
        )
    with Server(city.moodle) as moodle, Server(city.registry) as registry:
        path = tmp_path / "lms-bridge.toml"
        text = CONFIGURATION.format(
            folder=tmp_path,
            moodle=moodle.url,
            registry=registry.url,
            name=NAME,
            organiser=ORGANISER,
        )
        path.write_text(text, encoding="utf-8")
        yield Terminal(path)


@pytest.fixture
def planned(terminal: Terminal) -> Terminal:
    """The same, and a plan was made."""
    told = terminal.read("backfill", "plan")
    assert "Backfill 1 of moodle planned" in told
    return terminal


def test_the_plan_is_told_in_numbers_and_line_by_line(planned: Terminal) -> None:
    told = planned.read("backfill", "show")
    assert "1 new: taken in, recorded, with the badge" in told
    assert "1 in the registry already" in told
    assert "1 conflicting: a person has to decide" in told
    assert "Siti Rahmawati" in told
    assert "2023-03-06" in told
    told = planned.read("backfill", "show", "1", "--kind", "conflict", language="id")
    assert "AGUS WIJAYA" in told.upper()
    assert "bertentangan: seseorang harus memutuskan" in told
    assert "Siti" not in told


def test_the_entries_are_written_for_a_spreadsheet(planned: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    assert "4 entries" in planned.read("backfill", "show", "1", "--csv", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    assert {row["kind"] for row in rows} == {"new", "there", "conflict", "nobodys"}
    assert BUDI in {row["nip"] for row in rows}
    assert "cannot be written" in planned.refused("backfill", "show", "1", "--csv", str(path))


def test_it_is_decided_about_and_carried_out(planned: Terminal) -> None:
    shown = planned.json("backfill", "show", "1", "--kind", "conflict")
    number = str(shown["entries"][0]["id"])
    told = planned.read("backfill", "decide", "1", number, "--how", "adopt", "--why", "sama")
    assert told == "Entries decided about: 1."
    done = planned.json("backfill", "run", "1", "--per-hour", "100000")
    assert (done["state"], done["entries"]) == ("done", {"taken": 3, "to_decide": 1})
    lines = planned.json("completions")
    assert sorted(line["hours"] for line in lines) == [18, 18, 20]
    assert "being taken in" not in planned.read("backfill", "list")


def test_it_can_be_paused_and_gone_on_with(planned: Terminal) -> None:
    planned.read("backfill", "run", "1", "--per-hour", "1", "--no-wait")
    assert "1 an hour, 2.0 hours left" in planned.read("backfill", "list")
    assert planned.read("backfill", "pause", "1") == "Paused; 2 are left."
    assert planned.refused("backfill", "pause", "1") == "lms-bridge: it is not under way"
    planned.read("backfill", "run", "1", "--per-hour", "100000")
    assert planned.json("backfill", "show", "1")["backfill"]["state"] == "done"


def test_what_cannot_be_is_refused_in_a_sentence(planned: Terminal) -> None:
    assert planned.refused("backfill", "show", "7") == "lms-bridge: there is no backfill 7"
    assert "LITDIG is no course" in planned.refused(
        "backfill", "plan", "--course", "LITDIG", code=2
    )
    assert "--lms" in planned.refused("backfill", "plan", "--lms", "mudel", code=2)
    wrong = planned.refused("backfill", "decide", "1", "99", "--how", "take", "--why", "?")
    assert wrong == "lms-bridge: backfill 1 has no entry 99"
    neither = planned.refused("backfill", "decide", "1", "--how", "take", "--why", "?", code=2)
    assert "--all" in neither
