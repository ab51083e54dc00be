"""What becomes of a delivery whose attempt failed: a decision, computed and not slept.

:func:`decide` is a pure function of the error, of how often it failed before, and of the
clock.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from lms_bridge.config.settings import Retry
from lms_bridge.deliveries.lifecycle import Event
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason


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
    remote_is_down: bool,
    now: dt.datetime,
    chance: float,
    policy: Retry,
    not_before: dt.datetime | None = None,
) -> Decision:
    """What to do after `error`, which happened to the delivery with that number.

    `failures` counts the failures of this effort before this one; `chance` is a random
    number from 0 to 1, for the jitter; `not_before` is when an unknown outcome can first be
    looked up. While the whole remote is down the delivery only waits: neither its patience
    nor its back-off is used up by it.
    """
    reason = Reason(error.reason.code, **{**error.reason.details, "delivery": delivery})
    if not error.retryable and not error.remote_wide:
        return Decision("block", now, reason)
    earliest = not_before or now
    if remote_is_down:
        # A little later than the others, so that the next probe is made with another delivery:
        # one that the remote cannot digest would else keep it down for all.
        return Decision(
            "hold", max(earliest, now + dt.timedelta(seconds=policy.first_seconds)), reason
        )
    if now - effort_since > dt.timedelta(days=policy.give_up_after_days):
        gave_up = Reason("gave_up", attempts=failures + 1, last=reason.what(), delivery=delivery)
        return Decision("block", now, gave_up)
    seconds = wait_seconds(failures, chance=chance, policy=policy)
    if error.retry_after is not None:
        seconds = min(error.retry_after, policy.most_seconds)
    return Decision("postpone", max(earliest, now + dt.timedelta(seconds=seconds)), reason)


def wait_seconds(failures: int, *, chance: float, policy: Retry) -> float:
    """Seconds to wait after the `failures` + 1st failure: growing, bounded, and never in step.

    >>> [wait_seconds(n, chance=0.5, policy=Retry()) for n in range(3)]
    [30.0, 60.0, 120.0]
    """
    # 64 doublings are more than any bound; without this the power itself would overflow.
    grown = policy.first_seconds * policy.factor ** min(failures, 64)
    base = min(grown, policy.most_seconds)
    return base * (1 + policy.jitter * (2 * chance - 1))
