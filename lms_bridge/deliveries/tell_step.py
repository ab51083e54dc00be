"""Telling an LMS that a registry has a completion, and, when that was undone, that it has not.

It comes after the step "record" at that registry. Telling twice does no harm: an LMS that is told
knows by the id what it has had before.

Entries of its notebook:

``tell_id``, ``tell_asked_at``
    by which the LMS knows it again.
``sent_at``
    when it was told; stands there for as long as it is not known whether it has it.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from lms_bridge.deliveries import standing
from lms_bridge.deliveries.badge_step import errand, grounds_of
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import IsTold, Recorded
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries

_TOLD = ("tell_id", "tell_asked_at", "sent_at")


class TellStep:
    """The steps "tell" and "untell" at one LMS, about one registry."""

    def __init__(self, lms: IsTold, registry: str, store: Store, *, clock: Clock) -> None:
        self._lms = lms
        self._registry = registry
        self._store = store
        self._clock = clock

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        undoing = standing.is_undoing(work.step)
        if not work.is_wanted:
            if notebook.time("sent_at") is None:
                reason = Reason("told_again" if undoing else "withdrawn")
                raise DeliveryError(reason, retryable=False)
            # It may have it, and is to be told if that is undone.
            return self._told(notebook, Reason("told_unanswered", remote=work.remote))
        row_id = self._row(work)
        if row_id is None and not undoing:
            return self._told(notebook, Reason("nothing_to_tell", registry=self._registry))
        this = errand(notebook, "tell", self._clock)
        notebook.note(sent_at=self._clock())
        recorded = Recorded(
            registry=self._registry,
            row_id=row_id or "",
            user_id=work.lms_user_id or work.nip,
            course_key=work.course.key,
            hours=work.hours,
            starts=work.starts,
            ends=work.ends,
        )
        try:
            self._lms.tell(recorded, grounds_of(work, this), stands=not undoing)
        except DeliveryError as error:
            if not error.outcome_unknown:
                notebook.strike("sent_at")
            raise
        return self._told(notebook)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return None

    def _told(self, notebook: Notebook, reason: Reason | None = None) -> Outcome:
        told = notebook.get("tell_id") or ""
        notebook.strike(*_TOLD)
        return Outcome(told, reason=reason)

    def _row(self, work: Work) -> str | None:
        """The registry's row of the completion; None if it has none."""
        query = select(deliveries.c.result_id).where(
            deliveries.c.completion_id == work.completion_id,
            deliveries.c.remote == f"registry.{self._registry}",
            deliveries.c.step == "record",
            deliveries.c.state == State.DONE,
        )
        with self._store.reading() as db:
            row_id: str | None = db.execute(query).scalar()
        return row_id
