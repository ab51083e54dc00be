"""Recording a completion in a registry: list, match, and only then write.

The registries know no idempotency key and check for no duplicates (registry facts,
section 5), and they commit a row and then time out. So a row is written only after the
person's history has been read and holds none that is ours; what is about to be sent is
written down before; and after an answer that did not come, nothing is done until the row
must have appeared if it ever will (``settle_seconds``), when the history is read again.

Where the registry takes the certificate in the request that writes the row, that is made ready
before anything is sent; no step "document" follows then.

Of a completion that was taken back nothing is sent; only what an earlier attempt may have
written is looked up.

Entries of its notebook, besides those of :mod:`~lms_bridge.deliveries.settling`:

``sent``
    what the row said that was sent: by that it is looked up, whatever the course says meanwhile.
``links``
    the row that a person took for that of the completion: nothing is written if it is gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from lms_bridge.deliveries.matching import Ours, match
from lms_bridge.deliveries.papers import Papers, comes_with_the_row, with_the_row
from lms_bridge.deliveries.registered import Registered
from lms_bridge.deliveries.settling import Settling
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import RecordedTraining, Registry, Training
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, deliveries
from lms_bridge.typed import convert


class RecordStep:
    """The step "record" at one registry; if it is `documented`, the step "document" follows."""

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
        self._documented = documented
        self._registry = registry
        self._store = store
        self._clock = clock
        self._settling = Settling(clock, settle_seconds)

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        self._settling.enter(work, notebook)
        person = Registered(self._registry, work, notebook, self._clock)
        training, others = training_of(work), self._others(work)
        for sought in _sought(training, notebook):
            rows = person.history(sought.kind)
            if row := _linked(rows, notebook, others) or match(sought, rows, others):
                found = notebook.time("sent_at") is None
                amiss = sought != training
                return self._recorded(row.id, sought, notebook, found=found, amiss=amiss)
        self._settling.again(notebook)
        if not work.is_wanted:
            self._settling.over(notebook)
            raise DeliveryError(Reason("withdrawn"), retryable=False)
        if row_id := notebook.get("links"):
            notebook.strike("links")
            self._settling.over(notebook)
            gone = Reason(
                "row_to_link_gone", remote=work.remote, row=row_id, delivery=work.delivery_id
            )
            raise DeliveryError(gone, retryable=False)
        enclosed = with_the_row(self._registry, training.kind, self._papers, work)
        notebook.note(sent_at=self._clock(), sent=msgspec.to_builtins(training))
        try:
            if enclosed:
                row_id = enclosed[0].record(person.employee, training, enclosed[1])
            else:
                row_id = self._registry.record(person.employee, training)
        except DeliveryError as error:
            self._settling.failed(error, notebook)
            raise
        return self._recorded(row_id, training, notebook, found=False)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._settling.not_before(notebook)

    def _recorded(
        self,
        row_id: str,
        training: Training,
        notebook: Notebook,
        *,
        found: bool,
        amiss: bool = False,
    ) -> Outcome:
        self._settling.over(notebook)
        notebook.strike("links")
        then: dict[str, dict[str, Any]] = {}
        if amiss:  # it was sent before the completion was corrected
            then["correct"] = {}
        if self._documented and not comes_with_the_row(self._registry, training.kind):
            then["document"] = {} if found else {"fresh": True}
        return Outcome(row_id, then=then, found=found, recorded=msgspec.to_builtins(training))

    def _others(self, work: Work) -> Ours:
        """What the person's other completions have, or may be about to get, in this registry."""
        mine = {"employee": work.employee_id, "at_remote": work.remote, "this": work.completion_id}
        with self._store.glancing() as db:
            rows = db.execute(_OTHERS, mine).all()
        return Ours(
            ids=frozenset(row.result_id for row in rows if row.result_id),
            numbers=frozenset(row.certificate_number for row in rows),
        )


_OTHERS = (
    select(deliveries.c.result_id, completions.c.certificate_number)
    .join(completions, deliveries.c.completion_id == completions.c.id)
    .where(
        completions.c.employee_id == bindparam("employee"),
        deliveries.c.remote == bindparam("at_remote"),
        deliveries.c.step == "record",
        completions.c.id != bindparam("this"),
    )
)


def _linked(
    rows: Iterable[RecordedTraining], notebook: Notebook, others: Ours
) -> RecordedTraining | None:
    """The row that a person took for that of the completion, whatever it says."""
    row_id = notebook.get("links")
    return next((row for row in rows if row_id and row.id == row_id not in others.ids), None)


def _sought(training: Training, notebook: Notebook) -> list[Training]:
    """What to look for: what was sent before, and what the completion is now."""
    sent = notebook.get("sent")
    before = [convert(sent, Training)] if sent else []
    return before + [training] * (training not in before)


def recorded_training(work: Work) -> Training:
    """What the registry was told, or was found to have, when the delivery was done."""
    return training_in(work.progress) or training_of(work)


def training_in(progress: Mapping[str, Any]) -> Training | None:
    """What is kept in the `progress` of a delivery that is done; None if it is old."""
    recorded = progress.get("recorded")
    return convert(recorded, Training) if recorded else None


def training_of(work: Work) -> Training:
    """The completion of `work` as the registry takes it now."""
    course = work.course
    return Training(
        name=course.name,
        organiser=course.organiser,
        kind=course.kind,
        hours=work.hours,
        certificate_number=work.certificate_number,
        starts=work.starts,
        ends=work.ends,
        structural_training=course.structural_training,
    )
