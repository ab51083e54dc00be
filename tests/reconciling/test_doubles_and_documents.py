"""The second row of a completion, and rows without a certificate."""

from __future__ import annotations

from typing import Any

import pytest

from lms_bridge.deliveries.document_step import DocumentStep
from lms_bridge.deliveries.undouble_step import UndoubleStep
from lms_bridge.registries.base import Document
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.sandbox.faults import Fault
from tests.reconciling.town import NAME, Town

DELETION = "DELETE /kursus/delete"


def typed_before_ours(town: Town, nip: str = SITI) -> tuple[str, int]:
    """A row that was seen before the bridge recorded its own, and was mended afterwards."""
    other = town.registry.type_by_hand(nip, namaKursus="Literasi", jenisDiklatId="16")
    with town.store.writing() as db:
        town.employee(db, nip)
    town.run(fresh=True)
    town.clock.forward(days=1)
    delivery = town.record(nip)
    town.settle()
    ours = town.row(nip)
    same = ("namaKursus", "noSertipikat", "jumlahJam", "tanggalKursus", "tanggalSelesaiKursus")
    town.change({"id": other}, **{name: ours[name] for name in same})
    town.clock.forward(hours=1)
    town.run()
    return other, delivery


def test_the_row_that_the_bridge_wrote_later_is_deleted_once_that_is_approved(
    town: Town,
) -> None:
    other, delivery = typed_before_ours(town)
    line = town.only()
    assert (line.kind, line.row_id, line.repairs) == ("double", other, ["delete_ours"])
    town.repair()
    assert town.settle() == {"done": 1}
    assert town.row(SITI)["id"] == town.delivery(delivery).result_id == other
    assert town.delivery(delivery).progress["found"] is True
    town.run()
    assert town.found() == []


def test_the_deletion_of_the_second_row_survives_a_lost_answer(town: Town) -> None:
    other, delivery = typed_before_ours(town)
    town.repair()
    town.registry.faults.force(Fault.COMMIT_THEN_BAD_GATEWAY, where=DELETION, times=1)
    town.settle()
    assert town.row(SITI)["id"] == town.delivery(delivery).result_id == other
    assert town.registry.calls[DELETION] == 1


def test_nothing_is_deleted_if_the_row_that_is_to_stay_is_gone_by_then(town: Town) -> None:
    other, delivery = typed_before_ours(town)
    town.repair()
    town.delete({"id": other})
    town.settle()
    assert town.row(SITI)["id"] == town.delivery(delivery).result_id
    (undouble,) = [row for row in town.deliveries() if row.step == "undouble"]
    assert (undouble.state, undouble.reason_code) == ("blocked", "row_to_keep_gone")
    town.run()
    assert town.found() == []


def test_nothing_is_deleted_if_the_row_that_is_to_stay_says_something_else(town: Town) -> None:
    other, _ = typed_before_ours(town)
    town.repair()
    town.change({"id": other}, namaKursus="Lain", noSertipikat="9")
    town.settle()
    assert len(town.rows(SITI)) == 1
    assert town.registry.calls[DELETION] == 0


def test_a_completion_that_is_taken_back_before_loses_no_row_to_it(town: Town) -> None:
    _, delivery = typed_before_ours(town)
    town.repair()
    town.yard.take_back(town.delivery(delivery).completion_id)
    town.settle()
    assert len(town.rows(SITI)) == 2
    assert town.registry.calls[DELETION] == 0


def test_a_row_of_which_it_is_not_known_whether_it_was_there_before_stays_as_ours_does(
    town: Town,
) -> None:
    town.record(BUDI)
    town.settle()
    town.double(town.row(BUDI), noSertipikat="")
    town.run()
    assert town.only().repairs == []


# --- certificates ---------------------------------------------------------------------------------


@pytest.fixture
def documented(town: Town) -> Town:
    """A town whose registry gets certificates."""
    remote = "registry.siasn"
    registry: Any = town.bridge.registries["siasn"]
    town.bridge.__dict__["documented"] = []
    assert town.bridge.worker
    papers = lambda work: Document(f"{work.completion_id}.pdf", b"%PDF-1.7")  # noqa: E731
    step = DocumentStep(registry, registry, papers, town.store, clock=town.clock, settle_seconds=1)
    steps: Any = town.bridge.steps
    steps[remote, "document"] = step
    assert isinstance(steps[remote, "undouble"], UndoubleStep)
    town.bridge.__dict__["documented"] = [remote]
    return town


def test_a_certificate_that_is_not_there_is_uploaded(documented: Town) -> None:
    town = documented
    for nip in (SITI, BUDI):
        town.record(nip)
    town.settle()
    town.run()
    assert [line.kind for line in town.found()] == ["undocumented"] * 2
    assert {line.repairs[0] for line in town.found()} == {"upload_it"}
    town.repair()
    town.settle()
    assert town.registry.documents(town.row(SITI)["id"]) == [b"%PDF-1.7"]
    town.run()
    assert town.found() == []


def test_a_certificate_that_somebody_took_away_is_uploaded_again(documented: Town) -> None:
    town = documented
    town.record(SITI)
    town.settle()
    town.run()
    town.repair()
    town.settle()
    town.change(town.row(SITI), path=None)
    town.clock.forward(days=2)
    town.run()
    assert town.only().kind == "undocumented"
    town.repair()
    town.settle()
    assert town.registry.documents(town.row(SITI)["id"]) == [b"%PDF-1.7"]
    assert len(town.rows(SITI, NAME)) == 1
