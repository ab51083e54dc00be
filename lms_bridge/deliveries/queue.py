"""Taking a delivery, and writing down what came of it.

Each function is one step of a transaction: it takes the connection, reads the rows it
needs and changes them. :class:`~lms_bridge.store.group_commit.GroupCommit` gathers the
steps of all threads into few commits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.config.settings import Delivery
from lms_bridge.deliveries import due, health, lifecycle, retry, standing, work
from lms_bridge.deliveries.due import IS_RUNNING
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.step import Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.events import journal
from lms_bridge.events.kinds import BY_STEP
from lms_bridge.http.notes import ExchangeNote
from lms_bridge.people import changed
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.schema import attempts, deliveries


class LeaseLost(Exception):
    """Somebody else has taken the delivery over; what this worker still says does not count."""


class Trace(msgspec.Struct, frozen=True):
    """What an attempt leaves behind, whatever came of it."""

    pages: Mapping[str, Any] | None
    """of its notebook; None: what was written down on the way stands"""
    exchanges: Sequence[ExchangeNote] = ()

    @property
    def was_answered(self) -> bool:
        """Whether the remote said anything at all."""
        return any(one.status is not None and not one.aside for one in self.exchanges)


class Failed(msgspec.Struct, frozen=True):
    """What became of a delivery that failed."""

    decision: retry.Decision
    went_down: bool
    """whether its remote counts as down since this very failure"""


def claim(
    db: Connection,
    remote: str,
    *,
    owner: str,
    now: dt.datetime,
    settings: Delivery,
    only: int | None = None,
) -> Work | None:
    """The next due delivery of `remote`, taken for `owner`; None if there is nothing to do now.

    With `only`, that delivery and no other, and not as a probe.

    Nothing is taken while the remote is paused, or while it is down, save one delivery as a probe
    when one is due.
    """
    known = health.read(db, remote, now=now)
    if known.paused is not None:
        return None
    if known.is_down and not (
        only is None
        and due.is_any(db, remote, now=now)
        and health.may_claim(db, remote, now=now, policy=settings.breaker)
    ):
        return None
    until = now + dt.timedelta(seconds=settings.lease_seconds)
    delivery_id = due.take_next(db, remote, owner=owner, now=now, until=until, only=only)
    return None if delivery_id is None else work.load(db, delivery_id, started_at=now)


def put_back(db: Connection, taken: Work, *, now: dt.datetime) -> None:
    """It was taken and not begun, and is as if it had not been taken. Raises :exc:`LeaseLost`."""
    _still_ours(
        db,
        _HELD.values(attempts=deliveries.c.attempts - 1),
        taken,
        state=lifecycle.leads_to("hold"),
        changed_at=now,
        **_NO_LEASE,
    )


def keep(db: Connection, taken: Work, *, now: dt.datetime, lease_seconds: float) -> None:
    """Have the whole lease ahead again, if it is still ours. Raises :exc:`LeaseLost`."""
    _still_ours(
        db,
        _LEASED,
        taken,
        by_now=now,
        lease_until=now + dt.timedelta(seconds=lease_seconds),
    )


def with_work(db: Connection, remotes: Collection[str], *, now: dt.datetime) -> list[str]:
    """Those of `remotes` for which a worker would find something to claim."""
    return [
        remote
        for remote in remotes
        if _may_deliver(db, remote, now) and due.is_any(db, remote, now=now)
    ]


def _may_deliver(db: Connection, remote: str, now: dt.datetime) -> bool:
    known = health.read(db, remote, now=now)
    return known.paused is None and known.may_be_used(now)


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
        _LEASED,
        taken,
        by_now=now,
        progress=dict(progress),
        lease_until=now + dt.timedelta(seconds=lease_seconds),
    )


def succeed(
    db: Connection, taken: Work, outcome: Outcome, trace: Trace, *, now: dt.datetime
) -> None:
    """The remote has confirmed it. Raises :exc:`LeaseLost`, before anything is written."""
    _still_ours(
        db,
        _HELD,
        taken,
        state=lifecycle.leads_to("succeed"),
        due_at=now,
        failures=0,
        progress={**(trace.pages or {}), **outcome.remembered},
        result_id=outcome.result_id,
        result_link=outcome.link,
        changed_at=now,
        **_NO_LEASE,
        **reason_columns(outcome.reason),
    )
    _write_attempt(db, taken, "done", None, trace, now)
    health.note_success(db, taken.remote, now=now, begun_at=taken.started_at)
    if taken.award_id is None and taken.remote.startswith("registry."):
        changed.HOURS.ask(db, taken.employee_id, now)  # which row is theirs is known by now
    for step, pages in outcome.then.items():
        standing.go_on(db, taken.whose, Planned(step, taken.remote), pages, now)
    standing.follow(db, taken.whose, taken.step, taken.remote, now)
    if kind := BY_STEP.get(taken.step):
        journal.note(db, kind, now, delivery=taken.delivery_id)


def fail(
    db: Connection,
    taken: Work,
    error: DeliveryError,
    trace: Trace,
    *,
    now: dt.datetime,
    chance: float,
    not_before: dt.datetime | None,
    settings: Delivery,
) -> Failed:
    """The attempt failed: decide what becomes of the delivery.

    If it was :exc:`~lms_bridge.errors.NotNow` there was no attempt. Raises :exc:`LeaseLost`,
    before anything is written.
    """
    if db.execute(_STILL_HELD, _which(taken)).first() is None:
        raise LeaseLost
    uncounted = isinstance(error, NotNow)
    next_probe, went_down = (
        (None, False) if uncounted else _note_health(db, taken, error, trace, now, settings)
    )
    decision = retry.decide(
        error,
        delivery=taken.delivery_id,
        failures=taken.failures,
        effort_since=taken.effort_since,
        next_probe=next_probe,
        now=now,
        chance=chance,
        policy=settings.retry,
        not_before=not_before,
    )
    held = decision.event == "hold"
    values: dict[str, Any] = {} if trace.pages is None else {"progress": dict(trace.pages)}
    if uncounted:
        values["attempts"] = deliveries.c.attempts - 1
    if held or not taken.failures:  # patience is counted from the first failure of its own
        values["effort_since"] = now
    db.execute(
        update(deliveries)
        .where(deliveries.c.id == taken.delivery_id)
        .values(
            state=lifecycle.leads_to(decision.event),
            due_at=decision.due_at,
            failures=taken.failures + (not held),
            changed_at=now,
            **_NO_LEASE,
            **reason_columns(decision.reason),
            **values,
        ),
    )
    if not uncounted:
        outcome = "unknown" if error.outcome_unknown else decision.event
        _write_attempt(db, taken, outcome, decision.reason, trace, now)
    standing.follow(db, taken.whose, taken.step, taken.remote, now)
    if decision.event in ("block", "delegate"):
        looked_at = decision.event == "delegate"
        journal.note_stopped(db, taken.delivery_id, decision.reason, now, looked_at=looked_at)
    return Failed(decision, went_down)


def _note_health(
    db: Connection,
    taken: Work,
    error: DeliveryError,
    trace: Trace,
    now: dt.datetime,
    settings: Delivery,
) -> tuple[dt.datetime | None, bool]:
    """When the remote is probed next, if it is down now, and whether it went down just now."""
    if not error.remote_wide:
        if trace.was_answered:  # if only to refuse: the remote as such is well
            health.note_success(db, taken.remote, now=now, begun_at=taken.started_at)
        return None, False
    known, went_down = health.note_failure(
        db,
        taken.remote,
        error.reason,
        now=now,
        policy=settings.breaker,
        certain=not error.retryable,
        culprit=f"delivery {taken.delivery_id}",
        retry_after=error.retry_after,
        begun_at=taken.started_at,
    )
    return known.probe_at if known.is_down else None, went_down


# Made once: each attempt ends with some of them, and to make one takes longer than to execute it.
_IS_HELD = (
    (deliveries.c.id == bindparam("taken"))
    & IS_RUNNING
    & (deliveries.c.fence == bindparam("with_fence"))
)
_STILL_HELD = select(deliveries.c.id).where(_IS_HELD).with_for_update()
_HELD = update(deliveries).where(_IS_HELD)
_LEASED = _HELD.where(deliveries.c.lease_until > bindparam("by_now"))
_ATTEMPT = attempts.insert()
_NO_LEASE: Mapping[str, Any] = {"lease_owner": None, "lease_until": None}


def _which(taken: Work) -> dict[str, Any]:
    return {"taken": taken.delivery_id, "with_fence": taken.fence}


def _still_ours(db: Connection, statement: Any, taken: Work, **values: Any) -> None:
    if db.execute(statement, {**_which(taken), **values}).rowcount != 1:
        raise LeaseLost


def _write_attempt(
    db: Connection,
    taken: Work,
    outcome: str,
    reason: Reason | None,
    trace: Trace,
    now: dt.datetime,
) -> None:
    row = {
        "delivery_id": taken.delivery_id,
        "number": taken.attempt,
        "started_at": taken.started_at,
        "finished_at": now,
        "outcome": outcome,
        **reason_columns(reason),
        "exchanges": msgspec.to_builtins(trace.exchanges),
    }
    db.execute(_ATTEMPT, row)
