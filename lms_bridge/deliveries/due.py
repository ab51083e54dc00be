"""Which delivery is next: the queries that are asked all the time, with their plans in mind.

Both databases find the next one at the head of a partial index, in the order in which
deliveries become due, and look at no other however many wait. They only know that the
index serves when the states stand in the text of the SQL as they stand in the schema, and
not in its parameters.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    bindparam,
    exists,
    select,
    update,
)

from lms_bridge.deliveries import lifecycle
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.store.engine import enters
from lms_bridge.store.schema import deliveries

_TRIES = 10


def _in_text(table: FromClause, states: Sequence[State]) -> ColumnElement[bool]:
    values = [str(state) for state in states]
    return table.c.state.in_(bindparam(None, values, expanding=True, literal_execute=True))


def _is(table: FromClause, state: State) -> ColumnElement[bool]:
    return table.c.state == bindparam(None, str(state), literal_execute=True)


IS_OPEN = _in_text(deliveries, lifecycle.sources("claim"))
"""the delivery is to be tried, now or later"""
IS_RUNNING = _is(deliveries, State.RUNNING)

_other = deliveries.alias("other")
_lane_is_free = ~exists().where(_other.c.lane == deliveries.c.lane, _is(_other, State.RUNNING))


def _next(*more: ColumnElement[bool]) -> Select[Any]:
    return (
        select(deliveries.c.id, deliveries.c.lane)
        .where(
            deliveries.c.remote == bindparam("at_remote"),
            IS_OPEN,
            deliveries.c.due_at <= bindparam("now"),
            _lane_is_free,
            *more,
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(1)
    )


def _candidate(*more: ColumnElement[bool]) -> Select[Any]:
    """The next one that nobody else has before them, and whether its lane is entered alone.

    Two processes may be at two deliveries of one person at the same moment, and neither sees
    the other's claim before it is committed.
    """
    first = _next(*more).with_for_update(skip_locked=True).subquery()
    return select(first.c.id, enters(first.c.lane).label("is_alone"))


_LOOK = _next()
_FIRST = _candidate()
_ANOTHER = _candidate(deliveries.c.id.not_in(bindparam("passed", expanding=True)))
_ONLY = _candidate(deliveries.c.id == bindparam("only"))
_TAKE = (
    update(deliveries)
    # A new look at the lane, now that it is entered alone: who left it may have gone ahead.
    .where(deliveries.c.id == bindparam("candidate"), _lane_is_free)
    .values(
        state=lifecycle.leads_to("claim"),
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        fence=deliveries.c.fence + 1,
        attempts=deliveries.c.attempts + 1,
        changed_at=bindparam("now"),
    )
)


def is_any(db: Connection, remote: str, *, now: dt.datetime) -> bool:
    """Whether a delivery of `remote` could be taken now."""
    return db.execute(_LOOK, {"at_remote": remote, "now": now}).first() is not None


def take_next(
    db: Connection,
    remote: str,
    *,
    owner: str,
    now: dt.datetime,
    until: dt.datetime,
    only: int | None = None,
) -> int | None:
    """Make the next due delivery of `remote` the `owner`'s; its id, or None if there is none.

    With `only`, that delivery and no other.
    """
    passed: list[int] = []
    for _ in range(_TRIES if only is None else 1):
        if only is not None:
            values = {"at_remote": remote, "now": now, "only": only}
            candidate = db.execute(_ONLY, values).one_or_none()
        elif passed:
            values = {"at_remote": remote, "now": now, "passed": passed}
            candidate = db.execute(_ANOTHER, values).one_or_none()
        else:
            candidate = db.execute(_FIRST, {"at_remote": remote, "now": now}).one_or_none()
        if candidate is None:
            return None
        values = {"candidate": candidate.id, "owner": owner, "now": now, "until": until}
        if candidate.is_alone and db.execute(_TAKE, values).rowcount:
            return int(candidate.id)
        passed.append(candidate.id)
    return None
