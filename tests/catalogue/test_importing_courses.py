"""Courses from a CSV file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from lms_bridge.catalogue.course import Competency
from lms_bridge.catalogue.importing import OPTIONAL, REQUIRED, course_from, from_file
from lms_bridge.tables import TableError

ROW = {
    "key": "PKA-2026",
    "name": "Pelatihan Kepemimpinan Administrator",
    "organiser": "BKPSDM",
    "kind": "5",
    "hours": "40",
    "external_ids": "DIKLAT-PKA-2026",
}


def refused(**changes: str) -> str:
    with pytest.raises(ValueError) as problem:
        course_from(ROW | changes)
    return str(problem.value)


def test_the_cells_of_a_row_are_the_settings_of_a_course() -> None:
    made = course_from(
        ROW
        | {
            "starts": "2026-03-02",
            "ends": "2026-03-20",
            "activities": "https://x.example/1 | https://x.example/2",
            "minimum_score": "0,7",
            "run": "session",
            "competencies": "Integritas:3|Kerja Sama",
            "badge_route": "competency",
            "badge_name": "Badge PKA",
            "badge_competency": "KMP-PKA",
            "badge_rating": "2",
        }
    )
    assert (made.kind, made.hours, made.minimum_score) == (5, 40, 0.7)
    assert (made.starts, made.ends) == (dt.date(2026, 3, 2), dt.date(2026, 3, 20))
    assert made.activities == ("https://x.example/1", "https://x.example/2")
    assert made.competencies == (Competency("Integritas", 3), Competency("Kerja Sama", 1))
    assert made.badge
    assert (made.badge.competency, made.badge.rating) == ("KMP-PKA", 2)


def test_an_empty_cell_is_the_default() -> None:
    assert course_from(ROW | dict.fromkeys(OPTIONAL, "") | ROW) == course_from(ROW)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "26"}, "kind: A whole number from 1 to 25. (26)"),
        ({"hours": "banyak"}, "hours: A whole number from 0 to 10000. (banyak)"),
        ({"name": ""}, "The column name is empty."),
        ({"run": "weekly"}, "run: “weekly” is none of once, registration, session, yearly."),
        ({"starts": "2 Maret"}, "starts: A day, written as 2026-03-31. (2 Maret)"),
        (
            {"badge_route": "email", "badge_name": "B"},
            "badge_route: “email” is none of cohort, competency, direct.",
        ),
        ({"badge_name": "B"}, "The column badge_route is empty."),
        (
            {"competencies": "Integritas:9"},
            "competencies: A competency has a level from 1 to 5, such as",
        ),
        ({"external_ids": ""}, "It needs activities, external_ids or short_ids"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_with_its_column_first(changes: dict[str, str], problem: str) -> None:
    assert refused(**changes).startswith(problem)


def test_a_file_is_taken_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "courses.csv"
    path.write_text(
        "key;name;organiser;kind;hours;external_ids\n"
        "A;Satu;BKPSDM;4;10;A\n"
        "B;Dua;BKPSDM;99;10;B\n"
        "A;Tiga;BKPSDM;4;10;C\n",
        encoding="utf-8",
    )
    with pytest.raises(TableError) as problem:
        from_file(path)
    assert list(map(str, problem.value.problems)) == [
        "Line 3, kind: A whole number from 1 to 25. (99)",
        "Line 4: The key A stands in line 2 too.",
    ]


def test_every_column_that_must_be_there_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "courses.csv"
    path.write_text("key;name\n", encoding="utf-8")
    with pytest.raises(TableError) as problem:
        from_file(path)
    assert len(problem.value.problems) == len(REQUIRED) - 2
