"""All that somebody has learned, gathered from our completions and from the registries' rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, and_, literal, select

from lms_bridge.people.hours import Learned, Ours, Row, gather
from lms_bridge.store.many import among
from lms_bridge.store.schema import (
    completions,
    courses,
    deliveries,
    employees,
    history_rows,
    withdrawals,
)


def trainings(db: Connection, people: Collection[int]) -> Mapping[int, Sequence[Learned]]:
    """All that each of `people` has learned, by employee."""
    mine = among(employees.c.id, people)
    ours, rows = _ours(db, mine), _rows(db, mine)
    return {each: gather(ours.get(each, ()), rows.get(each, ())) for each in people}


def _ours(db: Connection, whose: ColumnElement[bool]) -> Mapping[int, Sequence[Ours]]:
    """Their completions, by employee."""
    current = and_(
        withdrawals.c.completion_id == completions.c.id, withdrawals.c.ended_at.is_(None)
    )
    names = {
        row.id: (row.content.get("name", ""), row.content.get("organiser", ""))
        for row in db.execute(select(courses.c.id, courses.c.content))
    }
    query = (
        select(completions, withdrawals.c.decision)
        .join(employees, completions.c.employee_id == employees.c.id)
        .outerjoin(withdrawals, current)
        .where(whose)
        .order_by(completions.c.id)
    )
    found: dict[int, list[Ours]] = defaultdict(list)
    for row in db.execute(query):
        name, organiser = names[row.course_id]
        found[row.employee_id].append(
            Ours(
                id=row.id,
                course_id=row.course_id,
                name=name,
                organiser=organiser,
                certificate_number=row.certificate_number,
                hours=row.hours,
                starts=row.starts,
                ends=row.ends,
                withdrawn=row.withdrawn_at is not None,
                kept=row.decision == "keep",
            )
        )
    return found


def _rows(db: Connection, whose: ColumnElement[bool]) -> Mapping[int, Sequence[Row]]:
    """The rows that registries have of them, by employee, with the completions that they are."""
    brought = (
        select(
            deliveries.c.remote,
            deliveries.c.result_id,
            completions.c.id.label("completion_id"),
            completions.c.employee_id,
            completions.c.withdrawn_at,
        )
        .join(completions, deliveries.c.completion_id == completions.c.id)
        # Of those people already here, or all of a city's would be gathered first.
        .join(employees, completions.c.employee_id == employees.c.id)
        # A row that was removed is still the completion's until the history is read again.
        .where(
            whose,
            deliveries.c.step.in_(("record", "unrecord")),
            deliveries.c.result_id.is_not(None),
        )
        .subquery()
    )
    # Also by the employee: a row without an id goes by what it says, which may be of several.
    by_delivery = and_(
        brought.c.employee_id == history_rows.c.employee_id,
        brought.c.remote == literal("registry.") + history_rows.c.registry,
        brought.c.result_id == history_rows.c.row_id,
    )
    query = (
        select(history_rows, brought.c.completion_id)
        .join(employees, history_rows.c.employee_id == employees.c.id)
        .outerjoin(brought, by_delivery)
        .where(whose)
        # Of two completions that the same row is of, the one that stands.
        .order_by(history_rows.c.id, brought.c.withdrawn_at.is_not(None), brought.c.completion_id)
    )
    found: dict[int, dict[int, Row]] = defaultdict(dict)
    for row in db.execute(query):
        found[row.employee_id].setdefault(
            row.id,
            Row(
                registry=row.registry,
                history=row.history,
                id=row.row_id,
                name=row.name,
                organiser=row.organiser,
                certificate_number=row.certificate_number,
                hours=row.hours,
                starts=row.starts,
                ends=row.ends,
                year=row.year,
                kind=row.kind,
                document=row.document,
                completion_id=row.completion_id,
            ),
        )
    return {employee_id: list(rows.values()) for employee_id, rows in found.items()}
