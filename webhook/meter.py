"""Counting what this process has answered, and how long that took, for ``/metrics``.

A request costs one addition under a lock. What is counted is of bounded variety: a route is the
first part of an address that we know, a method one that we know, a status one that we gave.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""seconds"""
ROUTES: Final = {
    "/xapi/statements": "statements",
    "/xapi": "xapi",
    "/api": "api",
    "/console": "console",
    "/learner": "learner",
    "/lti": "learner",
    "/certificates": "certificates",
    "/badges": "badges",
    "/healthz": "health",
    "/readyz": "health",
    "/metrics": "metrics",
}
OTHER: Final = "other"
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"})


class Meter:
    """What this process has answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._sums: Counter[str] = Counter()
        self._under_way = 0

    def begin(self) -> None:
        """A request is being answered."""
        with self._lock:
            self._under_way += 1

    def end(self, path: str, method: str, status: str, seconds: float) -> None:
        """It was answered with `status`, `seconds` later."""
        route = route_of(path)
        method = method if method in _METHODS else OTHER
        with self._lock:
            self._under_way -= 1
            self._answers[route, method, status] += 1
            buckets = self._buckets.get(route)
            if buckets is None:
                buckets = self._buckets[route] = [0] * (len(BUCKETS) + 1)
            buckets[bisect_left(BUCKETS, seconds)] += 1
            self._sums[route] += seconds  # type: ignore[assignment]

    def leave(self) -> None:
        """Somebody else answers it, and says so."""
        with self._lock:
            self._under_way -= 1

    @property
    def under_way(self) -> int:
        """How many requests are being answered."""
        return self._under_way

    def answers(self) -> dict[tuple[str, str, str], int]:
        """By route, method and status, how many were answered."""
        with self._lock:
            return dict(self._answers)

    def times(self) -> dict[str, tuple[list[int], float]]:
        """By route, how many took up to each of :data:`BUCKETS` or longer, and their seconds."""
        with self._lock:
            return {route: (list(each), self._sums[route]) for route, each in self._buckets.items()}


def route_of(path: str) -> str:
    """The route that an address belongs to.

    >>> route_of("/xapi/activities/state"), route_of("/apian")
    ('xapi', 'other')
    """
    while path:
        if path in ROUTES:
            return ROUTES[path]
        path = path.rpartition("/")[0]
    return OTHER


def metered(
    application: WSGIApplication, meter: Meter, *, clock: Callable[[], float] = time.perf_counter
) -> WSGIApplication:
    """`application`, each request of which `meter` counts."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        begun = clock()
        status = "500"

        def start(said: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal status
            status = said[:3]
            return start_response(said, headers, *more)

        meter.begin()
        try:
            return application(environ, start)
        finally:
            meter.end(environ["PATH_INFO"], environ["REQUEST_METHOD"], status, clock() - begun)

    return call
