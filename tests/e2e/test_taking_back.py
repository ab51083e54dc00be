"""Completed, recorded, taken back, undone, and completed again: through HTTP, by processes."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import town
from tests.e2e.crashing import FIRST_USER
from tests.e2e.office import Office, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SITI = 4


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def voiding(statement_id: str) -> dict[str, Any]:
    return {
        "actor": {"mbox": "mailto:admin@example.go.id"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": statement_id},
    }


def test_from_the_completion_to_its_undoing_and_back(
    tmp_path: Path, database: str, stack: ExitStack
) -> None:
    office = Office(tmp_path, database, stack)
    told = str(uuid.uuid4())
    town.send(office.service, [town.statement(SITI, statement_id=told)])
    until(lambda: sorted(office.steps("done")) == ["badge", "document", "record"])
    (row,), (badge,) = office.rows(), office.awards()

    town.send(office.service, [voiding(told)])
    until(lambda: office.undecided() == 1)
    (line,) = office.say("completions", "--undecided")
    assert line["question"]["details"]["where"] == "registry.siasn, lms.moodle"
    assert line["withdrawal"]["reason"]["details"]["by"] == "admin@example.go.id"
    assert office.say("status", code=1)["undecided"] == 1
    assert (office.rows(), office.awards()) == ([row], [badge]), "nobody has decided"

    assert office.say("completions", "undo", str(line["id"])) == {"undone": 1}
    until(lambda: office.steps("delegated") == ["revoke"] and not office.rows())
    assert office.awards() == [badge]
    (asked,) = office.say("deliveries", "list", "--state", "delegated")
    assert f"{office.around.facts['moodle']}/badges/award.php?id=4" in asked["reason"]["remedy"]
    assert "Siti Rahmawati" in asked["reason"]["what"]

    office.around.tell("revoke", hash=badge)
    office.say("deliveries", "retry", str(asked["id"]))
    until(lambda: sorted(office.steps("done")) == ["revoke", "unrecord"])
    assert office.say("status")["fine"] is True

    town.send(office.service, [town.statement(SITI)])
    until(lambda: sorted(office.steps("done")) == ["badge", "document", "record"])
    (again,), (anew,) = office.rows(), office.awards()
    assert again["noSertipikat"] == row["noSertipikat"]
    assert (again["id"] != row["id"], anew != badge) == (True, True)


def test_undoing_survives_kills_and_every_fault(
    tmp_path: Path, database: str, stack: ExitStack
) -> None:
    people, chance = 6, random.Random(7)
    office = Office(
        tmp_path, database, stack, "--people", str(people), "--faults", "--hang-seconds", "2"
    )
    office.around.tell("faults", enabled=False)  # to record in spite of them is for test_crashes.py
    ids = [str(uuid.uuid4()) for _ in range(people)]
    users = range(FIRST_USER, FIRST_USER + people)
    told = [town.statement(user, statement_id=one) for user, one in zip(users, ids, strict=True)]
    town.send(office.service, told)
    until(lambda: len(office.steps("done")) == 3 * people, 120)
    office.around.tell("faults", enabled=True)
    others = [row for row in office.around.state()["rows"] if row not in office.rows()]

    undone, stays = ids[: people // 2], ids[people // 2 :]
    town.send(office.service, [voiding(one) for one in undone])
    until(lambda: office.undecided() == len(undone))
    office.say("completions", "undo", "--all-undecided")
    for _ in range(4):
        office.service.kill_something(chance)
        time.sleep(chance.uniform(0.3, 1.5))
    until(lambda: office.steps("delegated") == ["revoke"] * len(undone), 120)
    until(lambda: len(office.rows()) == len(stays), 120)
    until(lambda: office.steps("done").count("unrecord") == len(undone))
    kept = {
        one["result_id"]
        for one in office.say("deliveries", "list", "--state", "done")
        if one["step"] == "record"
    }
    assert {row["id"] for row in office.rows()} == kept
    assert [row for row in office.around.state()["rows"] if row not in office.rows()] == others
