"""Correcting the row that a completion became: look, change it by its id, and only if need be.

It is begun when something of a completion has changed that a registry already has
(:mod:`lms_bridge.corrections`), and when a row turns out to have been written before that. The
row is changed under its own id, so that there is never a second one; and only if the bridge
wrote it and nobody has changed it since. Otherwise a person is told why not.

After an answer that did not come, the row is read as soon as the change must have taken effect
if it ever will (:mod:`~lms_bridge.deliveries.settling`). A registry that offers no way to change
a row is left to a person, and it is looked now and then whether they have done it.

Entries of its notebook, besides those of :mod:`~lms_bridge.deliveries.settling`:

``sent``
    what was last sent; the row may say that, or what it said before.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.catalogue.course import STRUCTURAL
from lms_bridge.deliveries import standing
from lms_bridge.deliveries.matching import Ours, differences, match
from lms_bridge.deliveries.papers import Papers, comes_with_the_row, with_the_row
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.record_step import training_of
from lms_bridge.deliveries.registered import Registered
from lms_bridge.deliveries.settling import Settling
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work, load
from lms_bridge.deliveries.written import Written, row_there, written
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import ChangesRows, RecordedTraining, Registry, Training
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries
from lms_bridge.typed import convert

_LOOK_AFTER = 3600.0
"""seconds after which it is looked whether a person has changed the row"""


class CorrectStep:
    """The step "correct" at one registry; if that is `documented`, a new certificate follows."""

    def __init__(
        self,
        registry: Registry,
        store: Store,
        *,
        clock: Clock,
        settle_seconds: float,
        documented: bool = False,
        papers: Papers | None = None,
    ) -> None:
        self._papers = papers
        self._registry = registry
        self._store = store
        self._clock = clock
        self._settling = Settling(clock, settle_seconds)
        self._documented = documented

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        self._settling.enter(work, notebook)
        before, wanted = written(self._store, work, patient=True), training_of(work)
        person = Registered(self._registry, work, notebook, self._clock)
        row = row_there(person, before, work)
        if not differences(wanted, row):
            return self._corrected(work, before, wanted, notebook)
        self._settling.again(notebook)
        if objection := self._objection(work, before, row, wanted, notebook):
            self._settling.over(notebook)
            raise objection
        assert isinstance(self._registry, ChangesRows)
        enclosed = with_the_row(self._registry, wanted.kind, self._papers, work)
        notebook.note(sent_at=self._clock(), sent=msgspec.to_builtins(wanted))
        try:
            if enclosed:
                enclosed[0].change(person.employee, row.id, wanted, enclosed[1])
            else:
                self._registry.change(person.employee, row.id, wanted)
        except DeliveryError as error:
            self._settling.failed(error, notebook)
            raise
        return self._corrected(work, before, wanted, notebook)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._settling.not_before(notebook)

    def _objection(
        self,
        work: Work,
        before: Written,
        row: RecordedTraining,
        wanted: Training,
        notebook: Notebook,
    ) -> DeliveryError | None:
        """Why the row is not to be changed, if so."""
        about: dict[str, Any] = {"remote": work.remote, "row": row.id}
        sent = notebook.get("sent")
        known = [before.training, *([convert(sent, Training)] if sent else [])]
        if not work.is_wanted:
            return DeliveryError(Reason("withdrawn"), retryable=False)
        if before.was_found:
            return DeliveryError(Reason("row_of_others_differs", **about), retryable=False)
        if not any(match(one, [row], Ours()) for one in known):
            about["name"] = row.name or row.certificate_number
            return DeliveryError(Reason("row_changed_meanwhile", **about), retryable=False)
        if (before.training.kind == STRUCTURAL) != (wanted.kind == STRUCTURAL):
            return DeliveryError(Reason("other_history", **about), retryable=False)
        if not isinstance(self._registry, ChangesRows) or not self._registry.changes_rows:
            what = "; ".join(f"{one.field}: {one.ours}" for one in differences(wanted, row))
            reason = Reason("correct_by_hand", what=what, **about)
            return DeliveryError(reason, retryable=False, look_after=_LOOK_AFTER)
        return None

    def _corrected(
        self, work: Work, before: Written, wanted: Training, notebook: Notebook
    ) -> Outcome:
        self._settling.over(notebook)
        notebook.also(partial(self._remember, work=work, before=before, said=wanted))
        then = None
        if self._documented and not comes_with_the_row(self._registry, wanted.kind):
            # Beside a row of others one that is there is not ours.
            then = {"document": {} if before.was_found else {"replaces": True}}
        said, says = map(msgspec.to_builtins, (before.training, wanted))
        return Outcome(before.row_id, then=then, before=said, after=says)

    def _remember(self, db: Connection, *, work: Work, before: Written, said: Training) -> None:
        """The step "record" is answerable for what the row says now."""
        mine = deliveries.c.id == before.delivery_id
        progress = db.execute(select(deliveries.c.progress).where(mine).with_for_update())
        recorded = {**progress.scalar_one(), "recorded": msgspec.to_builtins(said)}
        db.execute(update(deliveries).where(mine).values(progress=recorded))
        now = self._clock()
        if training_of(load(db, work.delivery_id, started_at=now)) != said:
            # It was corrected once more while this was under way.
            again = Planned("correct", work.remote)
            standing.go_on(db, work.whose, again, {}, now)


class ByHandStep:
    """The step "correct" where nothing can be read back: a person does it, and says so."""

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        if not work.is_wanted:
            raise DeliveryError(Reason("withdrawn"), retryable=False)
        wanted = training_of(work)
        what = f"{wanted.certificate_number}, {wanted.hours} JP, {wanted.starts} – {wanted.ends}"
        reason = Reason("correct_unseen", remote=work.remote, what=what)
        raise DeliveryError(reason, retryable=False)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return None
