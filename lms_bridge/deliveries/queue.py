"""Who may work on which delivery, and how what came of it is written down.

Each function is one step of a transaction: it takes the connection, reads the rows it
needs and changes them. :class:`~lms_bridge.store.group_commit.GroupCommit` gathers the
steps of all threads into few commits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, update
from sqlalchemy.exc import IntegrityError

from lms_bridge.config.settings import Delivery
from lms_bridge.deliveries import health, lifecycle, planning, retry, work
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.ownership import is_certainly_dead
from lms_bridge.deliveries.step import Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.schema import attempts, deliveries

_CLAIM_TRIES = 3

_other = deliveries.alias("other")
_due = (
    select(deliveries.c.id)
    .where(
        deliveries.c.remote == bindparam("at_remote"),
        deliveries.c.state.in_(lifecycle.sources("claim")),
        deliveries.c.due_at <= bindparam("now"),
        ~exists().where(_other.c.lane == deliveries.c.lane, _other.c.state == State.RUNNING),
    )
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
# Made once, as it is run all the time: the next due delivery of a remote whose person has no other
# under way there.
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id == _due.scalar_subquery())
    .values(
        state=State.RUNNING,
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        fence=deliveries.c.fence + 1,
        attempts=deliveries.c.attempts + 1,
        changed_at=bindparam("now"),
    )
    .returning(deliveries.c.id)
)


class LeaseLost(Exception):
    """Somebody else has taken the delivery over; what this worker still says does not count."""


def claim(
    db: Connection, remote: str, *, owner: str, now: dt.datetime, settings: Delivery
) -> Work | None:
    """The next due delivery of `remote`, taken for `owner`; None if there is nothing to do now.

    Nothing is taken while the remote is down, save one delivery as a probe when one is due.
    """
    if not health.may_claim(db, remote, now=now, policy=settings.breaker):
        return None
    values = {
        "at_remote": remote,
        "now": now,
        "owner": owner,
        "until": now + dt.timedelta(seconds=settings.lease_seconds),
    }
    for _ in range(_CLAIM_TRIES):
        try:
            with db.begin_nested():
                delivery_id = db.execute(_CLAIM, values).scalar()
        except IntegrityError:  # somebody took one of the same lane at the same moment
            continue
        return None if delivery_id is None else work.load(db, delivery_id, started_at=now)
    return None


def save_progress(
    db: Connection,
    taken: Work,
    progress: Mapping[str, Any],
    *,
    now: dt.datetime,
    lease_seconds: float,
) -> None:
    """Write down what is about to be done, before it is done, with the whole lease ahead.

    Raises :exc:`LeaseLost`.
    """
    _still_ours(
        db,
        update(deliveries)
        .where(*_held(taken), deliveries.c.lease_until > now)
        .values(progress=dict(progress), lease_until=now + dt.timedelta(seconds=lease_seconds)),
    )


def succeed(
    db: Connection,
    taken: Work,
    outcome: Outcome,
    *,
    progress: Mapping[str, Any],
    exchanges: Sequence[Any],
    now: dt.datetime,
) -> None:
    """The remote has confirmed it. Raises :exc:`LeaseLost`."""
    _still_ours(
        db,
        update(deliveries)
        .where(*_held(taken))
        .values(
            state=lifecycle.after(State.RUNNING, "succeed"),
            due_at=now,
            failures=0,
            progress={**progress, **outcome.remembered},
            result_id=outcome.result_id,
            result_link=outcome.link,
            lease_owner=None,
            lease_until=None,
            changed_at=now,
            **reason_columns(Reason("done")),
        ),
    )
    _write_attempt(db, taken, "done", None, exchanges, now)
    health.note_success(db, taken.remote, now=now)


def fail(
    db: Connection,
    taken: Work,
    error: DeliveryError,
    *,
    progress: Mapping[str, Any],
    exchanges: Sequence[Any],
    now: dt.datetime,
    chance: float,
    not_before: dt.datetime | None,
    settings: Delivery,
) -> retry.Decision:
    """The attempt failed: decide what becomes of the delivery. Raises :exc:`LeaseLost`."""
    still_held = select(deliveries.c.id).where(*_held(taken)).with_for_update()
    if db.execute(still_held).first() is None:
        raise LeaseLost
    down = False
    if error.remote_wide:
        known = health.note_failure(
            db,
            taken.remote,
            error.reason,
            now=now,
            policy=settings.breaker,
            certain=not error.retryable,
        )
        down = known.state == "down"
    elif not error.outcome_unknown:
        # It answered, if only to refuse: the remote as such is well.
        health.note_success(db, taken.remote, now=now)
    decision = retry.decide(
        error,
        delivery=taken.delivery_id,
        failures=taken.failures,
        effort_since=taken.effort_since,
        remote_is_down=down,
        now=now,
        chance=chance,
        policy=settings.retry,
        not_before=not_before,
    )
    db.execute(
        update(deliveries)
        .where(deliveries.c.id == taken.delivery_id)
        .values(
            state=lifecycle.after(State.RUNNING, decision.event),
            due_at=decision.due_at,
            failures=taken.failures if decision.event == "hold" else taken.failures + 1,
            progress=dict(progress),
            lease_owner=None,
            lease_until=None,
            changed_at=now,
            **reason_columns(decision.reason),
        ),
    )
    planning.cancel_withdrawn(db, taken.completion_id, now)
    outcome = "unknown" if error.outcome_unknown else decision.event
    _write_attempt(db, taken, outcome, decision.reason, exchanges, now)
    return decision


def renew(
    db: Connection, owner: str, held: Sequence[int], *, now: dt.datetime, lease_seconds: float
) -> None:
    """`owner` is alive and at work on the deliveries `held`: it keeps them."""
    mine = (
        select(deliveries.c.id)
        .where(
            deliveries.c.id.in_(held),
            deliveries.c.state == State.RUNNING,
            deliveries.c.lease_owner == owner,
        )
        # One that is locked is just being written by ourselves, which renews it too.
        .with_for_update(skip_locked=True)
    )
    until = now + dt.timedelta(seconds=lease_seconds)
    ids = db.execute(mine).scalars().all()
    db.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(lease_until=until))


def release_abandoned(db: Connection, *, now: dt.datetime) -> int:
    """Take back what dead or silent workers hold; how many there were.

    Each becomes due at once: its step looks up first what the dead worker may have done.
    """
    holders = select(deliveries.c.lease_owner).where(deliveries.c.state == State.RUNNING).distinct()
    dead = [owner for owner in db.execute(holders).scalars() if owner and is_certainly_dead(owner)]
    released = db.execute(
        update(deliveries)
        .where(
            deliveries.c.state == State.RUNNING,
            or_(deliveries.c.lease_until <= now, deliveries.c.lease_owner.in_(dead)),
        )
        .values(
            state=lifecycle.after(State.RUNNING, "release"),
            due_at=now,
            lease_owner=None,
            lease_until=None,
            fence=deliveries.c.fence + 1,
            changed_at=now,
            **reason_columns(Reason("interrupted")),
        )
        .returning(deliveries.c.id, deliveries.c.attempts, deliveries.c.completion_id)
    ).all()
    for completion_id in {row.completion_id for row in released}:
        planning.cancel_withdrawn(db, completion_id, now)
    if released:
        db.execute(
            attempts.insert(),
            [
                {
                    "delivery_id": row.id,
                    "number": row.attempts,
                    "started_at": now,
                    "finished_at": now,
                    "outcome": "interrupted",
                    **reason_columns(Reason("interrupted")),
                    "exchanges": [],
                }
                for row in released
            ],
        )
    return len(released)


def anything_due(db: Connection, *, now: dt.datetime) -> bool:
    """Whether :func:`claim` or :func:`release_abandoned` would find something."""
    running = select(deliveries.c.lease_owner, deliveries.c.lease_until).where(
        deliveries.c.state == State.RUNNING
    )
    for row in db.execute(running):
        if row.lease_until <= now or is_certainly_dead(row.lease_owner):
            return True
    due = (
        select(deliveries.c.remote)
        .where(deliveries.c.state.in_(lifecycle.sources("claim")), deliveries.c.due_at <= now)
        .distinct()
    )
    return any(
        health.read(db, remote, now=now).may_be_used(now) for remote in db.execute(due).scalars()
    )


def _held(taken: Work) -> tuple[Any, ...]:
    return (
        deliveries.c.id == taken.delivery_id,
        and_(deliveries.c.state == State.RUNNING, deliveries.c.fence == taken.fence),
    )


def _still_ours(db: Connection, statement: Any) -> None:
    if db.execute(statement).rowcount != 1:
        raise LeaseLost


def _write_attempt(
    db: Connection,
    taken: Work,
    outcome: str,
    reason: Reason | None,
    exchanges: Sequence[Any],
    now: dt.datetime,
) -> None:
    db.execute(
        attempts.insert().values(
            delivery_id=taken.delivery_id,
            number=taken.attempt,
            started_at=taken.started_at,
            finished_at=now,
            outcome=outcome,
            **reason_columns(reason),
            exchanges=list(exchanges),
        )
    )
