"""Correcting a row in the registry, over real HTTP, with every trap that it has."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from lms_bridge import corrections
from lms_bridge.deliveries import actions
from lms_bridge.registries.siasn.client import Siasn
from lms_bridge.sandbox.city import AGUS, SITI
from lms_bridge.sandbox.faults import Fault
from tests.deliveries.street import PIM, Street, until
from tests.deliveries.test_document_step import paper
from tests.deliveries.yard import COURSE, REGISTRY

SAVE, LIST = "POST /kursus/save", "GET /pns/rw-kursus"
UNANSWERED = [
    Fault.COMMIT_THEN_HANG,
    Fault.COMMIT_THEN_RESET,
    Fault.COMMIT_THEN_BAD_GATEWAY,
    Fault.LATE_COMMIT,
]


def recorded(street: Street, nip: str = SITI, **more: Any) -> int:
    delivery = street.record(nip, **more)
    street.deliver()
    assert street.yard.state(delivery) == "done"
    return delivery


def correct(street: Street, delivery: int, **changes: Any) -> None:
    """HR corrects the completion of the delivery."""
    completion_id = street.yard.row(delivery).completion_id
    with street.yard.store.writing() as db:
        planned = corrections.plan(db, completion_id, changes)
        now = street.yard.clock()
        corrections.make(db, planned, [REGISTRY], by="ani", why="salah ketik", now=now)


def correction(street: Street, delivery: int) -> Any:
    """The delivery of the correction."""
    completion_id = street.yard.row(delivery).completion_id
    (found,) = [
        one for one in street.rows() if (one.completion_id, one.step) == (completion_id, "correct")
    ]
    return street.yard.row(found.id)


def lagging(street: Street) -> list[corrections.Correction]:
    with street.yard.store.reading() as db:
        return list(corrections.lagging(db, zone=dt.UTC))


# --- as it should be


def test_the_same_row_says_it_afterwards(each_street: Street):
    street = each_street
    delivery = recorded(street)
    (before,) = street.our_rows(SITI)
    correct(street, delivery, hours=32, starts=dt.date(2026, 11, 20))
    assert street.deliver() == {"done": 1}
    (after,) = street.our_rows(SITI)
    assert after["id"] == before["id"] == street.yard.row(delivery).result_id
    assert (after["jumlahJam"], after["tanggalKursus"]) == (32, "20-11-2026")
    assert street.yard.row(delivery).progress["recorded"]["hours"] == 32
    done = correction(street, delivery)
    assert (done.progress["before"]["hours"], done.progress["after"]["hours"]) == (20, 32)


def test_who_corrected_what_and_why_is_kept(each_street: Street):
    street = each_street
    delivery = recorded(street)
    correct(street, delivery, hours=32)
    correct(street, delivery, hours=24, certificate_number="800/1/2026")
    completion_id = street.yard.row(delivery).completion_id
    with street.yard.store.reading() as db:
        first, second = corrections.made(db, completion_id)
    assert (first.by, first.why, first.at) == ("ani", "salah ketik", street.yard.clock())
    assert (first.before, first.after) == ({"hours": 20}, {"hours": 32})
    assert second.after == {"hours": 24, "certificate_number": "800/1/2026"}


def test_what_is_not_recorded_yet_is_recorded_as_it_is_then(street: Street):
    delivery = street.record(SITI)
    correct(street, delivery, hours=32)
    assert street.deliver() == {"done": 1}
    (row,) = street.our_rows(SITI)
    assert row["jumlahJam"] == 32
    assert street.calls(SAVE) == 1


def test_it_can_be_corrected_again_and_again(street: Street):
    delivery = recorded(street)
    for hours in (32, 24, 20):
        correct(street, delivery, hours=hours)
        assert street.deliver() == {"done": 1}
        (row,) = street.our_rows(SITI)
        assert row["jumlahJam"] == hours


def test_a_row_that_says_it_already_is_not_written(street: Street):
    delivery = recorded(street)
    with street.city.registry.lock:
        street.city.registry._history.get("kursus", street.yard.row(delivery).result_id)[
            "jumlahJam"
        ] = "32 JP"
    correct(street, delivery, hours=32)
    assert street.deliver() == {"done": 1}
    assert street.calls(SAVE) == 1


def test_a_structural_training_is_corrected_in_its_own_history(street: Street):
    delivery = recorded(street, AGUS, content=PIM)
    correct(street, delivery, hours=48)
    street.deliver()
    (row,) = street.structural_rows(AGUS)
    assert row["jumlahJam"] == 48


def test_the_certificate_is_replaced(each_street: Street):
    street = each_street
    street.papers = paper
    delivery = recorded(street)
    correct(street, delivery, hours=32)
    assert street.deliver() == {"done": 2}
    (row,) = street.our_rows(SITI)
    (document,) = street.city.registry.documents(row["id"])
    assert document.endswith(b" 32")


def test_a_document_that_others_put_there_stays_when_the_row_changes(street: Street):
    delivery = recorded(street)
    theirs = {"881": {"dok_id": "881", "dok_uri": "peremajaan/usulan/theirs.pdf"}}
    row_id = street.yard.row(delivery).result_id
    with street.city.registry.lock:
        street.city.registry._history.get("kursus", row_id)["path"] = theirs
    correct(street, delivery, hours=32)
    street.deliver()
    (row,) = street.our_rows(SITI)
    assert (row["jumlahJam"], row["path"]) == (32, theirs)


# --- what goes wrong


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_correction_that_was_not_answered_is_looked_up(street: Street, fault: Fault):
    delivery = recorded(street)
    correct(street, delivery, hours=32)
    street.faults.force(fault, where=SAVE)
    street.deliver()
    until(lambda: street.our_rows(SITI)[0]["jumlahJam"] == 32)
    street.settle()
    assert correction(street, delivery).state == "done"
    assert len(street.our_rows(SITI)) == 1
    assert street.calls(SAVE) == 2


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.UNAVAILABLE, Fault.REFUSED])
def test_a_correction_that_failed_is_tried_again(street: Street, fault: Fault):
    delivery = recorded(street)
    correct(street, delivery, hours=32)
    street.faults.force(fault, where=SAVE)
    street.settle()
    (row,) = street.our_rows(SITI)
    assert row["jumlahJam"] == 32


def test_what_was_sent_before_the_correction_is_found_and_then_corrected(street: Street):
    """The row lands with the old hours, while its answer does not come."""
    delivery = street.record(SITI)
    street.faults.force(Fault.COMMIT_THEN_HANG, where=SAVE)
    street.deliver()
    correct(street, delivery, hours=32)
    street.settle()
    (row,) = street.our_rows(SITI)
    assert row["jumlahJam"] == 32
    assert street.yard.row(delivery).result_id == row["id"]


def test_a_correction_while_another_is_under_way_is_not_lost(
    street: Street, monkeypatch: pytest.MonkeyPatch
):
    delivery = recorded(street)
    change = Siasn.change

    def meanwhile(*args: Any) -> None:
        monkeypatch.setattr(Siasn, "change", change)
        correct(street, delivery, hours=24)
        change(*args)

    monkeypatch.setattr(Siasn, "change", meanwhile)
    correct(street, delivery, hours=32)
    street.settle()
    (row,) = street.our_rows(SITI)
    assert row["jumlahJam"] == 24


def test_a_row_that_others_typed_is_not_changed(street: Street):
    street.city.registry.type_by_hand(
        SITI, namaKursus=COURSE["name"], noSertipikat="LITDIG-2026/2026/00001", jumlahJam=20
    )
    delivery = recorded(street)
    correct(street, delivery, hours=32)
    street.deliver()
    assert correction(street, delivery).reason_code == "row_of_others_differs"
    assert street.calls(SAVE) == 0


def test_a_row_that_somebody_made_another_training_is_not_changed(street: Street):
    delivery = recorded(street)
    row_id = street.yard.row(delivery).result_id
    with street.city.registry.lock:
        street.city.registry._history.get("kursus", row_id).update(
            namaKursus="Kursus Lain", noSertipikat="9/2020"
        )
    correct(street, delivery, hours=32)
    street.deliver()
    assert correction(street, delivery).reason_code == "row_changed_meanwhile"
    assert street.calls(SAVE) == 1


def test_a_registry_that_cannot_change_rows_leaves_it_to_a_person(
    street: Street, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Siasn, "changes_rows", False)
    delivery = recorded(street)
    correct(street, delivery, hours=32)
    street.deliver()
    asked = correction(street, delivery)
    assert (asked.state, asked.reason_code) == ("delegated", "correct_by_hand")
    assert "hours: 32" in street.yard.reason(asked.id).what()
    with street.city.registry.lock:
        row = street.city.registry._history.get("kursus", street.yard.row(delivery).result_id)
        row["jumlahJam"] = 32
    with street.yard.store.writing() as db:
        actions.retry(db, [asked.id], now=street.yard.clock())
    street.deliver()
    assert correction(street, delivery).state == "done"


def test_what_was_corrected_can_still_be_undone(street: Street):
    delivery = recorded(street)
    correct(street, delivery, hours=32, certificate_number="800/1/2026")
    street.deliver()
    street.undo(delivery)
    street.settle()
    assert street.our_rows(SITI) == []
    assert correction(street, delivery).state == "cancelled"


def test_a_correction_in_doubt_does_not_keep_the_row_from_being_removed(street: Street):
    delivery = recorded(street)
    correct(street, delivery, certificate_number="800/1/2026", starts=dt.date(2026, 11, 1))
    street.faults.force(Fault.COMMIT_THEN_HANG, where=SAVE)
    street.deliver()
    street.undo(delivery)
    street.settle()
    assert street.our_rows(SITI) == []


# --- what may be corrected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts": dt.date(2026, 12, 1)}, "would begin on 2026-12-01 and end on 2026-11-24"),
        ({"certificate_number": " "}, "would have no certificate number"),
        ({"certificate_number": "LITDIG-2026/2026/00002"}, "is that of completion 2"),
    ],
)
def test_what_cannot_be_is_refused(street: Street, changes: dict[str, Any], said: str):
    delivery = street.record(SITI)
    street.record(AGUS)
    with pytest.raises(corrections.CannotCorrect, match=said):
        correct(street, delivery, **changes)


def test_what_was_taken_back_cannot_be_corrected(street: Street):
    delivery = recorded(street)
    street.take_back(delivery)
    with pytest.raises(corrections.CannotCorrect, match="was taken back"):
        correct(street, delivery, hours=32)


def test_what_changes_nothing_is_no_correction(street: Street):
    delivery = recorded(street)
    correct(street, delivery, hours=20)
    completion_id = street.yard.row(delivery).completion_id
    with street.yard.store.reading() as db:
        assert corrections.made(db, completion_id) == []


# --- a course that was changed


def test_a_course_that_was_changed_corrects_nothing_by_itself(each_street: Street):
    street = each_street
    delivery = recorded(street)
    assert lagging(street) == []
    street.yard.change_course(COURSE["key"], hours=32, name="Literasi Digital bagi ASN")
    assert street.deliver() == {}
    (behind,) = lagging(street)
    assert behind.before == {"hours": 20, "name": "Literasi Digital ASN"}
    assert behind.after == {"hours": 32, "name": "Literasi Digital bagi ASN"}
    with street.yard.store.writing() as db:
        now = street.yard.clock()
        corrections.make(db, behind, [REGISTRY], by="ani", why="JP baru", now=now)
    street.deliver()
    (row,) = street.our_rows(SITI, "Literasi Digital bagi ASN")
    assert (row["id"], row["jumlahJam"]) == (street.yard.row(delivery).result_id, 32)
    assert lagging(street) == []


def test_days_of_its_own_are_the_courses(street: Street):
    recorded(street)
    street.yard.change_course(COURSE["key"], starts="2026-11-02", ends="2026-11-20")
    (behind,) = lagging(street)
    assert behind.after == {"starts": dt.date(2026, 11, 2), "ends": dt.date(2026, 11, 20)}
