"""``refresh_employees``: work units, who is in which, and since when."""

from __future__ import annotations

import msgspec
import pytest

from lms_bridge.jobs.base import JobFailed
from lms_bridge.people import postings, units
from lms_bridge.people.importing import Person as Imported
from lms_bridge.people.importing import put
from lms_bridge.sandbox.city import AGUS, BUDI, SAHAT, SITI, YUNI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.residents import UNITS
from lms_bridge.sandbox.siasn.people import RETIRED, Person, Unit
from lms_bridge.store import schema
from tests.jobs.conftest import City

BKPSDM, KOMINFO, PENDIDIKAN, KESEHATAN, KOMPETENSI = UNITS


def change(city: City, nip: str, **what: object) -> None:
    city.registry.add_people([msgspec.structs.replace(city.person(nip), **what)])


def told(city: City, employee_id: int) -> list[tuple[str, str, bool]]:
    with city.store.reading() as db:
        return [
            (one.registry, one.unit_name, one.until is None) for one in postings.of(db, employee_id)
        ]


def tree(city: City) -> list[tuple[int, str, int, int]]:
    with city.store.reading() as db:
        return [
            (line.depth, line.name, line.people, line.people_in_all)
            for line in units.tree(db, "siasn")
        ]


def test_a_move_between_units_is_kept_with_both_times(city: City) -> None:
    budi = city.meet(BUDI)[BUDI]
    first = city.clock()
    city.refresh()
    moved = city.clock.forward(days=30)
    change(city, BUDI, unit=PENDIDIKAN)
    assert city.refresh()["refreshed"] == 1
    with city.store.reading() as db:
        now, before = postings.of(db, budi)
    assert (now.unit_name, now.since, now.until) == (PENDIDIKAN.name, moved, None)
    assert (before.unit_name, before.since, before.until) == (KOMINFO.name, first, moved)


def test_a_unit_that_is_given_another_name_is_no_move(city: City) -> None:
    budi = city.meet(BUDI)[BUDI]
    city.refresh()
    city.clock.forward(days=30)
    change(city, BUDI, unit=Unit(KOMINFO.id, "Dinas Kominfo"))
    city.refresh()
    assert told(city, budi) == [("siasn", "Dinas Kominfo", True)]


def test_a_unit_that_was_left_empty_for_once_is_no_move(city: City) -> None:
    budi = city.meet(BUDI)[BUDI]
    city.refresh()
    for unit in (Unit("", ""), KOMINFO):
        city.clock.forward(days=30)
        change(city, BUDI, unit=unit)
        city.refresh()
    assert told(city, budi) == [("siasn", KOMINFO.name, True)]


def test_who_retires_leaves_the_unit_and_stays_an_employee(city: City) -> None:
    budi = city.meet(BUDI)[BUDI]
    city.refresh()
    city.clock.forward(days=30)
    change(city, BUDI, unit=Unit("", ""), status=RETIRED)
    city.refresh()
    assert told(city, budi) == [("siasn", KOMINFO.name, False)]
    [row] = city.rows(schema.employees)
    assert row.status == RETIRED


def test_whom_the_registry_knows_no_more_has_left(city: City) -> None:
    budi = city.meet(BUDI)[BUDI]
    city.refresh()
    city.registry.remove_person(BUDI)
    city.clock.forward(days=30)
    assert city.refresh()["not_in_registry"] == 1
    assert told(city, budi) == [("siasn", KOMINFO.name, False)]


def test_what_hr_says_of_units_is_kept_beside_it(city: City) -> None:
    budi = city.meet(BUDI)[BUDI]
    city.refresh()
    for name in ("Kecamatan A", "Kecamatan B", ""):
        with city.store.writing() as db:
            put(db, [(2, Imported(nip=BUDI, unit_name=name))], now=city.clock.forward(days=1))
    assert told(city, budi) == [
        ("", "Kecamatan B", True),
        ("", "Kecamatan A", False),
        ("siasn", KOMINFO.name, True),
    ]


def test_postings_follow_a_person_to_another_nip(city: City) -> None:
    ids = city.meet(BUDI, SITI)
    city.refresh()
    with city.store.writing() as db:
        put(db, [(2, Imported(nip=SITI, former_nips=(BUDI,)))], now=city.clock())
    assert told(city, ids[SITI]) == [
        ("siasn", KOMPETENSI.name, True),
        ("siasn", KOMINFO.name, False),
    ] or told(city, ids[SITI]) == [
        ("siasn", KOMINFO.name, False),
        ("siasn", KOMPETENSI.name, True),
    ]


def test_units_are_a_tree_with_people(city: City) -> None:
    city.meet(BUDI, SITI, SAHAT, AGUS)
    counts = city.refresh()
    assert (counts["units"], counts["units_new"], counts["refreshed"]) == (5, 5, 4)
    assert tree(city) == [
        (0, BKPSDM.name, 0, 1),
        (1, KOMPETENSI.name, 1, 1),
        (0, KESEHATAN.name, 0, 0),
        (0, KOMINFO.name, 1, 1),
        (0, PENDIDIKAN.name, 2, 2),
    ]
    change(city, AGUS, status=RETIRED)
    city.clock.forward(days=30)
    city.refresh()
    assert tree(city)[-1] == (0, PENDIDIKAN.name, 1, 1)


def test_a_unit_that_is_dissolved_is_marked_and_shown_while_people_are_in_it(city: City) -> None:
    city.meet(BUDI)
    city.refresh()
    city.registry.remove_unit(KOMINFO.id)
    city.registry.remove_unit(KESEHATAN.id)
    gone = city.clock.forward(days=7)
    assert city.refresh()["units_gone"] == 2
    with city.store.reading() as db:
        lines = {line.name: line.gone_at for line in units.tree(db, "siasn")}
    assert lines[KOMINFO.name] == gone
    assert KESEHATAN.name not in lines
    city.registry.add_units([KOMINFO])
    city.clock.forward(days=7)
    city.refresh()
    [kominfo] = city.rows(schema.units, unit_id=KOMINFO.id)
    assert kominfo.gone_at is None


def test_pages_from_a_changing_order_leave_no_unit_out(city: City) -> None:
    city.registry.add_units([Unit(f"unit-{n}", f"Unit {n}", above="unit-0") for n in range(20)])
    city.registry.most_units = 6
    city.registry.unsteady_pages = True
    city.refresh()
    known = {row.unit_id for row in city.rows(schema.units)}
    assert len(known) == 25
    city.refresh()
    assert all(row.gone_at is None for row in city.rows(schema.units))


def test_a_registry_that_lists_nothing_takes_no_unit_away(city: City) -> None:
    city.refresh()
    for unit in UNITS:
        city.registry.remove_unit(unit.id)
    assert city.refresh()["units_gone"] == 0


def test_units_above_each_other_are_shown_once(city: City) -> None:
    city.registry.add_units(
        [Unit("a", "A", above="b"), Unit("b", "B", above="a"), Unit("c", "C", above="c")]
    )
    city.refresh()
    shown = [(depth, name) for depth, name, *_ in tree(city) if len(name) == 1]
    assert shown == [(0, "C"), (0, "A"), (1, "B")]
    with city.store.reading() as db:
        assert units.with_those_below(db, "a") >= {("siasn", "a"), ("siasn", "b")}


def test_without_a_list_of_units_people_are_refreshed_all_the_same(city: City) -> None:
    city.meet(BUDI)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lms_bridge.sandbox.siasn.app.unit_row", lambda unit: unit.name)
        counts = city.refresh()
    assert (counts["failed"], counts["refreshed"]) == (1, 1)


def test_a_person_over_whom_the_registry_stumbles_keeps_nobody_from_being_refreshed(
    city: City,
) -> None:
    city.meet(BUDI, SITI, AGUS)
    city.registry.faults.force(Fault.SERVER_ERROR, where=f"data-utama {BUDI}", times=3)
    counts = city.refresh()
    assert (counts["failed"], counts["refreshed"]) == (1, 2)


def test_an_outage_ends_the_run(city: City) -> None:
    city.meet(BUDI, SITI, AGUS, YUNI)
    city.registry.suspended = True
    with pytest.raises(JobFailed):
        city.refresh()


def test_a_person_whose_status_word_was_left_empty_has_that_of_its_number(city: City) -> None:
    city.meet(BUDI)

    def without_word(person: Person) -> dict[str, object]:
        return {
            "id": person.person_id,
            "nipBaru": person.nip,
            "kedudukanPnsId": "99",
            "kedudukanPnsNama": "",
        }

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lms_bridge.sandbox.siasn.app.master_record", without_word)
        city.refresh()
    [budi] = city.rows(schema.employees)
    assert budi.status == "Pensiun"
