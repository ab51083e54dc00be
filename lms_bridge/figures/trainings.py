"""How many trainings of each course and kind there were in a year, and their JP."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.store.schema import yearly_trainings


class Trainings(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Those of one course; or of one kind, of which only a registry tells."""

    course_id: int
    """0: only a registry tells of them"""
    kind: int
    """which then is said; 0: that is not known"""
    trainings: int
    hours: int


def counted(db: Connection, sights: Sequence[Sight], year: int) -> list[Trainings]:
    """Those of people whom each of `sights` sees, as they were last summed up."""
    kept = yearly_trainings.c
    query = (
        select(kept.course_id, kept.kind, func.sum(kept.trainings), func.sum(kept.hours))
        .where(
            kept.year == year,
            *(one.sees(kept.employee_id) for one in sights if not one.is_whole),
        )
        .group_by(kept.course_id, kept.kind)
    )
    return [
        Trainings(course_id, kind, int(trainings), int(hours))
        for course_id, kind, trainings, hours in db.execute(query)
    ]
