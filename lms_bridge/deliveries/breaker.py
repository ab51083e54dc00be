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
    culprit: str = ""
    """what failed last; that it fails once more says nothing new about the remote"""
    probes: int = 0
    """made since it went down"""
    probe_at: dt.datetime | None = None
    reason: Reason | None = None
    paused: Reason | None = None
    """that somebody wants nothing to be delivered there, be it up or down; the rules here keep it
    neither way"""

    @property
    def is_down(self) -> bool:
        """Whether deliveries wait until it is back."""
        return self.state == "down"

    def may_be_used(self, now: dt.datetime) -> bool:
        """Whether a delivery may be tried now, as usual or as a probe."""
        return not self.is_down or (self.probe_at is not None and self.probe_at <= now)


def healthy(now: dt.datetime) -> Health:
    """A remote of which nothing bad is known."""
    return Health("up", now)


def after_success(
    health: Health, now: dt.datetime, *, begun_at: dt.datetime | None = None
) -> Health:
    """It answered as it should to what was `begun_at` that time."""
    if health.is_down and begun_at is not None and begun_at < health.since:
        return health  # it was still well then
    if not health.is_down and health.failures == 0:
        return health
    return Health("up", now if health.is_down else health.since)


def after_failure(
    health: Health,
    reason: Reason,
    now: dt.datetime,
    policy: Breaker,
    *,
    culprit: str = "",
    certain: bool = False,
    retry_after: float | None = None,
    begun_at: dt.datetime | None = None,
) -> Health:
    """It failed as a whole: unreachable, out of order, or refusing its credentials.

    `certain` failures, such as a token that is no longer accepted, need no second one. A
    `culprit` that fails again and again, and nothing else, is not counted again: the cause
    may be in it and not in the remote. `retry_after` seconds it asked to be left alone.
    """
    if health.is_down:
        if begun_at is not None and begun_at < health.since:
            return health  # it was under way when the remote went down, and says nothing new
        asked = _not_before(now, retry_after, policy)
        return msgspec.structs.replace(
            health, reason=reason, probe_at=max(health.probe_at or now, asked)
        )
    known = bool(culprit) and culprit == health.culprit
    failures = health.failures if known else health.failures + 1
    if failures < policy.failures and not certain:
        return msgspec.structs.replace(health, failures=failures, culprit=culprit, reason=reason)
    return Health(
        "down",
        now,
        failures=failures,
        culprit=culprit,
        probe_at=max(_next_probe(now, 0, policy), _not_before(now, retry_after, policy)),
        reason=reason,
    )


def probing(health: Health, now: dt.datetime, policy: Breaker) -> Health:
    """A probe is being made: the next is allowed only after a while, a longer one each time."""
    probes = health.probes + 1
    return msgspec.structs.replace(health, probes=probes, probe_at=_next_probe(now, probes, policy))


def _next_probe(now: dt.datetime, probes: int, policy: Breaker) -> dt.datetime:
    seconds = min(policy.first_probe_seconds * 2 ** min(probes, 32), policy.most_probe_seconds)
    return now + dt.timedelta(seconds=seconds)


def _not_before(now: dt.datetime, retry_after: float | None, policy: Breaker) -> dt.datetime:
    return now + dt.timedelta(seconds=min(retry_after or 0.0, policy.most_probe_seconds))
