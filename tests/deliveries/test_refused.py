"""Refusals that name a rule, and those that may pass; and people who got another NIP meanwhile."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from lms_bridge.deliveries import actions
from lms_bridge.deliveries.refusals import weighed
from lms_bridge.deliveries.step import Notebook
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import Document
from lms_bridge.sandbox.city import AGUS, SITI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.store.schema import employees
from tests.conftest import Clock
from tests.deliveries.street import Street

SAVE = "POST /kursus/save"
LIST = "GET /pns/rw-kursus"
LOOK_UP = "GET /pns/data-utama"
UPLOAD = "POST /upload-dok-rw"
NEW = SITI[:8] + "202621" + SITI[14] + "901"
SOMEBODY_ELSE = "199001012015011001"


def again(street: Street, delivery: int) -> None:
    """A person has it tried again."""
    with street.yard.store.writing() as db:
        actions.retry(db, [delivery], now=street.yard.clock())


def refuse(street: Street, message: str, times: int, where: str = SAVE) -> None:
    street.city.registry.refusal = message
    street.faults.force(Fault.REFUSED, where=where, times=times)


# --- refusals


@pytest.mark.parametrize(
    "message", ["Gagal menyimpan data", "Terjadi kesalahan", "no reason given"]
)
def test_a_refusal_that_names_no_rule_passes_by_itself(each_street: Street, message: str):
    street = each_street
    refuse(street, message, 3)
    delivery = street.record(SITI)
    assert street.deliver() == {"postpone": 1}
    assert street.yard.reason(delivery).code == "registry_refused"
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert len(street.our_rows(SITI)) == 1
    assert "refusals" not in street.yard.row(delivery).progress


def test_one_that_is_said_again_and_again_waits_for_a_person(each_street: Street):
    street = each_street
    refuse(street, "Gagal menyimpan data", 7)
    delivery = street.record(SITI)
    street.settle()
    assert street.yard.state(delivery) == "blocked"
    assert street.calls(SAVE) == 6
    again(street, delivery)
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert len(street.our_rows(SITI)) == 1


def test_it_is_doubted_for_a_minute_however_often_it_is_said(clock: Clock):
    doubted, error = (
        Notebook({}, lambda _: None),
        DeliveryError(Reason("registry_refused"), retryable=False, doubtful=True),
    )
    begun = clock()
    for second in range(60):
        now = begun + dt.timedelta(seconds=second)
        assert weighed(error, doubted, 6, now).retryable
    assert weighed(error, doubted, 6, begun + dt.timedelta(seconds=60)) is error


def test_only_refusals_in_a_row_count(street: Street):
    refuse(street, "Gagal menyimpan data", 5)
    street.faults.force(Fault.SERVER_ERROR, where=SAVE)
    refuse(street, "Gagal menyimpan data", 5)
    delivery = street.record(SITI)
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert street.calls(SAVE) == 12


@pytest.mark.parametrize(
    "message",
    ["Data sudah ada", "NIP tidak aktif", "1 error occurred:\n\t* NamaKursus is required\n"],
)
def test_one_that_names_a_rule_is_believed_at_once(street: Street, message: str):
    refuse(street, message, 1)
    delivery = street.record(SITI)
    assert street.deliver() == {"block": 1}
    assert street.yard.reason(delivery).code == "registry_refused"


def test_a_row_that_cannot_be_seen_yet_gets_its_certificate_later(street: Street):
    street.papers = lambda work: Document("a.pdf", b"%PDF-1.7 of " + work.nip.encode())
    refuse(street, "Data tidak ditemukan", 2, where=UPLOAD)
    delivery = street.record(SITI)
    street.settle()
    assert street.document(delivery).state == "done"
    (row,) = street.our_rows(SITI)
    assert len(street.city.registry.documents(row["id"])) == 1


# --- another NIP


def test_no_history_of_a_nip_that_is_gone_is_no_empty_history(each_street: Street):
    """The row may have been written, under the number that the person has now."""
    street = each_street
    first = street.record(SITI, run="morning")
    street.faults.force(Fault.COMMIT_THEN_RESET, where=SAVE)
    street.deliver()
    street.city.registry.renumber(SITI, NEW)
    street.settle()
    assert street.yard.state(first) == "blocked"
    assert street.yard.reason(first).code == "employee_not_in_registry"
    assert street.calls(SAVE) == 1
    with street.yard.store.writing() as db:
        assert db.execute(select(employees.c.registry_refs)).scalar_one() == {}
        db.execute(employees.update().values(nip=NEW))
    again(street, first)
    street.settle()
    assert street.yard.state(first) == "done"
    assert street.calls(SAVE) == 1


def test_an_empty_history_of_somebody_who_is_there_is_believed(street: Street):
    delivery = street.record(AGUS)
    street.faults.force(Fault.RESET, where=SAVE)
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert street.calls(LOOK_UP) == 2
    assert len(street.our_rows(AGUS)) == 1


def test_a_certificate_is_not_taken_for_lost_because_the_nip_is_another(street: Street):
    street.papers = lambda work: Document("a.pdf", b"%PDF-1.7 of " + work.nip.encode())
    delivery = street.record(SITI)
    street.faults.force(Fault.RESET, where=UPLOAD)
    street.deliver()
    street.city.registry.renumber(SITI, NEW)
    street.settle()
    assert street.document(delivery).reason_code == "employee_not_in_registry"


def test_a_row_is_not_taken_for_deleted_because_the_nip_is_another(street: Street):
    delivery = street.record(SITI)
    street.deliver()
    street.city.registry.renumber(SITI, NEW)
    street.undo(delivery)
    street.settle()
    back = street.back(delivery)
    assert (back.state, back.reason_code) == ("blocked", "employee_not_in_registry")


def test_who_is_found_by_the_old_nip_is_recorded(street: Street):
    street.city.registry.renumber(SITI, NEW, still_answers=True)
    delivery = street.record(SITI)
    street.deliver()
    assert street.yard.state(delivery) == "done"


def test_nothing_is_recorded_of_somebody_else(street: Street):
    street.city.registry.renumber(SITI, SOMEBODY_ELSE, still_answers=True)
    delivery = street.record(SITI)
    street.deliver()
    assert street.yard.state(delivery) == "retrying"
    assert street.yard.reason(delivery).code == "unreadable_answer"
    assert street.calls(LIST) == 0
