"""What an LMS held before the bridge came: surveyed, held against the registry, and taken in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import update

from lms_bridge.backfilling import entries
from lms_bridge.backfilling.carrying import Carrier
from lms_bridge.backfilling.entries import BackfillState, NoSuchBackfill
from lms_bridge.jobs.base import JobFailed
from lms_bridge.sandbox.city import AGUS, BUDI, SITI, YUNI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.store.schema import deliveries
from tests.backfilling.conftest import NAME, Past

SITIS, BUDIS, AGUSES, RINAS, YUNIS = 4, 5, 6, 8, 13
"""accounts in the LMS; Rina's has no NIP, and the registry does not know Yuni"""


def kinds(past: Past) -> dict[str, str]:
    """Of each entry, by account."""
    return {one.lms_user: f"{one.kind} {one.state}" for one in past.entries()}


def test_the_plan_tells_what_is_new_what_is_there_and_what_a_person_has_to_decide(
    past: Past,
) -> None:
    past.completed(SITIS, BUDIS, AGUSES, RINAS, YUNIS)
    past.typed(BUDI)
    past.typed(AGUS, tanggalKursus="01-02-2023", tanggalSelesaiKursus="03-02-2023")
    plan = past.plan()
    assert plan.state == BackfillState.PLANNED
    assert kinds(past) == {
        "4": "new due",
        "5": "there due",
        "6": "conflict to_decide",
        "8": "nobodys to_decide",
        "13": "unread to_decide",
    }
    conflict = past.entries()[2]
    assert conflict.reason is not None
    assert "2023-02-01–2023-02-03 with 18 JP" in conflict.reason.what()
    assert past.deliveries() == [], "a plan does nothing"


def test_what_the_bridge_knows_already_is_counted_and_left_alone(past: Past) -> None:
    past.completed(SITIS)
    past.carry_out(past.plan().id)
    plan = past.plan()
    assert (plan.counts["known"], plan.entries) == (1, {})


def test_only_what_was_completed_since_a_day_is_planned_where_one_is_named(past: Past) -> None:
    past.completed(SITIS)
    past.completed(BUDIS, at=dt.datetime(2025, 6, 1, 1, tzinfo=dt.UTC))
    plan = past.plan(since="2025-06-01")
    assert plan.counts["too_old"] == 1
    assert past.entry().lms_user == "5"


def test_what_is_new_is_recorded_once_with_its_badge_and_its_own_day(past: Past) -> None:
    past.completed(SITIS)
    plan = past.plan()
    assert past.entry().has_badge is False
    assert past.carry_out(plan.id) == {"taken": 1}
    past.settle()
    (row,) = past.rows(SITI)
    assert row["tanggalSelesaiKursus"] == "06-03-2023"
    assert past.city.moodle.badges_of(SITIS) == ["Badge Literasi Digital"]
    assert past.entry().completion_id == past.completion().id
    assert past.backfill().state == BackfillState.DONE


def test_what_the_registry_has_is_taken_in_as_it_stands_there_and_not_written_again(
    past: Past,
) -> None:
    past.completed(BUDIS)
    row_id = past.typed(BUDI)
    past.carry_out(past.plan().id)
    past.settle()
    (row,) = past.rows(BUDI)
    assert row["id"] == row_id
    (record,) = [one for one in past.deliveries() if one.step == "record"]
    assert (record.state, record.result_id) == ("done", row_id)
    completion = past.completion()
    assert (completion.hours, completion.certificate_number) == (18, f"890/{BUDI[-4:]}/2023")


def test_a_row_that_says_something_else_is_adopted_if_somebody_says_so(past: Past) -> None:
    past.completed(AGUSES)
    row_id = past.typed(AGUS, tanggalKursus="01-02-2023", tanggalSelesaiKursus="03-02-2023")
    plan = past.plan()
    assert past.carry_out(plan.id) == {}
    past.decide("adopt", past.entry().id)
    past.carry_out(plan.id)
    past.settle()
    assert [row["id"] for row in past.rows(AGUS)] == [row_id]
    assert str(past.completion().ends) == "2023-02-03"


def test_an_adopted_row_is_that_of_the_completion_whatever_it_says(past: Past) -> None:
    past.completed(BUDIS, AGUSES)
    # Of the same number by mistake, and under another name.
    said = {"namaKursus": "Lit. Digital", "noSertipikat": "LITDIG-2026/2023/00007"}
    rows = [past.typed(nip, **said) for nip in (BUDI, AGUS)]
    plan = past.plan()
    assert kinds(past) == {"5": "conflict to_decide", "6": "conflict to_decide"}
    past.decide("adopt", *(one.id for one in past.entries()))
    past.carry_out(plan.id)
    past.settle()
    assert [row["id"] for nip in (BUDI, AGUS) for row in past.rows(nip, said["namaKursus"])] == rows
    records = [one for one in past.deliveries() if one.step == "record"]
    assert {(one.state, one.result_id) for one in records} == {("done", row) for row in rows}


@pytest.mark.parametrize("state", ["waiting", "retrying", "blocked"])
def test_an_adopted_row_is_also_that_of_a_completion_that_came_meanwhile(
    past: Past, state: str
) -> None:
    """Else that would be recorded beside the row that somebody took for it."""
    past.completed(AGUSES)
    row_id = past.typed(AGUS, tanggalKursus="01-02-2023", tanggalSelesaiKursus="03-02-2023")
    first, second = past.plan(), past.plan()
    past.decide("adopt", past.entry(first.id).id)
    past.decide("take", past.entry(second.id).id, number=second.id)
    past.carry_out(second.id)
    with past.store.writing() as db:
        db.execute(update(deliveries).where(deliveries.c.step == "record").values(state=state))
    past.carry_out(first.id)
    past.settle()
    assert [row["id"] for row in past.rows(AGUS)] == [row_id]
    (record,) = [one for one in past.deliveries() if one.step == "record"]
    assert (record.state, record.result_id) == ("done", row_id)


def test_a_row_that_does_not_say_when_it_was_cannot_be_adopted(past: Past) -> None:
    past.completed(AGUSES)
    past.typed(AGUS, tanggalKursus="", tanggalSelesaiKursus="")
    past.plan()
    with pytest.raises(NoSuchBackfill, match="does not say when it was, or how many JP"):
        past.decide("adopt", past.entry().id)


def test_what_is_decided_while_it_is_taken_in_holds(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    past.completed(SITIS, BUDIS)
    plan = past.plan()
    carry = Carrier._carry

    def decided(self: Carrier, *args: Any) -> None:
        past.decide("leave", past.entries()[0].id)
        monkeypatch.setattr(Carrier, "_carry", carry)
        carry(self, *args)

    monkeypatch.setattr(Carrier, "_carry", decided)
    past.carry_out(plan.id)
    past.settle()
    assert kinds(past) == {"4": "new left", "5": "new taken"}
    assert past.rows(SITI) == []


def test_what_was_decided_stays_decided_when_it_is_surveyed_once_more(past: Past) -> None:
    past.completed(SITIS)
    plan = past.plan()
    past.decide("leave", past.entry().id)
    with past.store.writing() as db:  # as if it had been broken off within the course
        entries.change(db, plan.id, surveyed=[], state=BackfillState.SURVEYING)
    past.go_on(plan.id)
    assert kinds(past) == {"4": "new left"}


def test_a_backfill_that_is_under_way_goes_on_when_it_is_surveyed_once_more(past: Past) -> None:
    past.completed(SITIS)
    plan = past.plan()
    past.start(plan.id)
    assert past.go_on(plan.id).state == BackfillState.GOING


def test_it_is_recorded_besides_if_somebody_says_that_the_row_is_another_training(
    past: Past,
) -> None:
    past.completed(AGUSES)
    past.typed(AGUS, tanggalKursus="01-02-2023", tanggalSelesaiKursus="03-02-2023")
    plan = past.plan()
    past.decide("take", past.entry().id)
    past.carry_out(plan.id)
    past.settle()
    assert len(past.rows(AGUS, NAME)) == 2


def test_what_is_left_is_not_taken_in_and_what_was_taken_in_is_not_left(past: Past) -> None:
    past.completed(SITIS, BUDIS)
    plan = past.plan()
    siti, budi = past.entries()
    past.decide("leave", budi.id)
    past.carry_out(plan.id)
    past.settle()
    assert len(past.rows(SITI)) == 1
    assert past.rows(BUDI) == []
    with pytest.raises(NoSuchBackfill, match=f"entry {siti.id} was taken in already"):
        past.decide("leave", siti.id)


def test_nothing_is_taken_in_of_whom_nothing_is_known(past: Past) -> None:
    past.completed(RINAS, YUNIS)
    plan = past.plan()
    rina, yuni = past.entries()
    with pytest.raises(NoSuchBackfill, match="it is not known whose"):
        past.decide("take", rina.id)
    with pytest.raises(NoSuchBackfill, match="no row of a registry to adopt"):
        past.decide("adopt", yuni.id)
    assert past.carry_out(plan.id) == {}
    assert yuni.nip == YUNI


def test_the_pace_holds_also_after_a_time_without_a_worker(past: Past) -> None:
    past.completed(SITIS, BUDIS, AGUSES)
    plan = past.plan()
    past.start(plan.id, per_hour=60)
    assert past.carry() == {"taken": 1}
    past.clock.forward(seconds=30)
    assert past.carry() == {}
    past.clock.forward(seconds=31)
    assert past.carry() == {"taken": 1}
    past.clock.forward(hours=5)
    assert past.carry() == {"taken": 1}


def test_an_entry_that_is_taken_in_twice_is_one_completion(past: Past) -> None:
    past.completed(SITIS)
    plan = past.plan()
    past.carry_out(plan.id)
    with past.store.writing() as db:  # as if the process had died before it noted it
        db.exec_driver_sql("UPDATE backfill_entries SET state = 'due', completion_id = NULL")
    past.carry_out(plan.id)
    past.settle()
    assert len(past.rows(SITI)) == 1
    assert past.entry().completion_id == past.completion().id


def test_people_of_whom_the_registry_could_not_tell_are_asked_about_again(past: Past) -> None:
    past.completed(SITIS, BUDIS)
    past.typed(BUDI)
    past.registry.faults.force(Fault.UNAVAILABLE, where="/pns/", times=50)
    past.plan()
    assert kinds(past) == {"4": "unread to_decide", "5": "unread to_decide"}
    past.registry.faults.enabled = False
    past.clock.forward(hours=1)
    past.go_on(1)
    assert kinds(past) == {"4": "new due", "5": "there due"}


def test_a_survey_that_was_broken_off_is_gone_on_with(past: Past) -> None:
    past.completed(SITIS)
    past.city.moodle.faults.force(Fault.MAINTENANCE, times=50)
    with pytest.raises(JobFailed):
        past.plan()
    found = past.backfill()
    assert (found.state, found.surveyed) == (BackfillState.SURVEYING, [])
    past.city.moodle.faults.enabled = False
    past.clock.forward(hours=1)
    assert past.go_on(1).surveyed == ["LITDIG-2026"]
    assert kinds(past) == {"4": "new due"}


def test_two_completions_are_not_both_the_same_row(past: Past) -> None:
    past.completed(SITIS)
    past.offer(run="yearly")
    past.typed(SITI)
    past.typed(SITI, tanggalKursus="07-03-2024", tanggalSelesaiKursus="07-03-2024")
    past.plan()
    assert kinds(past) == {"4": "there due"}
    row = past.entry().row
    assert row is not None
    assert row["ends"] == "2023-03-06"
