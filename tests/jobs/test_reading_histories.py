"""``read_histories``: what the registries have of everybody, kept as it is there."""

from __future__ import annotations

import datetime as dt

import pytest

from lms_bridge.errors import NotNow
from lms_bridge.jobs.base import JobFailed, Stopped
from lms_bridge.jobs.read_histories import ReadHistories
from lms_bridge.people import history
from lms_bridge.people.history import Whose
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import RecordedTraining, RegistryEmployee
from lms_bridge.sandbox.city import AGUS, BUDI, DEWI, SITI, YUNI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.store.schema import (
    employees,
    history_readings,
    history_rows,
    professionality_indexes,
    remotes,
)
from tests.jobs.conftest import City


def test_both_histories_are_read_with_every_gap_that_rows_have(city: City) -> None:
    ids = city.meet(SITI, AGUS, DEWI)
    assert city.read() == {"read": 3}
    arsip, keamanan, prima = city.rows(history_rows, employee_id=ids[SITI])
    assert (arsip.history, arsip.hours, arsip.kind, arsip.year) == ("kursus", 20, 8, 2023)
    assert (arsip.starts, arsip.ends) == (dt.date(2023, 3, 6), dt.date(2023, 3, 8))
    assert (arsip.organiser, arsip.document) == ("BKPSDM Kota Pematangsiantar", False)
    assert (keamanan.kind, keamanan.hours, keamanan.year) == (None, None, 2021)
    assert keamanan.ends == keamanan.starts == dt.date(2021, 5, 17)
    assert (prima.name, prima.hours, prima.year) == ("Pelatihan Pelayanan Prima", 16, None)
    [pim] = city.rows(history_rows, employee_id=ids[AGUS])
    assert (pim.history, pim.structural_training, pim.kind) == ("diklat", "2", 1)
    [tot] = city.rows(history_rows, employee_id=ids[DEWI])
    assert tot.document is True


def test_a_row_without_dates_counts_for_the_year_that_it_says(city: City) -> None:
    city.meet(BUDI)
    for row in city.registry.rows(BUDI):
        city.registry._history.delete("kursus", row["id"])
    city.registry.type_by_hand(BUDI, namaKursus="Kearsipan", tahunKursus="2022", jumlahJam="8")
    city.registry.type_by_hand(BUDI, "diklat", latihanStrukturalId="2", tahun="2019")
    city.read()
    assert {row.year for row in city.rows(history_rows)} == {2022, 2019}


def test_ip_asn_is_kept_as_bkn_says_it_with_its_date(city: City) -> None:
    ids = city.meet(SITI, BUDI)
    city.registry.unrated.add(BUDI)
    city.read()
    [siti] = city.rows(professionality_indexes)
    assert siti.employee_id == ids[SITI]
    assert (siti.total, siti.competence, siti.discipline) == (67.5, 22.5, 5)
    assert siti.as_of == dt.date(2026, 2, 3)
    city.registry.unrated.add(SITI)
    city.clock.forward(days=1)
    city.read()
    assert city.rows(professionality_indexes) == []


def test_rows_that_vanish_and_change_there_do_so_here(city: City) -> None:
    city.meet(DEWI)
    city.read()
    [before] = city.rows(history_rows)
    city.clock.forward(days=1)
    city.read()
    assert city.rows(history_rows) == [before]
    city.registry._history.get("kursus", before.row_id)["jumlahJam"] = "44"
    city.registry.type_by_hand(DEWI, namaKursus="Bimtek", tanggalKursus="01-02-2026")
    city.clock.forward(days=1)
    city.read()
    assert [row.hours for row in city.rows(history_rows)] == [44, None]
    city.registry._history.delete("kursus", before.row_id)
    city.clock.forward(days=1)
    city.read()
    assert [row.name for row in city.rows(history_rows)] == ["Bimtek"]


def test_whom_the_registry_does_not_know_is_told_of_and_asked_about_again(city: City) -> None:
    ids = city.meet(YUNI, SITI)
    assert city.read() == {"read": 1, "not_in_registry": 1}
    with city.store.reading() as db:
        [yuni] = history.readings_of(db, ids[YUNI])
    assert (yuni.read_at, yuni.failure and yuni.failure.code) == (None, "nobody_there")
    city.registry.add_people(
        [
            city.registry.people()[0].__class__(
                nip=YUNI, person_id="YUNI", name="YUNI DAMANIK", unit=city.person(SITI).unit
            )
        ]
    )
    city.clock.forward(days=1)
    assert city.read() == {"read": 2}
    with city.store.reading() as db:
        [yuni] = history.readings_of(db, ids[YUNI])
    assert (yuni.read_at, yuni.failure) == (city.clock(), None)


def test_an_empty_history_of_somebody_who_has_left_takes_no_rows_away(city: City) -> None:
    ids = city.meet(DEWI)
    city.read()
    city.registry.remove_person(DEWI)
    city.clock.forward(days=1)
    assert city.read() == {"not_in_registry": 1}
    assert len(city.rows(history_rows, employee_id=ids[DEWI])) == 1


def test_a_person_over_whom_the_registry_stumbles_stops_nobody(city: City) -> None:
    ids = city.meet(SITI, BUDI, AGUS, DEWI)
    city.registry.faults.force(Fault.SERVER_ERROR, where=f"rw-kursus {BUDI}", times=3)
    assert city.read() == {"read": 3, "failed": 1}
    assert {row.state for row in city.rows(remotes)} <= {"up"}
    [budi] = city.rows(history_readings, employee_id=ids[BUDI])
    assert (budi.read_at, budi.reason_code) == (None, "remote_unavailable")
    city.clock.forward(days=1)
    assert city.read() == {"read": 4}


def test_without_ip_asn_the_history_is_read_all_the_same(city: City) -> None:
    city.meet(SITI)
    city.registry.faults.force(Fault.ZERO, where="nilaiipasn", times=1)
    assert city.read() == {"read": 1}
    city.clock.forward(days=1)
    refused = "lms_bridge.sandbox.siasn.app.professionality_index"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refused, lambda person: {"nip_baru": BUDI, "subtotal": "1"})
        assert city.read() == {"read": 1, "ip_asn_failed": 1}
    [kept] = city.rows(professionality_indexes)
    assert kept.total == 67.5


def test_an_outage_ends_the_run_after_a_few_people(city: City) -> None:
    city.meet(*(person.nip for person in city.registry.people()))
    city.registry.suspended = True
    with pytest.raises(JobFailed) as caught:
        city.read()
    assert "SUSPENDED" in str(caught.value)
    assert caught.value.counts["read"] == 0
    tried = city.rows(history_readings)
    assert 1 <= len(tried) <= 5
    with pytest.raises(JobFailed):  # and while it is known to be down nobody is asked at all
        city.read()
    assert city.rows(history_readings) == tried


def test_a_run_that_was_broken_off_goes_on_where_it_was(city: City) -> None:
    people = [person.nip for person in city.registry.people()]
    city.meet(*people)

    def enough(done: int, total: int | None) -> None:
        assert total == len(people)
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped) as stopped:
        ReadHistories(city.bridge).run(enough)
    assert stopped.value.counts["read"] == 3
    assert city.read() == {"read": len(people) - 3}
    assert city.read() == {}


def test_one_person_is_read_on_demand_however_fresh(city: City) -> None:
    ids = city.meet(SITI, BUDI)
    city.read()
    city.registry.type_by_hand(SITI, namaKursus="Bimtek", jumlahJam=8)
    assert ReadHistories(city.bridge).read_person(ids[SITI]) == {"read": 1}
    assert len(city.rows(history_rows, employee_id=ids[SITI])) == 4
    city.registry.suspended = True
    assert ReadHistories(city.bridge).read_person(ids[SITI]) == {"failed": 1}
    with city.store.reading() as db:
        [siti] = history.readings_of(db, ids[SITI])
    assert siti.failure is not None
    assert siti.read_at is not None


def test_what_a_registry_had_that_is_configured_no_more_is_forgotten(city: City) -> None:
    ids = city.meet(SITI)
    city.read()
    other = Whose(ids[SITI], "simpeg")
    with city.store.writing() as db:
        history.keep(db, other, {"diklat": []}, city.clock())
        history.keep_rated(db, other, None, city.clock())
    city.clock.forward(days=1)
    city.read()
    assert {row.registry for row in city.rows(history_readings)} == {"siasn"}


def test_who_was_found_is_remembered_and_not_looked_up_again(city: City) -> None:
    ids = city.meet(SITI)
    city.read()
    [siti] = city.rows(employees, id=ids[SITI])
    assert siti.registry_refs["siasn"]["person_id"] == city.person(SITI).person_id
    city.clock.forward(days=1)
    asked = city.registry.faults
    asked.force(Fault.SERVER_ERROR, where="data-utama", times=10)
    assert city.read() == {"read": 1}


def test_when_it_is_not_the_time_any_more_nobody_has_failed(city: City) -> None:
    city.meet(*(person.nip for person in city.registry.people()))
    siasn = city.bridge.registries["siasn"]
    asked: list[str] = []

    def until_the_hours_end(employee: RegistryEmployee, kind: int) -> list[RecordedTraining]:
        asked.append(employee.nip)
        if len(set(asked)) > 2:
            raise NotNow(Reason("new"), until=city.clock())
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(siasn, "trainings_of", until_the_hours_end)
        with pytest.raises(JobFailed) as caught:
            city.read()
    assert caught.value.counts["failed"] == 0
    assert all(row.reason_code is None for row in city.rows(history_readings))
    assert {row.state for row in city.rows(remotes)} <= {"up"}


def test_who_failed_is_tried_again_at_the_next_run_however_soon(city: City) -> None:
    city.meet(SITI, BUDI)
    city.registry.faults.force(Fault.SERVER_ERROR, where=f"rw-kursus {BUDI}", times=3)
    assert city.read() == {"read": 1, "failed": 1}
    assert city.read() == {"read": 1}
    assert city.read() == {}
