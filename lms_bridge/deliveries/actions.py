"""What a person may do to a delivery: have it tried again, or say that it is not wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from lms_bridge.deliveries import lifecycle
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.schema import deliveries


class NoSuchDelivery(Exception):
    """There is no delivery with that number."""


def retry(db: Connection, ids: Sequence[int], *, now: dt.datetime) -> int:
    """Try the deliveries `ids` again, as if for the first time; how many.

    What an attempt may already have set off stays written down, so that it is looked up
    first. Raises :exc:`NoSuchDelivery` and
    :exc:`~lms_bridge.deliveries.lifecycle.IllegalTransition`; then nothing has changed.
    """
    rows = _lock(db, ids)
    for row in rows:
        lifecycle.after(State(row.state), "retry")
        progress = {name: value for name, value in row.progress.items() if name != "awarded_at"}
        db.execute(
            update(deliveries)
            .where(deliveries.c.id == row.id)
            .values(
                state=State.WAITING,
                due_at=now,
                failures=0,
                effort_since=now,
                progress=progress,
                changed_at=now,
                **reason_columns(Reason("new")),
            )
        )
    return len(rows)


def retry_all(db: Connection, *, remote: str = "", now: dt.datetime) -> int:
    """Try every blocked delivery again, of one `remote` or of all; how many."""
    query = select(deliveries.c.id).where(deliveries.c.state == State.BLOCKED)
    if remote:
        query = query.where(deliveries.c.remote == remote)
    ids = list(db.execute(query).scalars())
    return sum(retry(db, ids[start : start + 500], now=now) for start in range(0, len(ids), 500))


def cancel(db: Connection, ids: Sequence[int], *, by: str, why: str, now: dt.datetime) -> int:
    """Give the deliveries `ids` up, saying who did so and why; how many.

    Raises :exc:`NoSuchDelivery` and :exc:`~lms_bridge.deliveries.lifecycle.IllegalTransition`.
    """
    rows = _lock(db, ids)
    for row in rows:
        db.execute(
            update(deliveries)
            .where(deliveries.c.id == row.id)
            .values(
                state=lifecycle.after(State(row.state), "cancel"),
                changed_at=now,
                **reason_columns(Reason("cancelled", by=by, why=why)),
            )
        )
    return len(rows)


def remotes_of(db: Connection, ids: Sequence[int]) -> set[str]:
    """The remotes to which the deliveries `ids` go."""
    return set(db.execute(select(deliveries.c.remote).where(deliveries.c.id.in_(ids))).scalars())


def _lock(db: Connection, ids: Sequence[int]) -> list[Any]:
    query = select(deliveries).where(deliveries.c.id.in_(ids)).with_for_update()
    rows = list(db.execute(query))
    missing = set(ids) - {row.id for row in rows}
    if missing:
        raise NoSuchDelivery(f"there is no delivery {min(missing)}")
    return rows
