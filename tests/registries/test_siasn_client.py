"""SIASN as a registry: finding, listing, recording, and what can be said when it goes wrong."""

from __future__ import annotations

import json

import msgspec
import pytest
import requests

from lms_bridge import registries
from lms_bridge.config.remote import RemoteSettings
from lms_bridge.errors import DeliveryError
from lms_bridge.http.notes import recorded
from lms_bridge.registries.siasn.client import Siasn

NIP = "198703152010012001"
PERSON = "8AE482898D2F4A1FE050640A15026A4E"
LOOK_UP = f"/pns/data-utama/{NIP}"
KURSUS = f"/pns/rw-kursus/{NIP}"
DIKLAT = f"/pns/rw-diklat/{NIP}"
SAVE = "/kursus/save"
SAVED = {"success": True, "message": "success", "mapData": {"rwKursusId": "8ae482898d2f4a1f"}}
NOT_FOUND = (404, {"code": 0, "data": "Data tidak ditemukan"})
SUSPENDED = {
    "code": 303001,
    "message": "Runtime Error",
    "description": "Endpoint [ Name : siasn ] [ State : SUSPENDED ]",
}


def test_an_employee_is_found_with_no_more_than_the_bridge_needs(siasn, service):
    employee = siasn.find_employee(NIP)
    assert msgspec.to_builtins(employee) == {
        "nip": NIP,
        "person_id": PERSON,
        "name": "SITI RAHMAWATI",
        "unit_id": "8ae483a55d9f1e02015da0c1b3c60e7f",
        "unit_name": "Bidang Pengembangan Kompetensi",
        "status": "Aktif",
    }


def test_both_tokens_go_with_a_call_each_in_its_own_header(siasn, service):
    siasn.find_employee(NIP)
    (request,) = service.asked(LOOK_UP)
    assert request.headers["Authorization"] == "Bearer apim-1"
    assert request.headers["Auth"] == "bearer sso-2"
    assert request.headers["Accept"] == "application/json"


def test_an_employee_whom_the_registry_does_not_know_is_none(siasn, service):
    service.answers(LOOK_UP, NOT_FOUND)
    assert siasn.find_employee(NIP) is None


def test_a_wrong_address_is_no_unknown_employee(siasn, service):
    service.answers(LOOK_UP, (404, "<html><title>404 Not Found</title></html>"))
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    assert caught.value.reason.code == "unreadable_answer"
    assert caught.value.remote_wide


def test_an_answer_about_another_person_is_not_taken(siasn, service):
    service.answers(LOOK_UP, {"code": 1, "data": {"id": "X", "nipBaru": "199002282015031002"}})
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    assert caught.value.reason.code == "unreadable_answer"


def test_a_person_without_an_id_is_not_taken(siasn, service):
    service.answers(LOOK_UP, {"code": 1, "data": {"id": "", "nipBaru": NIP}})
    with pytest.raises(DeliveryError):
        siasn.find_employee(NIP)


def test_a_nip_that_comes_with_blanks_is_the_same_nip(siasn, service):
    data = {"id": PERSON, "nipBaru": "19870315 201001 2 001", "nama": "SITI"}
    service.answers(LOOK_UP, {"code": 1, "data": [data]})
    assert siasn.find_employee(NIP).nip == NIP


def test_the_history_of_somebody_who_has_none_is_empty(siasn, service, employee):
    service.answers(KURSUS, NOT_FOUND)
    assert siasn.trainings_of(employee, 16) == []


def test_a_history_of_null_is_empty(siasn, service, employee):
    service.answers(KURSUS, {"code": 1, "data": None})
    assert siasn.trainings_of(employee, 16) == []


def test_the_history_of_a_structural_training_is_another_one(siasn, service, employee):
    service.answers(DIKLAT, {"code": 1, "data": [{"id": "d", "nomor": "7"}]})
    (row,) = siasn.trainings_of(employee, 1)
    assert (row.id, row.certificate_number) == ("d", "7")


def test_an_answer_that_is_not_understood_shows_nobodys_data_in_the_error(siasn, service):
    service.answers(LOOK_UP, {"nipBaru": NIP, "email": "siti@example.go.id", "nik": "1271"})
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    said = caught.value.reason.what()
    assert "1987************01" in said
    assert not [value for value in (NIP, "siti@", "1271") if value in said]


@pytest.mark.parametrize("data", [{}, "x", 7, [None], [{"id": "a"}, "b"]])
def test_a_history_that_cannot_be_read_whole_is_not_taken_for_a_short_one(
    siasn, service, employee, data
):
    """A row that is overlooked could be ours, and would be written a second time."""
    service.answers(KURSUS, {"code": 1, "data": data})
    with pytest.raises(DeliveryError) as caught:
        siasn.trainings_of(employee, 16)
    assert caught.value.reason.code == "unreadable_answer"


def test_recording_writes_the_row_and_gives_its_id(siasn, service, employee, training):
    service.answers(SAVE, SAVED)
    assert siasn.record(employee, training) == "8ae482898d2f4a1f"
    sent = service.sent(SAVE)
    assert sent["pnsOrangId"] == PERSON
    assert sent["instansiId"] == "A5EB03E23CA8F6A0E040640A040252AD"
    assert (sent["jenisDiklatId"], sent["jumlahJam"]) == ("16", 20)


def test_recording_a_structural_training_goes_to_the_diklat_list(
    siasn, service, employee, training
):
    service.answers("/diklat/save", {"success": True, "mapData": {"rwDiklatId": "0a1b"}})
    structural = msgspec.structs.replace(training, kind=1, structural_training="3")
    assert siasn.record(employee, structural) == "0a1b"
    assert service.sent("/diklat/save")["latihanStrukturalId"] == "3"


def test_a_structural_training_that_names_none_is_not_sent(siasn, service, employee, training):
    with pytest.raises(DeliveryError) as caught:
        siasn.record(employee, msgspec.structs.replace(training, kind=1))
    assert caught.value.reason.code == "course_lacks"
    assert service.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        requests.ReadTimeout("…"),
        ConnectionResetError("…"),
        requests.exceptions.ChunkedEncodingError("…"),
        (200, ""),
        (200, "0"),
        (200, "<html>Service Unavailable dari SiASN</html>"),
        (200, b"\xff\xfe\x00"),
        (200, "[]"),
        (500, {"message": "Internal Server Error"}),
        (504, "<h1>Gateway Timeout</h1>"),
        (200, {"code": 101504, "message": "Runtime Error", "description": "Send timeout"}),
        (200, {"success": False, "message": "context deadline exceeded"}),
        (200, {"success": True, "mapData": None, "message": "success"}),
    ],
    ids=[
        "no answer in time",
        "reset",
        "broken off",
        "empty",
        "0",
        "page",
        "no text",
        "list",
        "500",
        "504",
        "gateway's runtime error",
        "passing refusal",
        "success without id",
    ],
)
def test_a_row_that_may_have_been_written_is_told_as_such(
    siasn, service, employee, training, answer
):
    service.answers(SAVE, answer)
    with pytest.raises(DeliveryError) as caught:
        siasn.record(employee, training)
    assert caught.value.outcome_unknown
    assert caught.value.retryable
    assert caught.value.reason.code == "outcome_unknown"
    assert len(service.asked(SAVE)) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (requests.ConnectTimeout("…"), "remote_unavailable"),
        (requests.exceptions.SSLError("…"), "remote_unavailable"),
        (ConnectionRefusedError(), "remote_unavailable"),
        ((200, {"success": False, "message": "Data sudah ada"}), "registry_refused"),
        ((200, {"code": 0, "data": None, "message": "1 error"}), "registry_refused"),
        ((200, {"success": False, "message": "Silakan coba lagi"}), "remote_unavailable"),
        ((404, {"code": 0, "data": "Data PNS tidak ditemukan"}), "registry_refused"),
        ((500, SUSPENDED), "backend_suspended"),
        ((429, {"code": 900800, "message": "Message throttled out"}), "remote_unavailable"),
        ((401, {"code": 0, "data": "Token SSO mismatch"}), "sso_mismatch"),
        ((401, {"message": "invalid or expired jwt"}), "credentials_rejected"),
        ((301, "", {"Location": "https://other.example/"}), "remote_moved"),
    ],
    ids=[
        "no connection",
        "TLS",
        "connection refused",
        "refused",
        "field missing",
        "not now",
        "person unknown",
        "backend suspended",
        "throttled",
        "token of another instansi",
        "token not accepted",
        "moved",
    ],
)
def test_what_proves_that_nothing_was_written_is_never_an_unknown_outcome(
    siasn, service, employee, training, answer, code
):
    service.answers(SAVE, answer)
    with pytest.raises(DeliveryError) as caught:
        siasn.record(employee, training)
    assert not caught.value.outcome_unknown
    assert caught.value.reason.code == code


def test_a_refusal_is_not_tried_again_and_says_why_in_one_line(siasn, service, employee, training):
    message = "2 errors occurred:\n\t* PnsOrangId is required\n\t* InstansiID is required\n"
    service.answers(SAVE, {"code": 0, "data": None, "message": message})
    with pytest.raises(DeliveryError) as caught:
        siasn.record(employee, training)
    assert not caught.value.retryable
    assert "PnsOrangId is required; InstansiID is required" in caught.value.reason.what()


# --- deleting


@pytest.mark.parametrize(
    ("kind", "path"), [(16, "/kursus/delete/8ae4"), (1, "/diklat/delete/8ae4")]
)
def test_a_row_is_deleted_from_the_history_of_its_kind(siasn, service, employee, kind, path):
    service.answers(path, {"success": True, "message": "success", "mapData": None})
    siasn.remove(employee, kind, "8ae4")
    (request,) = service.asked(path)
    assert (request.method, request.body) == ("DELETE", None)


@pytest.mark.parametrize("answer", [(200, ""), (204, ""), NOT_FOUND])
def test_a_deletion_that_says_nothing_or_finds_nothing_is_no_error(
    siasn, service, employee, answer
):
    """Whether the row is gone is looked up anyway."""
    service.answers("/kursus/delete/8ae4", answer)
    siasn.remove(employee, 16, "8ae4")


@pytest.mark.parametrize(
    "answer",
    [
        {"success": False, "mapData": None, "message": "Riwayat sudah dipakai"},
        (404, {"code": "404", "message": "Not Found", "description": "The resource is not there"}),
        (405, "<html><title>405 Method Not Allowed</title></html>"),
    ],
)
def test_a_deletion_that_is_refused_concerns_that_row_only(siasn, service, employee, answer):
    service.answers("/kursus/delete/8ae4", answer)
    with pytest.raises(DeliveryError) as caught:
        siasn.remove(employee, 16, "8ae4")
    error = caught.value
    assert error.reason.code == "removal_refused"
    assert (error.retryable, error.remote_wide, error.outcome_unknown) == (False, False, False)


@pytest.mark.parametrize("answer", [(502, "bad gateway"), (200, "0"), requests.ReadTimeout("…")])
def test_a_deletion_that_may_have_taken_effect_is_told_as_such(siasn, service, employee, answer):
    service.answers("/kursus/delete/8ae4", answer)
    with pytest.raises(DeliveryError) as caught:
        siasn.remove(employee, 16, "8ae4")
    assert caught.value.outcome_unknown


def test_a_question_that_is_refused_for_a_passing_reason_is_asked_again_later(
    siasn, service, employee
):
    service.answers(KURSUS, {"success": False, "message": "Service Unavailable"})
    with pytest.raises(DeliveryError) as caught:
        siasn.trainings_of(employee, 16)
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)


def test_a_suspended_backend_stops_the_registry_and_renews_no_token(siasn, service):
    service.answers(LOOK_UP, (500, SUSPENDED))
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    assert (caught.value.retryable, caught.value.remote_wide) == (True, True)
    assert len(service.token_requests) == 2
    assert len(service.asked(LOOK_UP)) == 1


@pytest.mark.parametrize("body", ["", "0"])
def test_an_empty_answer_to_a_question_means_that_siasn_is_down(siasn, service, body):
    service.answers(LOOK_UP, body)
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    assert caught.value.reason.code == "remote_unavailable"
    assert (caught.value.retryable, caught.value.remote_wide) == (True, True)


def test_throttling_is_waited_for_as_long_as_it_asks(siasn, service):
    service.answers(LOOK_UP, (429, "", {"Retry-After": "30"}))
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    assert caught.value.retry_after == 30
    assert caught.value.remote_wide


def test_the_notes_of_a_delivery_show_what_happened_and_nobodys_data(
    siasn, service, employee, training
):
    service.answers(SAVE, SAVED)
    with recorded() as notes:
        siasn.find_employee(NIP)
        siasn.record(employee, training)
    apim, sso, look_up, save = notes
    assert apim.request is apim.answer is sso.request is sso.answer is None
    assert look_up.url.endswith("/pns/data-utama/1987************01")
    assert look_up.answer["data"]["nipBaru"] == "1987************01"
    assert look_up.answer["data"]["tglLahir"] == "***"
    assert save.request["namaKursus"] == "Pelatihan Layanan Publik Digital"
    assert (save.status, save.answer["mapData"]["rwKursusId"]) == (200, "8ae482898d2f4a1f")
    kept = json.dumps(msgspec.to_builtins(notes))
    assert not [secret for secret in (NIP, "apim-1", "sso-2", "the-password") if secret in kept]


def test_a_kind_of_registry_is_made_by_the_type_of_its_settings(settings):
    made = registries.make("siasn", settings)
    assert isinstance(made, Siasn)
    assert made.name == "siasn"


def test_settings_of_no_kind_make_nothing():
    with pytest.raises(TypeError):
        registries.make("siasn", RemoteSettings())
