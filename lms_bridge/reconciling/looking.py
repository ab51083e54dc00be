"""What was found, as it is shown."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from lms_bridge.people.units import people_in
from lms_bridge.reasons import Reason
from lms_bridge.reconciling.findings import FindingState
from lms_bridge.store.many import among
from lms_bridge.store.schema import deliveries, employees, findings, reconciliations
from lms_bridge.store.types import AnyRow


class Run(msgspec.Struct, frozen=True):
    """A run, with how many of its findings stand where."""

    number: int
    by: str
    scope: Mapping[str, Any]
    started_at: dt.datetime
    finished_at: dt.datetime | None
    outcome: str
    oldest_reading: dt.datetime | None
    """when the oldest history that it went by was read"""
    counts: Mapping[str, int]
    error: str
    states: Mapping[str, int]


class Line(msgspec.Struct, frozen=True):
    """A finding, with whom it is about and what became of it."""

    id: int
    run: int
    kind: str
    remote: str
    employee: str
    nip: str
    unit: str
    completion_id: int | None
    course: str
    row_id: str
    reason: Reason
    repairs: Sequence[str]
    state: str
    repair: str
    """what was approved"""
    delivery_id: int | None
    delivery_state: str
    delivery_reason: Reason | None
    decided_at: dt.datetime | None
    decided_by: str
    decided_why: str
    details: Mapping[str, Any]


def run(db: Connection, number: int | None = None) -> Run | None:
    """The run of that number, or the latest."""
    query = select(reconciliations).order_by(reconciliations.c.id.desc()).limit(1)
    if number is not None:
        query = query.where(reconciliations.c.id == number)
    row = db.execute(query).one_or_none()
    return _run(db, row) if row else None


def runs(db: Connection, limit: int) -> list[Run]:
    """The latest runs, the newest first."""
    query = select(reconciliations).order_by(reconciliations.c.id.desc()).limit(limit)
    return [_run(db, row) for row in db.execute(query).all()]


def lines(
    db: Connection,
    run_id: int | None = None,
    *,
    kind: str = "",
    unit: str = "",
    states: Sequence[str] = (),
    ids: Sequence[int] = (),
) -> Iterator[Line]:
    """The findings of the run, or of all, in the order in which they were found."""
    which: list[ColumnElement[bool]] = []
    if run_id is not None:
        which.append(findings.c.run_id == run_id)
    if kind:
        which.append(findings.c.kind == kind)
    if states:
        which.append(findings.c.state.in_(states))
    if ids:
        which.append(among(findings.c.id, list(ids)))
    inside = people_in(db, unit) if unit else None
    query = (
        select(
            findings,
            employees.c.name,
            employees.c.nip,
            employees.c.unit_name,
            deliveries.c.state.label("delivery_state"),
            deliveries.c.reason_code.label("delivery_code"),
            deliveries.c.reason_details.label("delivery_details"),
        )
        .outerjoin(employees, findings.c.employee_id == employees.c.id)
        .outerjoin(deliveries, findings.c.delivery_id == deliveries.c.id)
        .where(*which)
        .order_by(findings.c.id)
    )
    for row in db.execute(query, execution_options={"yield_per": 500}):
        if inside is None or row.employee_id in inside:
            yield _line(row)


def open_findings(db: Connection) -> int:
    """How many findings wait for somebody to decide."""
    query = select(func.count()).select_from(findings)
    return db.execute(query.where(findings.c.state == FindingState.OPEN)).scalar_one()


def by_kind(found: Sequence[Line]) -> Counter[str]:
    """How many there are of each kind."""
    return Counter(one.kind for one in found)


def _run(db: Connection, row: AnyRow) -> Run:
    states = (
        select(findings.c.state, func.count())
        .where(findings.c.run_id == row.id)
        .group_by(findings.c.state)
    )
    return Run(
        number=row.id,
        by=row.begun_by,
        scope=row.scope,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=row.outcome,
        oldest_reading=row.oldest_reading,
        counts=row.counts,
        error=row.error or "",
        states={row[0]: row[1] for row in db.execute(states)},
    )


def _line(row: AnyRow) -> Line:
    shown: dict[str, Any] = row.details
    return Line(
        id=row.id,
        run=row.run_id,
        kind=row.kind,
        remote=row.remote,
        employee=row.name or shown.get("who", ""),
        nip=row.nip or "",
        unit=row.unit_name or "",
        completion_id=row.completion_id,
        course=row.course_key,
        row_id=row.row_id,
        reason=Reason.stored(row.reason_code, row.reason_details),
        repairs=row.repairs,
        state=row.state,
        repair=row.repair or "",
        delivery_id=row.delivery_id,
        delivery_state=row.delivery_state or "",
        delivery_reason=(
            Reason.stored(row.delivery_code, row.delivery_details) if row.delivery_code else None
        ),
        decided_at=row.decided_at,
        decided_by=row.decided_by or "",
        decided_why=row.decided_why or "",
        details=shown,
    )
