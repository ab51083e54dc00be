"""SIASN as a registry that keeps certificates, and in which rows are changed."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from typing import Any

import msgspec
import pytest
import requests

from lms_bridge.errors import DeliveryError
from lms_bridge.http.notes import recorded
from lms_bridge.registries.base import ChangesRows, Document, TakesDocuments

UPLOAD, SAVE = "/upload-dok-rw", "/kursus/save"
ROW = "8ae482898d2f4a1f"
ONE = f"/kursus/id/{ROW}"
PAPER = Document("PKA-2026-00017.pdf", b"%PDF-1.4\r\n--not-a-boundary\x00\xff")
NAME = "peremajaan/usulan/881_8ae482898d2f4a1f.pdf"
KEPT = {"dok_id": "881", "dok_nama": "Dok Sertifikat Kursus", "dok_uri": NAME, "object": NAME}


def parts(request: requests.PreparedRequest) -> dict[str, Any]:
    """The parts of a form, by their names."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    assert isinstance(request.body, bytes)
    message = message_from_bytes(head + request.body, policy=policy.HTTP)
    return {
        part.get_param("name", header="content-disposition"): part for part in message.iter_parts()
    }


def test_it_can_do_both(siasn):
    assert isinstance(siasn, TakesDocuments)
    assert isinstance(siasn, ChangesRows)
    assert (siasn.takes_documents, siasn.changes_rows) == (True, True)
    assert siasn.most_document_bytes == 1_000_000


# --- certificates


@pytest.mark.parametrize(("kind", "reference"), [(16, "881"), (1, "874")])
def test_a_certificate_goes_as_a_form_with_the_row_and_its_kind(
    siasn, service, employee, kind, reference
):
    service.answers(UPLOAD, {"code": 1, "data": KEPT, "message": "success"})
    assert siasn.attach(employee, kind, ROW, PAPER) == NAME
    (request,) = service.asked(UPLOAD)
    sent = parts(request)
    assert sent["id_riwayat"].get_content().strip() == ROW
    assert sent["id_ref_dokumen"].get_content().strip() == reference
    assert sent["file"].get_filename() == "PKA-2026-00017.pdf"
    assert sent["file"].get_content_type() == "application/pdf"
    assert PAPER.content in request.body


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"success": True, "mapData": KEPT, "message": "success"}, NAME),
        ({"data": KEPT, "message": "success"}, NAME),
        ((201, {"data": {"dok_id": "881", "object": NAME}}), NAME),
        ({"data": {"dok_id": "881"}, "message": "ok"}, ""),
        ({"success": True, "message": "success", "mapData": None}, ""),
    ],
)
def test_an_upload_is_confirmed_in_several_forms(siasn, service, employee, answer, name):
    service.answers(UPLOAD, answer)
    assert siasn.attach(employee, 16, ROW, PAPER) == name


@pytest.mark.parametrize(
    "answer",
    [
        {"message": "success"},
        {"data": None},
        (200, ""),
        (200, "0"),
        (500, "<html></html>"),
        (504, {"data": KEPT}),
        requests.ReadTimeout(),
    ],
)
def test_what_does_not_say_so_may_have_been_kept_all_the_same(siasn, service, employee, answer):
    service.answers(UPLOAD, answer)
    with pytest.raises(DeliveryError) as caught:
        siasn.attach(employee, 16, ROW, PAPER)
    assert caught.value.outcome_unknown


@pytest.mark.parametrize(
    "answer",
    [
        {"success": False, "mapData": None, "message": "Ukuran file melebihi 1 MB"},
        {"statusCode": 413, "code": 0, "message": "Ukuran file melebihi 1 MB"},
    ],
)
def test_a_refusal_is_told_in_its_words(siasn, service, employee, answer):
    service.answers(UPLOAD, answer)
    with pytest.raises(DeliveryError) as caught:
        siasn.attach(employee, 16, ROW, PAPER)
    assert (caught.value.retryable, caught.value.outcome_unknown) == (False, False)
    assert "Ukuran file melebihi 1 MB" in caught.value.reason.what()


def test_a_token_that_is_refused_is_renewed_and_the_file_sent_again(siasn, service, employee):
    dead = (401, {"message": "invalid or expired jwt"})
    service.answers(UPLOAD, dead, {"code": 1, "data": KEPT})
    assert siasn.attach(employee, 16, ROW, PAPER) == NAME
    assert all(PAPER.content in request.body for request in service.asked(UPLOAD))
    assert len(service.asked(UPLOAD)) == 2


def test_of_an_upload_the_file_is_not_kept(siasn, service, employee):
    service.answers(UPLOAD, {"code": 1, "data": KEPT})
    with recorded() as notes:
        siasn.attach(employee, 16, ROW, PAPER)
    kept = json.dumps(msgspec.to_builtins(notes))
    assert "PKA-2026-00017.pdf, 32 bytes" in kept.replace(str(len(PAPER.content)), "32")
    assert "%PDF" not in kept


# --- corrections


def test_a_row_is_changed_by_its_id_and_keeps_its_documents(siasn, service, employee, training):
    service.answers(ONE, {"code": 1, "data": {"id": ROW, "path": {"881": KEPT}}})
    service.answers(SAVE, {"success": True, "mapData": {"rwKursusId": ROW}, "message": "success"})
    siasn.change(employee, ROW, training)
    sent = service.sent(SAVE)
    assert (sent["id"], sent["path"], sent["jumlahJam"]) == (ROW, [KEPT], 20)


def test_a_change_that_made_another_row_is_not_believed(siasn, service, employee, training):
    service.answers(ONE, {"code": 1, "data": {"id": ROW, "path": None}})
    service.answers(SAVE, {"success": True, "mapData": {"rwKursusId": "another"}})
    with pytest.raises(DeliveryError) as caught:
        siasn.change(employee, ROW, training)
    assert caught.value.outcome_unknown
    assert service.sent(SAVE)["path"] == []
