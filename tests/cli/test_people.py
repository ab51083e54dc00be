"""``employees show``, ``lacking`` and ``units``."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from lms_bridge.deliveries.registered import remember_employee
from lms_bridge.jobs.base import JobFailed
from lms_bridge.jobs.read_histories import ReadHistories
from lms_bridge.people import history, units
from lms_bridge.people.history import Whose
from lms_bridge.people.identities import employee_of, known_by_nip
from lms_bridge.people.importing import from_file
from lms_bridge.people.nip import printed
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import (
    ProfessionalityIndex,
    RecordedTraining,
    RegistryEmployee,
    RegistryUnit,
    UnitList,
)
from lms_bridge.sandbox.city import SAHAT, SITI, YUNI
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from tests.scene import Scene

ROWS = (
    RecordedTraining("row-1", "Latihan Dasar CPNS", "BKPSDM", "", 20, document=True),
    RecordedTraining(
        "typed",
        "Bimtek [Arsip] <b>",
        "LAN",
        "TOT/7",
        16,
        dt.date(2026, 3, 2),
        dt.date(2026, 3, 4),
        8,
    ),
    RecordedTraining("old", "Sosialisasi", "LAN", "", None, year=2021),
)
TREE = UnitList(
    (RegistryUnit("d", "Dinas Pendidikan"), RegistryUnit("b", "Bidang SMP", "d")),
)


@pytest.fixture(autouse=True)
def read_back(scene: Scene) -> None:
    """What the registry has of Siti, and where she is."""
    with scene.store.writing() as db:
        siti = known_by_nip(db, SITI)
        assert siti is not None
        who = RegistryEmployee(SITI, "A8AC", "SITI RAHMAWATI", "b", "Bidang SMP", "Aktif")
        remember_employee(db, siti, "siasn", who, scene.clock())
        mine = Whose(siti, "siasn")
        history.keep(db, mine, {"kursus": ROWS}, scene.clock())
        index = ProfessionalityIndex(67.5, 15, 22.5, 25, 5, dt.date(2026, 2, 3))
        history.keep_rated(db, mine, index, scene.clock())
        units.put(db, "siasn", TREE, now=scene.clock())
        sahat = known_by_nip(db, SAHAT)
        assert sahat is not None
        nobody = Reason("nobody_there", remote="registry.siasn", nip=SAHAT)
        history.keep_failure(db, Whose(sahat, "siasn"), nobody, scene.clock())


@on_sqlite
def test_one_employee_is_shown_with_all_that_they_have_learned(terminal: Terminal) -> None:
    told = terminal.read("employees", "show", printed(SITI), "--year", "2026")
    assert f"employee SITI RAHMAWATI {SITI}" in told
    assert "status PNS, active (Aktif)" in told
    assert "JP in 2026 36 of 20 (ours: 20, from elsewhere: 16)" in told
    assert (
        "IP-ASN 67.5 (qualification 15, competence 22.5, performance 25, discipline 5), as siasn"
        " computed it on 2026-02-03" in told
    )
    assert "2026-11-24 – … Bidang SMP (siasn)" in told
    assert "history siasn: 2026-11-24 10:00:00" in told
    assert "completion 1; in siasn (kursus)" in told
    assert "with its certificate" in told
    assert "Bimtek [Arsip] <b>" in told
    assert "TOT/7 entered elsewhere: siasn (kursus)" in told
    assert "2021 – – entered elsewhere" in told


@on_sqlite
def test_one_employee_for_machines(terminal: Terminal) -> None:
    told = terminal.json("employees", "show", SITI, "--year", "2026")
    assert told["hours"] == {"ours": 20, "elsewhere": 16, "total": 36}
    assert (told["employee"]["nip"], told["employee"]["standing"]) == (SITI, "active")
    assert told["ratings"][0]["index"]["total"] == 67.5
    assert [one["completion_id"] for one in told["learned"]] == [1, None, None]
    assert told["learned"][1]["rows"][0]["id"] == "typed"


@on_sqlite
def test_why_a_history_could_not_be_read_is_told(terminal: Terminal) -> None:
    told = terminal.read("employees", "show", SAHAT)
    assert f"history siasn: not read yet registry.siasn knows nobody with the NIP {SAHAT}." in told
    assert "not seen in a registry yet" in told
    assert "history not read yet; --ask reads it now" in terminal.read("employees", "show", YUNI)


@on_sqlite
def test_a_registry_that_is_down_is_told_of_and_what_is_known_is_shown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_down(job: ReadHistories, employee_id: int) -> None:
        raise JobFailed("registry.siasn cannot be used now: it is asleep")

    monkeypatch.setattr(ReadHistories, "read_person", is_down)
    result = terminal.run("employees", "show", SITI, "--ask")
    assert result.exit_code == 0
    assert "registry.siasn cannot be used now: it is asleep" in result.stderr
    assert "SITI RAHMAWATI" in result.stdout


@on_sqlite
def test_nobody_and_no_nip_are_told_apart(terminal: Terminal) -> None:
    assert "18 digits" in terminal.refused("employees", "show", "7", code=2)
    told = terminal.refused("employees", "show", "199001012015011001")
    assert told == "lms-bridge: the bridge has met nobody with this NIP"


@on_sqlite
def test_who_lacks_jp_is_listed_with_what_is_not_known(terminal: Terminal) -> None:
    told = terminal.read("employees", "lacking", "--year", "2026")
    assert "SITI RAHMAWATI" not in told
    assert "Sahat Sinaga" in told
    assert SAHAT in told
    assert "8 + 0" in told
    assert "Employees with too few JP in 2026: 2; shown: 2." in told
    assert "The histories of 2 of them were never read" in told
    one = terminal.read("employees", "lacking", "--year", "2026", "--limit", "1")
    assert "in 2026: 2; shown: 1." in one
    enough = terminal.read("employees", "lacking", "--year", "2026", "--jp", "8")
    assert "Everybody has reached their JP in 2026." in enough
    assert "“nirgends”" in terminal.refused("employees", "lacking", "--unit", "nirgends")
    [siti] = terminal.json(
        "employees", "lacking", "--year", "2026", "--jp", "40", "--unit", "bidang"
    )
    assert (siti["employee"]["nip"], siti["lacks"]) == (SITI, 4)


@on_sqlite
def test_the_list_for_a_spreadsheet_keeps_nips_and_has_no_formulas(
    terminal: Terminal, scene: Scene, tmp_path
) -> None:
    with scene.store.writing() as db:
        employee_of(db, "199001012015011001", name='=HYPERLINK("x"; "y")', now=scene.clock())
    result = terminal.run("employees", "lacking", "--year", "2026", "--csv")
    listed = list(csv.DictReader(io.StringIO(result.stdout)))
    assert listed[0]["name"] == '\'=HYPERLINK("x"; "y")'
    assert listed[0]["nip"] == "19900101 201501 1 001"
    assert (listed[1]["jp"], listed[1]["wanted"], listed[1]["lacks"]) == ("8", "24", "16")
    file = tmp_path / "back.csv"
    file.write_text("nip,name\n" + f"{listed[0]['nip']},x\n")
    assert [one.nip for _, one in from_file(file)] == ["199001012015011001"]


@on_sqlite
def test_units_are_shown_as_a_tree_with_counts(terminal: Terminal) -> None:
    lines = terminal.run("employees", "units").stdout.splitlines()
    assert [line.split() for line in lines if "SMP" in line or "Dinas" in line] == [
        ["Dinas", "Pendidikan", "0", "1"],
        ["Bidang", "SMP", "1", "1"],
    ]
    [dinas] = [line.index("Dinas") for line in lines if "Dinas" in line]
    [smp] = [line.index("Bidang") for line in lines if "SMP" in line]
    assert smp - dinas == 2
    told = terminal.json("employees", "units", "--registry", "siasn")
    assert [(one["id"], one["depth"], one["people"]) for one in told["siasn"]] == [
        ("d", 0, 0),
        ("b", 1, 1),
    ]
    assert "no registry nirgends" in terminal.refused(
        "employees", "units", "--registry", "nirgends", code=2
    )


@on_sqlite
def test_what_is_shown_is_said_in_indonesian_as_well(terminal: Terminal) -> None:
    told = terminal.read("employees", "show", SITI, "--year", "2026", language="id")
    assert "JP tahun 2026" in told
    assert "aktif (Aktif)" in told
