"""What a person may do to a delivery: have it tried again, or say that it is not wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from lms_bridge.deliveries import health, lifecycle
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, Event, State
from lms_bridge.deliveries.standing import GIVEN_UP
from lms_bridge.i18n import mark
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.refusing import Refused
from lms_bridge.store.schema import deliveries


class NoSuchDelivery(Refused):
    """There is no delivery with that number."""


def retry(db: Connection, ids: Collection[int], *, now: dt.datetime) -> int:
    """Try the deliveries `ids` again, as if for the first time; how many.

    What an attempt may already have set off stays written down, so that it is looked up
    first. A remote that counted as down is tried at once. Raises :exc:`NoSuchDelivery` and
    :exc:`~lms_bridge.deliveries.lifecycle.IllegalTransition`; then nothing has changed.
    """
    _check(db, ids, "retry")
    return _retry(db, deliveries.c.id.in_(ids), now)


def link(db: Connection, completion_id: int, remote: str, row_id: str, *, now: dt.datetime) -> None:
    """Have the record of that completion take that row of the registry for its own.

    So long as it is to be made and is not under way: then it has a row, or is about to get one.
    """
    record = select(deliveries.c.id, deliveries.c.state).where(
        deliveries.c.completion_id == completion_id,
        deliveries.c.step == "record",
        deliveries.c.remote == remote,
        deliveries.c.state.in_((State.WAITING, State.RETRYING, *FOR_A_PERSON)),
    )
    row = db.execute(record.with_for_update()).one_or_none()
    if row is None:
        return
    write_down(db, row.id, {"links": row_id})
    if row.state != State.WAITING:
        retry(db, [row.id], now=now)


def write_down(db: Connection, delivery_id: int, pages: Mapping[str, Any]) -> None:
    """Have those `pages` in its notebook, besides what stands there."""
    mine = deliveries.c.id == delivery_id
    progress = db.execute(select(deliveries.c.progress).where(mine).with_for_update()).scalar_one()
    db.execute(update(deliveries).where(mine).values(progress={**progress, **pages}))


def retry_all(db: Connection, *, remote: str = "", cause: str = "", now: dt.datetime) -> int:
    """Try all that wait for a person again, those of one `remote` and `cause` or of all.

    `cause` is the code of a reason. How many.
    """
    return _retry(db, _stopped(remote, cause), now)


def cancel_all(
    db: Connection, *, remote: str, cause: str, by: str, why: str, now: dt.datetime
) -> int:
    """Give up all that wait for a person, of one `remote` and `cause`; how many."""
    return _cancel(db, _stopped(remote, cause), by, why, now)


def cancel(db: Connection, ids: Collection[int], *, by: str, why: str, now: dt.datetime) -> int:
    """Give the deliveries `ids` up, saying who did so and why; how many.

    Raises :exc:`NoSuchDelivery` and :exc:`~lms_bridge.deliveries.lifecycle.IllegalTransition`.
    """
    _check(db, ids, "cancel")
    return _cancel(db, deliveries.c.id.in_(ids), by, why, now)


def _stopped(remote: str, cause: str) -> ColumnElement[bool]:
    which: ColumnElement[bool] = deliveries.c.state.in_(FOR_A_PERSON)
    if remote:
        which &= deliveries.c.remote == remote
    if cause:
        which &= deliveries.c.reason_code == cause
    return which


def _cancel(db: Connection, which: ColumnElement[bool], by: str, why: str, now: dt.datetime) -> int:
    cancelled = db.execute(
        update(deliveries)
        .where(which)
        .values(
            state=lifecycle.leads_to("cancel"),
            changed_at=now,
            **reason_columns(Reason(GIVEN_UP, by=by, why=why)),
        )
    )
    return int(cancelled.rowcount)


def remotes_of(db: Connection, ids: Collection[int]) -> set[str]:
    """The remotes to which the deliveries `ids` go."""
    return set(db.execute(select(deliveries.c.remote).where(deliveries.c.id.in_(ids))).scalars())


def _retry(db: Connection, which: ColumnElement[bool], now: dt.datetime) -> int:
    retried = db.execute(
        update(deliveries)
        .where(which)
        .values(
            state=lifecycle.leads_to("retry"),
            due_at=now,
            failures=0,
            effort_since=now,
            changed_at=now,
            **reason_columns(Reason("new")),
        )
        .returning(deliveries.c.remote)
    )
    remotes = list(retried.scalars())
    for remote in sorted(set(remotes)):
        if health.read(db, remote, now=now).is_down:
            health.reset(db, remote, now=now)
    return len(remotes)


def _check(db: Connection, ids: Collection[int], event: Event) -> None:
    """Lock the deliveries `ids`, and see that there is each of them and that it can be done."""
    query = select(deliveries.c.id, deliveries.c.state).where(deliveries.c.id.in_(ids))
    rows: Any = db.execute(query.order_by(deliveries.c.id).with_for_update()).all()
    if missing := set(ids) - {row.id for row in rows}:
        raise NoSuchDelivery(mark("there is no delivery %(number)s"), number=min(missing))
    for row in rows:
        lifecycle.after(State(row.state), event, row.id)
