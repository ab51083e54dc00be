"""Whatever people do to rows: what can be repaired is, once, and no row of others is touched."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lms_bridge.reconciling.findings import Repair
from lms_bridge.sandbox.residents import many_people
from tests.deliveries.yard import COURSE
from tests.reconciling.town import Town
from tests.trials import times

COURSES = (COURSE, {**COURSE, "key": "PRIMA-2026", "name": "Pelayanan Prima", "kind": 8})
ROUNDS = 4
"""of looking and repairing, for one repair may show what another hid"""


class Disturbance(NamedTuple):
    """What somebody does to the rows of one of the two completions of a person."""

    course: int
    what: str
    hours: int


disturbances = st.lists(
    st.builds(
        Disturbance,
        st.integers(0, 1),
        st.sampled_from(
            [
                "type_before",
                "delete",
                "double",
                "double_without_number",
                "hours",
                "ends",
                "number",
                "name",
                "stray",
                "withdraw",
            ]
        ),
        st.integers(1, 60),
    ),
    max_size=5,
)
_people = itertools.count()
_numbers = itertools.count(1)


def carry_out(town: Town, nip: str, done: Disturbance, typed: dict[str, dict[str, Any]]) -> None:
    """Disturb; what was typed is kept in `typed`, as it is."""
    name = str(COURSES[done.course]["name"])
    rows = [row for row in town.rows(nip, name) if row["id"] not in typed]
    if done.what == "stray":
        keep(town, nip, typed, town.registry.type_by_hand(nip, namaKursus=name, noSertipikat="-"))
    if not rows:
        return
    row = rows[0]
    match done.what:
        case "delete":
            town.delete(row)
        case "double":
            keep(town, nip, typed, town.double(row))
        case "double_without_number":
            keep(town, nip, typed, town.double(row, noSertipikat="", jumlahJam=done.hours))
        case "hours":
            town.change(row, jumlahJam=done.hours)
        case "ends":
            town.change(row, tanggalSelesaiKursus="28-11-2026")
        case "number":
            town.change(row, noSertipikat=f"LAIN/{next(_numbers)}")
        case "name":
            town.change(row, namaKursus=f"{name} lanjutan")


def keep(town: Town, nip: str, typed: dict[str, dict[str, Any]], row_id: str) -> None:
    typed[row_id] = next(row for row in town.registry.rows(nip) if row["id"] == row_id)


def repairs(town: Town, nip: str, choices: Iterator[int]) -> bool:
    """Look, and approve whatever can be repaired; whether there was anything."""
    town.run(nip=nip)
    offered = [line for line in town.found() if line.repairs]
    for line in offered:
        how = line.repairs[next(choices) % len(line.repairs)]
        (result,) = town.repair([line], Repair(how))
        # What was repaired just before may have made it another finding.
        assert result.why is None or result.why.code in ("finding_gone", "finding_busy")
        town.settle()
    return bool(offered)


@given(done=disturbances, choice=st.lists(st.integers(0, 1), min_size=1, max_size=6))
@settings(
    max_examples=min(times(0.4), 16),  # each is a life of its own, over HTTP
    phases=(Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_can_be_repaired_is_and_no_row_of_others_is_touched(
    town: Town, done: list[Disturbance], choice: list[int]
) -> None:
    resident = many_people(next(_people) + 1)[-1]
    nip = resident.nip
    town.registry.add_people([resident.as_person()])
    typed: dict[str, dict[str, Any]] = {}
    for one in done:
        if one.what == "type_before":
            fields = {"namaKursus": COURSES[one.course]["name"], "jumlahJam": one.hours}
            days = dict.fromkeys(("tanggalKursus", "tanggalSelesaiKursus"), _today())
            keep(town, nip, typed, town.registry.type_by_hand(nip, **fields, **days))
    mine = [town.record(nip, course) for course in COURSES]
    town.settle()
    found = {town.delivery(each).result_id for each in mine} & typed.keys()
    assert not repairs(town, nip, itertools.cycle(choice)) or found
    standing = set(mine)
    for one in done:
        carry_out(town, nip, one, typed)
        if one.what == "withdraw" and mine[one.course] in standing:
            standing.remove(mine[one.course])
            town.yard.take_back(town.delivery(mine[one.course]).completion_id)
    writes = town.registry.calls["POST /kursus/save"]
    choices = itertools.cycle(choice)
    for _ in range(ROUNDS):
        if not repairs(town, nip, choices):
            break
    town.run(nip=nip)
    assert [line for line in town.found() if line.repairs] == []
    assert town.registry.calls["POST /kursus/save"] - writes <= 2 * len(mine)
    rows = {row["id"]: row for row in town.registry.rows(nip)}
    assert {row_id: rows.get(row_id) for row_id in typed} == typed
    assert len(rows.keys() - typed.keys()) <= len(mine)
    for each in standing:
        delivery = town.delivery(each)
        assert (delivery.state, delivery.result_id in rows) == ("done", True)


def _today() -> str:
    return "24-11-2026"
