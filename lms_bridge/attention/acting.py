"""What can be done about deliveries, withdrawals and findings: some by their numbers, or a group.

What is done to a group is done to some of it in each call (:mod:`lms_bridge.attention.bulk`), and
only to what stood like that when the act was `begun`: what fails again meanwhile is not tried a
second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, and_, case, select

from lms_bridge import withdrawals
from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.attention import stopped, undecided
from lms_bridge.attention.groups import Cause
from lms_bridge.deliveries import actions
from lms_bridge.reconciling import keeping
from lms_bridge.reconciling.findings import FindingState
from lms_bridge.store.many import among
from lms_bridge.store.schema import deliveries, findings


def retry(
    db: Connection, cause: Cause, *, most: int, begun: dt.datetime, actor: Actor, now: dt.datetime
) -> int:
    """Send `most` deliveries of the group again, as if for the first time; how many."""
    ids = _of_group(db, cause, most, begun)
    return _noted(db, actor, "delivery.retried", cause, actions.retry(db, ids, now=now), now)


def retry_some(db: Connection, ids: Collection[int], *, actor: Actor, now: dt.datetime) -> int:
    """Send those of the deliveries `ids` that wait for a person again; how many."""
    taken = _stopped(db, among(deliveries.c.id, list(ids)), len(ids))
    return _noted(db, actor, "delivery.retried", taken, actions.retry(db, taken, now=now), now)


def cancel(
    db: Connection,
    cause: Cause,
    *,
    most: int,
    begun: dt.datetime,
    actor: Actor,
    why: str,
    now: dt.datetime,
) -> int:
    """Give `most` deliveries of the group up; how many."""
    ids = _of_group(db, cause, most, begun)
    count = actions.cancel(db, ids, by=actor.name, why=why, now=now)
    return _noted(db, actor, "delivery.cancelled", cause, count, now, why)


def cancel_some(
    db: Connection, ids: Collection[int], *, actor: Actor, why: str, now: dt.datetime
) -> int:
    """Give those of the deliveries `ids` up that wait for a person; how many."""
    taken = _stopped(db, among(deliveries.c.id, list(ids)), len(ids))
    count = actions.cancel(db, taken, by=actor.name, why=why, now=now)
    return _noted(db, actor, "delivery.cancelled", taken, count, now, why)


def decide(
    db: Connection,
    ids: Collection[int],
    what: withdrawals.Decision,
    *,
    actor: Actor,
    why: str,
    now: dt.datetime,
) -> int:
    """Undo or keep what was delivered of those of the completions `ids` that wait for that."""
    open_ = undecided.among_withdrawn(db, ids)
    count = withdrawals.decide(db, open_, what, by=actor.name, why=why, now=now)
    return _noted(db, actor, f"withdrawal.{what}", open_, count, now, why)


def decide_all(
    db: Connection,
    what: withdrawals.Decision,
    *,
    most: int,
    actor: Actor,
    why: str,
    now: dt.datetime,
) -> int:
    """The same for `most` of all that wait; how many."""
    members = undecided.withdrawn_members(db, EVERYBODY, limit=most)
    return decide(db, [one.id for one in members], what, actor=actor, why=why, now=now)


def dismiss_findings(
    db: Connection, ids: Collection[int], *, actor: Actor, why: str, now: dt.datetime
) -> int:
    """Decide that nothing is done about those of the findings `ids` that are open; how many."""
    which = and_(among(findings.c.id, list(ids)), findings.c.state == FindingState.OPEN)
    by_run: dict[int, list[int]] = {}
    for row in db.execute(select(findings.c.id, findings.c.run_id).where(which)):
        by_run.setdefault(row.run_id, []).append(row.id)
    count = sum(
        keeping.dismiss(db, run, some, by=actor.name, why=why, now=now)
        for run, some in by_run.items()
    )
    taken = [number for some in by_run.values() for number in some]
    return _noted(db, actor, "finding.dismissed", taken, count, now, why)


def dismiss_all_findings(
    db: Connection, cause: Cause, *, most: int, actor: Actor, why: str, now: dt.datetime
) -> int:
    """The same for `most` of the findings of the group; how many."""
    members = undecided.found_members(db, cause, EVERYBODY, limit=most)
    return dismiss_findings(db, [one.id for one in members], actor=actor, why=why, now=now)


def _of_group(db: Connection, cause: Cause, most: int, begun: dt.datetime) -> list[int]:
    row = stopped.row_of(db, cause)
    if row is None:
        return []
    which = and_(stopped.same(row), deliveries.c.changed_at <= begun)
    return _stopped(db, which, most, last=cause.member)


def _stopped(db: Connection, which: ColumnElement[bool], most: int, *, last: int = 0) -> list[int]:
    """The numbers of deliveries that wait for a person, which nobody else changes from now on.

    The `last` one is that by which the group is known, for as long as there are others.
    """
    query = (
        select(deliveries.c.id)
        .where(stopped.IS_STOPPED, which)
        .order_by(case((deliveries.c.id == last, 1), else_=0), deliveries.c.id)
        .limit(most)
    )
    return list(db.execute(query.with_for_update()).scalars())


def _noted(
    db: Connection,
    actor: Actor,
    action: str,
    to: Cause | Sequence[int],
    count: int,
    now: dt.datetime,
    why: str = "",
) -> int:
    if count:
        some = f"{to.kind}:{to.member}" if isinstance(to, Cause) else ",".join(map(str, to[:10]))
        details = {"count": count} | ({"why": why} if why else {})
        audit.note(db, actor, action, some, details, now=now)
    return count
