"""All that somebody has learned, gathered from our completions and from the registries' rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, and_, select

from lms_bridge.people.hours import Learned, Ours, Row, gather
from lms_bridge.store.many import among
from lms_bridge.store.schema import (
    completions,
    courses,
    deliveries,
    history_rows,
    withdrawals,
)


def trainings(db: Connection, people: Collection[int]) -> Mapping[int, Sequence[Learned]]:
    """All that each of `people` has learned, by employee."""
    ours, rows = _ours(db, people), _rows(db, people)
    return {each: gather(ours.get(each, ()), rows.get(each, ())) for each in people}


def _ours(db: Connection, people: Collection[int]) -> Mapping[int, Sequence[Ours]]:
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
        .outerjoin(withdrawals, current)
        .where(among(completions.c.employee_id, people))
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


def _rows(db: Connection, people: Collection[int]) -> Mapping[int, Sequence[Row]]:
    """The rows that registries have of them, by employee, with the completions that they are."""
    brought = _brought(db, people)
    mine = among(history_rows.c.employee_id, people)
    found: dict[int, list[Row]] = defaultdict(list)
    for row in db.execute(select(history_rows).where(mine).order_by(history_rows.c.id)):
        found[row.employee_id].append(
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
                completion_id=brought.get(
                    (row.employee_id, f"registry.{row.registry}", row.row_id)
                ),
            )
        )
    return found


def _brought(db: Connection, people: Collection[int]) -> Mapping[tuple[int, str, str], int]:
    """By employee, remote and id of a row, the completion that brought it about.

    Also by the employee: a row without an id goes by what it says, which may be of several.
    """
    query = (
        select(
            completions.c.employee_id,
            deliveries.c.remote,
            deliveries.c.result_id,
            completions.c.id,
        )
        .join(deliveries, deliveries.c.completion_id == completions.c.id)
        .where(
            among(completions.c.employee_id, people),
            # A row that was removed is still the completion's until the history is read again.
            deliveries.c.step.in_(("record", "unrecord")),
            deliveries.c.result_id.is_not(None),
        )
        # Of two completions that the same row is of, the one that stands, and the first.
        .order_by(completions.c.withdrawn_at.is_(None), completions.c.id.desc())
    )
    return {(who, remote, row_id): each for who, remote, row_id, each in db.execute(query)}
