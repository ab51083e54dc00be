"""Steps that are done one after the other: the first, and the one that waits for it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from lms_bridge.deliveries.in_order import LOOK_AGAIN, go_on_after, waiting_for
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.step import Clock, Notebook, Outcome, Step
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import NotNow
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries


class FirstStep:
    """The `step` at a registry that others come after: when it is done, they go on."""

    def __init__(self, step: Step, *, clock: Clock) -> None:
        self._step = step
        self._clock = clock

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        outcome = self._step.perform(work, notebook)
        notebook.also(lambda db: go_on_after(db, work.completion_id, self._clock()))
        return outcome

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._step.not_before(notebook)


class AfterStep:
    """The `step` at one place, which comes after the step `awaited` at `first`.

    What may have been sent already is looked up all the same.
    """

    def __init__(
        self, step: Step, first: str, store: Store, *, clock: Clock, awaited: str = "record"
    ) -> None:
        self._step = step
        self._first = first
        self._awaited = awaited
        self._store = store
        self._clock = clock

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        if work.is_wanted and notebook.time("sent_at") is None and self._is_open(work):
            raise NotNow(waiting_for(self._first), until=self._clock() + LOOK_AGAIN)
        return self._step.perform(work, notebook)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._step.not_before(notebook)

    def _is_open(self, work: Work) -> bool:
        """Whether the first may still come to have it."""
        query = select(deliveries.c.state).where(
            deliveries.c.completion_id == work.completion_id,
            deliveries.c.remote == self._first,
            deliveries.c.step == self._awaited,
        )
        with self._store.reading() as db:
            state = db.execute(query).scalar()
        return state not in (None, State.DONE, State.CANCELLED)
