"""What there is of uploads, for whoever looks."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import msgspec
from sqlalchemy import Connection, func, select

from lms_bridge.catalogue.course import Course
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.store.schema import (
    completions,
    courses,
    deliveries,
    employees,
    upload_rows,
    uploads,
)
from lms_bridge.typed import convert
from lms_bridge.uploads.making import to_be_exported
from lms_bridge.uploads.states import Event, RowState, UploadState


class UploadLine(msgspec.Struct, frozen=True):
    """An upload, and how many of its rows stand where."""

    registry: str
    number: int
    state: UploadState
    format: str
    made_at: dt.datetime
    uploaded_on: dt.date | None
    rows: dict[str, int]
    history: list[Event]


class RowLine(msgspec.Struct, frozen=True):
    """A row of an upload, with its completion."""

    position: int
    completion_id: int
    delivery_id: int
    employee: str
    nip: str
    course: str
    state: RowState
    result_id: str
    message: str


class Waiting(msgspec.Struct, frozen=True):
    """What is in no upload yet."""

    to_export: int
    not_looked_at: int
    """completions that no worker has looked at yet"""


def list_uploads(db: Connection, registry: str = "", number: int | None = None) -> list[UploadLine]:
    """The uploads of a registry or of all, the newest first."""
    query = select(
        *(column for column in uploads.c if column.name not in ("content", "headings"))
    ).order_by(uploads.c.registry, uploads.c.number.desc())
    if registry:
        query = query.where(uploads.c.registry == registry)
    if number is not None:
        query = query.where(uploads.c.number == number)
    rows = db.execute(query).all()
    counted = select(upload_rows.c.upload_id, upload_rows.c.state, func.count()).group_by(
        upload_rows.c.upload_id, upload_rows.c.state
    )
    counts: dict[int, Counter[str]] = {}
    for upload_id, state, count in db.execute(counted):
        counts.setdefault(upload_id, Counter())[state] = count
    return [
        UploadLine(
            registry=row.registry,
            number=row.number,
            state=UploadState(row.state),
            format=row.format,
            made_at=row.made_at,
            uploaded_on=row.uploaded_on,
            rows=dict(counts.get(row.id, {})),
            history=convert(row.history, list[Event]),
        )
        for row in rows
    ]


def list_rows(db: Connection, registry: str, number: int) -> list[RowLine]:
    """The rows of an upload in their order."""
    query = (
        select(
            upload_rows,
            deliveries.c.completion_id,
            employees.c.name,
            employees.c.nip,
            courses.c.content,
        )
        .join(uploads, upload_rows.c.upload_id == uploads.c.id)
        .join(deliveries, upload_rows.c.delivery_id == deliveries.c.id)
        .join(completions, deliveries.c.completion_id == completions.c.id)
        .join(courses, completions.c.course_id == courses.c.id)
        .join(employees, completions.c.employee_id == employees.c.id)
        .where(uploads.c.registry == registry, uploads.c.number == number)
        .order_by(upload_rows.c.position)
    )
    return [
        RowLine(
            position=row.position,
            completion_id=row.completion_id,
            delivery_id=row.delivery_id,
            employee=row.name,
            nip=row.nip,
            course=convert(row.content, Course).name,
            state=RowState(row.state),
            result_id=row.result_id or "",
            message=row.message or "",
        )
        for row in db.execute(query)
    ]


def waiting(db: Connection, registry: str) -> Waiting:
    """How many completions are in no upload of the registry yet."""
    remote = f"registry.{registry}"
    ready = select(func.count()).select_from(deliveries).where(to_be_exported(remote))
    unseen = (
        select(func.count())
        .select_from(deliveries)
        .where(
            deliveries.c.remote == remote,
            deliveries.c.step == "record",
            deliveries.c.state.in_([State.WAITING, State.RUNNING, State.RETRYING]),
        )
    )
    return Waiting(db.execute(ready).scalar_one(), db.execute(unseen).scalar_one())
