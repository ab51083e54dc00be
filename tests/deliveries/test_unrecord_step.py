"""Removing a row from the registry, over real HTTP, with every trap that it has."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lms_bridge.deliveries import actions
from lms_bridge.sandbox.city import AGUS, SITI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.store.schema import deliveries
from tests.deliveries.street import PIM, SETTLE, Street, until
from tests.deliveries.yard import COURSE, REGISTRY

SAVE = "POST /kursus/save"
DELETE = "DELETE /kursus/delete"
UNANSWERED = [
    Fault.COMMIT_THEN_HANG,
    Fault.COMMIT_THEN_RESET,
    Fault.COMMIT_THEN_BAD_GATEWAY,
    Fault.LATE_COMMIT,
]


def recorded(street: Street, nip: str = SITI, **more) -> int:
    delivery = street.record(nip, **more)
    assert street.deliver() == {"done": 1}
    return delivery


def retry(street: Street, delivery: int) -> None:
    """A person has it tried again."""
    with street.yard.store.writing() as db:
        actions.retry(db, [delivery], now=street.yard.clock())


# --- as it should be


def test_the_row_is_deleted_and_the_recording_is_undone(each_street: Street):
    street = each_street
    delivery = recorded(street)
    (row,) = street.our_rows(SITI)
    street.undo(delivery)
    assert street.deliver() == {"done": 1}
    assert street.our_rows(SITI) == []
    before = street.yard.row(delivery)
    assert (before.state, before.reason_code, before.result_id) == ("cancelled", "undone", None)
    after = street.yard.row(street.back(delivery).id)
    assert (after.state, after.result_id) == ("done", row["id"])
    assert after.progress["removed"]["certificate_number"] == row["noSertipikat"]


def test_it_is_looked_before_and_after(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    street.deliver()
    names = [seen.name for seen in street.city.registry.requests]
    assert names[-3:] == ["GET /pns/rw-kursus", DELETE, "GET /pns/rw-kursus"]


def test_a_structural_training_is_deleted_from_its_own_history(street: Street):
    delivery = recorded(street, AGUS, content=PIM)
    street.undo(delivery)
    street.deliver()
    assert street.structural_rows(AGUS) == []
    assert street.calls("DELETE /diklat/delete") == 1


def test_nothing_is_deleted_before_hr_has_decided(street: Street):
    delivery = recorded(street)
    street.take_back(delivery)
    assert street.deliver() == {}
    assert len(street.our_rows(SITI)) == 1


def test_what_hr_keeps_stays_and_may_still_be_undone(street: Street):
    delivery = recorded(street)
    street.take_back(delivery)
    completion = street.yard.row(delivery).completion_id
    street.yard.decide(completion, "keep")
    assert street.deliver() == {}
    street.yard.decide(completion, "undo")
    assert street.deliver() == {"done": 1}
    assert street.our_rows(SITI) == []


def test_a_row_that_is_gone_already_is_done(street: Street):
    delivery = recorded(street)
    with street.city.registry.lock:
        street.city.registry._history.delete("kursus", street.yard.row(delivery).result_id)
    street.undo(delivery)
    assert street.deliver() == {"done": 1}
    assert street.calls(DELETE) == 0


# --- what is not ours to delete


def test_no_other_row_of_the_person_is_touched(street: Street):
    delivery = recorded(street)
    other = recorded(street, run="2")
    typed = street.city.registry.type_by_hand(SITI, namaKursus=COURSE["name"])
    street.undo(delivery)
    street.deliver()
    assert {row["id"] for row in street.our_rows(SITI)} == {typed, street.yard.row(other).result_id}


def test_a_row_that_was_there_before_is_left_to_a_person(street: Street):
    street.city.registry.type_by_hand(
        SITI,
        namaKursus=COURSE["name"],
        tanggalKursus="24-11-2026",
        tanggalSelesaiKursus="24-11-2026",
    )
    delivery = recorded(street)
    street.undo(delivery)
    street.deliver()
    back = street.back(delivery)
    assert (back.state, back.reason_code) == ("blocked", "row_of_others")
    assert street.calls(DELETE) == 0


def test_a_row_that_says_another_training_by_now_is_left_to_a_person(street: Street):
    delivery = recorded(street)
    with street.city.registry.lock:
        row = street.city.registry._history.get("kursus", street.yard.row(delivery).result_id)
        row.update(namaKursus="Kearsipan", noSertipikat="1", tanggalSelesaiKursus="01-02-2020")
    street.undo(delivery)
    street.deliver()
    back = street.back(delivery)
    assert (back.state, back.reason_code) == ("blocked", "row_changed")
    assert "Kearsipan" in street.yard.reason(back.id).what()
    assert street.calls(DELETE) == 0


def test_a_row_that_another_completion_has_as_well_is_left_to_a_person(street: Street):
    delivery = recorded(street)
    other = recorded(street, run="2")
    street.yard.set(other, result_id=street.yard.row(delivery).result_id)
    street.undo(delivery)
    street.deliver()
    assert street.back(delivery).reason_code == "row_shared"
    assert street.calls(DELETE) == 0


# --- answers that do not come, and answers that are not true


@pytest.mark.parametrize("fault", UNANSWERED)
def test_after_an_answer_that_did_not_come_it_is_looked_up(street: Street, fault: Fault):
    delivery = recorded(street)
    street.undo(delivery)
    street.faults.force(fault, where=DELETE)
    street.deliver()
    assert street.yard.reason(street.back(delivery).id).code == "outcome_unknown"
    until(lambda: street.our_rows(SITI) == [])
    street.settle()
    assert street.back(delivery).state == "done"
    assert street.calls(DELETE) == 1


def test_a_deletion_that_says_nothing_is_looked_up_at_once(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    street.faults.force(Fault.COMMIT_THEN_EMPTY, where=DELETE)
    assert street.deliver() == {"done": 1}
    assert street.yard.health().failures == 0


def test_a_deletion_that_never_arrived_is_sent_again(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    street.faults.force(Fault.RESET, where=DELETE)
    street.settle()
    assert street.back(delivery).state == "done"
    assert street.our_rows(SITI) == []


def test_a_success_that_is_none_is_seen_and_not_believed(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    street.faults.force(Fault.HOLLOW, where=DELETE)
    street.deliver()
    assert street.yard.reason(street.back(delivery).id).code == "row_stays"
    assert street.yard.state(delivery) == "done"
    street.settle()
    assert street.back(delivery).state == "done"
    assert street.our_rows(SITI) == []


def test_a_refusal_is_told_and_after_a_person_has_deleted_the_row_it_is_done(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    registry = street.city.registry
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry._history, "delete", lambda kind, row_id: False)
        patch.setattr("lms_bridge.sandbox.siasn.envelopes.NOT_FOUND", "Riwayat sudah dipakai")
        street.deliver()
    back = street.back(delivery)
    assert (back.state, back.reason_code) == ("blocked", "removal_refused")
    assert "Riwayat sudah dipakai" in street.yard.reason(back.id).what()
    registry._history.delete("kursus", street.yard.row(delivery).result_id)
    retry(street, back.id)
    street.deliver()
    assert street.back(delivery).state == "done"


def test_a_registry_without_that_way_in_is_told_and_is_not_taken_for_down(
    street: Street, monkeypatch: pytest.MonkeyPatch
):
    delivery = recorded(street)
    street.undo(delivery)
    monkeypatch.setattr(
        "lms_bridge.registries.siasn.rows.delete_path", lambda kind, row_id: f"/hapus/{row_id}"
    )
    street.deliver()
    assert street.back(delivery).reason_code == "removal_refused"
    assert not street.yard.health().is_down


def test_a_registry_that_is_down_is_waited_for(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    street.city.registry.suspended = True
    street.deliver()
    assert street.back(delivery).reason_code == "backend_suspended"
    street.city.registry.suspended = False
    street.settle()
    assert street.our_rows(SITI) == []


def test_a_deletion_after_which_nothing_could_be_read_is_in_doubt(street: Street):
    """It is not given up when the completion is told of again just then."""
    delivery = recorded(street)
    street.undo(delivery)
    siasn = street.siasn()
    remove = siasn.remove

    def then_silence(*args):
        remove(*args)
        street.city.registry.suspended = True

    siasn.remove = then_silence  # type: ignore[method-assign]
    street.siasn = lambda: siasn  # type: ignore[method-assign]
    street.deliver()
    street.city.registry.suspended = False
    street.tell_again(delivery)
    assert street.back(delivery).state != "cancelled"
    street.settle()
    (row,) = street.our_rows(SITI)
    assert street.yard.row(delivery).result_id == row["id"]


# --- told of again


def test_what_was_removed_is_recorded_anew_when_it_is_told_of_again(each_street: Street):
    street = each_street
    delivery = recorded(street)
    (first,) = street.our_rows(SITI)
    street.undo(delivery)
    street.deliver()
    street.tell_again(delivery)
    assert street.deliver() == {"done": 1}
    (row,) = street.our_rows(SITI)
    assert row["id"] == street.yard.row(delivery).result_id != first["id"]
    assert row["noSertipikat"] == first["noSertipikat"]
    assert street.back(delivery).state == "cancelled"


def test_it_may_be_undone_and_recorded_again_and_again(street: Street):
    delivery = recorded(street)
    for _ in range(3):
        street.undo(delivery)
        street.deliver()
        assert street.our_rows(SITI) == []
        street.tell_again(delivery)
        street.deliver()
        assert len(street.our_rows(SITI)) == 1
    assert street.calls(SAVE) == 4
    assert street.calls(DELETE) == 3


def test_a_removal_that_has_not_begun_is_given_up_when_it_is_told_of_again(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    street.tell_again(delivery)
    assert street.back(delivery).state == "cancelled"
    assert street.deliver() == {}
    assert len(street.our_rows(SITI)) == 1


@pytest.mark.parametrize("fault", UNANSWERED)
def test_told_of_again_while_a_deletion_is_in_doubt_it_is_settled_first(
    street: Street, fault: Fault
):
    """Otherwise the old row would be taken for the new one, and then be gone."""
    delivery = recorded(street)
    street.undo(delivery)
    street.faults.force(fault, where=DELETE)
    street.deliver()
    street.tell_again(delivery)
    street.yard.clock.forward(seconds=SETTLE - 1)
    assert street.deliver() == {}
    until(lambda: street.our_rows(SITI) == [])
    street.settle()
    assert len(street.our_rows(SITI)) == 1
    assert street.yard.state(delivery) == "done"
    assert (street.calls(SAVE), street.calls(DELETE)) == (2, 1)


def test_told_of_again_while_a_deletion_that_never_arrived_is_in_doubt_the_row_stays(
    street: Street,
):
    delivery = recorded(street)
    street.undo(delivery)
    street.faults.force(Fault.RESET, where=DELETE)
    street.deliver()
    street.tell_again(delivery)
    street.settle()
    (row,) = street.our_rows(SITI)
    assert street.yard.row(delivery).result_id == row["id"]
    assert street.back(delivery).state == "cancelled"
    assert (street.calls(SAVE), street.calls(DELETE)) == (1, 1)


def test_told_of_again_while_a_worker_deletes_it_is_recorded_anew_afterwards(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    siasn = street.siasn()
    remove = siasn.remove

    def told_meanwhile(*args):
        street.tell_again(delivery)
        remove(*args)

    siasn.remove = told_meanwhile  # type: ignore[method-assign]
    street.siasn = lambda: siasn  # type: ignore[method-assign]
    street.settle()
    (row,) = street.our_rows(SITI)
    assert street.yard.row(delivery).result_id == row["id"]
    assert street.calls(SAVE) == 2


# --- taken back while a row was on its way


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_row_that_was_written_without_an_answer_is_found_and_removed(
    street: Street, fault: Fault
):
    delivery = street.record(SITI)
    street.faults.force(fault, where=SAVE)
    street.deliver()
    street.undo(delivery)
    until(lambda: len(street.our_rows(SITI)) == 1)
    street.settle()
    assert street.our_rows(SITI) == []
    assert street.back(delivery).state == "done"
    assert (street.calls(SAVE), street.calls(DELETE)) == (1, 1)


def test_a_row_that_never_arrived_is_not_sent_again(street: Street):
    delivery = street.record(SITI)
    street.faults.force(Fault.RESET, where=SAVE)
    street.deliver()
    street.take_back(delivery)
    street.settle()
    row = street.yard.row(delivery)
    assert (row.state, row.reason_code) == ("cancelled", "withdrawn")
    assert street.calls(SAVE) == 1


def test_what_was_taken_back_while_it_was_being_recorded_is_undone_as_decided(street: Street):
    delivery = street.record(SITI)
    siasn = street.siasn()
    record = siasn.record

    def undone_meanwhile(*args):
        street.undo(delivery)
        return record(*args)

    siasn.record = undone_meanwhile  # type: ignore[method-assign]
    street.siasn = lambda: siasn  # type: ignore[method-assign]
    street.settle()
    assert street.our_rows(SITI) == []
    assert street.back(delivery).state == "done"


def test_after_a_kill_before_the_answer_it_is_looked_up(street: Street):
    delivery = recorded(street)
    street.undo(delivery)
    work = street.yard.taken()
    street.yard.note(work, sent_at=street.yard.clock().isoformat())
    street.city.registry._history.delete("kursus", street.yard.row(delivery).result_id)
    street.yard.clock.forward(seconds=SETTLE + 60)  # its lease has run out
    street.settle()
    assert street.back(delivery).state == "done"
    assert street.calls(DELETE) == 0


def test_a_withdrawn_completion_that_a_person_has_tried_again_is_not_recorded(street: Street):
    delivery = street.record(SITI)
    street.take_back(delivery)
    retry(street, delivery)
    street.deliver()
    assert street.yard.state(delivery) == "cancelled"
    assert street.calls(SAVE) == 0
    with street.yard.store.reading() as db:
        assert db.execute(select(deliveries.c.remote)).scalars().all() == [REGISTRY]
