"""The result file: which row it tells of, what it says, and that it counts whole or not at all."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lms_bridge.tables import TableError
from lms_bridge.uploads.states import CannotDo
from tests.deliveries.yard import COURSE
from tests.uploads.desk import Desk, form


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """A desk with a batch of three that are done only by a result."""
    desk.layout = form(done_when="result")
    desk.records(3)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    return desk


def problems(desk: Desk, *lines: tuple[object, ...]) -> list[str]:
    with pytest.raises(TableError) as refused:
        desk.results(1, *lines)
    return list(map(str, refused.value.problems))


def test_what_it_says_of_each_row_is_what_becomes_of_the_completion(asked: Desk) -> None:
    one, two = asked.told_of(1, 1), asked.told_of(1, 2)
    told = asked.results(1, (*one, "Berhasil", "", "rw-1"), (*two, "GAGAL", "NIP ganda", ""))
    assert (len(told.verdicts), told.untold) == (2, 1)
    asked.work()
    assert [asked.state(n) for n in (1, 2, 3)] == ["done", "blocked", "delegated"]
    assert asked.result_id(1) == "rw-1"
    assert asked.reason(2).what() == "registry.bkd refused row 2 of batch 1: NIP ganda"
    assert asked.upload_state(1) == "uploaded"


def test_a_batch_is_answered_when_each_of_its_rows_is(asked: Desk) -> None:
    rows = [(*asked.told_of(1, n), "Berhasil", "", f"rw-{n}") for n in (1, 2, 3)]
    asked.results(1, rows[0])
    asked.results(1, *rows[1:])
    assert asked.upload_state(1) == "answered"


def test_without_applying_it_nothing_changes(asked: Desk) -> None:
    told = asked.results(1, (*asked.told_of(1, 1), "Berhasil", "", "rw-1"), dry=True)
    assert told.verdicts[0].is_new
    assert asked.work() == {}
    assert asked.state(1) == "delegated"


def test_told_twice_it_is_nothing_new(asked: Desk) -> None:
    line = (*asked.told_of(1, 1), "Berhasil", "", "rw-1")
    asked.results(1, line)
    asked.work()
    assert [one.is_new for one in asked.results(1, line).verdicts] == [False]
    assert (asked.work(), asked.result_id(1)) == ({}, "rw-1")


def test_an_nip_in_groups_and_other_capitals_are_the_same(asked: Desk) -> None:
    nip, number = asked.told_of(1, 1)
    grouped = f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"
    asked.results(1, (grouped, number.lower(), " berhasil ", "", ""))
    asked.work()
    assert (asked.state(1), asked.result_id(1)) == ("done", "1/1")


def test_everything_that_is_wrong_is_told_at_once_and_nothing_counts(asked: Desk) -> None:
    nip, number = asked.told_of(1, 1)
    assert problems(
        asked,
        (nip, number, "Berhasil", "", ""),
        (nip, number, "Gagal", "", ""),
        (nip, "other", "Berhasil", "", ""),
        (nip, "", "Berhasil", "", ""),
        (int(nip), number, "Berhasil", "", ""),
        (*asked.told_of(1, 2), "mungkin", "", ""),
    ) == [
        "Line 3: It tells of the same row as line 2.",
        "Line 4, NIP, Nomor: Batch 1 has no row with these values.",
        "Line 5, Nomor: It is empty, so it is not known of which row this tells.",
        "Line 6, NIP: 1.98703152010012e+17 is kept as a number, whose last digits are lost. Have"
        " the column as text.",
        "Line 7, Status: “mungkin” is neither one of the words of results.accepted nor of"
        " results.refused.",
    ]
    asked.work()
    assert asked.state(1) == "delegated"


def test_a_file_without_the_columns_is_refused(asked: Desk) -> None:
    path = asked.folder / "result.csv"
    path.write_text("NIP;Status;Status\n1;ok;ok\n")
    with pytest.raises(TableError) as refused:
        asked.results_of(1, path)
    assert list(map(str, refused.value.problems)) == [
        "Line 1: The column Nomor is missing.",
        "Line 1: The column Keterangan is missing.",
        "Line 1: The column ID is missing.",
        "Line 1: The column status is there twice.",
    ]


def test_the_file_that_was_exported_can_come_back_with_columns_added(
    desk: Desk, tmp_path: Path
) -> None:
    desk.record(1, number="=SUM(1;2)")
    desk.work()
    desk.exported()
    head, row = desk.content(1).decode("utf-8-sig").splitlines()
    assert "'=SUM(1;2)" in row
    path = tmp_path / "back.csv"
    path.write_text(f"{head};Status;Keterangan;ID\n{row};ok;;rw-9\n", encoding="utf-8")
    desk.results_of(1, path)
    desk.work()
    assert desk.result_id(1) == "rw-9"


def test_a_row_may_be_known_by_its_number(desk: Desk) -> None:
    results = msgspec.structs.replace(desk.layout.settings.results, match=("No",), state="", id="")
    desk.layout = form(results=results)
    desk.records(2)
    desk.exported()
    path = desk.folder / "result.csv"
    path.write_text("No,Keterangan\n1,\n2,salah\n")
    desk.results_of(1, path)
    desk.work()
    assert [desk.state(1), desk.state(2)] == ["done", "blocked"]


def test_rows_that_look_alike_are_not_guessed(desk: Desk) -> None:
    desk.record(1, number="A/1")
    desk.record(1, number="a/1", content={**COURSE, "key": "X"})
    desk.work()
    desk.exported()
    assert problems(desk, ("198703152010012001", "A/1", "ok", "", "")) == [
        "Line 2, NIP, Nomor: Batch 1 has several such rows: 1, 2."
    ]


# --- what was believed before


def test_what_was_done_and_is_refused_is_put_before_a_person(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    desk.results(1, (*desk.told_of(1, 1), "Gagal", "", ""))
    assert (desk.state(delivery), desk.result_id(delivery)) == ("blocked", None)
    assert desk.reason(delivery).what() == "registry.bkd refused row 1 of batch 1: –"


def test_what_was_done_takes_the_id_that_a_result_names(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    desk.results(1, (*desk.told_of(1, 1), "ok", "", "rw-5"))
    assert (desk.state(delivery), desk.result_id(delivery)) == ("done", "rw-5")


def test_what_was_refused_and_tried_again_comes_into_the_next_batch(asked: Desk) -> None:
    asked.results(1, (*asked.told_of(1, 1), "Gagal", "salah", ""))
    asked.work()
    asked.retry(1)
    assert asked.reason(1).code == "to_be_exported"
    assert asked.exported().number == 2
    assert problems(asked, (*asked.told_of(1, 1), "ok", "", "")) == [
        "Line 2: Row 1 was refused before, and its completion is in batch 2 now; it would be there"
        " twice."
    ]


def test_what_was_refused_by_mistake_is_done_when_it_is_told_so(asked: Desk) -> None:
    row = asked.told_of(1, 1)
    asked.results(1, (*row, "Gagal", "salah", ""))
    asked.work()
    asked.results(1, (*row, "ok", "", "rw-1"))
    asked.work()
    assert (asked.state(1), asked.result_id(1)) == ("done", "rw-1")


def test_a_result_says_that_the_batch_was_uploaded(desk: Desk) -> None:
    desk.records(2)
    desk.exported()
    desk.results(1, (*desk.told_of(1, 1), "Gagal", "", ""))
    desk.work()
    assert desk.upload_state(1) == "uploaded"
    assert [desk.state(1), desk.state(2)] == ["blocked", "done"]


def test_a_discarded_batch_has_no_result(desk: Desk) -> None:
    desk.records(1)
    desk.exported()
    row = desk.told_of(1, 1)
    desk.discard(1)
    with pytest.raises(CannotDo, match=r"batch 1 of .* was discarded"):
        desk.results(1, (*row, "ok", "", ""))


def test_what_is_to_be_removed_and_was_refused_is_removed(desk: Desk) -> None:
    (delivery,) = desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    desk.take_back(1)
    desk.results(1, (*desk.told_of(1, 1), "Gagal", "", ""))
    desk.work()
    assert (desk.state(desk.undoing(1)), desk.state(delivery)) == ("done", "cancelled")


def test_what_was_removed_since_is_not_accepted_any_more(desk: Desk) -> None:
    desk.records(1)
    desk.exported()
    desk.uploaded(1)
    desk.work()
    row = desk.told_of(1, 1)
    desk.take_back(1)
    desk.removed(1)
    desk.work()
    assert problems(desk, (*row, "ok", "", "")) == [
        "Line 2: Row 1 has been removed from the registry since."
    ]
