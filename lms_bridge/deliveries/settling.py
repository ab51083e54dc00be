"""Waiting, after an answer that did not come, until what was sent can be looked up.

A registry may carry out a call long after its caller has given up. So nothing is looked up,
and nothing is sent again, until ``settle_seconds`` have passed since then.

Entries of a step's notebook:

``sent_at``
    when it was sent; stands there for as long as it may have taken effect.
``given_up_at``
    when nobody waited for the answer any more; from then on the time to settle is counted.
    Where it is missing the worker was cut off, and the next attempt counts from its own
    beginning, for only then is it sure that nothing more is sent.
"""

from __future__ import annotations

import datetime as dt

from lms_bridge.deliveries.step import Clock, Notebook
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason


class Settling:
    """What the steps at one registry have in common."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._time = dt.timedelta(seconds=seconds)

    def wait(self, notebook: Notebook) -> None:
        """Go on only if what was sent before, and not answered, can be looked up by now."""
        if notebook.time("sent_at") is None:
            return
        now = self._clock()
        if notebook.time("given_up_at") is None:
            notebook.enter(given_up_at=now)
        settled = self.not_before(notebook)
        if settled and now < settled:
            remaining = (settled - now).total_seconds()
            raise DeliveryError(Reason("settling"), retryable=True, retry_after=remaining)

    def failed(self, error: DeliveryError, notebook: Notebook) -> None:
        """What was just sent failed with `error`, and may have taken effect or not."""
        if error.outcome_unknown:
            notebook.enter(given_up_at=self._clock())
        else:
            self.over(notebook)

    def over(self, notebook: Notebook) -> None:
        """It is known what came of what was sent."""
        notebook.strike("sent_at", "sent", "given_up_at")

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        """When what was sent can first be looked up."""
        given_up_at = notebook.time("given_up_at")
        return given_up_at + self._time if given_up_at else None
