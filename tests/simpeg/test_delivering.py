"""Each dialect through the real steps: exactly one right row, whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import request

from lms_bridge.deliveries.record_step import training_of
from lms_bridge.deliveries.registered import remember_employee
from lms_bridge.errors import DeliveryError
from lms_bridge.http import tokens
from lms_bridge.mapped.settings import Pages
from lms_bridge.registries.simpeg.client import Simpeg
from tests.deliveries.yard import COURSE
from tests.simpeg import dialects
from tests.simpeg.bupati import Bupati
from tests.simpeg.conftest import PIM, REMOTE, Hall
from tests.simpeg.office import BUDI, SITI, BearerJson, Camat, Lurah, SiasnProxy

HAVE_NO_REMOVAL = ("codeigniter", "basic-php", "key-in-path", "camat")


def said(row: dict[str, Any]) -> str:
    """Everything that a row says."""
    return json.dumps({name: each for name, each in row.items() if name not in ("id", "list")})


def is_right(row: dict[str, Any]) -> bool:
    """Whether it is Siti's completion, in whatever names."""
    words = said(row)
    dates = ("24-11-2026", "2026-11-24", "24/11/2026", "24 November 2026")
    return all(
        word in words for word in ("Literasi Digital ASN", "BKPSDM Kota", "LITDIG-2026/2026/00001")
    ) and any(date in words for date in dates)


def the_only_row(hall: Hall) -> dict[str, Any]:
    (row,) = hall.office.kept
    assert is_right(row), row
    return row


def introduce(hall: Hall) -> None:
    """Let the bridge know Siti already, so that the next POST is the one that writes."""
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    with hall.yard.store.writing() as db:
        remember_employee(db, 1, "simpeg", employee, hall.yard.clock())


# --- as it should be


def test_a_completion_becomes_one_right_row(hall: Hall) -> None:
    delivery = hall.record()
    assert hall.deliver() == {"done": 1}
    row = the_only_row(hall)
    assert row["nip"] == SITI
    given = hall.yard.row(delivery).result_id
    assert given == row["id"] or given.startswith("row-")


def test_the_row_is_read_back_as_it_was_written(hall: Hall) -> None:
    hall.record()
    hall.deliver()
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    assert (employee.nip, employee.name) == (SITI, "SITI RAHMAWATI")
    (row,) = hall.simpeg.trainings_of(employee, 16)
    assert (row.name, row.hours) == ("Literasi Digital ASN", 20)
    assert row.certificate_number == "LITDIG-2026/2026/00001"
    assert str(row.starts) == str(row.ends) == "2026-11-24"
    assert row.id == hall.yard.row(1).result_id


def test_a_row_that_is_there_already_is_not_written_again(hall: Hall) -> None:
    hall.record()
    work = hall.yard.taken(REMOTE)
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    hall.simpeg.record(employee, training_of(work))  # and the worker is killed
    hall.yard.clock.forward(hours=1)
    assert hall.deliver() == {"done": 1}
    the_only_row(hall)


def test_two_completions_of_one_day_become_two_rows(hall: Hall) -> None:
    hall.record()
    hall.record(content={**COURSE, "key": "ARSIP", "name": "Manajemen Arsip"})
    hall.record(nip=BUDI)
    hall.settle()
    assert [row.state for row in hall.rows()] == ["done"] * 3
    assert len(hall.office.kept) == 3
    assert len({row.result_id for row in hall.rows()}) == 3


def test_somebody_whom_the_registry_does_not_know_waits_for_a_person(hall: Hall) -> None:
    delivery = hall.record(nip="199001012015011001")
    assert hall.deliver() == {"block": 1}
    assert hall.yard.row(delivery).reason_code == "employee_not_in_registry"
    assert hall.office.kept == []


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("codeigniter", {"list": "diklat", "latihanStrukturalId": "3"}),
        ("siasn-proxy", {"list": "diklat", "latihanStrukturalId": "3", "jumlahJam": 40}),
        ("key-in-path", {"list": "dstruktural", "jam": "40"}),
        ("bearer-json", {"kode_pim_bkn": "3", "jenis_diklat_id": 1}),
        ("lurah", {"jenis": "STRUKTURAL", "jenjang": "3", "lama": "40 JP"}),
    ],
)
def test_structural_training_goes_to_its_own_list_or_kind(
    dialect: str, expected: dict[str, Any], open_hall: Callable[[str], Hall]
) -> None:
    hall = open_hall(dialect)
    hall.record(content=PIM)
    assert hall.deliver() == {"done": 1}
    (row,) = hall.office.kept
    assert {name: row.get(name) for name in expected} == expected


# --- what goes wrong


@pytest.mark.parametrize(
    "fate",
    [
        "commit-then-hang",
        "commit-then-page",
        "commit-then-page-200",
        "commit-then-empty",
        "commit-then-zero",
        "page",
        "page-200",
        "empty",
        "zero",
    ],
)
def test_an_answer_that_says_nothing_is_no_success_and_makes_no_second_row(
    fate: str, hall: Hall
) -> None:
    delivery = hall.record()
    introduce(hall)
    # One asks about people with POST as well.
    hall.office.order(fate, where="/riwayat" if _dialect(hall) == "lurah" else "")
    assert hall.deliver() == {"postpone": 1}
    assert hall.yard.row(delivery).reason_code == "outcome_unknown"
    assert len(hall.office.kept) == fate.startswith("commit")
    hall.settle()
    assert hall.yard.row(delivery).state == "done"
    the_only_row(hall)


@pytest.mark.parametrize("fate", ["page", "page-200", "empty", "zero"])
def test_a_question_that_is_not_answered_is_asked_again(fate: str, hall: Hall) -> None:
    hall.office.order(fate, reading=True)
    hall.office.order(fate)  # where questions are sent with POST
    hall.record()
    hall.settle()
    assert hall.rows()[0].state == "done"
    the_only_row(hall)


def test_a_refusal_under_200_is_kept_in_the_registrys_own_words(hall: Hall) -> None:
    delivery = hall.record()
    introduce(hall)
    hall.office.order("refusal")
    assert hall.deliver() == {"block": 1}
    row = hall.yard.row(delivery)
    assert row.reason_code == "registry_refused"
    words = {
        "codeigniter": "Nomor sertipikat sudah digunakan",
        "basic-php": "nomor_sertifikat sudah ada",
        "bearer-json": "Data tidak valid",
        "key-in-path": "Data sudah ada",
        "siasn-proxy": "Data pegawai tidak aktif",
        "lurah": "Periode sudah ditutup",
        "camat": "kuota penuh",
        "bupati": "Permintaan salah. Jam terlalu banyak",
    }[_dialect(hall)]
    assert words in str(row.reason_details)
    assert hall.office.kept == []


def test_dead_credentials_hold_everything_until_they_are_mended(
    hall: Hall, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kill(hall)
    for number in range(6):
        hall.record(nip=f"1990010120150110{number:02d}")
    hall.deliver()
    states = {row.state for row in hall.rows()}
    assert states <= {"retrying", "waiting"}
    with hall.yard.store.reading() as db:
        (health,) = db.exec_driver_sql("SELECT * FROM remotes").all()
    assert (health.state, health.reason_code) == ("down", "credentials_rejected")
    asked = sum(hall.office.calls.values())
    assert asked <= 4  # two at once; one whose token is issued asks once more
    hall.deliver()
    assert sum(hall.office.calls.values()) == asked
    assert "rahasia-kantor" not in str(told)
    revive(hall, monkeypatch)
    hall.yard.clock.forward(minutes=30)
    hall.settle()
    assert {row.state for row in hall.rows()} == {"blocked"}  # nobody knows these NIPs


def test_no_secret_is_kept_with_the_attempts(hall: Hall, told: list[Any]) -> None:
    hall.office.order("page", reading=True)
    hall.record()
    hall.settle()
    kill(hall)
    hall.record(nip=BUDI)
    hall.deliver()
    with hall.yard.store.reading() as db:
        kept = str(db.exec_driver_sql("SELECT * FROM attempts").all())
        kept += str(db.exec_driver_sql("SELECT * FROM deliveries").all())
        kept += str(db.exec_driver_sql("SELECT * FROM remotes").all())
    assert "http" in kept
    assert "rahasia-kantor" not in kept + str(told)
    assert "jembatan-1" not in kept


def kill(hall: Hall) -> None:
    """The office does not know the bridge any more."""
    hall.office.secret = "yang-lain"
    match hall.office:
        case Lurah() | Bupati():
            hall.office.valid.clear()
        case SiasnProxy():
            hall.office.dead = True
        case office if _dialect(hall) == "codeigniter":
            office.order(*["dead"] * 4, reading=True)


def revive(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.office.secret = "rahasia-kantor"
    hall.office.forget()
    monkeypatch.setattr(tokens, "PASSWORD_PAUSE", 0.0)  # as if so much time had passed
    if isinstance(hall.office, SiasnProxy):
        hall.office.dead = False


def _dialect(hall: Hall) -> str:
    return next(name for name, (kind, _) in dialects.DIALECTS.items() if type(hall.office) is kind)


# --- taking back


def test_a_completion_that_is_undone_is_removed_or_left_to_hr(hall: Hall) -> None:
    delivery = hall.record()
    hall.deliver()
    hall.undo(delivery)
    hall.deliver()
    back = hall.rows()[-1]
    assert back.step == "unrecord"
    if _dialect(hall) not in HAVE_NO_REMOVAL:
        assert (back.state, hall.office.kept) == ("done", [])
        return
    assert (back.state, back.reason_code) == ("delegated", "removal_by_hand")
    hall.office.kept.clear()  # HR deletes it by hand
    hall.yard.clock.forward(hours=2)
    hall.deliver()
    assert hall.rows()[-1].state == "done"


def test_it_is_the_same_on_each_database(each_hall: Hall) -> None:
    each_hall.office.order("commit-then-hang")
    delivery = each_hall.record()
    each_hall.settle()
    the_only_row(each_hall)
    each_hall.undo(delivery)
    each_hall.settle()
    assert each_hall.office.kept == []


# --- what is particular


def test_a_token_that_is_refused_is_renewed_once(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("lurah")
    assert isinstance(hall.office, Lurah)
    hall.record()
    hall.deliver()
    hall.office.valid.clear()
    hall.record(nip=BUDI)
    assert hall.deliver() == {"done": 1}
    assert hall.office.issued == 2


def test_all_pages_of_a_list_are_read(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("lurah")
    for number in range(5):
        hall.office.add(SITI, judul=f"Diklat {number}", sejak="01/02/2025", jenis="DARING")
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    rows = hall.simpeg.trainings_of(employee, 16)
    assert [row.name for row in rows] == [f"Diklat {number}" for number in range(5)]
    assert {row.kind for row in rows} == {16}


def test_a_list_is_followed_by_its_links(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("bupati")
    for number in range(5):
        hall.office.add(
            SITI, Nama=f"Diklat {number}", Mulai="1 Februari 2025", Selesai="1 Februari 2025"
        )
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    rows = hall.simpeg.trainings_of(employee, 16)
    assert [row.name for row in rows] == [f"Diklat {number}" for number in range(5)]
    assert {str(row.starts) for row in rows} == {"2025-02-01"}


def test_a_list_may_be_counted_in_rows(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("lurah")
    read = hall.settings.histories["semua"].read
    pages = Pages(query="mulai", first=0, step=2)
    changed = msgspec.structs.replace(read, pages=pages)
    history = msgspec.structs.replace(hall.settings.histories["semua"], read=changed)
    simpeg = Simpeg("simpeg", msgspec.structs.replace(hall.settings, histories={"semua": history}))
    rows = [{"id": number, "judul": f"Diklat {number}"} for number in range(5)]

    def answer() -> Any:
        begin = int(request.args["mulai"])
        return {"kode": "00", "isi": {"daftar": rows[begin : begin + 2]}}

    hall.office.app.view_functions["_rows"] = answer
    employee = simpeg.find_employee(SITI)
    assert employee is not None
    assert [row.id for row in simpeg.trainings_of(employee, 16)] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("other", ["P-1", "P-2"])
def test_a_person_may_have_several_lines_if_they_are_the_same(
    other: str, open_hall: Callable[[str], Hall]
) -> None:
    hall = open_hall("lurah")
    people = [
        {"identitas": {"nip": SITI, "kode": one}, "nama": "SITI RAHMAWATI"}
        for one in ("P-1", other)
    ]
    said = {"kode": "00", "isi": {"orang": people}}
    hall.office.app.view_functions["_person"] = lambda: said
    if other == "P-1":
        employee = hall.simpeg.find_employee(SITI)
        assert employee is not None
        assert employee.person_id == "P-1"
        return
    with pytest.raises(DeliveryError) as caught:
        hall.simpeg.find_employee(SITI)
    assert "no one person" in str(caught.value.reason.details)


@pytest.mark.parametrize(("dialect", "path"), [("bupati", "_rows"), ("lurah", "_rows")])
def test_a_page_that_comes_twice_is_not_the_end_of_a_list(
    dialect: str, path: str, open_hall: Callable[[str], Hall]
) -> None:
    hall = open_hall(dialect)
    rows = [{"id": 1, "judul": "Diklat"}]
    same = {"kode": "00", "isi": {"daftar": rows, "halaman": {"terakhir": 7}}}
    same |= {"value": rows, "@odata.nextLink": "https://x/?$skip=1"}
    hall.office.app.view_functions[path] = lambda **_: same
    delivery = hall.record()
    hall.deliver()
    assert "the same as the one before" in str(hall.yard.row(delivery).reason_details)
    assert len(hall.office.told) < 8


def test_a_list_that_goes_on_is_not_taken_for_the_whole(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("bearer-json")
    office = hall.office
    assert isinstance(office, BearerJson)

    def first_page(nip: str) -> Any:
        return {"data": [], "links": {"next": "https://simpeg.example/api/x?page=2"}}

    office.app.view_functions["_rows"] = first_page
    delivery = hall.record()
    hall.deliver()
    assert hall.yard.row(delivery).reason_code == "unreadable_answer"
    assert office.calls["POST"] == 0


def test_a_kind_that_no_history_takes_waits_for_a_person(
    open_hall: Callable[[str], Hall], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, text = dialects.DIALECTS["camat"]
    only_kursus = text.replace(
        "[histories.diklat.read]", "[histories.diklat]\nkinds = [3]\n[histories.diklat.read]", 1
    )
    monkeypatch.setitem(dialects.DIALECTS, "camat", (kind, only_kursus))
    hall = open_hall("camat")
    assert isinstance(hall.office, Camat)
    delivery = hall.record()
    assert hall.deliver() == {"block": 1}
    assert hall.yard.row(delivery).reason_code == "kind_not_taken"


def test_rows_without_ids_are_told_apart_by_what_they_say(
    open_hall: Callable[[str], Hall],
) -> None:
    hall = open_hall("key-in-path")
    for name in ("Diklat Arsip", "Diklat Pajak"):
        hall.office.add(SITI, list="dteknis", ndik=name, nsttpp="-", tgl_mulai="0000-00-00")
    delivery = hall.record()
    assert hall.deliver() == {"done": 1}
    assert hall.yard.row(delivery).result_id.startswith("row-")
    assert len(hall.office.kept) == 3


def test_rows_are_read_as_they_are_whatever_word_a_secret_is(
    open_hall: Callable[[str], Hall],
) -> None:
    hall = open_hall("basic-php")
    hall.office.add(SITI, nama_diklat="Bimtek jembatan timbang", tgl_mulai="2025-02-01")
    employee = hall.simpeg.find_employee(SITI)
    assert employee is not None
    (row,) = hall.simpeg.trainings_of(employee, 3)
    assert row.name == "Bimtek jembatan timbang"  # "jembatan" is the username
