"""Removing from a registry the row that a completion became: look, delete, and look again.

What is deleted is the row whose id the registry gave, or was found to have, when the
completion was recorded, and no other. It is deleted only if it is there, if the bridge wrote
it, if it still says the same training, and if no other completion has it; otherwise a person
is told why not. That it is gone is believed when the history no longer shows it, whatever the
answer was; a row that is gone already is done.

After an answer that did not come, the history is read as soon as the deletion must have taken
effect if it ever will (:mod:`~lms_bridge.deliveries.settling`). So it is while the completion
is told of again: nothing more is deleted then, and it is found out what was.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import msgspec

from lms_bridge.deliveries.matching import Ours, match
from lms_bridge.deliveries.record_step import training_in, training_of
from lms_bridge.deliveries.registered import Registered
from lms_bridge.deliveries.settling import Settling
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.deliveries.written import shared_with, step_of
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import RecordedTraining, Registry, Training
from lms_bridge.store.engine import Store
from lms_bridge.typed import convert


class UnrecordStep:
    """The step "unrecord" at one registry."""

    def __init__(
        self, registry: Registry, store: Store, *, clock: Clock, settle_seconds: float
    ) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._settling = Settling(clock, settle_seconds)

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        self._settling.enter(work, notebook, unwanted="told_again")
        written = self._written(work)
        if not written.row_id:
            return self._removed(written, notebook)
        person = Registered(self._registry, work, notebook, self._clock)
        row = self._look(person, written)
        if row is None:
            return self._removed(written, notebook)
        self._settling.again(notebook)
        if not work.is_wanted:
            self._settling.over(notebook)
            raise DeliveryError(Reason("told_again"), retryable=False)
        if objection := self._objection(work, written, row):
            self._settling.over(notebook)
            raise DeliveryError(objection, retryable=False)
        notebook.note(sent_at=self._clock())
        try:
            self._registry.remove(person.employee, written.training.kind, row.id)
        except DeliveryError as error:
            self._settling.failed(error, notebook)
            raise
        # From here on the deletion may have taken effect whatever becomes of the look.
        self._settling.begin(notebook)
        if self._look(person, written) is not None:
            # Perhaps it is only shown a little longer; else it was a success that is none.
            raise DeliveryError(
                Reason("row_stays", remote=work.remote, row=row.id),
                retryable=True,
                outcome_unknown=True,
            )
        return self._removed(written, notebook)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._settling.not_before(notebook)

    def _written(self, work: Work) -> _Written:
        """What the step "record" left in the registry."""
        row = step_of(self._store, work, "record")
        assert row is not None, "there is nothing to undo without it"
        corrected = step_of(self._store, work, "correct")
        training = training_in(row.progress) or training_of(work)
        # A correction of which it is not known whether it took effect.
        sent = corrected.progress.get("sent") if corrected else None
        trainings = [training, *([convert(sent, Training)] if sent else [])]
        return _Written(row.result_id or "", trainings, bool(row.progress.get("found")))

    def _look(self, person: Registered, written: _Written) -> RecordedTraining | None:
        rows = person.history(written.training.kind)
        return next((row for row in rows if row.id == written.row_id), None)

    def _objection(self, work: Work, written: _Written, row: RecordedTraining) -> Reason | None:
        """Why the row is not the bridge's to delete."""
        about = {"remote": work.remote, "row": row.id}
        if written.was_found:
            return Reason("row_of_others", **about)
        if not any(match(one, [row], Ours()) for one in written.trainings):
            return Reason("row_changed", name=row.name or row.certificate_number, **about)
        other = shared_with(self._store, work, [row.id])
        return Reason("row_shared", other=other, **about) if other else None

    def _removed(self, written: _Written, notebook: Notebook) -> Outcome:
        self._settling.over(notebook)
        return Outcome(written.row_id, removed=msgspec.to_builtins(written.training))


class _Written(NamedTuple):
    row_id: str
    trainings: list[Training]
    """what it says; and what it may say instead"""
    was_found: bool
    """it was there before the bridge would have written it"""

    @property
    def training(self) -> Training:
        return self.trainings[0]
