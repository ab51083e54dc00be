"""How many requests a credential may make: a token bucket for each.

A bucket holds as many tokens as there may be requests in a minute, and fills again evenly. A
request takes one, and has to wait while there is none:

>>> bucket, wait = take(full(2), now=0.0, per_minute=2)
>>> bucket, wait = take(bucket, now=0.0, per_minute=2)
>>> bucket, wait = take(bucket, now=0.0, per_minute=2)
>>> wait
30.0

The buckets are in memory, so that each web process counts for itself.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

_MOST_BUCKETS = 10_000
_NEARLY = 1e-9
"""what the arithmetic of a computer may lack of a whole token"""


class Bucket(NamedTuple):
    """How many tokens there were, and when."""

    tokens: float
    at: float


def full(per_minute: int, now: float = 0.0) -> Bucket:
    """A bucket of which nothing was taken yet."""
    return Bucket(float(per_minute), now)


def take(bucket: Bucket, *, now: float, per_minute: int) -> tuple[Bucket, float]:
    """What is left of `bucket` after a request, and 0; or, without a token, the seconds to wait.

    A clock that goes backwards gives nothing and takes nothing.
    """
    passed = max(0.0, now - bucket.at)
    tokens = min(float(per_minute), bucket.tokens + passed * per_minute / 60)
    at = max(now, bucket.at)
    if tokens >= 1 - _NEARLY:
        return Bucket(max(0.0, tokens - 1), at), 0.0
    return Bucket(tokens, at), (1 - tokens) * 60 / per_minute


class Pace:
    """The buckets of one process."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, name: str, per_minute: int | None, now: float) -> float:
        """The seconds that the credential `name` has to wait with its request; 0: none."""
        if per_minute is None:
            return 0.0
        with self._lock:
            if len(self._buckets) >= _MOST_BUCKETS:
                self._forget(now)
            bucket = self._buckets.get(name) or full(per_minute, now)
            self._buckets[name], seconds = take(bucket, now=now, per_minute=per_minute)
            return seconds

    def give_back(self, name: str) -> None:
        """Count the request that `name` made last as none."""
        with self._lock:
            if bucket := self._buckets.get(name):
                self._buckets[name] = Bucket(bucket.tokens + 1, bucket.at)

    def _forget(self, now: float) -> None:
        """Let go of the buckets that are full again after a minute; of all, if none is."""
        self._buckets = {
            name: bucket for name, bucket in self._buckets.items() if now - bucket.at < 60
        }
        if len(self._buckets) >= _MOST_BUCKETS:
            self._buckets.clear()
