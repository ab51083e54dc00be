"""What a training looks like in a registry's own form, and what its rows look like to us."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.mapped.api import Written
from lms_bridge.mapped.dates import dated, reader
from lms_bridge.mapped.reading import at, first, listed, parameters_of
from lms_bridge.mapped.requests import Prepared
from lms_bridge.mapped.templates import WordMissing, compiled
from lms_bridge.registries.base import Document
from lms_bridge.registries.simpeg.fields import TO_RECORD
from lms_bridge.registries.simpeg.reading import Rows
from lms_bridge.registries.simpeg.settings import Recording
from tests.simpeg.dialects import settings

WIB = ZoneInfo("Asia/Jakarta")
WORDS = {"jenis": {"1": "STRUKTURAL", "16": 7}, "huruf": {"2": "F", "*": "T"}}
VALUES = {
    "name": "Diklat “A/B” & C\r\nX: y",
    "kind": 16,
    "hours": 20,
    "nip": "198703152010012001",
    "structural_training": "",
    "starts": dt.date(2026, 3, 2),
    "ends": dt.date(2026, 3, 20),
}


def filled(value: Any) -> Any:
    return compiled(value, WORDS).fill(VALUES)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("{hours}", "20"),
        ("{hours} JP", "20 JP"),
        ({"value": "{hours}", "as": "integer"}, 20),
        ({"value": "{ends:%Y}", "as": "integer"}, 2026),
        ("{starts:%d-%m-%Y} s.d. {ends:%d/%m/%y}", "02-03-2026 s.d. 20/03/26"),
        ("{{kosong}} 100%", "{kosong} 100%"),
        ("{kind:jenis}", 7),
        ("jenis {kind:jenis}", "jenis 7"),
        ("{kind:huruf}", "T"),
        (0, 0),
        (True, True),
        ("", ""),
        ({"a": {"b": ["{hours}", 1]}}, {"a": {"b": ["20", 1]}}),
        ({"x": {"value": "{structural_training}", "if_empty": "omit"}, "y": 1}, {"y": 1}),
        ({"x": {"value": "{structural_training}", "if_empty": "null"}}, {"x": None}),
        ({"x": "{structural_training}"}, {"x": ""}),
    ],
)
def test_a_value_is_filled(value: Any, sent: Any) -> None:
    found = filled(value)
    assert (found, type(found)) == (sent, type(sent))


def test_a_value_that_an_enumeration_does_not_have_is_named() -> None:
    with pytest.raises(WordMissing, match="jenis: 5"):
        compiled("{kind:jenis}", WORDS).fill({**VALUES, "kind": 5})


def prepared(**request: Any) -> Prepared:
    found = Prepared(Recording(id="id", **request), settings("camat"), TO_RECORD)
    assert found.wrong == []
    return found


KEYS = {"keys.kunci": "k/1", "keys.app": "a&b"}


def test_what_stands_in_an_address_or_a_header_cannot_break_out_of_it() -> None:
    request = prepared(
        path="/x/{name}", query={"q": "{name}"}, headers={"X-Nama": "{name}"}, body={}
    ).fill({**VALUES, **KEYS})
    assert request.url == (
        "https://simpeg.example.go.id/x/Diklat%20%E2%80%9CA%2FB%E2%80%9D%20%26%20C%0D%0AX%3A%20y"
        "?app=a%26b&q=Diklat+%E2%80%9CA%2FB%E2%80%9D+%26+C%0D%0AX%3A+y"
    )
    assert "\n" not in request.headers["X-Nama"]
    assert "\r" not in request.headers["X-Nama"]


def test_a_form_and_a_multipart_have_texts() -> None:
    body = {"jam": {"value": "{hours}", "as": "integer"}, "aktif": True, "nama": "{name}"}
    form = prepared(path="/x", send="form", body=body).fill({**VALUES, **KEYS}).form
    assert form == {"jam": "20", "aktif": "1", "nama": VALUES["name"]}
    parts = prepared(path="/x", send="multipart", body=body).fill({**VALUES, **KEYS})
    assert parts.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="jam"\r\n\r\n20\r\n' in (parts.body or b"")
    assert parts.noted == form


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("02-03-2026", dt.date(2026, 3, 2)),
        ("2-3-2026", dt.date(2026, 3, 2)),
        ("2026-03-02 00:00:00", dt.date(2026, 3, 2)),
        ("2026-03-02T00:00:00.000Z", dt.date(2026, 3, 2)),
        ("2026-03-01T17:00:00.000000Z", dt.date(2026, 3, 2)),  # Laravel, midnight in Jakarta
        ("2026-03-02 00:00:00 +0700", dt.date(2026, 3, 2)),
        ("/Date(1772384400000)/", dt.date(2026, 3, 2)),
        ("/Date(1772384400000+0700)/", dt.date(2026, 3, 2)),
        ("/Date(-62135596800000)/", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", dt.date(9999, 12, 31)),
        ("2 Maret 2026", dt.date(2026, 3, 2)),
        ("02 MARET 2026", dt.date(2026, 3, 2)),
        ("3-Agt-2026", dt.date(2026, 8, 3)),
        ("31 Nopember 2026", None),
        ("2 Mars 2026", None),
        ("02/03/2026", dt.date(2026, 3, 2)),
        ("0000-00-00", None),
        ("01-01-0001", None),
        ("31-02-2026", None),
        ("", None),
        (None, None),
        (20260302, None),
        ("-", None),
    ],
)
def test_dates_are_read_as_they_come(text: Any, day: dt.date | None) -> None:
    patterns = ["%d-%m-%Y", "%Y-%m-%d", "%d/%m/%Y", "%-d %B %Y", "%d-%b-%Y"]
    assert reader(patterns, WIB)(text) == day


def test_years_have_four_digits() -> None:
    assert dated(dt.date(26, 1, 2), "%Y%m%d") == "00260102"


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("%-d %B %Y", "2 Agustus 2026"),
        ("%d %b %y", "02 Agu 26"),
        ("%-d/%-m/%Y", "2/8/2026"),
        ("%Y-%m-%dT00:00:00", "2026-08-02T00:00:00"),
    ],
)
def test_dates_are_written_by_a_pattern(pattern: str, written: str) -> None:
    assert dated(dt.date(2026, 8, 2), pattern) == written
    assert reader([pattern], WIB)(written) == dt.date(2026, 8, 2)


@given(
    st.text() | st.from_regex(r"\A(/Date\(-?\d{0,16}\)/|\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d{4}))\Z")
)
def test_whatever_stands_there_is_a_date_or_none(text: str) -> None:
    reader(["%d-%m-%Y", "%d %B %Y"], WIB)(text)


def test_what_has_no_certificate_is_left_out_with_what_stands_around_it() -> None:
    body = compiled({"isi": "data:application/pdf;base64,{document:base64}"}, WORDS)
    assert body.fill({"document": None}) == {}
    document = Document("a.pdf", b"%PDF")
    assert body.fill({"document": document}) == {"isi": "data:application/pdf;base64,JVBERg=="}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("header:Location", "4 1"),
        (("data.id", "header:Location"), "4 1"),
        (("header:X-Id", "data.nomor"), "7"),
        ("header:X-Id", ""),
    ],
)
def test_an_id_may_stand_in_a_header(path: Any, name: str) -> None:
    headers = {"Location": "https://simpeg.example/api/diklat/4%201/?v=2"}
    assert Written({"data": {"nomor": 7}}, headers).named(path) == name


@pytest.mark.parametrize(
    ("value", "parameters"),
    [
        ("https://x/api/diklat?hal=2&q=a%20b", {"hal": "2", "q": "a b"}),
        ("eyJp", {"kursor": "eyJp"}),
        (3, {"kursor": "3"}),
        (None, {}),
        ("", {}),
        (False, {}),
    ],
)
def test_what_asks_for_the_next_page(value: Any, parameters: dict[str, str]) -> None:
    assert parameters_of(value, "kursor") == parameters


def test_paths_lead_through_tables_and_lists() -> None:
    answer = {"a": [{"b": {"c": 0}}, "x"], "d": "", "e": None, "f": {"@odata.next": 1}}
    assert at(answer, "f.@odata.next") == 1
    assert at(answer, "a.0.b.c") == 0
    assert at(answer, "") is answer
    assert at(answer, "a.7.b") is None
    assert at(answer, "d.x") is None
    assert first(answer, ("d", "e", "a.1")) == "x"


def test_rows_are_a_list_or_what_php_makes_of_one() -> None:
    assert listed([]) == []
    assert listed({"3": {"id": 1}, "7": {"id": 2}}) == [{"id": 1}, {"id": 2}]
    for other in (None, "", {}, {"id": 1}, [1], "x", 0):
        assert listed(other) is None


def test_words_are_read_back() -> None:
    found = settings("lurah")
    rows = Rows(found.histories["semua"], found, WIB)
    read = rows.read(
        {
            "id": 9,
            "judul": " PKA ",
            "jenis": "struktural",
            "lama": "40 JP",
            "sejak": "02/03/2026",
            "sttpp": {"nomor": 17},
            "jenjang": "PKA",
        }
    )
    assert (read.id, read.name, read.kind, read.hours) == ("9", "PKA", 1, 40)
    assert (read.certificate_number, read.structural_training) == ("17", "3")
    assert read.starts == read.ends == dt.date(2026, 3, 2)
    other = rows.read({"id": 1, "jenis": "MAGANG"})
    assert (other.kind, other.starts, other.hours) == (None, None, None)


def test_a_row_without_an_id_is_the_same_row_each_time_it_is_read() -> None:
    found = settings("key-in-path")
    rows = Rows(found.histories["teknis"], found, WIB)
    row = {"ndik": "Arsip", "nsttpp": "1", "tgl_mulai": "2026-03-02"}
    assert rows.read(row) == rows.read(dict(reversed(row.items())))
    assert rows.read(row).id != rows.read({**row, "nsttpp": "2"}).id
    assert msgspec.structs.asdict(rows.read(row))["name"] == "Arsip"
