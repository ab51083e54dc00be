"""What the bridge says of one person's trainings at one registry."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, and_, select

from lms_bridge.catalogue.course import Course, Role
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.record_step import training_in
from lms_bridge.registries.base import Training
from lms_bridge.store.schema import completions, courses, deliveries, withdrawals
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert

STEPS = ("record", "unrecord", "correct", "document", "undouble")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery of a completion."""

    id: int
    fence: int
    state: State
    reason: str
    result_id: str
    was_found: bool
    """the row was there before the bridge would have written it"""
    said: Training | None
    """what the row was made to say, or was found to say"""
    begun_at: dt.datetime
    changed_at: dt.datetime

    @property
    def is_open(self) -> bool:
        """Whether a worker is, or will be, at it."""
        return self.state in (State.WAITING, State.RUNNING, State.RETRYING, State.DELEGATED)


class Mine(msgspec.Struct, frozen=True, kw_only=True):
    """A completion of a person."""

    id: int
    course: str
    """key of the course"""
    role: Role
    stands: bool
    kept: bool
    """it was taken back, and HR has decided that the registry keeps the row"""
    training: Training
    """what a registry would be told of it now"""
    steps: dict[str, Step]
    """at this registry, by name"""

    @property
    def record(self) -> Step | None:
        return self.steps.get("record")

    @property
    def row_id(self) -> str:
        """The row that it is in the registry; empty if it is none."""
        return self.record.result_id if self.record else ""

    @property
    def said(self) -> Training:
        """What the row was made to say."""
        return (self.record and self.record.said) or self.training


def load(db: Connection, employee_id: int, remote: str) -> list[Mine]:
    """The completions of the employee, in the order in which they were made."""
    current = and_(
        withdrawals.c.completion_id == completions.c.id, withdrawals.c.ended_at.is_(None)
    )
    query = (
        select(completions, courses.c.key, courses.c.content, withdrawals.c.decision)
        .join(courses, completions.c.course_id == courses.c.id)
        .outerjoin(withdrawals, current)
        .where(completions.c.employee_id == employee_id)
        .order_by(completions.c.id)
    )
    rows = db.execute(query).all()
    steps: dict[int, dict[str, Step]] = {}
    if rows:
        theirs = select(deliveries).where(
            deliveries.c.completion_id.in_([row.id for row in rows]),
            deliveries.c.remote == remote,
            deliveries.c.step.in_(STEPS),
        )
        for row in db.execute(theirs):
            steps.setdefault(row.completion_id, {})[row.step] = _step(row)
    return [_mine(row, steps.get(row.id, {})) for row in rows]


def changed_at(mine: list[Mine]) -> dt.datetime | None:
    """When something last happened to a delivery of them; None: there are none."""
    return max((step.changed_at for one in mine for step in one.steps.values()), default=None)


def _step(row: AnyRow) -> Step:
    return Step(
        id=row.id,
        fence=row.fence,
        state=State(row.state),
        reason=row.reason_code,
        result_id=row.result_id or "",
        was_found=bool(row.progress.get("found")),
        said=training_in(row.progress),
        begun_at=row.effort_since,
        changed_at=row.changed_at,
    )


def _mine(row: AnyRow, steps: dict[str, Step]) -> Mine:
    course = convert(row.content, Course)
    return Mine(
        id=row.id,
        course=row.key,
        role=row.role,
        stands=row.withdrawn_at is None,
        kept=row.withdrawn_at is not None and row.decision == "keep",
        training=Training(
            name=course.name,
            organiser=course.organiser,
            kind=course.kind,
            hours=row.hours,
            certificate_number=row.certificate_number,
            starts=row.starts,
            ends=row.ends,
            structural_training=course.structural_training,
        ),
        steps=steps,
    )
