"""The city in figures: who has reached the JP, by unit, for whoever may see it."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

from sqlalchemy import Connection, insert, update

from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit, of_unit
from lms_bridge.config.settings import YearlyHours
from lms_bridge.figures import keeping
from lms_bridge.figures.goals import goals_of
from lms_bridge.figures.standings import Standing
from lms_bridge.insight import figures, people
from lms_bridge.insight.people import Wanted
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import employees, postings, units, yearly_hours

NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
YEARLY = YearlyHours()
Reached: TypeAlias = tuple[int, int, int]
"""people, of these who have reached their JP, JP"""
SCHOOLS, FIRST, HEALTH = "U-1", "U-11", "U-2"
PEOPLE = [
    # id, NIP, name, status, unit, JP of 2026
    (1, "198703152010012001", "Siti Rahmawati", "PNS Aktif", SCHOOLS, 20),
    (2, "199008072023211008", "Budi Santoso", "PPPK Aktif", FIRST, 20),
    (3, "197001011990031001", "Sri Lestari", "Pensiun", FIRST, 0),
    (4, "198001012005011002", "Agus 100% Hadi", "", HEALTH, 8),
    (5, "199101012023211009", "Dewi Anggraini", "", HEALTH, 24),
]


def fill(store: Store) -> None:
    """Two units below one, a unit below one of them, and who is in them."""
    with store.writing() as db:
        tree = [
            ("U", "Kota", ""),
            (SCHOOLS, "Dinas Pendidikan", "U"),
            (HEALTH, "Dinas Kesehatan", "U"),
        ]
        for unit_id, name, above in [*tree, (FIRST, "Bidang SMP", SCHOOLS)]:
            row = {"registry": "siasn", "unit_id": unit_id, "name": name, "parent_id": above}
            db.execute(insert(units).values(seen_at=NOW, **row))
        names = {SCHOOLS: "Dinas Pendidikan", FIRST: "Bidang SMP", HEALTH: "Dinas Kesehatan"}
        for number, nip, name, status, unit_id, hours in PEOPLE:
            person = {"id": number, "nip": nip, "name": name, "status": status}
            at = {"unit_id": unit_id, "unit_name": names[unit_id]}
            db.execute(insert(employees).values(registry_refs={}, created_at=NOW, **person, **at))
            posting = {"employee_id": number, "registry": "siasn", "since": NOW}
            db.execute(insert(postings).values(**posting, **at))
            of_year = {"employee_id": number, "year": 2026, "ours": hours, "elsewhere": 0}
            db.execute(insert(yearly_hours).values(of_year))


def by_unit(db: Connection, sight: Sight) -> tuple[Reached, list[tuple[str, bool, Reached]]]:
    """What all in sight have reached, and the units right below, with whether others are below."""
    seen = keeping.of_year(db, [sight], YEARLY, 2026, now=NOW)
    together, lines = figures.by_unit(db, sight, seen)
    return reached(together), [(one.name, one.has_below, reached(one.standing)) for one in lines]


def reached(one: Standing) -> Reached:
    return one.people, one.reached, one.all.hours


def test_a_unit_counts_with_those_below_it_and_who_lags_most_comes_first(store: Store) -> None:
    fill(store)
    with store.reading() as db:
        together, lines = by_unit(db, EVERYBODY)
    # 20 JP are enough for a PNS and not for a PPPK; who has retired need not reach any.
    assert lines == [
        ("Dinas Kesehatan", False, (2, 1, 32)),
        ("Dinas Pendidikan", True, (2, 1, 40)),
    ]
    assert together == (4, 2, 72)


def test_an_officer_sees_the_figures_of_their_unit_alone(store: Store) -> None:
    fill(store)
    with store.reading() as db:
        sight = of_unit(db, Unit("siasn", SCHOOLS, "Dinas Pendidikan"))
        together, lines = by_unit(db, sight)
        assert people.unit_named(db, sight, f"siasn/{HEALTH}") is None
    assert together == (2, 1, 40)
    assert [name for name, *_ in lines] == ["Bidang SMP"]


def test_an_officer_of_a_unit_without_an_id_sees_the_figures_of_that_alone(store: Store) -> None:
    fill(store)
    with store.writing() as db:
        nameless = {"unit_id": "", "unit_name": "Kecamatan"}
        db.execute(update(postings).where(postings.c.employee_id == 5).values(nameless))
    with store.reading() as db:
        sight = of_unit(db, Unit("siasn", "", "Kecamatan"))
        together, lines = by_unit(db, sight)
    assert (together, lines) == ((1, 1, 24), [])


def test_people_are_found_by_parts_of_name_and_unit_by_nip_and_by_what_they_lack(
    store: Store,
) -> None:
    fill(store)

    def found(wanted: Wanted, unit: str = "", after: int = 0) -> list[int]:
        with store.reading() as db:
            sight = of_unit(db, Unit("siasn", unit, "")) if unit else EVERYBODY
            goals = goals_of(db, YEARLY, 2026)
            return [one.id for one in people.find(db, sight, wanted, goals, after=after).found]

    assert found(Wanted()) == [4, 2, 5, 1, 3]
    assert found(Wanted(), after=5) == [1, 3]
    assert found(Wanted(words="SITI rahma")) == [1]
    assert found(Wanted(words="kesehatan dewi")) == [5]
    assert found(Wanted(words="100%")) == [4]
    assert found(Wanted(digits="19870315")) == [1]
    assert found(Wanted(standing="retired")) == [3]
    assert found(Wanted(goal="lacking")) == [4, 2]
    assert found(Wanted(goal="reached"), unit=SCHOOLS) == [1]
    assert found(Wanted(words="dewi"), unit=SCHOOLS) == []
