"""A small city: two units, one below the other, and people who have learned so much."""

from __future__ import annotations

import datetime as dt

import pytest

from lms_bridge.people import postings, sums
from lms_bridge.people import units as kept_units
from lms_bridge.registries.base import RegistryUnit, UnitList
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, courses, employees, withdrawals
from tests.conftest import NOW

SITI, BUDI, RINA, PENSIUN = (
    "198703152010012001",
    "199001012015031002",
    "199008072023212008",
    "196001011985031001",
)


class Town:
    """What there is in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ids: dict[str, int] = {}

    def person(self, nip: str, name: str, unit: str, status: str = "Aktif") -> int:
        with self.store.writing() as db:
            values = {
                "nip": nip,
                "name": name,
                "unit_id": unit,
                "unit_name": f"Unit {unit}",
                "status": status,
                "registry_refs": {},
                "created_at": NOW,
            }
            made = employees.insert().values(values).returning(employees.c.id)
            found: int = db.execute(made).scalar_one()
            postings.note(db, found, "siasn", unit, f"Unit {unit}", NOW)
        self.ids[nip] = found
        return found

    def learned(
        self, nip: str, hours: int, ends: dt.date = dt.date(2026, 5, 2), *, withdrawn: str = ""
    ) -> None:
        """Let somebody have completed a course, and their JP be added up."""
        employee_id = self.ids[nip]
        with self.store.writing() as db:
            key = f"K{len(db.execute(completions.select()).all())}"
            content = {
                "name": f"Pelatihan {key}",
                "organiser": "BKPSDM",
                "kind": 16,
                "hours": hours,
                "key": key,
                "external_ids": [key],
                "competencies": [{"name": "Integritas", "level": 2}],
            }
            new = courses.insert().values(
                key=key, source="csv", content=content, active=True, revision=1, changed_at=NOW
            )
            course_id = db.execute(new.returning(courses.c.id)).scalar_one()
            done = completions.insert().values(
                employee_id=employee_id,
                course_id=course_id,
                run="",
                role="learner",
                completed_at=NOW,
                time_source="statement",
                hours=hours,
                certificate_number=f"{key}/2026",
                starts=ends,
                ends=ends,
                lms="moodle",
                created_at=NOW,
                withdrawn_at=NOW if withdrawn else None,
            )
            completion = db.execute(done.returning(completions.c.id)).scalar_one()
            if withdrawn:
                decision = withdrawn if withdrawn == "keep" else None
                db.execute(
                    withdrawals.insert().values(
                        completion_id=completion, withdrawn_at=NOW, decision=decision
                    )
                )
            sums.count(db, [employee_id])


@pytest.fixture
def town(store: Store) -> Town:
    """Siti and Budi in D, Rina in B below it, and somebody who has retired."""
    found = Town(store)
    with store.writing() as db:
        listed = UnitList(
            (
                RegistryUnit(id="D", name="Dinas Kesehatan", parent_id=""),
                RegistryUnit(id="B", name="Bidang SDM", parent_id="D"),
                RegistryUnit(id="E", name="Badan Lain", parent_id=""),
            ),
            whole=True,
        )
        kept_units.put(db, "siasn", listed, now=NOW)
    found.person(SITI, "Siti", "D")
    found.person(BUDI, "Budi", "D")
    found.person(RINA, "Rina", "B", "PPPK Aktif")
    found.person(PENSIUN, "Mangara", "D", "Pensiun")
    found.learned(SITI, 20)
    found.learned(BUDI, 12)
    found.learned(RINA, 22)
    return found
