"""``status``, ``attention``, ``completions``, ``statements``, ``deliveries``: where and why."""

from __future__ import annotations

import datetime as dt
import itertools
import re

import pytest

from lms_bridge.sandbox.city import SITI, YUNI
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from tests.eventful import SITIS_ID

LISTS = [
    ("status",),
    ("attention",),
    ("completions",),
    ("completions", "show", "2"),
    ("statements", "list"),
    ("deliveries", "list"),
    ("courses", "list"),
    ("employees", "list"),
    ("jobs", "list"),
]
NIP = re.compile(r"(?<!\d)\d{18}(?!\d)")


@on_sqlite
def test_status_says_how_much_there_is_and_what_waits(terminal: Terminal) -> None:
    told = terminal.read("status", code=1)
    assert "Statements received: 5 (1 tell of no completion, 0 are still to be judged)." in told
    assert "Completions: 4." in told
    assert "registry.siasn ✗ cannot be used 2 1 1" in told
    assert "registry.siasn: down since 2026-11-24 10:00:00" in told
    assert "registry.siasn cannot be used now: it is asleep" in told
    assert "Statements that wait for a person: 1. lms-bridge attention" in told
    assert "Deliveries that are blocked: 1. lms-bridge attention" in told


@on_sqlite
def test_status_for_machines_has_the_same(terminal: Terminal) -> None:
    told = terminal.json("status", code=1)
    assert told["fine"] is False
    assert (told["waiting"], told["blocked"], told["down"]) == (1, 1, ["registry.siasn"])
    assert told["overview"]["statements"] == 5
    assert told["overview"]["deliveries"]["lms.moodle"]["done"] == 1
    assert told["overview"]["remotes"]["registry.siasn"]["since"] == "2026-11-24T03:00:00Z"


@on_sqlite
def test_attention_shows_each_with_why_and_what_to_do(terminal: Terminal) -> None:
    told = terminal.read("attention")
    assert "Agus Wijaya No course in the catalogue matches" in told
    assert "→ Add the course to the catalogue (lms-bridge courses import)" in told
    assert "registry.siasn knows nobody with the NIP 1995************04." in told
    assert "lms-bridge deliveries retry 3" in told


@on_sqlite
def test_completions_say_where_each_is(terminal: Terminal) -> None:
    told = terminal.read("completions")
    assert "Siti Rahmawati Latihan Dasar CPNS 20 registry ✓ row-1 badge ✓ issued" in told
    assert "Mentoring [ASN] <b> (instructor)" in told
    assert f"registry.siasn knows nobody with the NIP {YUNI}." in told


@on_sqlite
def test_completions_may_be_narrowed(terminal: Terminal) -> None:
    names = {"Siti Rahmawati", "Sahat Sinaga", "Dewi Pengajar", "Yuni Damanik"}
    for arguments, expected in (
        (("--course", "MENTORING"), {"Sahat Sinaga", "Dewi Pengajar"}),
        (("--nip", "19870315 201001 2 001"), {"Siti Rahmawati"}),
        (("--unfinished",), names - {"Siti Rahmawati"}),
        (("--limit", "1"), {"Dewi Pengajar"}),
    ):
        told = terminal.read("completions", *arguments)
        assert {name for name in names if name in told} == expected


@on_sqlite
def test_completions_for_machines_have_times_in_utc_and_reasons_with_their_sentences(
    terminal: Terminal,
) -> None:
    [yuni] = terminal.json("completions", "--nip", YUNI)
    assert (yuni["nip"], yuni["course_key"]) == (YUNI, "DIKLAT-LATSAR-2026")
    assert yuni["completed_at"] == "2026-11-24T02:00:00Z"
    [record] = [one for one in yuni["deliveries"] if one["step"] == "record"]
    assert record["state"] == "blocked"
    assert record["reason"]["code"] == "employee_not_in_registry"
    assert record["reason"]["what"].startswith("registry.siasn knows nobody")


@on_sqlite
def test_the_story_of_a_completion_is_told_step_by_step(terminal: Terminal) -> None:
    told = terminal.read("completions", "show", "1")
    assert f"Siti Rahmawati · {SITI} · Dinas Pendidikan" in told
    assert "Latihan Dasar CPNS (DIKLAT-LATSAR-2026)" in told
    assert "#1 registry record → registry.siasn ✓ done row-1" in told
    assert "#2 badge → lms.moodle ✓ done a1b2" in told
    assert "https://moodle.example/badges/badge.php?hash=a1b2" in told
    story = terminal.json("completions", "show", "1")
    assert list(story) == ["completion", "attempts", "corrections"]


@on_sqlite
def test_a_completion_that_is_not_there_is_told(terminal: Terminal) -> None:
    assert terminal.refused("completions", "show", "99") == "lms-bridge: there is no completion 99"
    assert "18 digits" in terminal.refused("completions", "--nip", "7", code=2)


@on_sqlite
def test_statements_are_listed_with_what_became_of_each(terminal: Terminal) -> None:
    told = terminal.read("statements", "list")
    assert "✓ completion" in told
    assert "! waits for a person" in told
    assert "No course in the catalogue matches" in told
    assert "– no completion" in told
    assert "A part of a course" in told
    assert SITIS_ID[:8] in told
    lines = terminal.json("statements", "list", "--limit", "1")
    assert [line["state"] for line in lines] == ["none"]


@on_sqlite
def test_a_statement_is_shown_exactly_as_it_was_received(terminal: Terminal) -> None:
    told = terminal.run("statements", "show", SITIS_ID[:8]).stdout
    assert told.startswith('{"actor": {"account": {"homePage": "https://moodle.example"')
    assert f"{SITIS_ID}, received from moodle at 2026-11-24 10:00:00" in told
    assert "learner: ✓ completion → lms-bridge completions show 1" in told
    whole = terminal.json("statements", "show", SITIS_ID.upper())
    assert whole["statement"]["id"] == SITIS_ID
    assert whole["stored"] == "2026-11-24T03:00:00Z"
    assert [one["completion"] for one in whole["seen"]] == [1]


@on_sqlite
@pytest.mark.parametrize("wanted", ["fd4", "00000000", "%%%%%%", "______"])
def test_a_statement_that_is_not_there_is_told(terminal: Terminal, wanted: str) -> None:
    assert f"there is no statement {wanted}" in terminal.refused("statements", "show", wanted)


@on_sqlite
def test_deliveries_are_listed_with_their_state_and_why(terminal: Terminal) -> None:
    told = terminal.read("deliveries", "list")
    assert "1 registry record → registry.siasn ✓ done Done and confirmed." in told
    assert "○ waiting registry.siasn cannot be used now: it is asleep" in told
    only = terminal.json("deliveries", "list", "--state", "blocked", "--remote", "registry.siasn")
    assert [one["state"] for one in only] == ["blocked"]
    assert terminal.json("deliveries", "list", "--remote", "lms.other") == []
    assert terminal.read("deliveries", "list", "--remote", "lms.other") == "No deliveries."


@on_sqlite
def test_a_nip_is_shown_in_full_only_where_people_were_asked_for(terminal: Terminal) -> None:
    for arguments in LISTS:
        shown = terminal.run(*arguments).output + terminal.run(*arguments, "--json").output
        assert bool(NIP.search(shown)) == (arguments[0] in ("completions", "employees"))


@on_sqlite
def test_every_table_fits_the_terminal(terminal: Terminal) -> None:
    for terminal.width, language in itertools.product((50, 80, 200), ("id", "en")):
        for arguments in LISTS:
            lines = terminal.run(*arguments, language=language).stdout.splitlines()
            assert lines
            assert max(map(len, lines)) <= terminal.width, arguments


def test_every_list_is_made_on_either_database(terminal: Terminal) -> None:
    for arguments in LISTS:
        code = 1 if arguments == ("status",) else 0
        assert terminal.json(*arguments, code=code)
        assert terminal.read(*arguments, code=code)


@on_sqlite
def test_everything_is_told_in_indonesian_as_well(terminal: Terminal) -> None:
    assert "Pernyataan yang perlu ditangani: 1." in terminal.read("status", code=1, language="id")
    assert "Tidak ada pelatihan di katalog" in terminal.read("attention", language="id")
    assert "riwayat ✗ terhenti" in terminal.read("completions", language="id")
    told = terminal.read("completions", "show", "4", language="id")
    assert "pengajar Dewi Pengajar" in told
    assert "jam pelajaran 12 JP" in told


@on_sqlite
def test_times_for_machines_are_utc_whatever_the_zone(terminal: Terminal) -> None:
    for line in terminal.json("statements", "list"):
        assert dt.datetime.fromisoformat(line["stored"]).utcoffset() == dt.timedelta(0)
        assert line["stored"].endswith("Z")


def test_a_statement_is_judged_again(terminal: Terminal) -> None:
    lines = terminal.json("statements", "list")
    waits = next(one for one in lines if one["state"] == "attention")
    done = next(one for one in lines if one["state"] == "recognised")
    told = terminal.json("statements", "judge", waits["id"])
    assert (told["judged"], told["seen"][0]["state"]) == (1, "attention")
    assert "it is a completion already" in terminal.read("statements", "judge", done["id"])
    assert "there is no statement ffff" in terminal.refused("statements", "judge", "ffff")
