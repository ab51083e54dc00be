"""Making a report: from what is asked for to a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from lms_bridge.accounts.sight import EVERYBODY, Sight, of_unit
from lms_bridge.config.settings import YearlyHours
from lms_bridge.i18n import mark
from lms_bridge.reporting import choosing, people, trainings
from lms_bridge.reporting.asked import Asked
from lms_bridge.reporting.report import BadReport, Kind, Report
from lms_bridge.reporting.table import Table

_MADE: Mapping[Kind, Callable[[Connection, Asked], Table]] = {
    "lacking": people.lacking,
    "employees": people.by_name,
    "units": people.by_unit,
    "training": trainings.by_kind,
    "completions": trainings.completed,
}


def make(
    db: Connection,
    report: Report,
    sight: Sight,
    *,
    yearly: YearlyHours,
    today: dt.date,
    language: str,
    limit: int | None = None,
    now: dt.datetime | None = None,
) -> Table:
    """The table that `report` asks for, of those whom `sight` sees; the first `limit` rows of it.

    With `now`, the sums may be those that are kept by then (:mod:`lms_bridge.figures.keeping`).
    Its rows are read from `db` as they are taken. Raises
    :exc:`~lms_bridge.reporting.report.BadReport` for a unit that there is not, or that is not seen.
    """
    unit, chosen = None, EVERYBODY
    if report.unit:
        unit = choosing.unit_of(db, report.unit)
        if unit is None or not sight.shows(unit):
            raise BadReport(mark("There is no such work unit, or none that you may see."))
        chosen = of_unit(db, unit)
    period = report.period_at(today)
    asked = Asked(
        report=report,
        period=period,
        seen_by=(sight, chosen),
        unit=unit,
        yearly=yearly,
        language=language,
        limit=limit,
        now=now,
    )
    return _MADE[report.kind](db, asked)
