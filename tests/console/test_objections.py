"""What is wrong with a list of courses is said in words, and in the language of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from lms_bridge.catalogue.courses import kept_elsewhere
from lms_bridge.catalogue.importing import REQUIRED, from_file
from lms_bridge.tables import TableError
from webhook.console.objections import in_words

COLUMNS = [*REQUIRED, "external_ids"]
ROW = {
    "key": "PKA-2026",
    "name": "Kepemimpinan Administrator",
    "organiser": "BKPSDM",
    "kind": "5",
    "hours": "40",
    "external_ids": "DIKLAT-PKA",
}


def objected(folder: Path, text: str) -> list[str]:
    """What the catalogue has against a file."""
    file = folder / "list.csv"
    file.write_text(text)
    with pytest.raises(TableError) as refused:
        from_file(file)
    return refused.value.problems


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "26"}, "Baris 2, kind: Bilangan bulat, paling besar 25. (26)"),
        ({"kind": "0"}, "Baris 2, kind: Bilangan bulat, 1 atau lebih. (0)"),
        ({"hours": "banyak"}, "Baris 2, hours: Bilangan bulat, misalnya 20. (banyak)"),
        ({"starts": "2 Maret"}, "Baris 2, starts: Tanggal, ditulis seperti 2026-03-31."),
        ({"run": "weekly"}, "Baris 2, run: “weekly” bukan isian yang ada."),
        ({"key": "a b"}, "Baris 2, key: Hanya huruf, angka"),
        ({"minimum_score": "7"}, "Baris 2, minimum_score: Angka dari 0 sampai 1"),
        ({"name": ""}, "Baris 2: Kolom name kosong."),
        ({"external_ids": ""}, "Baris 2: Perlu activities, external_ids, atau short_ids"),
        ({"kind": "1"}, "Baris 2: Jenis 1 (Diklat Struktural) memerlukan structural_training"),
        ({"starts": "2026-03-02", "ends": "2026-03-01"}, "Baris 2: Hari pertama sesudah"),
        ({"competencies": "Integritas:9"}, "Baris 2, competencies[0].level: Bilangan bulat"),
        ({"certificate": "{x}"}, "Baris 2, certificate: {x} bukan salah satu dari {course}"),
    ],
    ids=str,
)
def test_a_cell_is_objected_to_with_its_line_and_column(
    app: Flask, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    row = ROW | changes
    (problem,) = objected(tmp_path, f"{','.join(row)}\n{','.join(row.values())}\n")
    with app.test_request_context("/console/?lang=id"):
        assert in_words(problem).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key,name,organiser,kind\n", "Kolom hours tidak ada."),
        (f"{','.join(COLUMNS)},jam\n", "Tidak ada kolom jam; yang ada key, name"),
        (f"{','.join(COLUMNS)},key\n", "Kolom key ada dua kali."),
        (f"{','.join(COLUMNS)}\n1,2,3,4,5,6,7\n", "Baris 2: Ada 7 nilai untuk 6 kolom."),
    ],
)
def test_a_table_is_objected_to_in_words(app: Flask, tmp_path: Path, text: str, said: str) -> None:
    problem = objected(tmp_path, text)[0]
    with app.test_request_context("/console/?lang=id"):
        assert in_words(problem).startswith(said)


def test_what_is_kept_elsewhere_is_told_where(app: Flask) -> None:
    with app.test_request_context("/console/?lang=id"):
        said = in_words(kept_elsewhere("PKA-2026", "config"))
        assert "PKA-2026" in said
        assert "berkas konfigurasi" in said
        assert in_words("something new") == "something new"
