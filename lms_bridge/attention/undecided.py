"""What HR has to decide: completions that were taken back, and what does not fit together."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, exists, func, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.attention.groups import PAGE, Cause, Group, Kind, Member
from lms_bridge.deliveries import standing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.reconciling.findings import FindingState
from lms_bridge.store.many import among
from lms_bridge.store.schema import (
    completions,
    courses,
    deliveries,
    employees,
    findings,
    withdrawals,
)

# From the withdrawals, which are few, to the completions, which are many.
_IS_UNDECIDED = and_(
    withdrawals.c.ended_at.is_(None),
    withdrawals.c.decision.is_(None),
    exists().where(
        deliveries.c.completion_id == withdrawals.c.completion_id,
        deliveries.c.step.in_(standing.UNDONE_BY),
        # Not by the state, by which SQLite would go through all that is done.
        deliveries.c.state.concat("") == State.DONE,
    ),
)
_IS_OPEN = findings.c.state == FindingState.OPEN


def withdrawn(db: Connection, sight: Sight) -> Group | None:
    """The completions that were taken back and about which nobody has decided; None: no such."""
    many, oldest = db.execute(
        select(func.count(), func.min(withdrawals.c.withdrawn_at))
        .join(completions, withdrawals.c.completion_id == completions.c.id)
        .where(_IS_UNDECIDED, sight.sees(completions.c.employee_id))
    ).one()
    if not many:
        return None
    reason = Reason("withdrawals_undecided", count=many)
    cause = Cause(Kind.WITHDRAWAL, 0)
    return Group(cause=cause, title="", reason=reason, count=many, oldest=oldest)


def withdrawn_members(
    db: Connection, sight: Sight, *, after: int = 0, limit: int = PAGE
) -> list[Member]:
    """Each of them, by the number of the completion."""
    query = (
        select(
            withdrawals,
            employees.c.id.label("employee_id"),
            employees.c.name,
            employees.c.unit_name,
            courses.c.content,
        )
        .join(completions, withdrawals.c.completion_id == completions.c.id)
        .join(employees, completions.c.employee_id == employees.c.id)
        .join(courses, completions.c.course_id == courses.c.id)
        .where(
            _IS_UNDECIDED,
            sight.sees(completions.c.employee_id),
            withdrawals.c.completion_id > after,
        )
        .order_by(withdrawals.c.completion_id)
        .limit(limit)
    )
    return [
        Member(
            id=row.completion_id,
            person=row.name,
            employee_id=row.employee_id,
            unit=row.unit_name,
            course=row.content.get("name", ""),
            completion_id=row.completion_id,
            at=row.withdrawn_at,
            reason=Reason.stored(row.reason_code or "withdrawn", row.reason_details),
        )
        for row in db.execute(query)
    ]


def among_withdrawn(db: Connection, ids: Collection[int]) -> list[int]:
    """Those of the completions `ids` about which HR has to decide."""
    query = select(withdrawals.c.completion_id).where(
        _IS_UNDECIDED, among(withdrawals.c.completion_id, list(ids))
    )
    return list(db.execute(query).scalars())


def found(db: Connection, sight: Sight) -> list[Group]:
    """The open findings, by kind and remote."""
    query = (
        select(
            func.min(findings.c.id).label("first"),
            findings.c.kind,
            findings.c.remote,
            func.count().label("many"),
        )
        .where(_IS_OPEN, sight.sees(findings.c.employee_id))
        .group_by(findings.c.kind, findings.c.remote)
        .order_by(func.min(findings.c.id))
    )
    rows = db.execute(query).all()
    return [group for row in rows if (group := find(db, Cause(Kind.FINDING, row.first), sight))]


def find(db: Connection, cause: Cause, sight: Sight) -> Group | None:
    """The findings like that one as they are now; None where there is none that may be seen."""
    mine = findings.c.id == cause.member
    row = db.execute(select(findings).where(mine, sight.sees(findings.c.employee_id))).one_or_none()
    if row is None:
        return None
    alike = select(func.count()).where(
        _IS_OPEN,
        findings.c.kind == row.kind,
        findings.c.remote == row.remote,
        sight.sees(findings.c.employee_id),
    )
    return Group(
        cause=cause,
        title=row.remote,
        reason=Reason.stored(row.reason_code, row.reason_details),
        count=db.execute(alike).scalar_one(),
    )


def found_members(
    db: Connection, cause: Cause, sight: Sight, *, after: int = 0, limit: int = PAGE
) -> list[Member]:
    """The open findings like that one."""
    first = db.execute(select(findings).where(findings.c.id == cause.member)).one_or_none()
    if first is None:
        return []
    query = (
        select(findings, employees.c.name, employees.c.unit_name, courses.c.content)
        .outerjoin(employees, findings.c.employee_id == employees.c.id)
        .outerjoin(courses, findings.c.course_key == courses.c.key)
        .where(
            _IS_OPEN,
            findings.c.kind == first.kind,
            findings.c.remote == first.remote,
            sight.sees(findings.c.employee_id),
            findings.c.id > after,
        )
        .order_by(findings.c.id)
        .limit(limit)
    )
    return [
        Member(
            id=row.id,
            person=row.name or row.details.get("who", ""),
            employee_id=row.employee_id,
            unit=row.unit_name or "",
            course=(row.content or {}).get("name") or row.course_key,
            completion_id=row.completion_id,
            reason=Reason.stored(row.reason_code, row.reason_details),
        )
        for row in db.execute(query)
    ]
