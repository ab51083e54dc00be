"""Figures of the whole city that are kept: true to what is added up on the spot, for a while."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update

from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit, of_unit
from lms_bridge.config.settings import YearlyHours
from lms_bridge.figures import keeping, months, trainings
from lms_bridge.figures.standings import Standings
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import (
    completions,
    courses,
    kept_figures,
    postings,
    yearly_hours,
    yearly_trainings,
)
from tests.insight.test_figures import HEALTH, NOW, SCHOOLS, YEARLY, fill

ZONE = ZoneInfo("Asia/Jakarta")
LATER = NOW + dt.timedelta(seconds=30)


def seen(
    store: Store,
    sight: Sight,
    *,
    now: dt.datetime,
    year: int = 2026,
    yearly: YearlyHours = YEARLY,
) -> Standings:
    with store.reading() as db:
        found = keeping.of_year(db, [EVERYBODY, sight], yearly, year, now=now)
    return Standings(found.together, sorted(found.units, key=lambda one: one.unit_id))


@pytest.fixture
def office(store: Store) -> Store:
    """A city of which the figures are kept; one of its people is in no unit, another in two."""
    fill(store)
    with store.writing() as db:
        db.execute(delete(postings).where(postings.c.employee_id == 4))
        second = {"employee_id": 5, "registry": "", "unit_id": "", "unit_name": "Kecamatan"}
        db.execute(insert(postings).values(since=NOW, **second))
    keeping.keep(store, YEARLY, ZONE, now=NOW)
    return store


@pytest.mark.parametrize("unit", [None, SCHOOLS, HEALTH, ""])
def test_what_is_kept_is_what_is_added_up(office: Store, unit: str | None) -> None:
    with office.reading() as db:
        registry, name = ("siasn", "") if unit else ("", "Kecamatan")
        sight = EVERYBODY if unit is None else of_unit(db, Unit(registry, unit, name))
    kept = seen(office, sight, now=LATER)
    with office.writing() as db:
        db.execute(delete(kept_figures))
    assert seen(office, sight, now=LATER) == kept
    assert kept.together.people == {None: 4, SCHOOLS: 2, HEALTH: 1, "": 1}[unit]


UNITS = [None, ("siasn", SCHOOLS), ("siasn", HEALTH), ("", ""), ("siasn", "gone")]


def sight_of(store: Store, unit: tuple[str, str] | None) -> Sight:
    if unit is None:
        return EVERYBODY
    with store.reading() as db:
        return of_unit(db, Unit(*unit, "Kecamatan" if unit == ("", "") else ""))


@pytest.mark.parametrize("unit", UNITS)
def test_kept_trainings_are_those_added_up(office: Store, unit: tuple[str, str] | None) -> None:
    with office.writing() as db:
        db.execute(delete(yearly_trainings))
        rows = [(4, 3, 16, 2, 10), (5, 3, 16, 1, 5), (5, 0, 2, 1, 8), (1, 3, 16, 4, 20)]
        names = ("employee_id", "course_id", "kind", "trainings", "hours")
        for row in [*rows, (2, 3, 16, 1, 5)]:
            values = dict(zip(names, row, strict=True))
            db.execute(insert(yearly_trainings).values(year=2026, **values))
    keeping.keep(office, YEARLY, ZONE, now=NOW)
    sight = sight_of(office, unit)
    with office.reading() as db:
        found = sorted(keeping.by_training(db, [EVERYBODY, sight], 2026, now=LATER))
        assert found == sorted(trainings.counted(db, [sight], 2026))
    with office.writing() as db:
        db.execute(delete(yearly_trainings))
    with office.reading() as db:
        assert sorted(keeping.by_training(db, [sight], 2026, now=LATER)) == found
    told = {(one.course_id, one.trainings, one.hours) for one in found}
    assert (
        told
        == {
            None: {(3, 8, 40), (0, 1, 8)},  # the 4th is in no unit
            ("siasn", SCHOOLS): {(3, 5, 25)},
            ("siasn", HEALTH): {(3, 1, 5), (0, 1, 8)},
            ("", ""): {(3, 1, 5), (0, 1, 8)},
            ("siasn", "gone"): set(),
        }[unit]
    )


@pytest.mark.parametrize("unit", UNITS)
def test_kept_months_are_those_counted(office: Store, unit: tuple[str, str] | None) -> None:
    with office.writing() as db:
        about = {"key": "K", "source": "config", "content": {}, "active": True, "revision": 1}
        db.execute(insert(courses).values(id=1, changed_at=NOW, **about))
        done = [(1, "2025-01-01"), (1, "2026-03-31"), (2, "2026-03-01"), (4, "2026-12-31")]
        done += [(5, "2025-06-15"), (5, "2026-06-15"), (5, "2024-12-31"), (1, "2027-01-01")]
        for number, (person, day) in enumerate(done):
            at = dt.datetime.fromisoformat(day).replace(tzinfo=ZONE)
            about = {"role": "", "time_source": "", "hours": 1, "lms": "", "course_id": 1}
            days = {"starts": at.date(), "ends": at.date(), "created_at": NOW, "completed_at": at}
            which = {"run": str(number), "certificate_number": str(number), "employee_id": person}
            db.execute(insert(completions).values(**which, **about, **days))
    keeping.keep(office, YEARLY, ZONE, now=NOW)
    sight = sight_of(office, unit)
    with office.reading() as db:
        found = keeping.by_month(db, sight, 2026, ZONE, now=LATER)
        assert found == months.counted(db, sight, 2026, ZONE)
    with office.writing() as db:
        db.execute(delete(completions))
    with office.reading() as db:
        assert keeping.by_month(db, sight, 2026, ZONE, now=LATER) == found
    schools, health = {(1, 1, 0), (3, 0, 2)}, {(6, 1, 1)}
    assert {one for one in map(msgspec.structs.astuple, found) if any(one[1:])} == {
        None: schools | health | {(12, 0, 1)},
        ("siasn", SCHOOLS): schools,
        ("siasn", HEALTH): health,
        ("", ""): health,
        ("siasn", "gone"): set(),
    }[unit]


def test_it_is_shown_for_a_while_and_then_no_more(office: Store) -> None:
    with office.writing() as db:
        db.execute(update(yearly_hours).values(ours=100))
    assert seen(office, EVERYBODY, now=LATER).together.reached == 2
    assert seen(office, EVERYBODY, now=NOW + dt.timedelta(hours=1)).together.reached == 4


def test_figures_of_another_year_or_by_other_goals_are_not_taken_for_these(office: Store) -> None:
    assert seen(office, EVERYBODY, now=LATER, year=2025).together.reached == 0
    low = YearlyHours(pns=1, pppk=1)
    assert seen(office, EVERYBODY, now=LATER, yearly=low).together.reached == 4


def test_they_are_added_up_again_after_a_rest(office: Store) -> None:
    with office.reading() as db:
        assert not keeping.are_due(db, now=NOW + dt.timedelta(seconds=29))
        assert keeping.are_due(db, now=NOW + dt.timedelta(minutes=5))
    with office.writing() as db:  # what takes long is done less often
        db.execute(update(kept_figures).values(took_ms=10_000))
    with office.reading() as db:
        assert not keeping.are_due(db, now=NOW + dt.timedelta(minutes=5))
        late = NOW + dt.timedelta(minutes=15)
        assert keeping.kept_of_year(db, [EVERYBODY], YEARLY, 2026, now=late) is not None


@pytest.mark.parametrize("took_ms", [0, 400, 30_000])
def test_none_of_them_is_out_of_date_before_they_are_due(office: Store, took_ms: int) -> None:
    with office.reading() as db:
        assert len(set(db.scalars(select(kept_figures.c.took_ms)))) == 1
    with office.writing() as db:
        db.execute(update(kept_figures).values(took_ms=took_ms))
    late = NOW
    with office.reading() as db:
        while not keeping.are_due(db, now=late):
            late += dt.timedelta(seconds=1)
        late += dt.timedelta(seconds=40)  # until somebody has done it
        for year in (2026, 2025, 2024):
            assert keeping.kept_of_year(db, [EVERYBODY], YEARLY, year, now=late) is not None
