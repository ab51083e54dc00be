"""Everything a step needs to know, loaded when it is claimed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from lms_bridge.catalogue.course import Course
from lms_bridge.store.schema import completions, courses, deliveries, employees


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
    role: str
    hours: int
    certificate_number: str
    starts: dt.date
    ends: dt.date
    lms_user_id: str
    course: Course
    employee_id: int
    nip: str
    employee_name: str
    registry_refs: Mapping[str, Any]


def load(db: Connection, delivery_id: int, *, started_at: dt.datetime) -> Work:
    """The work of delivery `delivery_id`."""
    row = db.execute(_QUERY, {"delivery": delivery_id}).one()
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
        role=row.role,
        hours=row.hours,
        certificate_number=row.certificate_number,
        starts=row.starts,
        ends=row.ends,
        lms_user_id=row.lms_user_id,
        course=msgspec.convert(row.content, Course),
        employee_id=row.employee_id,
        nip=row.nip,
        employee_name=row.name,
        registry_refs=row.registry_refs,
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
        deliveries.c.completion_id,
        completions.c.role,
        completions.c.hours,
        completions.c.certificate_number,
        completions.c.starts,
        completions.c.ends,
        completions.c.lms_user_id,
        courses.c.content,
        completions.c.employee_id,
        employees.c.nip,
        employees.c.name,
        employees.c.registry_refs,
    )
    .join(completions, deliveries.c.completion_id == completions.c.id)
    .join(courses, completions.c.course_id == courses.c.id)
    .join(employees, completions.c.employee_id == employees.c.id)
    .where(deliveries.c.id == bindparam("delivery"))
)
