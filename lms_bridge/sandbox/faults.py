"""What goes wrong between two systems, drawn by lot and yet repeatable.

A sandbox asks :meth:`Faults.next` about each request. The lot depends on the seed, on what
the request is about (its *target*) and on how many requests that target has had, and on
nothing else; so two runs that ask the same in another order, as threads do, still meet the
same fate per target. After :attr:`Faults.most_in_a_row` faults a target is let through, so
that whoever keeps trying gets on.

Every kind stands in the facts: registry facts, sections 1, 2 and 5; Moodle facts, sections
1 and 3.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping, Set
from enum import StrEnum


class Fault(StrEnum):
    """One way to go wrong. The COMMIT ones take effect, and the caller cannot know it."""

    SLOW = "slow"
    SERVER_ERROR = "server_error"
    """HTTP 500 with a page for people"""
    BAD_GATEWAY = "bad_gateway"
    UNAVAILABLE = "unavailable"
    RESET = "reset"
    """the connection is reset and nothing was done"""
    EMPTY = "empty"
    ZERO = "zero"
    """the body ``0``"""

    COMMIT_THEN_HANG = "commit_then_hang"
    """the answer never comes; the caller runs into its read time-out"""
    COMMIT_THEN_RESET = "commit_then_reset"
    COMMIT_THEN_BAD_GATEWAY = "commit_then_bad_gateway"
    COMMIT_THEN_EMPTY = "commit_then_empty"
    LATE_COMMIT = "late_commit"
    """the answer never comes, and it takes effect only after the caller has given up"""

    APIM_EXPIRED = "apim_expired"
    SSO_EXPIRED = "sso_expired"
    RUNTIME_ERROR = "runtime_error"
    """the gateway's "Runtime Error" that means a token"""
    SUSPENDED = "suspended"
    """the gateway's "Runtime Error" that means an outage; a few requests long"""
    REFUSED = "refused"
    """HTTP 200 with ``success: false`` and a message that will pass"""
    HOLLOW = "hollow"
    """HTTP 200 with ``success: true``, and nothing was done"""

    DML_WRITE = "dml_write"
    MAINTENANCE = "maintenance"
    BADGE_LATER = "badge_later"
    """done, and the badge appears only after a while"""


IN_READING = frozenset(
    {
        Fault.SLOW,
        Fault.SERVER_ERROR,
        Fault.BAD_GATEWAY,
        Fault.UNAVAILABLE,
        Fault.RESET,
        Fault.EMPTY,
    }
)
IN_WRITING = IN_READING | {
    Fault.COMMIT_THEN_HANG,
    Fault.COMMIT_THEN_RESET,
    Fault.COMMIT_THEN_BAD_GATEWAY,
    Fault.COMMIT_THEN_EMPTY,
    Fault.LATE_COMMIT,
}

MIXED: Mapping[Fault, float] = {
    # The dangerous ones are the likely ones here, which they are not in life.
    Fault.COMMIT_THEN_HANG: 0.06,
    Fault.COMMIT_THEN_RESET: 0.05,
    Fault.LATE_COMMIT: 0.04,
    Fault.COMMIT_THEN_BAD_GATEWAY: 0.02,
    Fault.COMMIT_THEN_EMPTY: 0.02,
    Fault.RESET: 0.03,
    Fault.SLOW: 0.02,
    Fault.SERVER_ERROR: 0.02,
    Fault.BAD_GATEWAY: 0.02,
    Fault.UNAVAILABLE: 0.02,
    Fault.EMPTY: 0.02,
    Fault.ZERO: 0.01,
    Fault.REFUSED: 0.01,
    Fault.RUNTIME_ERROR: 0.01,
    Fault.SUSPENDED: 0.005,
    Fault.APIM_EXPIRED: 0.01,
    Fault.SSO_EXPIRED: 0.01,
    Fault.DML_WRITE: 0.03,
    Fault.MAINTENANCE: 0.01,
    Fault.BADGE_LATER: 0.05,
    Fault.HOLLOW: 0.03,
}
"""under these one write in three goes wrong, most often without saying whether it took effect"""


class Faults:
    """Decides the fate of each request.

    `rates`: how likely each kind is, where it can happen at all; without them :data:`MIXED`.
    With ``rates={}`` nothing happens but what :meth:`force` orders:

    >>> faults = Faults(rates={})
    >>> faults.force(Fault.COMMIT_THEN_HANG, where="POST /kursus/save")
    >>> faults.next("registry", "POST /kursus/save of A1", IN_WRITING)
    <Fault.COMMIT_THEN_HANG: 'commit_then_hang'>
    >>> faults.next("registry", "POST /kursus/save of A1", IN_WRITING) is None
    True
    """

    def __init__(
        self,
        seed: int = 0,
        rates: Mapping[Fault, float] | None = None,
        *,
        most_in_a_row: int = 2,
        slow_seconds: float = 1.0,
        hang_seconds: float = 30.0,
        late_seconds: float = 1.0,
        badge_seconds: float = 2.0,
        suspended_requests: int = 4,
    ) -> None:
        self.seed = seed
        self.rates = dict(MIXED if rates is None else rates)
        self.most_in_a_row = most_in_a_row
        self.slow_seconds = slow_seconds
        self.hang_seconds = hang_seconds
        """how long a hanging request is held open if the caller does not hang up before"""
        self.late_seconds = late_seconds
        """from the caller's giving up to the late commit"""
        self.badge_seconds = badge_seconds
        self.suspended_requests = suspended_requests
        self.enabled = True
        self.injected: Counter[Fault] = Counter()
        self._forced: list[tuple[Fault, str]] = []
        self._asked: Counter[tuple[str, str]] = Counter()
        self._in_a_row: Counter[tuple[str, str]] = Counter()
        self._suspended: Counter[str] = Counter()
        self._lock = threading.Lock()

    def force(self, fault: Fault, *, where: str = "", times: int = 1) -> None:
        """Order `fault` for the next `times` requests whose target contains `where`."""
        with self._lock:
            self._forced += [(fault, where)] * times

    def next(self, caller: str, target: str, possible: Set[Fault]) -> Fault | None:
        """What befalls this request of `caller` (which sandbox it is) about `target`, if anything.

        `possible` are the kinds that make sense for such a request.
        """
        if not self.enabled:
            return None
        key = (caller, target)
        with self._lock:
            fault = self._ordered(target, possible) or self._drawn(key, possible)
            self._in_a_row[key] = self._in_a_row[key] + 1 if fault else 0
            if fault:
                self.injected[fault] += 1
        return fault

    def _ordered(self, target: str, possible: Set[Fault]) -> Fault | None:
        for index, (fault, where) in enumerate(self._forced):
            if fault in possible and where in target:
                del self._forced[index]
                return fault
        return None

    def _drawn(self, key: tuple[str, str], possible: Set[Fault]) -> Fault | None:
        self._asked[key] += 1
        if self._in_a_row[key] >= self.most_in_a_row:
            return None
        caller = key[0]
        if Fault.SUSPENDED in possible and self._suspended[caller] > 0:
            self._suspended[caller] -= 1
            return Fault.SUSPENDED
        lot = random.Random(f"{self.seed}/{key}/{self._asked[key]}").random()  # noqa: S311 - dice
        for fault, rate in self.rates.items():
            if fault in possible:
                if lot < rate:
                    if fault is Fault.SUSPENDED:
                        self._suspended[caller] = self.suspended_requests - 1
                    return fault
                lot -= rate
        return None
