"""The gate before an outside system: its working hours, how many calls may be under way there, and
their pace."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator

from lms_bridge.config.remote import PacedSettings, RegistrySettings
from lms_bridge.errors import NotNow
from lms_bridge.http.gate import OPEN, Ended, Gate
from lms_bridge.manners.hours import Hours, hours_of
from lms_bridge.manners.pace import Pace
from lms_bridge.manners.shares import Share
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store

Clock = Callable[[], dt.datetime]


def gate_of(
    store: Store,
    remote: str,
    settings: RegistrySettings,
    *,
    zone: str,
    owner: str,
    clock: Clock,
    share: Share | None = None,
) -> Gate:
    """What the calls of the process `owner` to `remote` pass; it costs nothing to pass if
    neither hours nor a pace are set, and no other process has a `share` of the places there."""
    hours = hours_of(settings, zone) if settings.windows else None
    rate, pause = settings.requests_per_second, settings.pause_between_writes_seconds
    paced = rate or pause
    pace = Pace(store, remote, settings, owner, rate=rate, pause=pause) if paced else None
    return _Gate(remote, hours, pace, share, clock) if hours or pace or share else OPEN


def pace_of(
    store: Store,
    remote: str,
    settings: PacedSettings,
    *,
    owner: str,
    clock: Clock,
    share: Share | None = None,
) -> Gate:
    """The same for who is open at all hours, and has a pace at most."""
    rate = settings.requests_per_second
    pace = Pace(store, remote, settings, owner, rate=rate) if rate else None
    return _Gate(remote, None, pace, share, clock) if pace or share else OPEN


class _Gate:
    def __init__(
        self,
        remote: str,
        hours: Hours | None,
        pace: Pace | None,
        share: Share | None,
        clock: Clock,
    ) -> None:
        self._remote = remote
        self._share = share
        self._hours = hours
        self._pace = pace
        self._clock = clock

    @contextlib.contextmanager
    def turn(self, *, writes: bool) -> Iterator[None]:
        """Around a call. Raises :exc:`~lms_bridge.errors.NotNow`."""
        self._keep_hours()
        if self._pace is None and self._share is None:
            yield
            return
        with contextlib.ExitStack() as stack:
            try:
                if self._share:
                    stack.enter_context(self._share.turn())
                if self._pace:
                    stack.enter_context(self._pace.turn(writes=writes))
            except Ended:
                raise NotNow(Reason("new"), until=self._clock()) from None
            self._keep_hours()  # they may have ended while it waited
            yield

    def _keep_hours(self) -> None:
        now = self._clock()
        if self._hours and (reason := self._hours.closed(self._remote, now)):
            raise NotNow(reason, until=self._hours.begin_after(now))
