"""The completions that are carried to a registry by file, with all that a form may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from lms_bridge.catalogue.course import Course
from lms_bridge.mapped.templates import WordMissing
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import Training
from lms_bridge.registries.files.layout import Cell, Layout
from lms_bridge.store.schema import completions, courses, deliveries, employees
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert


class Entry(msgspec.Struct, frozen=True):
    """A completion as a row of a form."""

    delivery_id: int
    completion_id: int
    progress: Mapping[str, Any]
    person: Mapping[str, str]
    row: AnyRow
    """completion and course, as they are stored"""

    @property
    def training(self) -> Training:
        """The row of a history that it is.

        Made only when it is asked for: a course that cannot be read (any more) is the trouble
        of its own completions. Raises :exc:`msgspec.ValidationError`.
        """
        course = convert(self.row.content, Course)
        return Training(
            name=course.name,
            organiser=course.organiser,
            kind=course.kind,
            hours=self.row.hours,
            certificate_number=self.row.certificate_number,
            starts=self.row.starts,
            ends=self.row.ends,
            structural_training=course.structural_training,
        )


class Unfit(Exception):
    """The form cannot take a completion, for that reason, which a person can mend."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence())
        self.reason = reason


def entries(db: Connection, which: ColumnElement[bool]) -> list[Entry]:
    """Those of the deliveries `which`, in their order, as the catalogue has the courses now."""
    rows = db.execute(_QUERY.where(which).order_by(deliveries.c.id))
    return [
        Entry(
            delivery_id=row.delivery_id,
            completion_id=row.completion_id,
            progress=row.progress,
            person={
                "nip": row.nip,
                "employee_name": row.name,
                "unit_id": row.unit_id,
                "unit_name": row.unit_name,
                "status": row.status,
            },
            row=row,
        )
        for row in rows
    ]


def cells(layout: Layout, remote: str, entry: Entry, *, batch: int = 1, row: int = 1) -> list[Cell]:
    """The row of `entry` in the form of `remote`. Raises :exc:`Unfit`."""
    training = entry.training
    if layout.settings.kinds and training.kind not in layout.settings.kinds:
        raise Unfit(Reason("kind_not_taken", remote=remote, kind=training.kind))
    try:
        return layout.fill(entry.person, training, batch=batch, row=row)
    except WordMissing as missing:
        raise Unfit(
            Reason(
                "word_missing",
                remote=remote,
                enumeration=missing.enumeration,
                value=missing.value,
            )
        ) from None


_QUERY = (
    select(
        deliveries.c.id.label("delivery_id"),
        deliveries.c.completion_id,
        deliveries.c.progress,
        completions.c.hours,
        completions.c.certificate_number,
        completions.c.starts,
        completions.c.ends,
        courses.c.content,
        employees.c.nip,
        employees.c.name,
        employees.c.unit_id,
        employees.c.unit_name,
        employees.c.status,
    )
    .join(completions, deliveries.c.completion_id == completions.c.id)
    .join(courses, completions.c.course_id == courses.c.id)
    .join(employees, completions.c.employee_id == employees.c.id)
)
