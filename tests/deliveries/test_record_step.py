"""Recording a completion, over real HTTP, with every trap that the registry has."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from lms_bridge.deliveries import actions, health
from lms_bridge.sandbox.city import AGUS, BUDI, SITI, YUNI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.siasn import app as siasn
from lms_bridge.store.schema import attempts, employees
from tests.conftest import NOW
from tests.deliveries.street import PIM, SETTLE, Street, until
from tests.deliveries.yard import COURSE

SAVE = "POST /kursus/save"
LIST = "GET /pns/rw-kursus"
LOOK_UP = "GET /pns/data-utama"


def again(street: Street, delivery: int) -> None:
    """A person has it tried again."""
    with street.yard.store.writing() as db:
        actions.retry(db, [delivery], now=street.yard.clock())


# --- as it should be


def test_a_completion_becomes_one_row_and_its_id_is_kept(each_street: Street):
    street = each_street
    delivery = street.record(SITI)
    assert street.deliver() == {"done": 1}
    (row,) = street.our_rows(SITI)
    assert street.yard.row(delivery).result_id == row["id"]
    assert row["noSertipikat"] == "LITDIG-2026/2026/00001"
    assert (row["jumlahJam"], row["tanggalKursus"]) == (20, "24-11-2026")
    assert row["institusiPenyelenggara"] == "BKPSDM Kota Pematangsiantar"


def test_the_history_is_read_before_anything_is_written(street: Street):
    street.record(SITI)
    street.deliver()
    names = [seen.name for seen in street.city.registry.requests]
    assert names.index(LIST) < names.index(SAVE)
    assert (names.count(LIST), names.count(SAVE)) == (1, 1)


def test_a_structural_training_goes_to_the_other_history(street: Street):
    delivery = street.record(AGUS, PIM)
    street.deliver()
    (row,) = street.structural_rows(AGUS)
    assert street.yard.row(delivery).result_id == row["id"]
    assert row["nomor"] == "PKA-2026/2026/00001"


def test_who_the_employee_is_is_asked_once(each_street: Street):
    street = each_street
    street.record(SITI)
    street.deliver()
    street.record(SITI)
    street.deliver()
    assert street.calls(LOOK_UP) == 1
    with street.yard.store.reading() as db:
        known = db.execute(select(employees)).one()
    assert (known.name, known.unit_name) == ("SITI RAHMAWATI", "Bidang Pengembangan Kompetensi")
    assert known.registry_refs["siasn"]["person_id"] == "A8ACA7A1F0D63912E040640A040269BB"


def test_who_got_another_nip_is_looked_up_anew(street: Street):
    street.record(SITI)
    street.deliver()
    with street.yard.store.writing() as db:
        db.execute(employees.update().values(nip=BUDI))
    street.record(BUDI)
    street.deliver()
    assert len(street.our_rows(BUDI)) == 1


def test_whom_the_registry_does_not_know_waits_for_a_person(street: Street):
    delivery = street.record(YUNI)
    street.deliver()
    assert street.yard.state(delivery) == "blocked"
    reason = street.yard.reason(delivery)
    assert reason.code == "employee_not_in_registry"
    assert f"deliveries retry {delivery}" in reason.remedy()


def test_a_row_that_somebody_typed_by_hand_before_is_taken_for_ours(street: Street):
    typed = street.city.registry.type_by_hand(
        SITI,
        namaKursus="LITERASI DIGITAL ASN",
        tanggalKursus="24-11-2026",
        tanggalSelesaiKursus="24-11-2026",
        noSertipikat="800/17/2026",
    )
    delivery = street.record(SITI)
    street.deliver()
    row = street.yard.row(delivery)
    assert (row.state, row.result_id) == ("done", typed)
    assert row.progress["found"] is True
    assert street.calls(SAVE) == 0


def test_a_structural_row_typed_by_hand_is_found_though_it_has_no_name_of_ours(street: Street):
    typed = street.city.registry.type_by_hand(
        AGUS,
        "diklat",
        latihanStrukturalId="3",
        latihanStrukturalNama="SEPADYA/SPAMA/DIKLAT PIM TK. III",
        tanggal="24-11-2026",
        tanggalSelesai="24-11-2026",
    )
    delivery = street.record(AGUS, PIM)
    street.deliver()
    assert street.yard.row(delivery).result_id == typed
    assert len(street.structural_rows(AGUS)) == 1


def test_two_runs_of_one_course_on_one_day_are_two_rows(each_street: Street):
    street = each_street
    deliveries = [street.record(SITI, run="morning"), street.record(SITI, run="evening")]
    street.settle()
    rows = street.our_rows(SITI)
    assert {row["id"] for row in rows} == {street.yard.row(one).result_id for one in deliveries}
    assert len(rows) == 2


def test_two_completions_with_one_number_are_two_rows(street: Street):
    """A template for certificate numbers need not have a sequence."""
    deliveries = [street.record(SITI, run=run, number="800/1/2026") for run in ("1", "2")]
    street.settle()
    assert len({street.yard.row(one).result_id for one in deliveries}) == 2
    assert len(street.our_rows(SITI)) == 2


def test_the_attempt_is_kept_with_what_was_said_and_no_secret_in_it(street: Street):
    street.record(SITI)
    street.deliver()
    with street.yard.store.reading() as db:
        exchanges = db.execute(select(attempts.c.exchanges)).scalar_one()
    said = str(exchanges)
    assert "/kursus/save" in said
    assert "rwKursusId" in said
    for secret in ("sandbox-password", "sandbox-secret", SITI):
        assert secret not in said


# --- answers that do not come


@pytest.mark.parametrize(
    "fault",
    [
        Fault.COMMIT_THEN_HANG,
        Fault.COMMIT_THEN_RESET,
        Fault.COMMIT_THEN_BAD_GATEWAY,
        Fault.COMMIT_THEN_EMPTY,
    ],
)
def test_a_row_that_was_written_without_an_answer_is_found_and_not_written_again(
    street: Street, fault: Fault
):
    street.faults.force(fault, where=SAVE)
    delivery = street.record(SITI)
    street.deliver()
    assert street.yard.reason(delivery).code == "outcome_unknown"
    street.settle()
    (row,) = street.our_rows(SITI)
    assert street.yard.row(delivery).result_id == row["id"]
    assert street.yard.attempts(delivery) == ["unknown", "done"]
    assert street.calls(SAVE) == 1


def test_a_row_that_lands_after_we_gave_up_is_waited_for(each_street: Street):
    street = each_street
    street.faults.force(Fault.LATE_COMMIT, where=SAVE)
    delivery = street.record(SITI)
    street.deliver()
    street.yard.clock.forward(seconds=SETTLE - 1)
    assert street.deliver() == {}, "it may land until then"
    until(lambda: len(street.our_rows(SITI)) == 1)
    street.yard.clock.forward(seconds=1)
    assert street.deliver() == {"done": 1}
    assert len(street.our_rows(SITI)) == 1
    assert street.yard.row(delivery).result_id == street.our_rows(SITI)[0]["id"]


def test_the_time_to_settle_is_counted_from_when_we_gave_up_and_not_from_the_sending(
    street: Street,
):
    """Between the two a token may have been renewed, and the time-out waited out."""
    siasn = street.siasn()
    record = siasn.record

    def slowly(*args):
        street.yard.clock.forward(seconds=100)
        return record(*args)

    siasn.record = slowly  # type: ignore[method-assign]
    street.siasn = lambda: siasn  # type: ignore[method-assign]
    street.faults.force(Fault.COMMIT_THEN_HANG, where=SAVE)
    delivery = street.record(SITI)
    street.deliver()
    assert street.yard.due_in(delivery) == SETTLE


def test_what_never_arrived_is_sent_again_after_it_was_looked_for(street: Street):
    street.faults.force(Fault.RESET, where=SAVE)
    delivery = street.record(SITI)
    street.deliver()
    assert street.our_rows(SITI) == []
    street.settle()
    assert len(street.our_rows(SITI)) == 1
    assert street.yard.state(delivery) == "done"
    assert street.calls(SAVE) == 2


def test_a_person_who_has_it_tried_again_at_once_makes_no_second_row(street: Street):
    street.faults.force(Fault.LATE_COMMIT, where=SAVE)
    delivery = street.record(SITI)
    street.deliver()
    again(street, delivery)
    street.deliver()
    assert street.yard.reason(delivery).code == "settling"
    assert street.calls(LIST) == 1, "it is too early to look"
    until(lambda: len(street.our_rows(SITI)) == 1)
    street.settle()
    assert len(street.our_rows(SITI)) == 1
    assert street.yard.state(delivery) == "done"


def test_what_was_sent_is_looked_for_though_the_course_is_another_by_now(street: Street):
    """The remedy for a refusal is to correct the course."""
    street.faults.force(Fault.COMMIT_THEN_HANG, where=SAVE)
    delivery = street.record(SITI)
    street.deliver()
    street.yard.change_course(
        COURSE["key"], name="Literasi Digital bagi ASN", kind=1, structural_training="3"
    )
    street.settle()
    (row,) = street.our_rows(SITI)
    assert street.yard.row(delivery).result_id == row["id"]
    assert street.structural_rows(SITI) == []


def test_what_never_arrived_is_sent_as_the_course_is_now(street: Street):
    street.faults.force(Fault.RESET, where=SAVE)
    street.record(SITI)
    street.deliver()
    street.yard.change_course(COURSE["key"], name="Literasi Digital bagi ASN")
    street.settle()
    assert street.our_rows(SITI) == []
    assert len(street.our_rows(SITI, "Literasi Digital bagi ASN")) == 1


def test_while_one_run_is_in_doubt_the_other_finds_a_row_of_its_own(street: Street):
    street.faults.force(Fault.COMMIT_THEN_HANG, where=SAVE)
    deliveries = [street.record(SITI, run=run) for run in ("1", "2")]
    street.settle()
    rows = {row["id"]: row["noSertipikat"] for row in street.our_rows(SITI)}
    assert [rows[street.yard.row(one).result_id] for one in deliveries] == [
        "LITDIG-2026/2026/00001",
        "LITDIG-2026/2026/00002",
    ]


def test_while_one_of_two_with_one_number_is_in_doubt_there_are_two_rows_in_the_end(
    street: Street,
):
    street.faults.force(Fault.LATE_COMMIT, where=SAVE)
    deliveries = [street.record(SITI, run=run, number="800/1/2026") for run in ("1", "2")]
    street.deliver()
    until(lambda: len(street.our_rows(SITI)) == 2)
    street.settle()
    assert len(street.our_rows(SITI)) == 2
    assert len({street.yard.row(one).result_id for one in deliveries}) == 2


# --- a worker that is killed in the middle


def killed_while_sending(street: Street) -> int:
    """A worker writes down that it sends, and is no more; its row lands or not."""
    delivery = street.record(SITI)
    work = street.yard.taken()
    sent = {
        "name": COURSE["name"],
        "organiser": COURSE["organiser"],
        "kind": 16,
        "hours": 20,
        "certificate_number": work.certificate_number,
        "starts": "2026-11-24",
        "ends": "2026-11-24",
        "structural_training": "",
    }
    street.yard.note(work, sent_at=street.yard.clock().isoformat(), sent=sent)
    return delivery


def test_after_a_kill_between_the_note_and_the_answer_it_settles_from_the_take_over(
    street: Street,
):
    delivery = killed_while_sending(street)
    street.yard.clock.forward(seconds=SETTLE + 60)  # its lease has run out
    street.deliver()
    assert street.yard.reason(delivery).code == "settling"
    assert street.yard.due_in(delivery) == SETTLE
    assert street.calls(LIST) == 0
    street.city.registry.type_by_hand(
        SITI,
        namaKursus=COURSE["name"],
        institusiPenyelenggara=COURSE["organiser"],
        noSertipikat="LITDIG-2026/2026/00001",
        tanggalKursus="24-11-2026",
        tanggalSelesaiKursus="24-11-2026",
    )
    street.settle()
    assert len(street.our_rows(SITI)) == 1
    assert street.calls(SAVE) == 0


def test_after_a_kill_before_anything_was_sent_it_is_sent_once(street: Street):
    delivery = killed_while_sending(street)
    street.yard.clock.forward(seconds=SETTLE + 60)
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert len(street.our_rows(SITI)) == 1
    assert street.yard.row(delivery).progress["found"] is False


def test_settling_after_a_kill_counts_as_no_sign_of_the_remote_s_health(street: Street):
    killed_while_sending(street)
    street.yard.clock.forward(seconds=SETTLE + 60)
    street.yard.bring_down()
    street.yard.clock.forward(seconds=15)
    street.deliver()
    assert street.yard.health().is_down


# --- refusals and outages


def test_a_refusal_is_told_in_the_registry_s_words_and_nothing_is_in_doubt(street: Street):
    street.city.registry.required["kursus"] = ("lokasi_id",)
    delivery = street.record(SITI)
    street.deliver()
    assert street.yard.state(delivery) == "blocked"
    assert "LokasiId is required" in street.yard.reason(delivery).what()
    assert street.yard.row(delivery).progress == {}


def test_what_was_refused_is_recorded_after_it_was_corrected_and_tried_again(street: Street):
    street.city.registry.required["kursus"] = ("lokasi_id",)
    delivery = street.record(SITI)
    street.deliver()
    street.city.registry.required["kursus"] = ()
    again(street, delivery)
    assert street.deliver() == {"done": 1}


def test_a_refusal_that_will_pass_is_tried_again_by_itself(street: Street):
    street.faults.force(Fault.REFUSED, where=SAVE)
    delivery = street.record(SITI)
    street.deliver()
    assert street.yard.state(delivery) == "retrying"
    street.settle()
    assert street.yard.state(delivery) == "done"
    assert len(street.our_rows(SITI)) == 1


def test_a_token_that_has_expired_is_renewed_on_the_way(street: Street):
    street.faults.force(Fault.SSO_EXPIRED, where=SAVE)
    street.faults.force(Fault.APIM_EXPIRED, where=LIST)
    street.record(SITI)
    assert street.deliver() == {"done": 1}
    assert len(street.our_rows(SITI)) == 1


def test_an_operator_s_token_that_has_expired_is_noticed_once_and_goes_on_when_renewed(
    street: Street, monkeypatch
):
    street.operator_token = True
    street.city.registry.tokens.operator_token = "a fresh one"
    deliveries = [street.record(nip) for nip in (SITI, BUDI, AGUS)]
    street.deliver(street.worker(**{"registry.siasn": 1}))
    assert sorted(street.yard.row(one).attempts for one in deliveries) == [0, 0, 1]
    assert [street.yard.state(one) for one in deliveries] == ["waiting"] * 3
    known = street.yard.health()
    assert known.reason is not None
    assert known.reason.code == "sso_token_expired"
    monkeypatch.setenv("SSO_TOKEN", "a fresh one")
    street.settle()
    assert [street.yard.state(one) for one in deliveries] == ["done"] * 3


def test_what_waits_for_a_token_goes_on_as_soon_as_one_is_pasted(each_street: Street, monkeypatch):
    street = each_street
    street.operator_token = True
    street.city.registry.tokens.operator_token = "a fresh one"
    deliveries = [street.record(nip) for nip in (SITI, BUDI)]
    worker = street.worker(**{"registry.siasn": 1})
    street.deliver(worker)
    street.yard.clock.forward(minutes=2)
    street.deliver(worker)  # a probe, in vain
    assert street.calls("GET /pns/data-utama") == 2
    monkeypatch.setenv("SSO_TOKEN", "a fresh one")
    with street.yard.store.writing() as db:
        assert health.probe_now(db, "registry.siasn", now=street.yard.clock())
    assert street.deliver(worker) == {"done": 2}
    assert [street.yard.state(one) for one in deliveries] == ["done"] * 2
    with street.yard.store.writing() as db:
        assert not health.probe_now(db, "registry.siasn", now=street.yard.clock())


def test_a_password_that_needs_a_second_factor_is_not_tried_in_a_storm(street: Street):
    street.city.registry.tokens.second_factor = True
    delivery = street.record(SITI)
    worker = street.worker()
    for _ in range(10):
        street.deliver(worker)
        street.yard.clock.forward(minutes=5)
    assert street.calls(f"POST {siasn.SSO_TOKEN}") == 1
    assert street.yard.state(delivery) == "waiting"
    reason = street.yard.health().reason
    assert reason is not None
    assert "Account is not fully set up" in reason.what()
    street.city.registry.tokens.second_factor = False
    street.operator_token = True
    street.settle(street.worker())
    assert street.yard.state(delivery) == "done"


def test_a_backend_that_the_gateway_has_suspended_is_waited_for(street: Street):
    street.city.registry.suspended = True
    deliveries = [street.record(nip) for nip in (SITI, BUDI, AGUS)]
    worker = street.worker()
    street.deliver(worker)
    assert street.yard.health().is_down
    street.yard.clock.forward(seconds=15)
    street.deliver(worker)
    assert street.calls("POST /oauth2/token") == 1, "another token would not help"
    street.city.registry.suspended = False
    street.settle(worker)
    assert [street.yard.state(one) for one in deliveries] == ["done"] * 3


def test_a_registry_that_is_down_for_hours_gets_everything_once_when_it_is_back(street: Street):
    server = street.servers["registry.siasn"]
    server.stop()
    deliveries = [street.record(nip) for nip in (SITI, BUDI, AGUS)]
    for _ in range(6):
        street.deliver()
        street.yard.clock.forward(minutes=30)
    server.start()
    street.settle()
    assert [street.yard.state(one) for one in deliveries] == ["done"] * 3
    assert [len(street.our_rows(nip)) for nip in (SITI, BUDI, AGUS)] == [1, 1, 1]


def test_a_history_that_cannot_be_read_is_not_taken_for_an_empty_one(street: Street):
    street.faults.force(Fault.EMPTY, where=LIST, times=2)
    delivery = street.record(SITI)
    street.deliver()
    assert street.calls(SAVE) == 0
    street.settle()
    assert street.yard.state(delivery) == "done"


def test_what_was_recorded_is_kept_as_it_was_for_later_comparison(street: Street):
    delivery = street.record(SITI)
    street.deliver()
    recorded = street.yard.row(delivery).progress["recorded"]
    assert recorded["name"] == COURSE["name"]
    assert dt.date.fromisoformat(recorded["ends"]) == NOW.date()
