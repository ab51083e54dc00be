"""From a completion to a file and back: each is in one file, and none is lost."""

from __future__ import annotations

import pytest

from lms_bridge.uploads.states import CannotDo
from tests.deliveries.yard import COURSE
from tests.uploads.desk import Desk, form


def test_a_completion_waits_for_the_operator_and_says_so(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    assert desk.state(delivery) == "delegated"
    assert desk.reason(delivery).remedy() == "Make the file: lms-bridge registry export bkd"


def test_it_is_in_a_batch_then_uploaded_then_done(desk: Desk) -> None:
    first, second = desk.records(2)
    made = desk.exported()
    assert (made.number, made.rows) == (1, 2)
    assert desk.reason(second).what() == (
        "It is in batch 1 for registry.bkd (row 2), which is not uploaded yet."
    )
    desk.uploaded(1)
    assert desk.work() == {"done": 2}
    assert [desk.state(first), desk.state(second)] == ["done", "done"]
    assert desk.result_id(second) == "1/2"


def test_what_is_in_a_batch_is_in_no_other(desk: Desk) -> None:
    desk.records(2)
    desk.exported()
    assert desk.export() is None
    desk.record(3)
    desk.work()
    assert (desk.exported().number, [row.delivery_id for row in desk.rows(2)]) == (2, [3])


def test_a_batch_takes_as_many_as_the_form_and_the_next_the_rest(desk: Desk) -> None:
    desk.layout = form(most_rows=2)
    desk.records(3)
    assert [desk.exported().rows, desk.exported().rows] == [2, 1]
    assert [row.position for row in desk.rows(2)] == [1]


def test_numbers_have_no_gaps_where_nothing_was_to_be_exported(desk: Desk) -> None:
    assert desk.export() is None
    desk.records(1)
    assert desk.exported().number == 1


def test_an_attempt_in_between_changes_nothing(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    before = desk.yard.row(delivery)
    desk.yard.clock.forward(days=31)
    assert desk.work() == {"delegate": 1}
    after = desk.yard.row(delivery)
    assert after.progress == before.progress
    assert desk.reason(delivery).code == "in_upload"


def test_a_discarded_batch_gives_back_what_was_in_it_and_keeps_its_number(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    assert desk.discard(1) == 1
    desk.work()
    assert desk.reason(delivery).code == "to_be_exported"
    assert desk.exported().number == 2
    assert desk.upload_state(1) == "discarded"


def test_what_was_uploaded_cannot_be_discarded_nor_uploaded_twice(desk: Desk) -> None:
    desk.records(1)
    desk.exported()
    desk.uploaded(1)
    for again in (desk.discard, desk.uploaded):
        with pytest.raises(CannotDo, match="is “uploaded” already"):
            again(1)


def test_a_batch_that_is_not_there_is_said_not_to_be(desk: Desk) -> None:
    with pytest.raises(CannotDo, match=r"there is no batch 3 of registry\.bkd"):
        desk.uploaded(3)


def test_where_a_result_is_asked_for_an_upload_alone_is_not_enough(desk: Desk) -> None:
    desk.layout = form(done_when="result")
    (delivery,) = desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    assert desk.state(delivery) == "delegated"
    assert desk.reason(delivery).remedy() == (
        "Import the result file: lms-bridge registry results bkd 1 FILE"
    )


def test_what_the_form_cannot_take_is_told_before_it_is_exported(desk: Desk) -> None:
    desk.layout = form(kinds=(16,))
    structural = {**COURSE, "key": "PKA", "kind": 1, "structural_training": "3"}
    good, bad = desk.record(1), desk.record(2, content=structural)
    desk.work()
    assert (desk.state(bad), desk.reason(bad).code) == ("blocked", "kind_not_taken")
    assert [desk.exported().rows, desk.state(good)] == [1, "delegated"]


def test_what_the_form_can_take_no_longer_is_left_out_of_the_batch(desk: Desk) -> None:
    first, second = desk.record(1), desk.record(2, content={**COURSE, "key": "X", "kind": 9})
    desk.work()
    desk.layout = form(kinds=(16,))
    assert desk.exported().rows == 1
    desk.work()
    assert (desk.reason(first).code, desk.reason(second).code) == ("in_upload", "kind_not_taken")


def test_a_course_that_cannot_be_read_keeps_nobody_else_out_of_the_batch(desk: Desk) -> None:
    first, second = desk.record(1), desk.record(2, content={**COURSE, "key": "X"})
    desk.work()
    desk.yard.change_course("X", kind="?")
    assert [desk.exported().rows, desk.rows(1)[0].delivery_id] == [1, first]
    desk.work()
    assert desk.reason(second).code == "internal_error"


def test_what_a_worker_has_at_this_moment_comes_into_the_next_batch(desk: Desk) -> None:
    first, second = desk.records(2)
    desk.yard.set(first, due_at=desk.yard.clock())
    work = desk.yard.taken("registry.bkd")
    assert work.delivery_id == first
    assert [row.delivery_id for row in desk.rows(desk.exported().number)] == [second]


def test_a_batch_that_is_uploaded_while_a_worker_looks_is_not_overlooked(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.yard.set(delivery, due_at=desk.yard.clock())
    worker = desk.worker()
    perform = worker._performer.perform

    def uploaded_meanwhile(work: object, write: object) -> object:
        performed = perform(work, write)  # type: ignore[arg-type]
        worker._performer.perform = perform  # type: ignore[method-assign]
        desk.uploaded(1)
        return performed

    worker._performer.perform = uploaded_meanwhile  # type: ignore[method-assign,assignment]
    assert worker.drain() == {"delegate": 1, "done": 1}
    assert desk.state(delivery) == "done"


# --- what was taken back


def test_what_is_taken_back_before_it_is_exported_never_is(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.yard.take_back(1)
    assert (desk.state(delivery), desk.export()) == ("cancelled", None)


def test_what_is_taken_back_in_a_batch_is_in_doubt_until_that_is_discarded(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.yard.take_back(1)
    assert desk.state(delivery) == "delegated"
    desk.discard(1)
    desk.work()
    assert (desk.state(delivery), desk.reason(delivery).code) == ("cancelled", "withdrawn")


def test_what_was_uploaded_is_removed_by_a_person_who_says_so(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    desk.take_back(1)
    undoing = desk.undoing(1)
    assert (desk.state(undoing), desk.reason(undoing).code) == ("delegated", "upload_to_remove")
    assert "lms-bridge registry removed bkd 1" in desk.reason(undoing).remedy()
    desk.removed(1)
    assert desk.work() == {"done": 1}
    assert (desk.state(undoing), desk.state(delivery)) == ("done", "cancelled")


def test_nobody_removes_what_is_not_to_be_removed(desk: Desk) -> None:
    desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    with pytest.raises(CannotDo, match="completion 1 is not to be removed"):
        desk.removed(1)


def test_told_of_again_it_is_exported_anew(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    desk.take_back(1)
    desk.removed(1)
    desk.work()
    desk.tell_again(1)
    assert desk.reason(delivery).code == "to_be_exported"
    assert desk.exported().number == 2


def test_told_of_again_before_it_was_removed_it_stays(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    desk.take_back(1)
    desk.tell_again(1)
    assert (desk.state(delivery), desk.state(desk.undoing(1))) == ("done", "cancelled")
    assert desk.export() is None
