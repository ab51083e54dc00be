"""What HR asks about people, asked of both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import update

from lms_bridge import withdrawals
from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.config.settings import YearlyHours
from lms_bridge.deliveries.registered import remember_employee
from lms_bridge.people import history, learned, units
from lms_bridge.people.history import Whose
from lms_bridge.people.identities import employee_of, known_by_nip
from lms_bridge.people.learned import About, Lacking, NobodyThere
from lms_bridge.registries.base import (
    ProfessionalityIndex,
    RecordedTraining,
    RegistryEmployee,
    RegistryUnit,
    UnitList,
)
from lms_bridge.sandbox.city import BUDI, SAHAT, SITI
from lms_bridge.store.schema import deliveries, employees
from tests.people.people import person
from tests.scene import Scene, completed, voiding

YEARLY = YearlyHours()


def met(scene: Scene, nip: str, **changes: Any) -> int:
    """Somebody whom the registry has told of."""
    said = {"nip": nip, "person_id": nip, "name": nip, "unit_id": "dinas", "unit_name": "Dinas"}
    with scene.store.writing() as db:
        employee_id = employee_of(db, nip, name="", now=scene.clock())
        employee = RegistryEmployee(**{**said, "status": "Aktif", **changes})
        remember_employee(db, employee_id, "siasn", employee, scene.clock())
    return employee_id


def has(scene: Scene, employee_id: int, *rows: RecordedTraining, registry: str = "siasn") -> None:
    """Let that be what a registry has of somebody."""
    with scene.store.writing() as db:
        history.keep(db, Whose(employee_id, registry), {"kursus": rows}, scene.clock())


def a_row(row_id: str, hours: int | None = 20, **changes: Any) -> RecordedTraining:
    values: dict[str, Any] = {
        "name": f"Pelatihan {row_id}",
        "organiser": "LAN",
        "certificate_number": row_id,
        "starts": dt.date(2026, 5, 1),
        "ends": dt.date(2026, 5, 2),
    }
    return RecordedTraining(id=row_id, hours=hours, **values | changes)


def about(scene: Scene, nip: str, year: int = 2026) -> About:
    with scene.store.reading() as db:
        employee_id = known_by_nip(db, nip)
        assert employee_id is not None
        return learned.about(db, employee_id, year=year, yearly=YEARLY)


def lacking(scene: Scene, **options: Any) -> list[Lacking]:
    with scene.store.reading() as db:
        return learned.lacking(db, EVERYBODY, **{"year": 2026, "yearly": YEARLY, **options})


def test_ours_and_others_are_told_apart_by_what_deliveries_say(scene: Scene) -> None:
    scene.hear(completed(4))
    mine = scene.completion()
    siti = met(scene, SITI)
    has(scene, siti, a_row(f"row-{mine.id}", 20), a_row("arsip", 8))
    before = about(scene, SITI)
    assert (before.hours.ours, before.hours.elsewhere) == (20, 28)
    scene.deliver(mine.id)  # only now is it known that the row is ours
    after = about(scene, SITI)
    assert (after.hours.ours, after.hours.elsewhere, after.hours.total) == (20, 8, 28)
    assert [len(one.rows) for one in after.learned if one.completion_id] == [1]


def test_the_row_of_somebody_else_with_the_same_id_is_not_ours(scene: Scene) -> None:
    scene.hear(completed(4))
    scene.deliver(scene.completion().id)
    budi = met(scene, BUDI)
    has(scene, budi, a_row(f"row-{scene.completion().id}"))
    assert about(scene, BUDI).hours.elsewhere == 20


def test_a_row_that_was_removed_does_not_count_until_it_is_read_again(scene: Scene) -> None:
    [told] = scene.hear(completed(4))
    mine = scene.completion()
    scene.deliver(mine.id)
    siti = met(scene, SITI)
    has(scene, siti, a_row(f"row-{mine.id}"))
    scene.hear(voiding(told))
    assert about(scene, SITI).hours.total == 0
    with scene.store.writing() as db:
        withdrawals.decide(db, [mine.id], "undo", by="hr", now=scene.clock())
        undoing = (deliveries.c.completion_id == mine.id) & (deliveries.c.step == "unrecord")
        db.execute(update(deliveries).where(undoing).values(result_id=f"row-{mine.id}"))
        recording = (deliveries.c.completion_id == mine.id) & (deliveries.c.step == "record")
        db.execute(update(deliveries).where(recording).values(result_id=None))
    assert about(scene, SITI).hours.total == 0


def test_what_hr_keeps_counts(scene: Scene) -> None:
    [told] = scene.hear(completed(4))
    mine = scene.completion()
    scene.deliver(mine.id)
    scene.hear(voiding(told))
    with scene.store.writing() as db:
        withdrawals.decide(db, [mine.id], "keep", by="hr", now=scene.clock())
    assert about(scene, SITI).hours.ours == 20


def test_all_that_is_known_of_somebody_is_shown(scene: Scene) -> None:
    siti = met(scene, SITI, name="SITI RAHMAWATI", status="Masa Persiapan Pensiun")
    index = ProfessionalityIndex(total=67.5, as_of=dt.date(2026, 2, 3))
    has(scene, siti)
    with scene.store.writing() as db:
        history.keep_rated(db, Whose(siti, "siasn"), index, scene.clock())
    found = about(scene, SITI)
    assert (found.employee.standing, found.employee.kind) == ("inactive", "PNS")
    assert (found.employee.status, found.wanted) == ("Masa Persiapan Pensiun", 20)
    assert [(one.registry, one.index) for one in found.ratings] == [("siasn", index)]
    assert [one.unit_name for one in found.postings] == ["Dinas"]
    assert [one.read_at for one in found.readings] == [scene.clock()]


def test_who_lacks_jp_is_listed_the_fewest_first(scene: Scene) -> None:
    for nip, hours in ((SITI, 20), (BUDI, 19), (SAHAT, 0)):
        has(scene, met(scene, nip), a_row("x", hours), a_row("old", 40, ends=dt.date(2025, 5, 2)))
    found = lacking(scene)
    assert [(one.employee.nip, one.hours.total, one.lacks) for one in found] == [
        (SAHAT, 0, 24),  # a PPPK, by the NIP
        (BUDI, 19, 1),
    ]
    assert [one.read_at for one in found] == [scene.clock(), scene.clock()]
    assert lacking(scene, year=2025) == []
    assert [one.employee.nip for one in lacking(scene, wanted=21)] == [SAHAT, BUDI, SITI]


@pytest.mark.parametrize(
    ("status", "listed"),
    [("Aktif", True), ("", True), ("PPPK Aktif", True), ("Pensiun", False), ("CLTN", False)],
)
def test_who_is_not_in_service_need_not_reach_any(scene: Scene, status: str, listed: bool) -> None:
    met(scene, BUDI, status=status)
    assert [one.employee.nip for one in lacking(scene)] == [BUDI] * listed


def test_a_completion_that_is_in_no_registry_yet_counts(scene: Scene) -> None:
    scene.hear(completed(4))
    [siti] = lacking(scene, wanted=21)
    assert (siti.hours.ours, siti.read_at) == (20, None)


def test_a_unit_is_meant_with_those_below_it(scene: Scene) -> None:
    met(scene, SITI, unit_id="bidang", unit_name="Bidang Arsip")
    met(scene, BUDI, unit_id="dinas", unit_name="Dinas Kominfo")
    met(scene, SAHAT, unit_id="lain", unit_name="Kecamatan")
    tree = (
        RegistryUnit("dinas", "Dinas Kominfo"),
        RegistryUnit("bidang", "Bidang Arsip", "dinas"),
        RegistryUnit("lain", "Kecamatan"),
    )
    with scene.store.writing() as db:
        units.put(db, "siasn", UnitList(tree), now=scene.clock())
    for unit, expected in (
        ("kominfo", {SITI, BUDI}),
        ("dinas", {SITI, BUDI}),
        ("arsip", {SITI}),
        ("lain", {SAHAT}),
    ):
        assert {one.employee.nip for one in lacking(scene, unit=unit)} == expected
    with pytest.raises(NobodyThere):
        lacking(scene, unit="nirgends")


def test_a_unit_that_only_hr_has_told_of_is_found_by_its_name(scene: Scene) -> None:
    scene.link(person(BUDI))
    with scene.store.writing() as db:
        db.execute(update(employees).values(unit_name="Kelurahan Kristen"))
    assert len(lacking(scene, unit="kelurahan")) == 1
