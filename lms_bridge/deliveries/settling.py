"""Waiting, after an answer that did not come, until what was sent can be looked up.

A registry may carry out a call long after its caller has given up. So nothing is looked up,
and nothing is sent again, until ``settle_seconds`` have passed since then.

That they have passed is not left to the clock, which somebody may put forward: where the machine
has been running ever since, that tells. After a restart, or on another machine, the clock has to
say so, and the machine has to have been running for as long.

Entries of a step's notebook:

``sent_at``
    when it was sent; stands there for as long as it may have taken effect.
``given_up_at``
    when nobody waited for the answer any more; from then on the time to settle is counted.
    Where it is missing the worker was cut off, and the next attempt counts from its own
    beginning, for only then is it sure that nothing more is sent.
``given_up_after``
    which start of the machine that was after, and by how many seconds.
"""

from __future__ import annotations

import datetime as dt
import functools
import time
from pathlib import Path

from lms_bridge.deliveries.step import Clock, Notebook
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.reasons import Reason


class Settling:
    """What the steps at one registry have in common."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._time = dt.timedelta(seconds=seconds)

    def enter(self, work: Work, notebook: Notebook, *, unwanted: str = "withdrawn") -> None:
        """Go on with what is wanted, and with what was sent as soon as that can be looked up.

        What is not wanted any more, and was never sent, ends with the reason `unwanted`. Raises
        :exc:`~lms_bridge.errors.DeliveryError` and :exc:`~lms_bridge.errors.NotNow`.
        """
        if not work.is_wanted and notebook.time("sent_at") is None:
            raise DeliveryError(Reason(unwanted), retryable=False)
        self.wait(notebook)

    def wait(self, notebook: Notebook) -> None:
        """Go on only if what was sent before, and not answered, can be looked up by now.

        Raises :exc:`~lms_bridge.errors.NotNow` if not.
        """
        if notebook.time("sent_at") is None:
            return
        if notebook.time("given_up_at") is None:
            self.begin(notebook)
        remaining = self._remaining(notebook)
        if remaining > 0:
            until = self._clock() + dt.timedelta(seconds=remaining)
            raise NotNow(Reason("settling"), until=until, outcome_unknown=True)

    def failed(self, error: DeliveryError, notebook: Notebook) -> None:
        """What was just sent failed with `error`, and may have taken effect or not."""
        if error.outcome_unknown:
            self.begin(notebook)
        else:
            self.over(notebook)

    def begin(self, notebook: Notebook) -> None:
        """From now on the time is counted."""
        notebook.enter(given_up_at=self._clock(), given_up_after=since_boot())

    def again(self, notebook: Notebook) -> None:
        """It is about to be sent once more."""
        notebook.strike("given_up_at", "given_up_after")

    def over(self, notebook: Notebook) -> None:
        """It is known what came of what was sent."""
        notebook.strike("sent_at", "sent", "given_up_at", "given_up_after")

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        """When what was sent can first be looked up."""
        given_up_at = notebook.time("given_up_at")
        return given_up_at + self._time if given_up_at else None

    def _remaining(self, notebook: Notebook) -> float:
        """How many seconds there are to wait; none, if not more than 0."""
        settled, seconds = self.not_before(notebook), self._time.total_seconds()
        by_clock = (settled - self._clock()).total_seconds() if settled else 0.0
        then, now = notebook.get("given_up_after"), since_boot()
        if then is None or now is None:
            return by_clock
        if then[0] == now[0]:
            return float(then[1]) + seconds - now[1]
        return max(by_clock, seconds - now[1])


def since_boot() -> tuple[str, float] | None:
    """Which start of the machine this is, and since how many seconds; None where nobody says.

    Whatever is done to the clock, these seconds go on, also while the machine sleeps.
    """
    start = _start()
    return (start, time.clock_gettime(time.CLOCK_BOOTTIME)) if start else None


@functools.cache
def _start() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
