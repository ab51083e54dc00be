"""What others did in the registry, put right while everything is being killed."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lms_bridge.reconciling import keeping, looking
from tests.e2e import town
from tests.e2e.crashing import FIRST_USER
from tests.e2e.office import Office, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE, DELETED, CHANGED = 6, 2, 2
REPAIRS = {"vanished": "record_it", "differing": "correct_row"}


def test_repairs_that_are_killed_and_given_again_are_made_once(
    database: str, tmp_path: Path
) -> None:
    chance = random.Random(7)
    with ExitStack() as stack:
        faults = ("--people", str(PEOPLE), "--faults", "--hang-seconds", "2")
        office = Office(tmp_path, database, stack, *faults)
        office.around.tell("faults", enabled=False)
        town.send(office.service, [town.statement(FIRST_USER + one) for one in range(PEOPLE)])
        until(lambda: len(office.steps("done")) == 3 * PEOPLE, 120)
        before = {row["id"]: row for row in office.rows()}
        others = _others(office, before)
        ids = list(before)
        for row_id in ids[:DELETED]:
            office.around.tell("delete", row=row_id)
        for row_id in ids[DELETED : DELETED + CHANGED]:
            office.around.tell("change", row=row_id, fields={"jumlahJam": 3})
        found = office.say("reconcile", "--registry", "siasn", "--fresh")
        run = str(found["run"]["number"])
        kinds = Counter(one["kind"] for one in found["findings"])
        assert kinds == {"vanished": DELETED, "differing": CHANGED}

        office.around.tell("faults", enabled=True)
        killed = 0
        while open_ := _open(office, run):
            for one in open_:
                killed += _given(office, run, one, chance.uniform(1.0, 4.0) if killed < 4 else 60)
        assert killed > 0
        for _ in range(3):
            office.service.kill_something(chance)
            time.sleep(chance.uniform(0.3, 1.5))
        until(lambda: _states(office, run) == {"repaired": DELETED + CHANGED}, 120)
        until(lambda: len(office.steps("done")) >= 3 * PEOPLE + CHANGED, 60)

        after = {row["id"]: row for row in office.rows()}
        assert _said(after) == _said(before), "as before, but for the ids of those recorded anew"
        assert set(ids[DELETED:]) <= after.keys()
        assert all(row["path"] for row in after.values()), "each with its certificate"
        assert _others(office, after) == others
        office.around.tell("faults", enabled=False)
        assert office.say("reconcile", "--registry", "siasn", "--fresh")["findings"] == []


def _given(office: Office, run: str, kind: str, seconds: float) -> bool:
    """Give the repair, and kill it if it is at it longer than that; whether it was."""
    words = ("reconcile", "repair", run, "--kind", kind, "--how", REPAIRS[kind], "--why", "hilang")
    process = subprocess.Popen(
        office.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def _states(office: Office, run: str) -> Counter[str]:
    with office.store.writing() as db:  # asked again and again, which a command is slow for
        keeping.settle(db)
        return Counter(one.state for one in looking.lines(db, int(run)))


def _open(office: Office, run: str) -> list[str]:
    """The kinds of what is still to be repaired."""
    with office.store.writing() as db:
        keeping.settle(db)
        return sorted({one.kind for one in looking.lines(db, int(run)) if one.state == "open"})


def _said(rows: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    names = ("nipBaru", "namaKursus", "noSertipikat", "jumlahJam", "tanggalKursus")
    return sorted(tuple(str(row[name]) for name in names) for row in rows.values())


def _others(office: Office, ours: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in office.around.state()["rows"] if row["id"] not in ours]
