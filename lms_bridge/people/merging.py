"""Two employees that turn out to be one person, who was given another NIP.

A PPPK who becomes a PNS, or who signs with another agency, gets another number (registry
facts, section 8), and until HR says that the two are one, statements under the old number
are another employee's. Then all that is known of that one becomes this one's.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, delete, select, update

from lms_bridge import completions as completion
from lms_bridge.badges import awards, reviews
from lms_bridge.deliveries import planning
from lms_bridge.deliveries.whose import Whose
from lms_bridge.people import changed, history, keys, postings
from lms_bridge.people.identities import Known, known_by_nip, remember
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import alone
from lms_bridge.store.schema import (
    backfill_entries,
    completions,
    employees,
    findings,
    identities,
    sightings,
)
from lms_bridge.store.types import AnyRow


def merge(db: Connection, former_nip: str, employee_id: int, *, now: dt.datetime) -> None:
    """`former_nip` is a NIP of the employee; whoever was known by it alone becomes the employee.

    What was completed under both numbers is one completion: the one that a registry may
    have. The other is kept beside it under a run of its own and is withdrawn; about a row that
    a registry has of it HR decides.
    """
    former = known_by_nip(db, former_nip)
    if former is not None and former != employee_id:
        alone(db, reviews.AWARDING)  # whoever is looked at stays who they are
        for row in db.execute(select(completions).where(completions.c.employee_id == former)).all():
            _hand_over(db, row, employee_id, now)
        db.execute(
            update(identities)
            .where(identities.c.employee_id == former)
            .values(employee_id=employee_id)
        )
        db.execute(
            update(backfill_entries)
            .where(backfill_entries.c.employee_id == former)
            .values(employee_id=employee_id)
        )
        db.execute(
            update(findings).where(findings.c.employee_id == former).values(employee_id=employee_id)
        )
        postings.hand_over(db, former, employee_id, now)
        awards.hand_over(db, former, employee_id)
        changed.learned(db, employee_id, now)
        changed.HOURS.ask(db, former, now)  # who has none any more
        history.forget(db, former)  # read again under the present number
        db.execute(delete(employees).where(employees.c.id == former))
    remember(db, keys.of_nip(former_nip), Known(employee_id), source="import", now=now)


def _hand_over(db: Connection, row: AnyRow, employee_id: int, now: dt.datetime) -> None:
    """The completion of `row` becomes the employee's; one that both have becomes one."""
    same = db.execute(
        select(completions).where(
            completions.c.employee_id == employee_id,
            completions.c.course_id == row.course_id,
            completions.c.run == row.run,
            completions.c.role == row.role,
        )
    ).one_or_none()
    if same is None:
        _give(db, row.id, employee_id)
        return
    keeps_theirs = _may_be_recorded(db, row.id) and not _may_be_recorded(db, same.id)
    stays, goes = (row, same) if keeps_theirs else (same, row)
    run = f"{goes.run} #{goes.id}".strip()
    db.execute(update(completions).where(completions.c.id == goes.id).values(run=run))
    _give(db, row.id, employee_id)
    db.execute(
        update(sightings).where(sightings.c.completion_id == goes.id).values(completion_id=stays.id)
    )
    if stays.withdrawn_at is not None and goes.withdrawn_at is None:
        completion.resume(db, stays.id, now)
    completion.withdraw(db, goes.id, Reason("told_twice", completion=stays.id), now)


def _give(db: Connection, completion_id: int, employee_id: int) -> None:
    db.execute(
        update(completions).where(completions.c.id == completion_id).values(employee_id=employee_id)
    )
    planning.change_lanes(db, Whose(completion_id), employee_id)


def _may_be_recorded(db: Connection, completion_id: int) -> bool:
    mine = select(completions.c.id).where(
        completions.c.id == completion_id, ~planning.not_in_a_registry(completions.c.id)
    )
    return db.execute(mine).first() is not None
