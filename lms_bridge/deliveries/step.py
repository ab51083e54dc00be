"""What every step has in common: it can be begun again after any of its lines.

A step is called with its :class:`~lms_bridge.deliveries.work.Work` and a
:class:`Notebook`. Before it does something that cannot be asked about at once, it writes
so into the notebook, which is durable when the call returns. It ends by returning an
:class:`Outcome` or by raising a :class:`~lms_bridge.errors.DeliveryError`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from lms_bridge.deliveries.work import Work
from lms_bridge.reasons import Reason

Clock = Callable[[], dt.datetime]


class Outcome:
    """What came of a step that succeeded: the remote's id of it, and what else to keep.

    `reason` is what is said of it where there is more to say than that it is done.
    """

    def __init__(
        self,
        result_id: str,
        link: str = "",
        reason: Reason | None = None,
        then: Mapping[str, Mapping[str, Any]] | None = None,
        **remembered: Any,
    ) -> None:
        self.result_id = result_id
        self.link = link
        self.reason = reason or Reason("done")
        self.then = then or {}
        """the steps at the same remote that follow it, with what stands in their notebooks"""
        self.remembered = remembered
        """kept in the delivery's progress, e.g. that the row was found and not written"""


class Notebook:
    """The delivery's progress: what this and earlier attempts have begun.

    Times are written down as such and read back by :meth:`time`.
    """

    def __init__(
        self, written: Mapping[str, Any], write: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._written = dict(written)
        self._write = write
        self.besides: list[Callable[[Connection], None]] = []
        """what else is to be written, see :meth:`also`"""

    def note(self, **entries: Any) -> None:
        """Write `entries` down, durably, before going on.

        Raises :exc:`~lms_bridge.deliveries.queue.LeaseLost` when the delivery is no longer
        this worker's, so that nothing is done on behalf of somebody else.
        """
        self.enter(**entries)
        self._write(self._written)

    def enter(self, **entries: Any) -> None:
        """Add `entries`; kept together with what comes of the attempt."""
        self._written |= {
            name: value.isoformat() if isinstance(value, dt.datetime) else value
            for name, value in entries.items()
        }

    def strike(self, *names: str) -> None:
        """Strike entries out; kept together with what comes of the attempt."""
        for name in names:
            self._written.pop(name, None)

    def also(self, write: Callable[[Connection], None]) -> None:
        """Have `write` done in the same transaction as the next note, or as what comes of it."""
        self.besides.append(write)

    def get(self, name: str) -> Any:
        """What stands under `name`; None if nothing does."""
        return self._written.get(name)

    def time(self, name: str) -> dt.datetime | None:
        """The moment written down under `name`."""
        value = self._written.get(name)
        return dt.datetime.fromisoformat(value) if isinstance(value, str) else None

    def pages(self) -> dict[str, Any]:
        """Everything that stands in it."""
        return dict(self._written)


class Step(Protocol):
    """One kind of delivery to one remote."""

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        """Do it, or find that it is done. Raises :exc:`~lms_bridge.errors.DeliveryError`."""

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        """When an attempt whose outcome is unknown can first be looked up."""
