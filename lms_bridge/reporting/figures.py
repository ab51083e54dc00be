"""The JP of those in service in a year: the one place from which the reports have them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from lms_bridge.figures import keeping, standings
from lms_bridge.figures.goals import goals_of
from lms_bridge.figures.standings import Standing, Standings
from lms_bridge.people import service
from lms_bridge.people.service import Kind
from lms_bridge.reporting.asked import Asked
from lms_bridge.store.schema import employees, history_readings, yearly_hours

_ROWS_AT_ONCE = 500


class PersonStanding(msgspec.Struct, frozen=True):
    """How far somebody in service has come in a year."""

    nip: str
    name: str
    unit: str
    kind: Kind
    ours: int
    elsewhere: int
    wanted: int
    lacks: int
    read_at: dt.datetime | None
    """when the history was last read; None: never, so what others recorded is not in it"""

    @property
    def total(self) -> int:
        """All JP."""
        return self.ours + self.elsewhere


class Figures:
    """The JP of a year of those of whom a report is `asked`.

    >>> with store.reading() as db:
    ...     Figures(db, asked).together()
    """

    def __init__(self, db: Connection, asked: Asked) -> None:
        self._db = db
        self._asked = asked
        self._year = asked.period.year
        self._goals = goals_of(db, asked.yearly, self._year, wanted=asked.report.jp)

    def people(self, *, lacking: bool) -> Iterator[PersonStanding]:
        """Everybody by name; or who is `lacking` JP, the fewest first."""
        goals = self._goals
        query = (
            select(
                employees.c.nip,
                employees.c.name,
                employees.c.unit_name,
                employees.c.status,
                func.coalesce(yearly_hours.c.ours, 0).label("ours"),
                func.coalesce(yearly_hours.c.elsewhere, 0).label("elsewhere"),
                goals.wanted.label("wanted"),
                goals.lacks.label("lacks"),
                _read_at().label("read_at"),
            )
            .select_from(employees)
            .outerjoin(yearly_hours, goals.on)
            .where(goals.in_service, *self._seen())
        )
        by_name = employees.c.name, employees.c.nip
        if lacking:
            query = query.where(goals.hours < goals.wanted).order_by(goals.hours, *by_name)
        else:
            query = query.order_by(*by_name)
        query = query.limit(self._asked.limit).execution_options(yield_per=_ROWS_AT_ONCE)
        for row in self._db.execute(query):
            yield PersonStanding(
                row.nip,
                row.name,
                row.unit_name,
                service.kind(row.nip, row.status),
                row.ours,
                row.elsewhere,
                row.wanted,
                row.lacks,
                row.read_at,
            )

    def together(self) -> Standing:
        """What all of them come to."""
        kept = self._kept()
        if kept is not None:
            return kept.together
        return standings.together(self._db, self._asked.seen_by, self._goals)

    def by_unit(self) -> Standings:
        """The same, with each unit that any of them is in now."""
        kept = self._kept()
        if kept is not None:
            return kept
        return standings.added_up(self._db, self._asked.seen_by, self._goals)

    def _kept(self) -> Standings | None:
        asked = self._asked
        if asked.now is None or asked.report.jp is not None:
            return None
        return keeping.kept_of_year(
            self._db, asked.seen_by, asked.yearly, self._year, now=asked.now
        )

    def _seen(self) -> list[ColumnElement[bool]]:
        seen_by = self._asked.seen_by
        return [one.sees(employees.c.id) for one in seen_by if not one.is_whole]


def _read_at() -> ColumnElement[Any]:
    return (
        select(func.max(history_readings.c.read_at))
        .where(history_readings.c.employee_id == employees.c.id)
        .correlate(employees)
        .scalar_subquery()
    )
