"""Figures of the whole city that are kept: true to what is added up on the spot, for a while."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, update

from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit, of_unit
from lms_bridge.config.settings import YearlyHours
from lms_bridge.figures import keeping, trainings
from lms_bridge.figures.standings import Standings
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import kept_figures, postings, yearly_hours, yearly_trainings
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


@pytest.mark.parametrize("unit", [None, SCHOOLS])
def test_trainings_are_kept_of_everybody_and_added_up_of_some(
    office: Store, unit: str | None
) -> None:
    with office.writing() as db:
        db.execute(delete(yearly_trainings))
        rows = [(4, 3, 16, 2, 10), (5, 3, 16, 1, 5), (5, 0, 2, 1, 8)]
        names = ("employee_id", "course_id", "kind", "trainings", "hours")
        for row in rows:
            values = dict(zip(names, row, strict=True))
            db.execute(insert(yearly_trainings).values(year=2026, **values))
        sight = EVERYBODY if unit is None else of_unit(db, Unit("siasn", unit, ""))
    keeping.keep(office, YEARLY, ZONE, now=NOW)
    with office.reading() as db:
        found = keeping.by_training(db, [sight], 2026, now=LATER)
        assert sorted(found) == sorted(trainings.counted(db, [sight], 2026))
    with office.writing() as db:
        db.execute(delete(yearly_trainings))
    with office.reading() as db:
        after = keeping.by_training(db, [sight], 2026, now=LATER)
    assert after == (found if unit is None else [])
    if unit is None:
        assert {(one.course_id, one.trainings, one.hours) for one in found} == {
            (3, 3, 15),
            (0, 1, 8),
        }


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
