"""Everything a step needs to know, loaded when it is claimed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, select

from lms_bridge.catalogue.course import Course
from lms_bridge.deliveries import standing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.store.schema import completions, courses, deliveries, employees
from lms_bridge.store.types import AnyRow


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed delivery, with its completion, its course and its employee."""

    delivery_id: int
    fence: int
    step: str
    remote: str
    started_at: dt.datetime
    attempt: int
    failures: int
    effort_since: dt.datetime
    progress: Mapping[str, Any]
    completion_id: int
    hours: int
    certificate_number: str
    starts: dt.date
    ends: dt.date
    lms_user_id: str
    content: Mapping[str, Any]
    employee_id: int
    nip: str
    registry_refs: Mapping[str, Any]
    withdrawn: bool = False
    """whether the completion has been taken back"""

    @property
    def is_wanted(self) -> bool:
        """Whether it is to be done; if not, it is only looked up what an attempt had set off."""
        return self.withdrawn == standing.is_undoing(self.step)

    @property
    def course(self) -> Course:
        """The course, as the catalogue has it now.

        Read only when it is asked for: a course that cannot be read (any more) is the trouble
        of its own deliveries, and not of whoever takes the next one from the queue.
        """
        return msgspec.convert(self.content, Course)


def load(db: Connection, delivery_id: int, *, started_at: dt.datetime) -> Work:
    """The work of delivery `delivery_id`."""
    row = db.execute(_ONE, {"delivery": delivery_id}).one()
    return _work(row, started_at)


class Confirmed(NamedTuple):
    """A delivery that is done: the id that the remote gave it, and what is said of it since."""

    work: Work
    result_id: str
    reason: Reason


def load_confirmed(
    db: Connection, which: ColumnElement[bool], *, now: dt.datetime
) -> list[Confirmed]:
    """Of the deliveries `which`, those that are done."""
    rows = db.execute(
        _QUERY.where(which, deliveries.c.state == State.DONE).order_by(deliveries.c.id)
    )
    return [
        Confirmed(
            _work(row, now),
            row.result_id or "",
            Reason.stored(row.reason_code, row.reason_details),
        )
        for row in rows
    ]


def _work(row: AnyRow, started_at: dt.datetime) -> Work:
    return Work(
        delivery_id=row.delivery_id,
        fence=row.fence,
        step=row.step,
        remote=row.remote,
        started_at=started_at,
        attempt=row.attempts,
        failures=row.failures,
        effort_since=row.effort_since,
        progress=row.progress,
        completion_id=row.completion_id,
        hours=row.hours,
        certificate_number=row.certificate_number,
        starts=row.starts,
        ends=row.ends,
        lms_user_id=row.lms_user_id,
        content=row.content,
        employee_id=row.employee_id,
        nip=row.nip,
        registry_refs=row.registry_refs,
        withdrawn=row.withdrawn_at is not None,
    )


_QUERY = (
    select(
        deliveries.c.id.label("delivery_id"),
        deliveries.c.fence,
        deliveries.c.step,
        deliveries.c.remote,
        deliveries.c.attempts,
        deliveries.c.failures,
        deliveries.c.effort_since,
        deliveries.c.progress,
        deliveries.c.result_id,
        deliveries.c.reason_code,
        deliveries.c.reason_details,
        deliveries.c.completion_id,
        completions.c.hours,
        completions.c.certificate_number,
        completions.c.starts,
        completions.c.ends,
        completions.c.lms_user_id,
        completions.c.withdrawn_at,
        courses.c.content,
        completions.c.employee_id,
        employees.c.nip,
        employees.c.registry_refs,
    )
    .join(completions, deliveries.c.completion_id == completions.c.id)
    .join(courses, completions.c.course_id == courses.c.id)
    .join(employees, completions.c.employee_id == employees.c.id)
)
_ONE = _QUERY.where(deliveries.c.id == bindparam("delivery"))
