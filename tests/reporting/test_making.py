"""What stands in each report, and of whom: on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit, of_unit
from lms_bridge.config.settings import YearlyHours
from lms_bridge.reporting import choosing
from lms_bridge.reporting.making import make
from lms_bridge.reporting.report import BadReport, Kind, Report
from lms_bridge.reporting.table import Row
from tests.reporting.conftest import BUDI, PENSIUN, RINA, SITI, Town

TODAY = dt.date(2026, 11, 24)
B = Unit("siasn", "B", "Bidang SDM")


def made(
    town: Town, kind: Kind, sight: Sight = EVERYBODY, limit: int | None = None, **asked: Any
) -> tuple[list[Row], Row, int]:
    """Rows, sums and count of a report."""
    report = Report(kind=kind, **asked)
    with town.store.reading() as db:
        table = make(
            db,
            report,
            sight,
            yearly=YearlyHours(),
            today=TODAY,
            language="en",
            limit=limit,
        )
        rows = [list(row) for row in table.rows]
    assert table.sums is not None
    assert all(len(row) == len(table.columns) for row in [*rows, table.sums])
    return rows, table.sums, table.count


def below(town: Town, unit: Unit = B) -> Sight:
    with town.store.reading() as db:
        return of_unit(db, unit)


def test_who_lacks_jp_is_listed_with_how_many_the_fewest_first(town: Town) -> None:
    rows, sums, count = made(town, "lacking")
    assert [(row[0], row[6], row[7], row[8]) for row in rows] == [
        (BUDI, 12, 20, 8),
        (RINA, 22, 24, 2),
    ]
    assert (sums[6], sums[8], count) == (34, 10, 2)


def test_jp_to_be_reached_may_be_the_same_for_all(town: Town) -> None:
    assert [row[0] for row in made(town, "lacking", jp=21)[0]] == [BUDI, SITI]


def test_everybody_in_service_is_listed_by_name(town: Town) -> None:
    rows, sums, _ = made(town, "employees")
    assert [row[1] for row in rows] == ["Budi", "Rina", "Siti"]
    assert [row[3] for row in rows] == ["PNS", "PPPK", "PNS"]
    assert (sums[4], sums[6]) == (54, 54)
    assert made(town, "employees", period="2025")[1][6] == 0


def test_the_first_rows_come_with_the_sums_of_all(town: Town) -> None:
    rows, sums, count = made(town, "employees", limit=1)
    assert (len(rows), sums[6], count) == (1, 54, 3)


def test_a_unit_stands_with_those_below_it(town: Town) -> None:
    rows, sums, _ = made(town, "units")
    assert [(str(row[0]).strip(), *row[1:5]) for row in rows] == [
        ("Dinas Kesehatan", 3, 1, 2, 33),
        ("Bidang SDM", 1, 0, 1, 0),
    ]
    assert str(rows[1][0]).startswith(" ")
    assert list(sums[1:4]) == [3, 1, 2]


def test_a_report_may_be_of_one_unit(town: Town) -> None:
    assert [row[0] for row in made(town, "lacking", unit="siasn:B")[0]] == [RINA]
    assert len(made(town, "employees", unit="siasn:D")[0]) == 3
    assert [str(row[0]).strip() for row in made(town, "units", unit="siasn:B")[0]] == ["Bidang SDM"]


@pytest.mark.parametrize("kind", ["lacking", "employees", "completions"])
def test_an_officer_sees_the_people_of_their_unit_only(town: Town, kind: Kind) -> None:
    assert {row[0] for row in made(town, kind, below(town))[0]} == {RINA}


def test_an_officer_may_not_choose_another_unit(town: Town) -> None:
    sight = below(town)
    with town.store.reading() as db:
        assert [one.key for one in choosing.choices(db, sight)] == ["siasn:B"]
    with pytest.raises(BadReport):
        made(town, "lacking", sight, unit="siasn:D")
    with pytest.raises(BadReport):
        made(town, "lacking", unit="siasn:X")


def test_training_is_counted_by_kind_family_and_competency(town: Town) -> None:
    rows, sums, _ = made(town, "training")
    assert ["Kind of training", "E-Learning", 3, 0, 54] in rows
    assert ["Family of competencies", "manajerial", 3, 0, 54] in rows
    assert ["Competency", "Integritas", 3, 0, 54] in rows
    assert list(sums[2:]) == [3, 0, 54]
    assert list(made(town, "training", below(town))[1][2:]) == [1, 0, 22]


def test_completions_are_those_of_the_period_that_stand(town: Town) -> None:
    town.learned(SITI, 4, dt.date(2026, 6, 30))
    town.learned(SITI, 5, dt.date(2026, 6, 1), withdrawn="yes")
    town.learned(SITI, 6, dt.date(2026, 6, 2), withdrawn="keep")
    town.learned(PENSIUN, 7, dt.date(2026, 7, 1))
    rows, sums, count = made(town, "completions", period="2026-06")
    assert [row[7] for row in rows] == [6, 4]
    assert (sums[7], count) == (10, 2)
    assert made(town, "completions", period="2026-Q3")[1][7] == 7
