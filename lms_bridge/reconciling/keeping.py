"""Runs and what they found, as they are kept.

What a run finds again takes the place of what an earlier one found and nobody has decided about;
what it does not find again is gone. A finding that somebody has dismissed is kept as dismissed
for as long as it stays the same.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select, update

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import reason_columns
from lms_bridge.reconciling.findings import Finding, FindingState
from lms_bridge.store.many import among
from lms_bridge.store.schema import deliveries, findings, reconciliations

KEPT_FOR = dt.timedelta(days=400)
"""how long a run is kept; and longer, for as long as something of it is open or approved"""
KEPT_AT_LEAST = 10
"""runs, however old they are"""

_UNSETTLED = (FindingState.OPEN, FindingState.APPROVED)
_APPROVED = findings.c.state == FindingState.APPROVED


def _delivery_is(*states: State) -> ColumnElement[bool]:
    """That the delivery that a finding was left to has come to one of `states`."""
    mine = deliveries.c.id == findings.c.delivery_id
    return exists().where(mine, deliveries.c.state.in_(states))


_is_done = _delivery_is(State.DONE)
_is_given_up = _delivery_is(State.BLOCKED, State.CANCELLED)


class Found(NamedTuple):
    """What one look came to."""

    findings: Sequence[Finding]
    """all that is amiss"""
    wanted: Sequence[Finding]
    """and what of that the run is about"""


def begin(db: Connection, scope: Mapping[str, Any], *, by: str, now: dt.datetime) -> int:
    """The number of a new run."""
    _close_broken(db, now)
    new = reconciliations.insert().values(
        begun_by=by, scope=dict(scope), started_at=now, outcome="running", counts={}
    )
    return int(db.execute(new.returning(reconciliations.c.id)).scalar_one())


def finish(
    db: Connection,
    run_id: int,
    outcome: str,
    counts: Counter[str],
    *,
    error: str = "",
    oldest_reading: dt.datetime | None = None,
    now: dt.datetime,
) -> None:
    """The run is over; old ones are forgotten."""
    db.execute(
        update(reconciliations)
        .where(reconciliations.c.id == run_id)
        .values(
            finished_at=now,
            outcome=outcome,
            counts=dict(counts),
            error=error or None,
            oldest_reading=oldest_reading,
        )
    )
    _forget_old(db, now)


def put(db: Connection, run_id: int, found: Found, whose: ColumnElement[bool]) -> int:
    """Keep what was found of `whose`, all of which was looked at; how many of it are open."""
    settle(db, whose)
    seen = {one.fingerprint for one in found.findings}
    wanted = {one.fingerprint: one for one in found.wanted}
    earlier = select(findings.c.id, findings.c.fingerprint).where(
        whose, or_(findings.c.state == FindingState.OPEN, _APPROVED & _is_given_up)
    )
    over: dict[FindingState, list[int]] = {FindingState.GONE: [], FindingState.REPEATED: []}
    for row in db.execute(earlier).all():
        if row.fingerprint in wanted:
            over[FindingState.REPEATED].append(row.id)
        elif row.fingerprint not in seen:
            over[FindingState.GONE].append(row.id)
    for state, ids in over.items():
        if ids:
            db.execute(update(findings).where(among(findings.c.id, ids)).values(state=state))
    if not wanted:
        return 0
    dismissed = _decided(db, wanted, findings.c.state == FindingState.DISMISSED)
    under_way = _decided(db, wanted, _APPROVED)
    rows = []
    for name, one in wanted.items():
        if name in under_way:
            continue
        values: dict[str, Any] = {"state": FindingState.OPEN, "decided_at": None}
        values |= {"decided_by": None, "decided_why": None}
        rows.append(_columns(run_id, one) | values | dismissed.get(name, {}))
    if rows:
        db.execute(findings.insert(), rows)
    return sum(row["state"] == FindingState.OPEN for row in rows)


def settle(db: Connection, which: ColumnElement[bool] | None = None) -> None:
    """Of what was approved, say what is repaired by now."""
    approved = _APPROVED if which is None else _APPROVED & which
    db.execute(update(findings).where(approved, _is_done).values(state=FindingState.REPAIRED))


def any_unsettled(db: Connection, employee_id: int, remote: str) -> bool:
    """Whether something that was found about the employee there is open or approved."""
    mine = select(findings.c.id).where(
        findings.c.employee_id == employee_id,
        findings.c.remote == remote,
        findings.c.state.in_(_UNSETTLED),
    )
    return db.execute(mine.limit(1)).first() is not None


def dismiss(
    db: Connection, run_id: int, ids: Collection[int], *, by: str, why: str, now: dt.datetime
) -> int:
    """Decide that nothing is to be done about the open findings `ids` of the run; how many."""
    dismissed = db.execute(
        update(findings)
        .where(
            findings.c.run_id == run_id,
            among(findings.c.id, list(ids)),
            findings.c.state == FindingState.OPEN,
        )
        .values(state=FindingState.DISMISSED, decided_at=now, decided_by=by, decided_why=why)
    )
    return int(dismissed.rowcount)


def _decided(
    db: Connection, names: Collection[str], which: ColumnElement[bool]
) -> dict[str, dict[str, Any]]:
    """Of those fingerprints, the ones that are so, with who decided that, when and why."""
    query = select(findings).where(among(findings.c.fingerprint, list(names)), which)
    return {
        row.fingerprint: {
            "state": row.state,
            "decided_at": row.decided_at,
            "decided_by": row.decided_by,
            "decided_why": row.decided_why,
        }
        for row in db.execute(query.order_by(findings.c.id))
    }


def _columns(run_id: int, one: Finding) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "kind": one.kind,
        "remote": one.remote,
        "employee_id": one.employee_id,
        "completion_id": one.completion_id,
        "course_key": one.course,
        "row_id": one.row_id,
        "fingerprint": one.fingerprint,
        "details": dict(one.details),
        "repairs": list(one.repairs),
        **reason_columns(one.reason),
    }


def _close_broken(db: Connection, now: dt.datetime) -> None:
    """Runs are made one at a time: what says that it is under way was cut off."""
    db.execute(
        update(reconciliations)
        .where(reconciliations.c.outcome == "running")
        .values(outcome="interrupted", finished_at=now)
    )


def _forget_old(db: Connection, now: dt.datetime) -> None:
    newest = select(reconciliations.c.id).order_by(reconciliations.c.id.desc())
    stays = db.scalars(newest.limit(KEPT_AT_LEAST)).all()
    unsettled = exists().where(
        findings.c.run_id == reconciliations.c.id, findings.c.state.in_(_UNSETTLED)
    )
    old = select(reconciliations.c.id).where(
        reconciliations.c.started_at < now - KEPT_FOR,
        reconciliations.c.id.not_in(stays),
        ~unsettled,
    )
    ids = db.scalars(old).all()
    if ids:
        db.execute(delete(findings).where(findings.c.run_id.in_(ids)))
        db.execute(delete(reconciliations).where(reconciliations.c.id.in_(ids)))
