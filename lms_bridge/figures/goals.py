"""Who is to reach how many JP in a year, and who has, as conditions for queries.

The same as :mod:`lms_bridge.people.service` and :mod:`lms_bridge.people.learned` say of one person,
from the JP that :mod:`lms_bridge.people.sums` keeps: whose sums are being counted anew may be a
little behind here.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

from lms_bridge.config.settings import YearlyHours
from lms_bridge.people import service
from lms_bridge.store.schema import employees, yearly_hours

_UNSAID = "1" * 8 + "0" * 10
"""a NIP that is neither of a PNS nor of a PPPK, so that only the registry's word tells"""


class Goals(msgspec.Struct, frozen=True):
    """Expressions over `employees` joined with the JP of a year (:attr:`on`)."""

    year: int
    in_service: ColumnElement[bool]
    """that somebody is to reach any"""
    wanted: ColumnElement[int]
    """how many"""
    hours: ColumnElement[int]
    """how many they have"""
    reached: ColumnElement[bool]
    lacks: ColumnElement[int]
    """JP that are still to be reached"""

    @property
    def on(self) -> ColumnElement[bool]:
        """What joins the JP of the year, which not everybody has."""
        return and_(yearly_hours.c.employee_id == employees.c.id, yearly_hours.c.year == self.year)


def goals_of(db: Connection, yearly: YearlyHours, year: int, *, wanted: int | None = None) -> Goals:
    """What is to be reached in `year`; or so many JP by each, if that is `wanted`."""
    words = db.execute(select(employees.c.status).distinct()).scalars().all()
    kinds = {word: service.kind(_UNSAID, word) for word in words}
    is_pppk = employees.c.status.in_([word for word, kind in kinds.items() if kind == "PPPK"])
    unsaid = employees.c.status.in_([word for word, kind in kinds.items() if kind == "other"])
    by_nip = and_(unsaid, func.substr(employees.c.nip, 13, 2) >= "21")
    goal: ColumnElement[int] = case((or_(is_pppk, by_nip), yearly.pppk), else_=yearly.pns)
    if wanted is not None:
        goal = literal(wanted)
    hours = func.coalesce(yearly_hours.c.ours + yearly_hours.c.elsewhere, 0)
    return Goals(
        year=year,
        in_service=employees.c.status.in_(
            [word for word in words if service.standing(word) in ("active", "")]
        ),
        wanted=goal,
        hours=hours,
        reached=hours >= goal,
        lacks=case((hours < goal, goal - hours), else_=0),
    )
