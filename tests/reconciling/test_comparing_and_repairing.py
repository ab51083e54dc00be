"""What is found when something is disturbed, and how it is mended."""

from __future__ import annotations

import pytest

from lms_bridge.jobs.base import JobFailed
from lms_bridge.reconciling.findings import Repair
from lms_bridge.sandbox.city import AGUS, BUDI, DEWI, LITDIG, SITI
from tests.deliveries.yard import COURSE
from tests.reconciling.town import NAME, Town


def test_an_undisturbed_city_has_no_findings(town: Town) -> None:
    for nip in (SITI, BUDI, AGUS):
        town.record(nip)
    town.settle()
    assert town.run(registry="") == {"compared": 3}
    assert town.found() == []


def test_a_row_that_is_gone_is_recorded_anew_once_that_is_approved(town: Town) -> None:
    delivery = town.record(SITI)
    town.settle()
    town.delete(town.row(SITI))
    assert town.run()["vanished_found"] == 1
    assert (town.delivery(delivery).state, town.delivery(delivery).reason_code) == (
        "blocked",
        "row_vanished",
    )
    assert town.settle() == {}  # nothing by itself
    line = town.only()
    assert (line.kind, line.repairs, line.nip) == ("vanished", ["record_it"], SITI)
    (would,) = town.repair(dry_run=True)
    assert (would.repair, town.delivery(delivery).state) == ("record_it", "blocked")
    (done,) = town.repair()
    assert (done.state, done.why) == ("approved", None)
    assert town.settle() == {"done": 1}
    assert town.row(SITI)["id"] == town.delivery(delivery).result_id != line.row_id
    assert "vanished_found" not in town.run()
    assert town.found() == []
    (repaired,) = town.found(run=line.run, state="repaired")
    assert (repaired.decided_by, repaired.decided_why) == ("ani", "diperiksa")


def test_a_repair_that_is_given_twice_is_made_once(town: Town) -> None:
    town.record(SITI)
    town.settle()
    town.delete(town.row(SITI))
    town.run()
    lines = town.found()
    town.repair(lines)
    (again,) = town.repair(lines)
    assert again.why is not None
    assert again.why.code == "finding_decided"
    town.settle()
    assert len(town.rows(SITI)) == 1


def test_what_has_changed_meanwhile_is_not_repaired(town: Town) -> None:
    delivery = town.record(SITI)
    town.settle()
    town.change(town.row(SITI), jumlahJam=18)
    town.run()
    line = town.only()
    town.change(town.row(SITI), jumlahJam=19)
    (result,) = town.repair(how=Repair.CORRECT)
    assert result.why is not None
    assert (result.repair, result.state, result.why.code) == (None, "gone", "finding_gone")
    assert town.settle() == {}
    assert town.row(SITI)["jumlahJam"] == 19
    assert town.delivery(delivery).state == "done"
    town.run()
    assert town.only().id != line.id


def test_a_row_that_differs_is_corrected_or_taken_over_as_a_person_chooses(town: Town) -> None:
    for nip, hours in ((SITI, 18), (BUDI, 22)):
        town.record(nip)
        town.settle()
        town.change(town.row(nip), jumlahJam=hours)
    town.run()
    siti, budi = town.found("differing")
    assert siti.repairs == budi.repairs == ["correct_row", "take_over"]
    assert "JP 18 ≠ 20" in siti.reason.what()
    (undecided,) = town.repair([siti])
    assert undecided.why is not None
    assert undecided.why.code == "repair_to_be_chosen"
    town.repair([siti], Repair.CORRECT)
    town.repair([budi], Repair.TAKE_OVER)
    town.settle()
    assert (town.row(SITI)["jumlahJam"], town.row(BUDI)["jumlahJam"]) == (20, 22)
    with town.store.reading() as db:
        hours = db.exec_driver_sql("SELECT hours FROM completions ORDER BY id").scalars().all()
    assert hours == [20, 22]
    town.run()
    assert town.found() == []


def test_how_a_text_is_written_makes_no_difference(town: Town) -> None:
    town.record(SITI)
    town.settle()
    town.change(town.row(SITI), namaKursus="  LITERASI DIGITAL   asn ")
    town.run()
    assert town.found() == []


def test_a_completion_that_nothing_is_to_bring_there_is_recorded(town: Town) -> None:
    town.record(SITI, remote="lms.moodle", step="badge")
    town.run()
    line = town.only()
    assert (line.kind, line.repairs) == ("unrecorded", ["record_it"])
    town.repair()
    town.settle()
    assert len(town.rows(SITI)) == 1
    town.run()
    assert town.found() == []


def test_a_row_that_somebody_typed_for_a_blocked_completion_is_linked(town: Town) -> None:
    delivery = town.record(SITI)
    town.settle()
    row = town.row(SITI)
    town.delete(row)
    typed = town.double(row)
    town.run()
    line = town.only()
    assert (line.kind, line.row_id, line.repairs) == ("extra", typed, ["link_it"])
    town.repair()
    assert town.settle() == {"done": 1}
    assert town.delivery(delivery).result_id == typed
    assert town.delivery(delivery).progress is not None
    assert len(town.rows(SITI)) == 1
    town.run()
    assert town.found() == []


def test_linking_writes_nothing_if_the_row_is_gone_by_then(town: Town) -> None:
    delivery = town.record(SITI)
    town.settle()
    row = town.row(SITI)
    town.delete(row)
    town.double(row)
    town.run()
    town.repair()
    town.delete(town.row(SITI))
    town.settle()
    assert town.rows(SITI) == []
    assert town.delivery(delivery).reason_code == "row_to_link_gone"


def test_a_row_that_only_looks_like_a_course_is_shown_and_left_alone(town: Town) -> None:
    town.record(SITI)
    town.settle()
    town.record(BUDI, {**COURSE, "key": "LAIN", "name": "Lain"})
    town.settle()
    stray = town.registry.type_by_hand(BUDI, namaKursus=NAME.upper(), tanggalKursus="01-02-2025")
    town.run()
    line = town.only()
    assert (line.kind, line.row_id, line.repairs, line.nip) == ("extra", stray, [], BUDI)
    (result,) = town.repair()
    assert result.why is not None
    assert result.why.code == "finding_for_a_person"
    assert town.dismiss([line]) == 1
    town.run()
    assert town.found() == []
    assert [one.row_id for one in town.found(state="dismissed")] == [stray]


def test_a_row_of_what_was_taken_back_is_shown_and_left_alone(town: Town) -> None:
    delivery = town.record(SITI)
    town.settle()
    row = town.row(SITI)
    completion = town.delivery(delivery).completion_id
    town.yard.take_back(completion)
    town.run()
    assert town.found() == []  # HR is asked about it already
    town.yard.decide(completion)
    town.settle()
    typed = town.double(row)
    town.run()
    line = town.only()
    assert (line.kind, line.row_id, line.repairs) == ("extra", typed, [])
    assert line.reason.code == "found_of_withdrawn"


def test_two_rows_of_one_completion_are_left_to_a_person(town: Town) -> None:
    delivery = town.record(SITI)
    town.settle()
    other = town.double(town.row(SITI))
    town.run()
    line = town.only()
    assert (line.kind, line.row_id, line.repairs) == ("double", other, [])
    assert town.delivery(delivery).state == "done"


def test_what_the_lms_says_and_nobody_told_is_taken_in(town: Town) -> None:
    town.record(BUDI)  # so that the course is in the catalogue
    town.settle()
    town.city.moodle.complete(6, LITDIG, town.clock().timestamp())
    assert town.run(registry="")["untold_found"] == 1
    line = town.only()
    assert (line.kind, line.employee, line.repairs) == ("untold", "Agus Wijaya", ["take_in"])
    assert town.repair(dry_run=True)[0].repair == "take_in"
    (result,) = town.repair()
    assert (result.state, result.why) == ("repaired", None)
    town.settle()
    assert len(town.rows(AGUS)) == 1
    town.run(registry="")
    assert town.found() == []


def test_what_a_worker_is_still_at_is_no_finding(town: Town) -> None:
    town.record(SITI)
    town.registry.type_by_hand(SITI, namaKursus=NAME, tanggalKursus="24-11-2026")
    town.run()
    assert town.found() == []


def test_a_part_of_the_city_is_looked_at_alone(town: Town) -> None:
    for nip in (SITI, BUDI):
        town.record(nip)
    town.settle()
    for nip in (SITI, BUDI):
        town.delete(town.row(nip))
    assert town.run(nip=SITI) == {"compared": 1, "vanished_found": 1}
    assert [line.nip for line in town.found()] == [SITI]
    unit = town.registry.people()[1].unit.name
    town.run(unit=unit)
    assert [line.nip for line in town.found()] == [BUDI]
    town.run(course="NO-SUCH")
    assert town.found() == []


def test_a_later_run_takes_the_place_of_an_earlier_one(town: Town) -> None:
    town.record(SITI)
    town.settle()
    row = town.row(SITI)
    town.delete(row)
    town.run()
    first = town.only()
    town.run()
    assert [line.id for line in town.found(run=first.run, state="repeated")] == [first.id]
    second = town.only()
    town.double(row)
    town.run()
    assert [line.id for line in town.found(run=second.run, state="gone")] == [second.id]


def test_a_registry_that_is_down_ends_the_run_with_a_sentence(town: Town) -> None:
    for nip in (SITI, BUDI, AGUS, DEWI):
        town.record(nip)
    town.settle()
    town.registry.suspended = True
    town.clock.forward(days=2)
    with pytest.raises(JobFailed, match="SUSPENDED"):
        town.run()
    assert town.delivery(1).state == "done"


def test_who_was_read_lately_and_is_in_order_is_not_read_again(town: Town) -> None:
    town.record(SITI)
    town.settle()
    town.clock.forward(seconds=1)
    town.run()
    calls = town.registry.calls["GET /pns/rw-kursus"]
    town.run()
    assert town.registry.calls["GET /pns/rw-kursus"] == calls
    town.run(fresh=True)
    assert town.registry.calls["GET /pns/rw-kursus"] == calls + 1
