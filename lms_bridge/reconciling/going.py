"""What each repair sets going: a delivery, which a worker then carries out like any other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from lms_bridge import corrections
from lms_bridge.corrections import CannotCorrect
from lms_bridge.deliveries import actions, lifecycle, planning, standing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.whose import Whose
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.reconciling.findings import Finding, Repair
from lms_bridge.reconciling.registry_side import Looked
from lms_bridge.reconciling.sides import Step
from lms_bridge.store.schema import deliveries

_STEPS = {Repair.CORRECT: "correct", Repair.UPLOAD: "document", Repair.UNDOUBLE: "undouble"}


class Cannot(Exception):
    """It cannot be set going; `reason` says why, and nothing was changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Approval(NamedTuple):
    """Who has approved it, why, and the registries of the bridge, as remotes."""

    by: str
    why: str
    remotes: Collection[str]


def set_going(
    db: Connection,
    repair: Repair,
    found: Finding,
    looked: Looked,
    approval: Approval,
    now: dt.datetime,
) -> int:
    """The delivery that is to do it. Raises :exc:`Cannot`."""
    assert found.completion_id is not None
    mine = next(one for one in looked.mine if one.id == found.completion_id)
    if repair in (Repair.RECORD, Repair.LINK):
        pages = {"links": found.row_id} if repair == Repair.LINK else {}
        if mine.record is None:
            step = Planned("record", found.remote)
            planning.plan(db, mine.id, looked.person.id, [step], now, progress=pages)
        else:
            _again(db, mine.record, found, pages, now)
        return _waiting(db, mine.id, "record", found.remote)
    if repair == Repair.TAKE_OVER:
        _take_over(db, found, looked, approval, now)
        return _waiting(db, mine.id, "correct", found.remote)
    step = Planned(_STEPS[repair], found.remote)
    pages = {"row": found.row_id} if repair == Repair.UNDOUBLE else {}
    standing.go_on(db, Whose(mine.id), step, pages, now)
    return _waiting(db, mine.id, step.step, found.remote)


def _take_over(
    db: Connection, found: Finding, looked: Looked, approval: Approval, now: dt.datetime
) -> None:
    assert found.completion_id is not None
    row = next(one for one in looked.rows if one.id == found.row_id)
    changes = {field: getattr(row, field) for field in found.details["fields"]}
    try:
        correction = corrections.plan(db, found.completion_id, changes)
    except CannotCorrect as error:
        raise Cannot(Reason("other", text=f"{error}.")) from error
    corrections.make(db, correction, approval.remotes, by=approval.by, why=approval.why, now=now)


def _again(
    db: Connection, record: Step, found: Finding, pages: Mapping[str, Any], now: dt.datetime
) -> None:
    """Have the completion recorded anew, with those pages besides what stands in its notebook."""
    actions.write_down(db, record.id, pages)
    if record.state == State.DONE:
        gone = Reason("row_vanished", remote=found.remote, row=record.result_id, delivery=record.id)
        values = {"state": lifecycle.leads_to("diverge"), **reason_columns(gone)}
        db.execute(update(deliveries).where(deliveries.c.id == record.id).values(**values))
    actions.retry(db, [record.id], now=now)


def _waiting(db: Connection, completion_id: int, step: str, remote: str) -> int:
    """The delivery that does it. Raises :exc:`Cannot` if it does not wait to be taken."""
    mine = select(deliveries.c.id, deliveries.c.state).where(
        deliveries.c.completion_id == completion_id,
        deliveries.c.step == step,
        deliveries.c.remote == remote,
    )
    row = db.execute(mine).one_or_none()
    if row is None or row.state not in (State.WAITING, State.RETRYING):
        raise Cannot(Reason("finding_busy"))
    return int(row.id)
