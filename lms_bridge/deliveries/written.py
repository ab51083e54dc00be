"""What the step "record" left in a registry, for the steps that go on from there."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import bindparam, select

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.record_step import training_in, training_of
from lms_bridge.deliveries.registered import Registered
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import RecordedTraining, Training
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries
from lms_bridge.store.types import AnyRow

_UNDER_WAY = (State.RUNNING, State.WAITING, State.RETRYING)


class Written(NamedTuple):
    """The row that a completion became."""

    delivery_id: int
    """that of the step "record" itself"""
    row_id: str
    training: Training
    """what it said when it was last written or found"""
    was_found: bool
    """it was there before the bridge would have written it"""


def written(store: Store, work: Work, *, patient: bool = False) -> Written:
    """The row that the completion of `work` became at the same remote.

    Raises a DeliveryError if there is none; if one is under way, a `patient` step is tried again.
    """
    row = step_of(store, work, "record")
    if row is None or row.state != State.DONE or not row.result_id:
        again = patient and row is not None and row.state in _UNDER_WAY
        raise DeliveryError(Reason("row_not_there_yet", remote=work.remote), retryable=again)
    training = training_in(row.progress) or training_of(work)
    return Written(row.id, row.result_id, training, bool(row.progress.get("found")))


def step_of(store: Store, work: Work, step: str) -> AnyRow | None:
    """The delivery `step` of the completion of `work` at the same remote, if there is one."""
    which = {"completion": work.completion_id, "at_remote": work.remote, "the_step": step}
    with store.glancing() as db:
        return db.execute(_STEP, which).one_or_none()


_STEP = select(
    deliveries.c.id, deliveries.c.state, deliveries.c.result_id, deliveries.c.progress
).where(
    deliveries.c.completion_id == bindparam("completion"),
    deliveries.c.remote == bindparam("at_remote"),
    deliveries.c.step == bindparam("the_step"),
)


def row_there(person: Registered, sought: Written, work: Work) -> RecordedTraining:
    """The row as the registry shows it now. Raises a DeliveryError if it is gone."""
    rows = person.history(sought.training.kind)
    row = next((one for one in rows if one.id == sought.row_id), None)
    if row is None:
        gone = Reason(
            "row_vanished", remote=work.remote, row=sought.row_id, delivery=sought.delivery_id
        )
        raise DeliveryError(gone, retryable=False)
    return row


def shared_with(store: Store, work: Work, row_ids: Collection[str]) -> int | None:
    """Another completion that one of the rows is that of as well, if there is one."""
    query = select(deliveries.c.completion_id).where(
        deliveries.c.result_id.in_(row_ids),
        deliveries.c.remote == work.remote,
        deliveries.c.step == "record",
        deliveries.c.completion_id != work.completion_id,
    )
    with store.reading() as db:
        return db.execute(query.limit(1)).scalar()
