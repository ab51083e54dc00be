"""Whether an outside system can be used at all: noticed once, not once per delivery.

After a few failures of the remote in a row it counts as *down*: its deliveries wait, and
now and then a single one is tried as a probe, ever more rarely. One success and it is *up*.
The state is a row in the database, so that all workers share it; the rules here are pure.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from lms_bridge.config.settings import Breaker
from lms_bridge.reasons import Reason


class Health(msgspec.Struct, frozen=True):
    """How a remote is doing, since when, and when a probe is next allowed."""

    state: Literal["up", "down"]
    since: dt.datetime
    failures: int = 0
    """of the remote in a row"""
    probes: int = 0
    """made in vain since it went down"""
    probe_at: dt.datetime | None = None
    reason: Reason | None = None

    def may_be_used(self, now: dt.datetime) -> bool:
        """Whether a delivery may be tried now, as usual or as a probe."""
        return self.state == "up" or (self.probe_at is not None and self.probe_at <= now)


def healthy(now: dt.datetime) -> Health:
    """A remote of which nothing bad is known."""
    return Health("up", now)


def after_success(health: Health, now: dt.datetime) -> Health:
    """It answered as it should."""
    if health.state == "up" and health.failures == 0:
        return health
    return Health("up", now if health.state == "down" else health.since)


def after_failure(
    health: Health, reason: Reason, now: dt.datetime, policy: Breaker, *, certain: bool = False
) -> Health:
    """It failed as a whole: unreachable, out of order, or refusing its credentials.

    `certain` failures, such as a token that is no longer accepted, need no second one.
    """
    failures = health.failures + 1
    if health.state == "up" and failures < policy.failures and not certain:
        return msgspec.structs.replace(health, failures=failures, reason=reason)
    probes = health.probes + 1 if health.state == "down" else 0
    return Health(
        "down",
        health.since if health.state == "down" else now,
        failures=failures,
        probes=probes,
        probe_at=_next_probe(now, probes, policy),
        reason=reason,
    )


def probing(health: Health, now: dt.datetime, policy: Breaker) -> Health:
    """A probe is being made: the next is allowed only after its answer, or after a while."""
    return msgspec.structs.replace(health, probe_at=_next_probe(now, health.probes + 1, policy))


def _next_probe(now: dt.datetime, probes: int, policy: Breaker) -> dt.datetime:
    seconds = min(policy.first_probe_seconds * 2 ** min(probes, 32), policy.most_probe_seconds)
    return now + dt.timedelta(seconds=seconds)
