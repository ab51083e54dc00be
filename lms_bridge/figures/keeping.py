"""Figures of the whole city, kept so that a page need not wait while they are added up.

A page that adds up ten thousand people takes a tenth of a second, and ten times that in a province.
So the job ``count_figures`` adds them up every now and then, and they are shown as they were then:
in a city some two minutes ago at most. Where none are kept that are as new as that, for no
worker runs or they are wanted of another year, they are added up on the spot.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.accounts.sight import EVERYBODY, Sight
from lms_bridge.config.settings import YearlyHours
from lms_bridge.figures import months, standings, trainings
from lms_bridge.figures.goals import goals_of
from lms_bridge.figures.months import Month
from lms_bridge.figures.standings import Standings
from lms_bridge.figures.trainings import Trainings
from lms_bridge.figures.units import ByUnit
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import kept_figures
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import decode

EVERY: Final = dt.timedelta(seconds=30)
"""how often they are added up, at most"""
GOOD: Final = dt.timedelta(seconds=90)
"""how long they are shown after that, at least"""
_REST: Final = 50
"""times as long as it takes to add up is waited before it is done again"""
_YEARS: Final = 3
"""this one and those before it, which reports are asked for as well"""

Figures = TypeVar("Figures", Standings, ByUnit[list[Month]], ByUnit[list[Trainings]])


def of_year(
    db: Connection, sights: Sequence[Sight], yearly: YearlyHours, year: int, *, now: dt.datetime
) -> Standings:
    """How far those have come in `year` whom each of `sights` sees."""
    kept = kept_of_year(db, sights, yearly, year, now=now)
    return standings.added_up(db, sights, goals_of(db, yearly, year)) if kept is None else kept


def kept_of_year(
    db: Connection, sights: Sequence[Sight], yearly: YearlyHours, year: int, *, now: dt.datetime
) -> Standings | None:
    """The same, if that is kept."""
    kept = _kept(db, _standings_name(yearly, year), Standings, now)
    narrow = [one for one in sights if not one.is_whole]
    return standings.inside(kept.units, narrow) if kept and narrow else kept


def by_month(
    db: Connection, sight: Sight, year: int, zone: dt.tzinfo, *, now: dt.datetime
) -> list[Month]:
    """How many completions each month brought, in `year` and the year before."""
    kept = _kept(db, _months_name(year, zone), ByUnit[list[Month]], now)
    if kept is None:
        return months.counted(db, sight, year, zone)
    return kept.together if sight.is_whole else months.inside(kept.units, [sight])


def by_training(
    db: Connection, sights: Sequence[Sight], year: int, *, now: dt.datetime
) -> list[Trainings]:
    """How many trainings there were in `year` of those whom each of `sights` sees."""
    kept = _kept(db, _trainings_name(year), ByUnit[list[Trainings]], now)
    if kept is None:
        return trainings.counted(db, sights, year)
    narrow = [one for one in sights if not one.is_whole]
    return trainings.inside(kept.units, narrow) if narrow else kept.together


def are_due(db: Connection, *, now: dt.datetime) -> bool:
    """Whether they are to be added up again."""
    last = select(kept_figures.c.made_at, kept_figures.c.took_ms)
    one = db.execute(last.order_by(kept_figures.c.made_at.desc()).limit(1)).one_or_none()
    return one is None or now >= one.made_at + max(EVERY, _rest(one))


def keep(store: Store, yearly: YearlyHours, zone: dt.tzinfo, *, now: dt.datetime) -> None:
    """Add all of them up and keep them in place of those before."""
    began, this_year = time.monotonic(), now.astimezone(zone).year
    made: dict[str, Any] = {}
    with store.reading() as db:
        made[_months_name(this_year, zone)] = months.added_up(db, this_year, zone)
        for year in range(this_year, this_year - _YEARS, -1):
            goals = goals_of(db, yearly, year)
            made[_standings_name(yearly, year)] = standings.added_up(db, [EVERYBODY], goals)
            made[_trainings_name(year)] = trainings.added_up(db, year)
    # Of all of them together, for by that they are due again, and none may go before.
    took_ms = int(1000 * (time.monotonic() - began))
    with store.writing() as db:
        db.execute(kept_figures.delete().where(kept_figures.c.made_at < now - 10 * GOOD))
        for name, figures in made.items():
            content = msgspec.json.encode(figures).decode()
            values = {"made_at": now, "took_ms": took_ms, "content": content}
            new = insert(db, kept_figures).values(name=name, **values)
            db.execute(new.on_conflict_do_update(index_elements=["name"], set_=values))


def _kept(db: Connection, name: str, kind: type[Figures], now: dt.datetime) -> Figures | None:
    """What is kept under that name, if it is as new as it has to be."""
    one = db.execute(select(kept_figures).where(kept_figures.c.name == name)).one_or_none()
    if one is None or now > one.made_at + GOOD + 2 * _rest(one):
        return None
    return decode(one.content, kind)


def _standings_name(yearly: YearlyHours, year: int) -> str:
    return f"standings {year} {yearly.pns} {yearly.pppk}"


def _months_name(year: int, zone: dt.tzinfo) -> str:
    return f"months by unit {year} {zone}"


def _trainings_name(year: int) -> str:
    return f"trainings by unit {year}"


def _rest(one: AnyRow) -> dt.timedelta:
    """How long nothing is added up after that was."""
    return _REST * dt.timedelta(milliseconds=one.took_ms)
