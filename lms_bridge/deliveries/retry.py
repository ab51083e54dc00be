"""What becomes of a delivery whose attempt failed: a decision, computed and not slept.

:func:`decide` is a pure function of the error, of how often it failed before, and of the
clock.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from lms_bridge.config.settings import Retry
from lms_bridge.deliveries.lifecycle import Event
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.reasons import Reason

_SHORTEST_SECONDS = 0.1


class Decision(msgspec.Struct, frozen=True):
    """Which event happens to the delivery, when it is due again, and the reason to show."""

    event: Event
    due_at: dt.datetime
    reason: Reason


def decide(
    error: DeliveryError,
    *,
    delivery: int,
    failures: int,
    effort_since: dt.datetime,
    now: dt.datetime,
    chance: float,
    policy: Retry,
    next_probe: dt.datetime | None = None,
    not_before: dt.datetime | None = None,
) -> Decision:
    """What to do after `error`, which happened to the delivery with that number.

    `failures` counts the failures of this effort before this one, the first of which was at
    `effort_since`; `chance` is a random number from 0 to 1, for the jitter; `not_before` is
    when an unknown outcome can first be looked up. `next_probe` is given while the whole
    remote is down; then the delivery only waits, and neither its patience nor its back-off
    is used up by it.
    """
    reason = Reason(error.reason.code, **{**error.reason.details, "delivery": delivery})
    if isinstance(error, NotNow):
        return Decision("hold", max(not_before or now, error.until), reason)
    if error.look_after is not None:
        return Decision("delegate", now + dt.timedelta(seconds=error.look_after), reason)
    if not error.retryable and not error.remote_wide:
        return Decision("block", now, reason)
    earliest = not_before or now
    if next_probe is not None:
        # Whatever else waits was due before, so the next probe is made with another delivery:
        # one that the remote cannot digest would else keep it down for all.
        return Decision("hold", max(earliest, next_probe), reason)
    if failures and now - effort_since > dt.timedelta(days=policy.give_up_after_days):
        gave_up = Reason("gave_up", attempts=failures + 1, last=reason.what(), delivery=delivery)
        return Decision("block", now, gave_up)
    seconds = wait_seconds(failures, chance=chance, policy=policy, asked_for=error.retry_after)
    return Decision("postpone", max(earliest, now + dt.timedelta(seconds=seconds)), reason)


def wait_seconds(
    failures: int, *, chance: float, policy: Retry, asked_for: float | None = None
) -> float:
    """Seconds to wait after the `failures` + 1st failure: growing, bounded, and never in step.

    Not fewer than were `asked_for` (``Retry-After``), which is also what a wait that is shorter
    than usual grows from.

    >>> [wait_seconds(n, chance=0.5, policy=Retry()) for n in range(3)]
    [30.0, 60.0, 120.0]
    >>> [wait_seconds(n, chance=0.5, policy=Retry(), asked_for=5) for n in range(3)]
    [5.0, 10.0, 20.0]
    """
    first = policy.first_seconds
    if asked_for is not None:
        first = min(first, max(asked_for, _SHORTEST_SECONDS))
    # 64 doublings are more than any bound; without this the power itself would overflow.
    grown = min(first * policy.factor ** min(failures, 64), policy.most_seconds)
    varied = grown * (1 + policy.jitter * (2 * chance - 1))
    return max(varied, min(asked_for or 0.0, policy.most_seconds))
