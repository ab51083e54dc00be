"""Uploading the certificate of a row, over real HTTP, with every trap that the registry has."""

from __future__ import annotations

import pytest

from lms_bridge.deliveries import actions, planning
from lms_bridge.deliveries.work import Work
from lms_bridge.registries.base import Document
from lms_bridge.sandbox.city import AGUS, SITI
from lms_bridge.sandbox.faults import Fault
from tests.deliveries.street import PIM, Street, until
from tests.deliveries.yard import COURSE, REGISTRY

SAVE, UPLOAD, LIST = "POST /kursus/save", "POST /upload-dok-rw", "GET /pns/rw-kursus"
UNANSWERED = [
    Fault.COMMIT_THEN_HANG,
    Fault.COMMIT_THEN_RESET,
    Fault.COMMIT_THEN_BAD_GATEWAY,
    Fault.COMMIT_THEN_EMPTY,
    Fault.LATE_COMMIT,
]


def paper(work: Work) -> Document:
    return Document("sertifikat.pdf", f"%PDF-1.4 {work.certificate_number} {work.hours}".encode())


def plain(street: Street) -> Street:
    street.papers = paper
    return street


@pytest.fixture
def papered(street: Street) -> Street:
    return plain(street)


@pytest.fixture
def each_papered(each_street: Street) -> Street:
    return plain(each_street)


def document_of(street: Street, nip: str = SITI) -> list[bytes]:
    (row,) = street.our_rows(nip)
    return street.city.registry.documents(row["id"])


# --- as it should be


def test_the_certificate_follows_the_row(each_papered: Street):
    street = each_papered
    delivery = street.record(SITI)
    assert street.deliver() == {"done": 2}
    assert document_of(street) == [b"%PDF-1.4 LITDIG-2026/2026/00001 20"]
    (row,) = street.our_rows(SITI)
    assert list(row["path"]) == ["881"]
    document = street.document(delivery)
    assert (document.state, document.result_id) == ("done", row["path"]["881"]["dok_uri"])
    assert len(document.progress["sha256"]) == 64


def test_a_row_that_was_just_written_is_not_looked_at_again(papered: Street):
    papered.record(SITI)
    papered.deliver()
    names = [seen.name for seen in papered.city.registry.requests]
    assert (names.count(LIST), names.count(SAVE), names.count(UPLOAD)) == (1, 1, 1)


def test_a_structural_training_has_its_own_kind_of_document(papered: Street):
    papered.record(AGUS, PIM)
    papered.deliver()
    (row,) = papered.structural_rows(AGUS)
    assert list(row["path"]) == ["874"]


def test_without_certificates_there_is_no_such_step(street: Street):
    street.record(SITI)
    assert street.deliver() == {"done": 1}
    assert street.calls(UPLOAD) == 0


def test_a_row_that_others_typed_gets_one_if_it_has_none(papered: Street):
    papered.city.registry.type_by_hand(
        SITI, namaKursus=COURSE["name"], noSertipikat="LITDIG-2026/2026/00001"
    )
    papered.record(SITI)
    papered.deliver()
    assert papered.calls(SAVE) == 0
    assert document_of(papered) == [b"%PDF-1.4 LITDIG-2026/2026/00001 20"]


def test_the_document_that_others_put_there_stays(papered: Street):
    theirs = {"881": {"dok_id": "881", "dok_uri": "peremajaan/usulan/theirs.pdf"}}
    papered.city.registry.type_by_hand(
        SITI, namaKursus=COURSE["name"], noSertipikat="LITDIG-2026/2026/00001", path=theirs
    )
    delivery = papered.record(SITI)
    papered.deliver()
    assert papered.calls(UPLOAD) == 0
    document = papered.document(delivery)
    assert (document.state, document.progress["found"]) == ("done", True)


# --- what goes wrong


@pytest.mark.parametrize("fault", UNANSWERED)
def test_an_upload_that_was_not_answered_is_looked_up_and_not_repeated(papered: Street, fault):
    delivery = papered.record(SITI)
    papered.faults.force(fault, where=UPLOAD)
    papered.deliver()
    until(lambda: papered.city.registry._documents.uploads == 1)
    papered.settle()
    assert papered.document(delivery).state == "done"
    assert len(document_of(papered)) == 1
    assert papered.city.registry._documents.uploads == 1
    assert (papered.calls(SAVE), papered.calls(UPLOAD)) == (1, 1)


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.UNAVAILABLE, Fault.SLOW, Fault.ZERO])
def test_an_upload_that_failed_is_done_later_and_the_row_is_not_written_again(
    papered: Street, fault
):
    delivery = papered.record(SITI)
    papered.faults.force(fault, where=UPLOAD)
    papered.settle()
    assert papered.document(delivery).state == "done"
    assert papered.calls(SAVE) == 1
    assert papered.city.registry._documents.uploads == 1


def test_what_is_too_large_is_not_sent(papered: Street):
    papered.papers = lambda work: Document("large.pdf", b"%PDF-" + b"x" * 1_000_000)
    delivery = papered.record(SITI)
    papered.deliver()
    document = papered.document(delivery)
    assert (document.state, document.reason_code) == ("blocked", "document_too_large")
    assert papered.yard.state(delivery) == "done"
    assert papered.calls(UPLOAD) == 0
    reason = papered.yard.reason(document.id)
    assert "1000005 bytes" in reason.what()
    papered.papers = paper
    with papered.yard.store.writing() as db:
        actions.retry(db, [document.id], now=papered.yard.clock())
    assert papered.deliver() == {"done": 1}


def test_what_the_registry_refuses_waits_for_a_person(papered: Street):
    papered.papers = lambda work: Document("no.pdf", b"no PDF")
    delivery = papered.record(SITI)
    papered.deliver()
    reason = papered.yard.reason(papered.document(delivery).id)
    assert reason.code == "registry_refused"
    assert "hanya PDF" in reason.what()


def test_the_row_may_be_gone_before_the_certificate_comes(papered: Street):
    delivery = papered.record(SITI)
    papered.faults.force(Fault.RESET, where=UPLOAD)
    papered.deliver()
    row = papered.yard.row(delivery)
    with papered.city.registry.lock:
        papered.city.registry._history.delete("kursus", row.result_id)
    papered.settle()
    document = papered.document(delivery)
    assert (document.state, document.reason_code) == ("blocked", "row_vanished")


# --- taken back, and told again


def test_with_the_row_the_certificate_is_undone(each_papered: Street):
    street = each_papered
    delivery = street.record(SITI)
    street.deliver()
    street.undo(delivery)
    street.deliver()
    document = street.document(delivery)
    assert (document.state, document.reason_code) == ("cancelled", "undone")
    assert document.result_id is None
    street.tell_again(delivery)
    street.deliver()
    assert street.document(delivery).state == "done"
    assert len(document_of(street)) == 1


def test_what_was_taken_back_before_the_upload_gets_none(each_papered: Street):
    street = each_papered
    delivery = street.record(SITI)
    street.faults.force(Fault.UNAVAILABLE, where=UPLOAD)
    street.deliver()
    street.take_back(delivery)
    assert street.document(delivery).state in ("cancelled", "retrying")
    street.settle()
    document = street.document(delivery)
    assert (document.state, document.reason_code) == ("cancelled", "withdrawn")
    street.tell_again(delivery)
    street.settle()
    assert street.document(delivery).state == "done"
    assert len(document_of(street)) == 1


def test_a_row_that_is_written_again_gets_its_certificate_again(papered: Street):
    delivery = papered.record(SITI)
    papered.deliver()
    row = papered.yard.row(delivery)
    with papered.city.registry.lock:
        papered.city.registry._history.delete("kursus", row.result_id)
    papered.yard.set(delivery, state="blocked")
    with papered.yard.store.writing() as db:
        actions.retry(db, [delivery], now=papered.yard.clock())
    papered.deliver()
    assert papered.yard.row(delivery).result_id != row.result_id
    assert len(document_of(papered)) == 1


def test_what_was_recorded_before_certificates_were_configured_gets_one(each_street: Street):
    street = each_street
    delivery = street.record(SITI)
    street.deliver()
    plain(street)
    for planned in (1, 0):
        with street.yard.store.writing() as db:
            assert planning.plan_documents(db, REGISTRY, street.yard.clock()) == planned
    street.deliver()
    assert street.document(delivery).state == "done"
    assert len(document_of(street)) == 1
