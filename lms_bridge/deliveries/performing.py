"""Performing a delivery that was claimed, and how what came of it is to be written down.

The step is performed outside of any transaction. What came of it is handed back as a
function that writes it, so that it can share its commit with other deliveries and with
taking the next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from lms_bridge.config.settings import Delivery
from lms_bridge.deliveries import places, queue, refusals
from lms_bridge.deliveries.queue import LeaseLost, Trace
from lms_bridge.deliveries.step import Clock, Notebook, Step
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.http import gate
from lms_bridge.http.notes import recorded
from lms_bridge.reasons import Reason

log = structlog.get_logger(__name__)

Note = Callable[[Callable[[Connection], None]], object]
"""writes something now, and returns after the commit"""


class Ending(NamedTuple):
    """What became of a delivery, as it is counted, and as it is told when it is committed."""

    event: str
    tell: Callable[[], object]


Finish = Callable[[Connection], Ending | None]
"""writes down what came of a delivery, if anything did; raises LeaseLost before it has written"""


class Performed(NamedTuple):
    """A delivery that was performed, or put back, and is to be written down."""

    work: Work
    finish: Finish
    went_well: bool = False


class Performer:
    """Performs deliveries with the steps of a bridge. Threads may share it."""

    def __init__(
        self,
        steps: Mapping[tuple[str, str], Step],
        settings: Delivery,
        *,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self._steps = steps
        self._settings = settings
        self._clock = clock
        self._chance = chance

    def perform(self, work: Work, write: Note) -> Performed:
        """Perform the step of `work`. Raises :exc:`~lms_bridge.deliveries.queue.LeaseLost`."""
        with bound_contextvars(**_about(work)):
            return self._perform(work, write)

    def _perform(self, work: Work, write: Note) -> Performed:
        notebook = Notebook(work.progress, lambda pages: self._note(work, notebook, pages, write))
        with recorded() as exchanges, gate.making_sure(lambda: self._make_sure(work, write)):
            try:
                outcome = self._steps[work.remote, work.step].perform(work, notebook)
            except DeliveryError as error:
                most = self._settings.retry.refusals
                failure = refusals.weighed(error, notebook, most, self._clock())
            except LeaseLost:
                raise
            except Exception:
                # A defect of ours must neither lose the delivery nor spin on it.
                log.exception("a step failed unexpectedly")
                failure = _defect()
            else:
                refusals.forget(notebook)
                trace = Trace(notebook.pages(), exchanges)

                def succeed(db: Connection) -> Ending:
                    queue.succeed(db, work, outcome, trace, now=self._clock())
                    _write_besides(db, notebook)
                    told = {**_about(work), "result": outcome.result_id}
                    return Ending("done", lambda: log.info("delivered", **told))

                return Performed(work, succeed, went_well=True)
        trace = Trace(notebook.pages(), exchanges)
        return Performed(work, lambda db: self._fail(db, work, failure, trace, notebook))

    def put_back(self, work: Work) -> Performed:
        """Do not perform `work`, which was taken before something happened."""
        return Performed(work, lambda db: queue.put_back(db, work, now=self._clock()))

    def stumble(self, work: Work) -> Finish:
        """How to write down that what came of `work` could not be written down.

        What its notebook said last stands.
        """
        trace = Trace(None)
        return lambda db: self._fail(db, work, _defect(), trace, Notebook({}, lambda _: None))

    def _fail(
        self, db: Connection, work: Work, error: DeliveryError, trace: Trace, notebook: Notebook
    ) -> Ending:
        step = self._steps.get((work.remote, work.step))
        failed = queue.fail(
            db,
            work,
            error,
            trace,
            now=self._clock(),
            chance=self._chance(),
            not_before=step.not_before(notebook) if step else None,
            settings=self._settings,
        )
        _write_besides(db, notebook)
        decision = failed.decision

        def tell() -> None:
            why = decision.reason.sentence()
            if failed.went_down:
                log.warning("remote is down", remote=work.remote, reason=error.reason.sentence())
            if decision.event == "block":
                log.warning("delivery blocked", **_about(work), reason=why)
            elif decision.event == "delegate":
                log.info("delivery left to a person", **_about(work), reason=why)
            elif decision.event == "postpone":
                due_at = decision.due_at.isoformat()
                log.warning("delivery postponed", **_about(work), reason=why, due_at=due_at)

        return Ending(decision.event, tell)

    def _note(self, work: Work, notebook: Notebook, pages: Mapping[str, Any], write: Note) -> None:
        begun_at = self._clock()

        def save(db: Connection) -> None:
            queue.save_progress(
                db,
                work,
                pages,
                now=self._clock(),
                lease_seconds=self._settings.lease_seconds,
            )
            _write_besides(db, notebook)

        write(save)
        notebook.besides.clear()
        self._not_frozen_since(begun_at)

    def _make_sure(self, work: Work, write: Note) -> None:
        """It waited for its turn; nothing is sent on behalf of somebody else."""
        begun_at, seconds = self._clock(), self._settings.lease_seconds
        with places.kept():  # it has the turn to write, for which others wait in their places
            write(lambda db: queue.keep(db, work, now=self._clock(), lease_seconds=seconds))
        self._not_frozen_since(begun_at)

    def _not_frozen_since(self, begun_at: dt.datetime) -> None:
        # A process that was frozen meanwhile is awake again, and its lease may have run out.
        if (self._clock() - begun_at).total_seconds() > self._settings.lease_seconds / 2:
            raise LeaseLost


def _defect() -> DeliveryError:
    return DeliveryError(Reason("internal_error"), retryable=True)


def _write_besides(db: Connection, notebook: Notebook) -> None:
    for write in notebook.besides:
        write(db)


def _about(work: Work) -> dict[str, Any]:
    return {
        "delivery": work.delivery_id,
        **({"award": work.award_id} if work.award_id else {"completion": work.completion_id}),
        "step": work.step,
        "remote": work.remote,
        "attempt": work.attempt,
    }
