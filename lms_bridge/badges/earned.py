"""Who has earned which badge: what people ask about awards, as queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Select, case, func, select

from lms_bridge import reports
from lms_bridge.badges import in_force
from lms_bridge.badges.badge import Badge
from lms_bridge.reasons import Reason
from lms_bridge.reports import DeliveryLine
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, badge_rules, completions, courses, deliveries, employees
from lms_bridge.store.types import AnyRow

State = Literal["valid", "expired", "revoked"]


class Evidence(msgspec.Struct, frozen=True):
    """A completion that an award rests on."""

    completion_id: int
    course: str
    organiser: str
    hours: int
    on: dt.date
    certificate: str
    """public id of its certificate; empty if it has none"""


class AwardLine(msgspec.Struct, frozen=True):
    """An award as it stands today."""

    id: int
    public_id: str
    employee_id: int
    employee: str
    nip: str
    unit: str
    badge: Badge
    """as it was when it was earned"""
    term: int
    earned_on: dt.date
    expires_on: dt.date | None
    revoked_at: dt.datetime | None
    reason: Reason | None
    state: State
    evidence: list[Evidence]
    deliveries: list[DeliveryLine]


class BadgeLine(msgspec.Struct, frozen=True):
    """A badge that is in force, and how many have it."""

    badge: Badge
    applied_at: dt.datetime
    applied_by: str
    valid: int
    expired: int
    revoked: int


def list_badges(db: Connection, *, today: dt.date) -> list[BadgeLine]:
    """The badges in force, each with how many awards there are of it."""
    state = case(
        (awards.c.revoked_at.is_not(None), "revoked"),
        (awards.c.expires_on <= today, "expired"),
        else_="valid",
    )
    counted = select(awards.c.badge_key, state.label("state"), func.count().label("many"))
    many = {
        (row.badge_key, row.state): row.many
        for row in db.execute(counted.group_by(awards.c.badge_key, state))
    }
    applied = {
        row.id: row
        for row in db.execute(select(badge_rules).where(badge_rules.c.ended_at.is_(None)))
    }
    return [
        BadgeLine(
            badge=one.badge,
            applied_at=applied[one.id].applied_at,
            applied_by=applied[one.id].applied_by,
            valid=many.get((one.badge.key, "valid"), 0),
            expired=many.get((one.badge.key, "expired"), 0),
            revoked=many.get((one.badge.key, "revoked"), 0),
        )
        for one in in_force.current(db)
    ]


def list_awards(
    db: Connection,
    *,
    now: dt.datetime,
    today: dt.date,
    badge: str = "",
    employee_id: int | None = None,
    public_id: str = "",
    everything: bool = True,
    limit: int | None = None,
) -> list[AwardLine]:
    """Awards, the newest first; of a badge's key, an employee, or the one with that public id.

    Without `everything`, only those that are valid today.
    """
    query: Select[Any] = (
        select(
            awards, employees.c.name, employees.c.nip, employees.c.unit_name, badge_rules.c.content
        )
        .join(employees, awards.c.employee_id == employees.c.id)
        .join(badge_rules, awards.c.rule_id == badge_rules.c.id)
        .order_by(awards.c.id.desc())
    )
    if badge:
        query = query.where(awards.c.badge_key == badge)
    if employee_id is not None:
        query = query.where(awards.c.employee_id == employee_id)
    if public_id:
        query = query.where(awards.c.public_id == public_id)
    if not everything:
        query = query.where(
            awards.c.revoked_at.is_(None),
            awards.c.expires_on.is_(None) | (awards.c.expires_on > today),
        )
    rows = db.execute(query.limit(limit) if limit else query).all()
    ids = [row.id for row in rows]
    steps: dict[int, list[DeliveryLine]] = {}
    for step in reports.list_deliveries(db, now=now, where=among(deliveries.c.award_id, ids)):
        steps.setdefault(step.award_id or 0, []).append(step)
    evidence = _evidence(db, [each for row in rows for each in row.evidence])
    return [
        AwardLine(
            id=row.id,
            public_id=row.public_id,
            employee_id=row.employee_id,
            employee=row.name,
            nip=row.nip,
            unit=row.unit_name,
            badge=badge_content,
            term=row.term,
            earned_on=row.earned_on,
            expires_on=row.expires_on,
            revoked_at=row.revoked_at,
            reason=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
            state=_state(row, today),
            evidence=[evidence[each] for each in row.evidence if each in evidence],
            deliveries=steps.get(row.id, []),
        )
        for row in rows
        if (badge_content := in_force.read(row.content))
    ]


def _state(row: AnyRow, today: dt.date) -> State:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_on is not None and row.expires_on <= today else "valid"


def _evidence(db: Connection, ids: Sequence[int]) -> dict[int, Evidence]:
    query = (
        select(
            completions.c.id,
            completions.c.hours,
            completions.c.ends,
            completions.c.public_id,
            courses.c.content,
        )
        .join(courses, completions.c.course_id == courses.c.id)
        .where(among(completions.c.id, sorted(set(ids))))
    )
    return {
        row.id: Evidence(
            completion_id=row.id,
            course=row.content.get("name", ""),
            organiser=row.content.get("organiser", ""),
            hours=row.hours,
            on=row.ends,
            certificate=row.public_id or "",
        )
        for row in db.execute(query)
    }
