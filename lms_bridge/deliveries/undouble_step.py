"""Deleting the row that the bridge wrote where another row was there before: look, delete, look.

It is begun only by a person (:mod:`lms_bridge.reconciling.repairing`). What is deleted is the row
of the step "record" and no other; only if the bridge wrote it, if it and the row that is to stay
both still say the training, and if neither is another completion's. Then the row that stays is
that of the completion: a row of others, which the bridge never deletes.

After an answer that did not come, the history is read as soon as the deletion must have taken
effect if it ever will (:mod:`~lms_bridge.deliveries.settling`).

Entries of its notebook, besides those of :mod:`~lms_bridge.deliveries.settling`:

``row``
    the row that stays.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.deliveries.matching import Ours, match
from lms_bridge.deliveries.papers import comes_with_the_row
from lms_bridge.deliveries.registered import Registered
from lms_bridge.deliveries.settling import Settling
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.deliveries.written import Written, shared_with, written
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import RecordedTraining, Registry
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries


class UndoubleStep:
    """The step "undouble" at one registry; if that is `documented`, the certificate follows."""

    def __init__(
        self,
        registry: Registry,
        store: Store,
        *,
        clock: Clock,
        settle_seconds: float,
        documented: bool = False,
    ) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._settling = Settling(clock, settle_seconds)
        self._documented = documented

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        self._settling.enter(work, notebook)
        stays = str(notebook.get("row"))
        record = written(self._store, work)
        training = record.training
        person = Registered(self._registry, work, notebook, self._clock)
        rows = person.history(training.kind)
        other = next((row for row in rows if row.id == stays), None)
        ours = next((row for row in rows if row.id == record.row_id), None)
        if ours is None and other is not None:
            return self._kept(record, other, notebook)
        self._settling.again(notebook)
        if objection := self._objection(work, record, ours, other, stays):
            self._settling.over(notebook)
            raise DeliveryError(objection, retryable=False)
        assert ours is not None
        assert other is not None
        notebook.note(sent_at=self._clock())
        try:
            self._registry.remove(person.employee, training.kind, ours.id)
        except DeliveryError as error:
            self._settling.failed(error, notebook)
            raise
        # From here on the deletion may have taken effect whatever becomes of the look.
        self._settling.begin(notebook)
        if any(row.id == ours.id for row in person.history(training.kind)):
            raise DeliveryError(
                Reason("row_stays", remote=work.remote, row=ours.id),
                retryable=True,
                outcome_unknown=True,
            )
        return self._kept(record, other, notebook)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._settling.not_before(notebook)

    def _objection(
        self,
        work: Work,
        record: Written,
        ours: RecordedTraining | None,
        other: RecordedTraining | None,
        stays: str,
    ) -> Reason | None:
        """Why nothing is to be deleted, if so."""
        about: dict[str, Any] = {"remote": work.remote, "row": record.row_id}
        if not work.is_wanted:
            return Reason("withdrawn")
        if other is None:
            return Reason("row_to_keep_gone", remote=work.remote, row=stays)
        if record.was_found:
            return Reason("row_of_others", **about)
        for row in (ours, other):
            if row is None or not match(record.training, [row], Ours()):
                name = (row.name or row.certificate_number) if row else ""
                return Reason("row_changed", name=name, **about)
        another = shared_with(self._store, work, (record.row_id, stays))
        return Reason("row_shared", other=another, **about) if another else None

    def _kept(self, record: Written, other: RecordedTraining, notebook: Notebook) -> Outcome:
        self._settling.over(notebook)
        notebook.also(partial(_adopt, record=record.delivery_id, row_id=other.id))
        follows = self._documented and not comes_with_the_row(self._registry, record.training.kind)
        then: dict[str, dict[str, Any]] = {"document": {}} if follows else {}
        removed = msgspec.to_builtins(record.training)
        return Outcome(other.id, then=then, removed=removed, removed_row=record.row_id)


def _adopt(db: Connection, *, record: int, row_id: str) -> None:
    """The row is that of the completion, and was not written by the bridge."""
    mine = deliveries.c.id == record
    progress = db.execute(select(deliveries.c.progress).where(mine).with_for_update()).scalar_one()
    found = {**progress, "found": True}
    db.execute(update(deliveries).where(mine).values(result_id=row_id, progress=found))
