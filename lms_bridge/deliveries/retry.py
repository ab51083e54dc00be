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
    failures: int,
    effort_since: dt.datetime,
    remote_is_down: bool,
    now: dt.datetime,
    chance: float,
    policy: Retry,
    not_before: dt.datetime | None = None,
) -> Decision:
    """What to do after `error`.

    `failures` counts the failures of this effort before this one; `chance` is a random
    number from 0 to 1, for the jitter; `not_before` is when an unknown outcome can first be
    looked up. While the whole remote is down the delivery only waits: neither its patience
    nor its back-off is used up by it.
    """
    if not error.retryable and not error.remote_wide:
        return Decision("block", now, error.reason)
    earliest = not_before or now
    if remote_is_down:
        # A little later than the others, so that the next probe is made with another delivery:
        # one that the remote cannot digest would else keep it down for all.
        return Decision(
            "hold", max(earliest, now + dt.timedelta(seconds=policy.first_seconds)), error.reason
        )
    if now - effort_since > dt.timedelta(days=policy.give_up_after_days):
        last = error.reason.what()
        return Decision("block", now, Reason("gave_up", attempts=failures + 1, last=last))
    asked = error.retry_after
    seconds = asked if asked is not None else wait_seconds(failures, chance=chance, policy=policy)
    return Decision("postpone", max(earliest, now + dt.timedelta(seconds=seconds)), error.reason)


def wait_seconds(failures: int, *, chance: float, policy: Retry) -> float:
    """Seconds to wait after the `failures` + 1st failure: growing, bounded, and never in step.

    >>> [wait_seconds(n, chance=0.5, policy=Retry()) for n in range(3)]
    [30.0, 60.0, 120.0]
    """
    # 64 doublings are more than any bound; without this the power itself would overflow.
    grown = policy.first_seconds * policy.factor ** min(failures, 64)
    base = min(grown, policy.most_seconds)
    return base * (1 + policy.jitter * (2 * chance - 1))
