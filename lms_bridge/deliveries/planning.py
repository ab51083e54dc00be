"""The deliveries of a completion or an award: planned when it is made, moved with its person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, or_, select, update

from lms_bridge.deliveries import in_order
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.whose import Whose
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.engine import in_dialects
from lms_bridge.store.schema import completions, deliveries


class Planned(NamedTuple):
    """A step that is to be made, and where."""

    step: str
    remote: str
    after: str = ""
    """the remote that must have it before, if there is one"""


def plan(
    db: Connection,
    whose: Whose | int,
    employee_id: int,
    steps: Iterable[Planned],
    now: dt.datetime,
    *,
    progress: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Give the completion or award a waiting delivery for each of `steps` that has none yet.

    A mere number is that of a completion. `progress` is what stands in their notebooks.
    """
    if isinstance(whose, int):
        whose = Whose(whose)
    _put(db, [_waiting(whose, employee_id, one, progress, now) for one in steps])


def plan_for_all(
    db: Connection, whose: Iterable[tuple[Whose, int]], step: Planned, now: dt.datetime
) -> None:
    """The same for many, each with the employee whose it is, and one `step`."""
    _put(db, [_waiting(one, employee_id, step, {}, now) for one, employee_id in whose])


def plan_documents(db: Connection, remote: str, now: dt.datetime) -> int:
    """Plan the document of each completion that `remote` has a row of and no document is planned.

    They were recorded before documents were. Returns how many there are.
    """
    planned = deliveries.alias()
    lacking = (
        select(deliveries.c.completion_id, completions.c.employee_id)
        .join(completions, deliveries.c.completion_id == completions.c.id)
        .where(
            deliveries.c.remote == remote,
            deliveries.c.step == "record",
            deliveries.c.state == State.DONE,
            completions.c.withdrawn_at.is_(None),
            ~exists().where(
                planned.c.completion_id == deliveries.c.completion_id,
                planned.c.remote == remote,
                planned.c.step == "document",
            ),
        )
        .order_by(deliveries.c.completion_id)
    )
    step = Planned("document", remote)
    rows = [
        _waiting(Whose(row.completion_id), row.employee_id, step, {}, now)
        for row in db.execute(lacking)
    ]
    _put(db, rows)
    return len(rows)


def change_lanes(db: Connection, whose: Whose, employee_id: int) -> None:
    """It is another employee's now; what is under way keeps its lane to the end."""
    db.execute(update(deliveries).where(whose.delivery()).values(employee_id=employee_id))
    mine = select(deliveries.c.id, deliveries.c.remote).where(
        whose.delivery(), deliveries.c.state != State.RUNNING
    )
    for row in db.execute(mine).all():
        db.execute(
            update(deliveries)
            .where(deliveries.c.id == row.id)
            .values(lane=_lane(row.remote, employee_id))
        )


def not_in_a_registry(completion_id: ColumnElement[int]) -> ColumnElement[bool]:
    """That no registry can have the completion: nothing was sent, or it was answered with a no."""
    return ~exists().where(
        deliveries.c.completion_id == completion_id,
        deliveries.c.step == "record",
        or_(
            deliveries.c.state == State.RUNNING,
            deliveries.c.result_id.is_not(None),
            deliveries.c.progress["sent_at"].as_string().is_not(None),
        ),
    )


def is_in_doubt(completion_id: ColumnElement[int]) -> ColumnElement[bool]:
    """That a registry knows nobody with the NIP: it may be mistyped, and corrected by now."""
    return exists().where(
        deliveries.c.completion_id == completion_id,
        deliveries.c.state == State.BLOCKED,
        deliveries.c.reason_code == "employee_not_in_registry",
    )


def _waiting(
    whose: Whose,
    employee_id: int,
    step: Planned,
    progress: Mapping[str, Any],
    now: dt.datetime,
) -> dict[str, Any]:
    """A delivery that waits for its turn, or for the one that it comes after."""
    reason = in_order.waiting_for(step.after) if step.after else Reason("new")
    return {
        "completion_id": whose.completion_id,
        "award_id": whose.award_id,
        "employee_id": employee_id,
        "step": step.step,
        "remote": step.remote,
        "lane": _lane(step.remote, employee_id),
        "state": State.WAITING,
        "due_at": now + in_order.LOOK_AGAIN if step.after else now,
        "progress": dict(progress),
        "effort_since": now,
        "created_at": now,
        "changed_at": now,
        **reason_columns(reason),
    }


def _put(db: Connection, rows: list[dict[str, Any]]) -> None:
    """Add those of the deliveries `rows` that are not there yet."""
    if rows:
        db.execute(_new(db), rows)


@in_dialects
def _new(insert: Any) -> Any:
    return insert(deliveries).on_conflict_do_nothing()


def _lane(remote: str, employee_id: int) -> str:
    """What deliveries share of which only one may be under way: the remote and the person."""
    return f"{remote}:{employee_id}"
