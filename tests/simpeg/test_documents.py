"""Certificates and corrections in each dialect that can take them, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lms_bridge.deliveries.work import Work
from lms_bridge.registries.base import Document
from lms_bridge.registries.simpeg.client import Simpeg
from tests.simpeg.bupati import UPLOADED_FIRST, Bupati
from tests.simpeg.conftest import PIM, REMOTE, Hall
from tests.simpeg.dialects import DIALECTS
from tests.simpeg.office import SITI, BearerJson

Open = Callable[[str], Hall]

BY_ITSELF = {
    "siasn-proxy": "upload-dok-rw",
    "bearer-json": "/dokumen",
    "lurah": "/berkas",
    "bupati": "/berkas",
}
"""the dialects with a request for the certificate, and what its path has in it"""
CHANGING = ("bearer-json", "bupati", "camat", "codeigniter", "lurah", "siasn-proxy")


def paper(work: Work) -> Document:
    said = f"%PDF-1.4\r\n\r\n\xff\xfe {work.certificate_number} {work.hours}"
    return Document("LITDIG-00001.pdf", said.encode("latin-1"))


def large(work: Work) -> Document:
    return Document("besar.pdf", b"%PDF-" + b"x" * 1_000_000)


CONTENT = b"%PDF-1.4\r\n\r\n\xff\xfe LITDIG-2026/2026/00001 20"


@pytest.fixture
def papered(open_hall: Open) -> Open:
    """Opens the hall of a dialect to which certificates are sent."""

    def open_(dialect: str) -> Hall:
        hall = open_hall(dialect)
        hall.papers = paper
        return hall

    return open_


def the_only_file(hall: Hall) -> bytes:
    (row,) = hall.office.kept
    name, content = hall.office.files[row["id"]]
    assert name == "LITDIG-00001.pdf"
    return content


# --- as it should be


@pytest.mark.parametrize("dialect", BY_ITSELF)
def test_the_certificate_follows_the_row(dialect: str, papered: Open) -> None:
    hall = papered(dialect)
    hall.record()
    assert hall.deliver() == {"done": 2}
    assert the_only_file(hall) == CONTENT
    (row,) = hall.office.kept
    if dialect != "bupati":  # which answers with nothing
        assert hall.step("document").result_id == hall.office.file_of(row)
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    assert [one.document for one in hall.simpeg.trainings_of(employee, 16)] == [True]


def test_where_it_comes_with_the_row_there_is_one_request_and_one_step(papered: Open) -> None:
    hall = papered("camat")
    hall.record()
    assert hall.deliver() == {"done": 1}
    assert the_only_file(hall) == CONTENT
    assert hall.office.calls["POST"] == 1
    assert [row.step for row in hall.rows()] == ["record"]


@pytest.mark.parametrize("dialect", ["camat", "lurah"])
def test_without_certificates_the_row_goes_alone(dialect: str, open_hall: Open) -> None:
    hall = open_hall(dialect)
    hall.record()
    assert hall.deliver() == {"done": 1}
    assert hall.office.files == {}


@pytest.mark.parametrize("dialect", ["camat", "bearer-json"])
def test_it_can_be_switched_off(dialect: str, papered: Open) -> None:
    hall = papered(dialect)
    hall.simpeg = Simpeg("simpeg", msgspec.structs.replace(hall.settings, documents=False))
    hall.record()
    assert hall.deliver() == {"done": 1}
    assert hall.office.files == {}


def test_the_document_that_others_put_there_stays(papered: Open) -> None:
    hall = papered("bearer-json")
    hall.office.add(
        SITI,
        nama_diklat="Literasi Digital ASN",
        no_sertifikat="LITDIG-2026/2026/00001",
        jenis_diklat_id=16,
        file_diklat="theirs.pdf",
    )
    hall.record()
    assert hall.deliver() == {"done": 2}
    assert hall.office.uploads == 0
    assert len(hall.office.kept) == 1
    assert hall.step("document").progress["found"] is True


def test_a_history_that_keeps_none_is_no_trouble(papered: Open) -> None:
    hall = papered("siasn-proxy")
    histories = dict(hall.settings.histories)
    histories["diklat"] = msgspec.structs.replace(histories["diklat"], document=None)
    hall.simpeg = Simpeg("simpeg", msgspec.structs.replace(hall.settings, histories=histories))
    hall.record(content=PIM)
    assert hall.deliver() == {"done": 2}
    document = hall.step("document")
    assert (document.state, document.reason_code) == ("done", "document_not_taken")
    assert hall.office.uploads == 0


@pytest.mark.parametrize("dialect", ["bearer-json", "lurah", "camat"])
def test_what_is_kept_of_an_upload_is_its_size_and_not_the_file(
    dialect: str, papered: Open
) -> None:
    hall = papered(dialect)
    hall.record()
    hall.deliver()
    with hall.yard.store.reading() as db:
        kept = db.exec_driver_sql("SELECT exchanges FROM attempts").scalars()
        sent = "".join(map(str, kept))
    assert f"({len(CONTENT)} bytes)" in sent
    assert "%PDF" not in sent
    assert "JVBERi" not in sent  # %PDF- in base64


# --- what goes wrong


@pytest.mark.parametrize("dialect", BY_ITSELF)
@pytest.mark.parametrize(
    "fate",
    ["commit-then-hang", "commit-then-page-200", "commit-then-empty", "page", "empty", "zero"],
)
def test_an_upload_that_was_not_answered_is_looked_up_first(
    fate: str, dialect: str, papered: Open
) -> None:
    hall = papered(dialect)
    delivery = hall.record()
    hall.office.order(fate, where=BY_ITSELF[dialect])
    assert hall.deliver() == {"done": 1, "postpone": 1}
    assert hall.step("document").reason_code == "outcome_unknown"
    hall.settle()
    assert {row.state for row in hall.rows()} == {"done"}
    assert (the_only_file(hall), hall.office.uploads) == (CONTENT, 1)
    assert hall.yard.row(delivery).result_id == hall.office.kept[0]["id"]


@pytest.mark.parametrize("fate", ["commit-then-hang", "commit-then-page", "page-200", "zero"])
def test_a_row_with_its_certificate_is_written_once(fate: str, papered: Open) -> None:
    hall = papered("camat")
    hall.record()
    hall.office.order(fate)
    assert hall.deliver() == {"postpone": 1}
    hall.settle()
    assert (the_only_file(hall), hall.office.uploads) == (CONTENT, 1)


@pytest.mark.parametrize("dialect", BY_ITSELF)
def test_a_refusal_under_200_is_no_success(dialect: str, papered: Open) -> None:
    hall = papered(dialect)
    delivery = hall.record()
    hall.office.order("refusal", where=BY_ITSELF[dialect])
    assert hall.deliver() == {"done": 1, "block": 1}
    assert hall.step("document").reason_code == "registry_refused"
    assert hall.yard.state(delivery) == "done"
    assert hall.office.uploads == 0


@pytest.mark.parametrize("dialect", [*BY_ITSELF, "camat"])
def test_what_is_too_large_is_not_sent(dialect: str, papered: Open) -> None:
    hall = papered(dialect)
    hall.papers = large
    hall.record()
    hall.deliver()
    blocked = hall.rows()[-1]
    assert (blocked.state, blocked.reason_code) == ("blocked", "document_too_large")
    assert hall.office.uploads == 0
    # What comes with the row keeps the row waiting: it could not be added afterwards.
    assert len(hall.office.kept) == (dialect != "camat")


# --- handed in before the row


@pytest.fixture
def first(papered: Open, monkeypatch: pytest.MonkeyPatch) -> Hall:
    monkeypatch.setitem(DIALECTS, "bupati", (Bupati, UPLOADED_FIRST))
    return papered("bupati")


def handed_in(hall: Hall) -> list[bytes]:
    assert isinstance(hall.office, Bupati)
    return hall.office.handed_in


def test_a_row_names_the_certificate_that_was_handed_in_before(first: Hall) -> None:
    delivery = first.record()
    assert first.deliver() == {"done": 1}
    assert handed_in(first) == [CONTENT]
    assert first.office.kept[0]["KodeBerkas"] == "B-1"
    first.correct(delivery, hours=32)
    first.settle()
    assert {row.state for row in first.rows()} == {"done"}
    (row,) = first.office.kept
    assert (row["Jam"], row["KodeBerkas"]) == (32, "B-2")
    assert handed_in(first)[1].endswith(b" 32")


@pytest.mark.parametrize("fate", ["commit-then-hang", "commit-then-empty", "page"])
@pytest.mark.parametrize("where", ["/berkas", "/diklat"])
def test_whatever_becomes_of_it_there_is_one_row(where: str, fate: str, first: Hall) -> None:
    first.record()
    first.office.order(fate, where=where)
    assert first.deliver() == {"postpone": 1}
    first.settle()
    assert [row.state for row in first.rows()] == ["done"]
    (row,) = first.office.kept
    assert row["KodeBerkas"] == f"B-{len(handed_in(first))}"


def test_a_certificate_that_is_refused_keeps_its_row_waiting(first: Hall) -> None:
    first.record()
    first.office.order("refusal", where="/berkas")
    assert first.deliver() == {"block": 1}
    assert first.office.kept == []


def test_without_certificates_the_row_names_none(
    open_hall: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DIALECTS, "bupati", (Bupati, UPLOADED_FIRST))
    hall = open_hall("bupati")
    hall.record()
    assert hall.deliver() == {"done": 1}
    assert "KodeBerkas" not in hall.office.kept[0]


# --- corrections


@pytest.mark.parametrize("dialect", CHANGING)
def test_a_correction_changes_the_same_row(dialect: str, papered: Open) -> None:
    hall = papered(dialect)
    delivery = hall.record()
    hall.deliver()
    before = hall.office.kept[0]["id"]
    files = hall.office.uploads
    hall.correct(delivery, hours=32)
    hall.settle()
    assert {row.state for row in hall.rows()} == {"done"}
    (row,) = hall.office.kept
    assert row["id"] == before
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    assert [one.hours for one in hall.simpeg.trainings_of(employee, 16)] == [32]
    if dialect != "codeigniter":
        assert hall.office.uploads == files + 1
        assert the_only_file(hall).endswith(b" 32")


@pytest.mark.parametrize("dialect", CHANGING)
@pytest.mark.parametrize("fate", ["commit-then-hang", "commit-then-empty", "page-200"])
def test_a_correction_that_was_not_answered_is_looked_up(
    fate: str, dialect: str, open_hall: Open
) -> None:
    hall = open_hall(dialect)
    delivery = hall.record()
    hall.deliver()
    hall.correct(delivery, hours=32)
    hall.office.order(fate, where="/v2/riwayat" if dialect == "lurah" else "")
    hall.deliver()
    assert hall.step("correct").reason_code == "outcome_unknown"
    hall.settle()
    assert hall.step("correct").state == "done"
    assert len(hall.office.kept) == 1


def test_a_correction_that_is_refused_under_200_waits_for_a_person(open_hall: Open) -> None:
    hall = open_hall("codeigniter")
    delivery = hall.record()
    hall.deliver()
    hall.correct(delivery, hours=32)
    hall.office.order("refusal")
    assert hall.deliver() == {"block": 1}
    assert hall.office.kept[0]["jumlahJam"] == "20"


def test_a_correction_that_makes_another_row_is_no_success(open_hall: Open) -> None:
    hall = open_hall("bearer-json")
    delivery = hall.record()
    hall.deliver()
    hall.correct(delivery, hours=32)
    office = hall.office
    assert isinstance(office, BearerJson)
    office.app.view_functions["_change"] = lambda nip, row_id: {"data": {"id": 9999}}
    hall.deliver()
    assert hall.step("correct").reason_code == "outcome_unknown"


def test_where_rows_cannot_be_changed_hr_is_told_what_to_correct(open_hall: Open) -> None:
    hall = open_hall("basic-php")
    assert not hall.simpeg.changes_rows
    delivery = hall.record()
    hall.deliver()
    hall.correct(delivery, hours=32)
    hall.deliver()
    correct = hall.step("correct")
    assert (correct.state, correct.reason_code) == ("delegated", "correct_by_hand")


def test_where_one_history_cannot_be_changed_its_rows_are_left_to_hr(open_hall: Open) -> None:
    hall = open_hall("siasn-proxy")
    histories = dict(hall.settings.histories)
    histories["kursus"] = msgspec.structs.replace(histories["kursus"], change=None)
    hall.simpeg = Simpeg("simpeg", msgspec.structs.replace(hall.settings, histories=histories))
    delivery = hall.record()
    hall.deliver()
    hall.correct(delivery, hours=32)
    hall.deliver()
    correct = hall.step("correct")
    assert (correct.state, correct.reason_code) == ("delegated", "correct_by_hand")
    assert "32 JP" in str(correct.reason_details)


def test_it_is_the_same_on_each_database(each_hall: Hall) -> None:
    each_hall.papers = paper
    each_hall.office.order("commit-then-hang", where="/dokumen")
    delivery = each_hall.record()
    each_hall.settle()
    each_hall.correct(delivery, hours=32)
    each_hall.settle()
    assert {row.state for row in each_hall.rows()} == {"done"}
    assert the_only_file(each_hall).endswith(b" 32")
    assert each_hall.yard.row(delivery).remote == REMOTE


def test_the_same_document_again_and_again_does_no_harm(papered: Open) -> None:
    hall = papered("bearer-json")
    hall.record()
    hall.deliver()
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    document: Any = Document("LITDIG-00001.pdf", CONTENT)
    hall.simpeg.attach(employee, 16, hall.office.kept[0]["id"], document)
    assert the_only_file(hall) == CONTENT
