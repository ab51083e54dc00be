"""What is wrong with a file is said with its place, and in the language of whoever gave it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.catalogue import importing as courses
from lms_bridge.catalogue.courses import CatalogueError, kept_elsewhere
from lms_bridge.objections import Objected, objection
from lms_bridge.people import importing as people
from lms_bridge.people.nip import doubts
from lms_bridge.tables import TableError

COLUMNS = [*courses.REQUIRED, "external_ids"]
ROW = {
    "key": "PKA-2026",
    "name": "Kepemimpinan Administrator",
    "organiser": "BKPSDM",
    "kind": "5",
    "hours": "40",
    "external_ids": "DIKLAT-PKA",
}


def objected(folder: Path, text: str) -> str:
    """What there is against a list of courses, in Indonesian."""
    file = folder / "list.csv"
    file.write_text(text)
    with pytest.raises(TableError) as refused:
        courses.from_file(file)
    return refused.value.in_language("id")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "26"}, "Baris 2, kind: Bilangan bulat dari 1 sampai 25. (26)"),
        ({"kind": "0"}, "Baris 2, kind: Bilangan bulat dari 1 sampai 25. (0)"),
        ({"hours": "banyak"}, "Baris 2, hours: Bilangan bulat dari 0 sampai 10000. (banyak)"),
        ({"starts": "2 Maret"}, "Baris 2, starts: Tanggal, ditulis seperti 2026-03-31."),
        ({"run": "weekly"}, "Baris 2, run: “weekly” bukan salah satu dari once,"),
        ({"key": "a b"}, "Baris 2, key: Hanya huruf, angka"),
        ({"lms_certificate": "a b"}, "Baris 2, lms_certificate: Hanya huruf, angka"),
        ({"minimum_score": "7"}, "Baris 2, minimum_score: Angka dari 0 sampai 1"),
        ({"name": ""}, "Baris 2: Kolom name kosong."),
        ({"name": "x" * 301}, "Baris 2, name: Paling banyak 300 karakter."),
        ({"external_ids": ""}, "Baris 2: Perlu activities, external_ids, atau short_ids"),
        ({"kind": "1"}, "Baris 2, structural_training: Jenis 1 (Diklat Struktural) memerlukan"),
        ({"starts": "2026-03-02", "ends": "2026-03-01"}, "Baris 2, starts: Hari pertama sesudah"),
        ({"competencies": "Integritas:9"}, "Baris 2, competencies: Kompetensi punya tingkat 1"),
        ({"certificate": "{x}"}, "Baris 2, certificate: “{x}” bukan salah satu dari {course}"),
        ({"certificate": "{year:x"}, "Baris 2, certificate: Dari ini tidak dapat dibuat nomor."),
        ({"badge_name": "B"}, "Baris 2: Kolom badge_route kosong."),
        ({"badge_name": "B", "badge_route": "x"}, "Baris 2, badge_route: “x” bukan salah satu"),
        ({"badge_name": "B", "badge_route": "cohort"}, 'Baris 2, badge: Dengan route = "cohort"'),
        (
            {"badge_name": "B", "badge_route": "cohort", "badge_rating": "x"},
            "Baris 2, badge_rating: Bilangan bulat, misalnya 20. (x)",
        ),
    ],
    ids=str,
)
def test_a_cell_is_objected_to_with_its_line_and_column(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    row = ROW | changes
    problem = objected(tmp_path, f"{','.join(row)}\n{','.join(row.values())}\n")
    assert problem.startswith(f"list.csv: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key,name,organiser,kind\n", "Kolom hours tidak ada."),
        (f"{','.join(COLUMNS)},jam\n", "Tidak ada kolom jam; yang ada key, name"),
        (f"{','.join(COLUMNS)},key\n", "Kolom key ada dua kali."),
        (f"{','.join(COLUMNS)}\n1,2,3,4,5,6,7\n", "Baris 2: Ada 7 nilai untuk 6 kolom."),
    ],
)
def test_a_table_is_objected_to(tmp_path: Path, text: str, said: str) -> None:
    assert objected(tmp_path, text).startswith(f"list.csv: {said}")


def test_so_is_a_list_of_people(tmp_path: Path) -> None:
    file = tmp_path / "orang.csv"
    file.write_text("nip,email\n12,siti\n")
    with pytest.raises(TableError) as refused:
        people.from_file(file)
    assert refused.value.in_language("id").splitlines() == [
        "orang.csv: Baris 2, nip: “12” bukan 18 angka.",
        "orang.csv: Baris 2, email: “siti” bukan alamat surel.",
    ]


def test_a_doubt_about_a_nip_shows_the_digits_that_it_is_about() -> None:
    assert [one.in_language("id") for one in doubts("198713152010012001")] == [
        "Angka ke-1 sampai ke-8 bukan tanggal lahir. (19871315)"
    ]


@pytest.mark.parametrize("source", ["config", "csv", "lms", "console"])
def test_what_is_kept_elsewhere_is_told_where(source: str) -> None:
    said = CatalogueError([kept_elsewhere("PKA-2026", source, "moodle")]).in_language("id")
    assert said.startswith("Pelatihan PKA-2026 disimpan di ")


def test_a_value_is_told_once() -> None:
    shown = objection("“%(value)s” is wrong.", field="email", value="siti")
    assert str(shown) == "email: “siti” is wrong."
    assert (
        str(objection("This is wrong.", line=3, value="100 %")) == "Line 3: This is wrong. (100 %)"
    )


def test_a_value_is_shown_on_one_line_and_not_at_length() -> None:
    value = "\x1b[31mred\nlms-bridge: done " + 200 * "x"
    said = str(objection("This is wrong.", value=value))
    assert said.startswith("This is wrong. ([31mred lms-bridge: done xxx")
    assert len(said) == len("This is wrong. ()") + 100


def test_an_objection_is_a_value_error_with_its_sentence() -> None:
    with pytest.raises(ValueError, match=r"^kind: Of 3, not 4\.$"):
        raise Objected("Of %(these)s, not %(those)s.", field="kind", these=3, those=4)


@given(
    changes=st.dictionaries(
        st.sampled_from([*courses.REQUIRED, *courses.OPTIONAL]),
        st.text(max_size=12) | st.sampled_from(["1", "-1", "1e9", "9" * 30, "2026-03-02", "a:9|b"]),
        max_size=5,
    ),
    language=st.sampled_from(["id", "en"]),
)
def test_whatever_stands_in_a_row_it_is_a_course_or_is_told_by_its_column(
    changes: dict[str, str], language: str
) -> None:
    try:
        courses.course_from(ROW | changes)
    except Objected as error:
        found = error.objection
    else:
        return
    assert found.field in ("", "badge", "structural_training", *ROW, *changes)
    says = found.in_language(language)
    assert "\n" not in says
    assert "`" in found.value or "`" not in says
