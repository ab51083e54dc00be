"""Bringing deliveries in line with what is known of their rows.

What is done to a row lets its delivery become due, and the step decides. Only a delivery that
has come to an end does not become due: one that is done and turns out to have been refused is
put before a person, and one that is blocked and turns out to have been accepted is taken up
again.

A delivery that a worker has at that moment is left alone; when the worker writes down what came
of it, it looks whether the row is still as it was (:mod:`lms_bridge.uploads.steps`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.deliveries import lifecycle, standing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.people import changed
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.many import within
from lms_bridge.store.schema import deliveries, upload_rows, uploads
from lms_bridge.store.types import AnyRow
from lms_bridge.uploads.states import IN_FORCE, RowState, UploadState, label


class Row(msgspec.Struct, frozen=True):
    """The newest row of a delivery, and where its upload stands."""

    id: int
    delivery_id: int
    state: RowState
    result_id: str
    message: str
    training: dict[str, object]
    number: int
    """of the upload"""
    position: int
    upload_state: UploadState

    @property
    def is_in_force(self) -> bool:
        """Whether the registry has the completion by it, or may have."""
        return self.state in IN_FORCE

    @property
    def row_id(self) -> str:
        """What the registry calls it, or else what the bridge does."""
        return self.result_id or label(self.number, self.position)


def newest_rows(db: Connection, delivery_ids: Collection[int]) -> dict[int, Row]:
    """Of each of the deliveries that is or was in an upload, its newest row."""
    query = (
        select(upload_rows, uploads.c.number, uploads.c.state.label("upload_state"))
        .join(uploads, upload_rows.c.upload_id == uploads.c.id)
        .where(within(upload_rows.c.delivery_id, list(delivery_ids)))
        .order_by(upload_rows.c.id)
    )
    return {
        row.delivery_id: Row(
            id=row.id,
            delivery_id=row.delivery_id,
            state=RowState(row.state),
            result_id=row.result_id or "",
            message=row.message or "",
            training=row.training,
            number=row.number,
            position=row.position,
            upload_state=UploadState(row.upload_state),
        )
        for row in db.execute(query)
    }


def lock(db: Connection, delivery_ids: Collection[int]) -> list[AnyRow]:
    """Lock the deliveries, and those that undo them, against workers until the end."""
    mine = select(deliveries.c.completion_id, deliveries.c.remote).where(
        within(deliveries.c.id, list(delivery_ids))
    )
    found = db.execute(mine).all()
    if not found:
        return []
    (remote,) = {row.remote for row in found}
    these = select(deliveries).where(
        within(deliveries.c.completion_id, [row.completion_id for row in found]),
        deliveries.c.remote == remote,
    )
    return list(db.execute(these.order_by(deliveries.c.id).with_for_update()).all())


def follow(db: Connection, delivery_ids: Collection[int], now: dt.datetime) -> None:
    """Something is known of the rows of these deliveries that was not before."""
    locked = lock(db, delivery_ids)
    known = newest_rows(db, delivery_ids)
    asleep = [row.id for row in locked if row.state in (State.DELEGATED, State.RETRYING)]
    _wake(db, asleep, now)
    called: list[dict[str, object]] = []
    for delivery in locked:
        row = known.get(delivery.id)
        if row is None:
            continue
        if delivery.state == State.DONE and row.state == RowState.REFUSED:
            _refused(db, delivery, row, now)
        elif delivery.state == State.DONE and row.result_id not in ("", delivery.result_id):
            called.append({"of": delivery.id, "row_id": row.result_id})
        elif (
            delivery.state == State.BLOCKED
            and delivery.reason_code == "upload_refused"
            and row.is_in_force
        ):
            _taken_up_again(db, delivery, now)
    if called:
        db.execute(_CALL, called)
    changed.rows_known(db, [each.id for each in locked], now)


def refusal(remote: str, row: Row, delivery: int) -> Reason:
    """That the registry refused the row, in its words."""
    return Reason(
        "upload_refused",
        remote=remote,
        batch=row.number,
        row=row.position,
        message=row.message or "–",
        delivery=delivery,
    )


def _wake(db: Connection, asleep: list[int], now: dt.datetime) -> None:
    if asleep:
        db.execute(update(deliveries).where(within(deliveries.c.id, asleep)).values(due_at=now))


def _refused(db: Connection, delivery: AnyRow, row: Row, now: dt.datetime) -> None:
    db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id)
        .values(
            state=lifecycle.after(State.DONE, "diverge"),
            result_id=None,
            progress={**delivery.progress, "refused_row": row.id},
            changed_at=now,
            **reason_columns(refusal(delivery.remote, row, delivery.id)),
        )
    )
    standing.align(db, delivery.completion_id, now, remote=delivery.remote)


def _taken_up_again(db: Connection, delivery: AnyRow, now: dt.datetime) -> None:
    db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id)
        .values(
            state=lifecycle.after(State.BLOCKED, "retry"),
            due_at=now,
            failures=0,
            effort_since=now,
            changed_at=now,
            **reason_columns(Reason("new")),
        )
    )


_CALL = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of"))
    .values(result_id=bindparam("row_id"))
)
