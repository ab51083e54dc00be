"""What waits for the operator of a registry that takes files, gathered by batch.

A thousand completions that wait for the same file are one thing to do, and would hide all others.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.store.schema import deliveries, upload_rows, uploads
from lms_bridge.uploads.states import IN_FORCE

_TOGETHER = {
    "to_be_exported": "uploads_to_export",
    "in_upload": "uploads_open",
    "upload_unanswered": "uploads_unanswered",
}
"""the reason of one delivery, and that of all together"""


class Gathered(NamedTuple):
    """Something to do for a registry, and for how many completions."""

    remote: str
    reason: Reason


def is_told_alone() -> ColumnElement[bool]:
    """That a delivery is none of those that are told of together."""
    return deliveries.c.reason_code.not_in(list(_TOGETHER))


def gathered(db: Connection) -> list[Gathered]:
    """What there is to do, by registry and batch."""
    number = func.coalesce(uploads.c.number, 0)
    query = (
        select(
            deliveries.c.remote,
            deliveries.c.reason_code,
            number.label("batch"),
            func.count().label("many"),
        )
        .outerjoin(
            upload_rows,
            (upload_rows.c.delivery_id == deliveries.c.id) & upload_rows.c.state.in_(IN_FORCE),
        )
        .outerjoin(uploads, upload_rows.c.upload_id == uploads.c.id)
        .where(deliveries.c.state == State.DELEGATED, deliveries.c.reason_code.in_(list(_TOGETHER)))
        .group_by(deliveries.c.remote, deliveries.c.reason_code, number)
        .order_by(deliveries.c.remote, number)
    )
    return [
        Gathered(
            row.remote,
            Reason(
                _TOGETHER[row.reason_code],
                remote=row.remote,
                name=row.remote.partition(".")[2],
                batch=row.batch,
                count=row.many,
            ),
        )
        for row in db.execute(query)
    ]
