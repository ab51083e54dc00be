"""Deliveries that wait for a person, by remote and cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select, text

from lms_bridge.accounts.sight import Sight
from lms_bridge.attention.groups import PAGE, Cause, Group, Kind, Member, Tally
from lms_bridge.reasons import SENTENCES, Reason
from lms_bridge.store.many import among
from lms_bridge.store.schema import (
    IS_FOR_A_PERSON,
    awards,
    badge_rules,
    completions,
    courses,
    deliveries,
    employees,
)
from lms_bridge.store.types import AnyRow
from lms_bridge.uploads.gathered import gathered, is_told_alone

IS_STOPPED = and_(
    text(f"deliveries.{IS_FOR_A_PERSON}"),
    is_told_alone(),
)
"""written out, or SQLite would not use the index that is of these only"""
_QUOTING = sorted(code for code, one in SENTENCES.items() if "%(message)s" in one.what)
_SAID = case(
    (deliveries.c.reason_code.in_(_QUOTING), deliveries.c.reason_details["message"].as_string())
)
"""what a remote has said, where that is the cause: another sentence is another cause"""


def count(db: Connection, sight: Sight) -> int:
    """How many wait."""
    query = select(func.count()).select_from(deliveries).where(IS_STOPPED)
    return int(db.execute(_seen(query, sight)).scalar_one())


def tally(db: Connection, sight: Sight, *, after: int = 0, limit: int | None = None) -> list[Tally]:
    """The groups whose first delivery came after the one numbered `after`, in short."""
    first = func.min(deliveries.c.id)
    query = (
        select(first.label("first"), func.count().label("many"))
        .where(IS_STOPPED)
        .group_by(deliveries.c.remote, deliveries.c.reason_code, _SAID)
        .having(first > after)
        .order_by(first)
        .limit(limit)
    )
    return [Tally(row.first, row.many) for row in db.execute(_seen(query, sight))]


def groups(db: Connection, tallied: Sequence[Tally]) -> list[Group]:
    """The groups that were tallied, with what they are about."""
    named = _rows(db, [one.first for one in tallied])
    return [_group(Cause(Kind.DELIVERY, one.first), named[one.first], one.many) for one in tallied]


def uploads(db: Connection, sight: Sight) -> list[Group]:
    """What is to be done for registries that take files; for whoever sees everybody."""
    if not sight.is_whole:
        return []
    return [
        Group(
            cause=Cause(Kind.UPLOAD, 0),
            title=one.remote,
            reason=one.reason,
            count=int(one.reason.details["count"]),
        )
        for one in gathered(db)
    ]


def find(db: Connection, cause: Cause, sight: Sight) -> Group | None:
    """The group of that delivery as it is now; None where there is none that may be seen."""
    row = db.execute(
        _seen(select(deliveries).where(deliveries.c.id == cause.member), sight)
    ).one_or_none()
    if row is None:
        return None
    many = db.execute(_seen(select(func.count()).where(same(row)), sight)).scalar_one()
    return _group(cause, row, many)


def members(
    db: Connection, cause: Cause, sight: Sight, *, after: int = 0, limit: int = PAGE
) -> list[Member]:
    """The deliveries of the group, in the order in which they were made."""
    row = _rows(db, [cause.member]).get(cause.member)
    if row is None:
        return []
    query = (
        select(deliveries, *_ABOUT)
        .where(same(row), deliveries.c.id > after)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return [
        Member(
            id=one.id,
            person=one.employee or "",
            employee_id=one.employee_id,
            unit=one.unit_name or "",
            course=(one.course or one.badge or {}).get("name", ""),
            completion_id=one.completion_id,
            at=one.changed_at,
            reason=_reason(one),
        )
        for one in db.execute(_with_whose(query).where(sight.sees(deliveries.c.employee_id)))
    ]


def same(row: AnyRow) -> ColumnElement[bool]:
    """The condition that a delivery waits for the same as that of `row`."""
    quotes = row.reason_code in _QUOTING
    said = (row.reason_details or {}).get("message") if quotes else None
    return and_(
        IS_STOPPED,
        deliveries.c.remote == row.remote,
        deliveries.c.reason_code == row.reason_code,
        _SAID.is_(None) if said is None else said == _SAID,
    )


def row_of(db: Connection, cause: Cause) -> AnyRow | None:
    """The delivery that names the group."""
    return _rows(db, [cause.member]).get(cause.member)


_ABOUT = (
    employees.c.name.label("employee"),
    employees.c.unit_name,
    courses.c.content.label("course"),
    badge_rules.c.content.label("badge"),
)


def _seen(query: Select[*tuple[Any, ...]], sight: Sight) -> Select[*tuple[Any, ...]]:
    """`query` of deliveries, narrowed to those of whoever may be seen."""
    return query.where(sight.sees(deliveries.c.employee_id))


def _with_whose(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.outerjoin(completions, deliveries.c.completion_id == completions.c.id)
        .outerjoin(awards, deliveries.c.award_id == awards.c.id)
        .outerjoin(employees, deliveries.c.employee_id == employees.c.id)
        .outerjoin(courses, completions.c.course_id == courses.c.id)
        .outerjoin(badge_rules, awards.c.rule_id == badge_rules.c.id)
    )


def _rows(db: Connection, ids: Sequence[int]) -> dict[int, AnyRow]:
    query = select(deliveries).where(among(deliveries.c.id, ids))
    return {row.id: row for row in db.execute(query)}


def _group(cause: Cause, row: AnyRow, many: int) -> Group:
    return Group(
        cause=cause, title=row.remote, reason=_reason(row), count=many, oldest=row.changed_at
    )


def _reason(row: AnyRow) -> Reason:
    return Reason.stored(row.reason_code, row.reason_details)
