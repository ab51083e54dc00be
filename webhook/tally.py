"""Counting the requests of each sender, and what was said to those that were refused.

A request costs one addition in memory; every few seconds what was counted is added to the database
(:mod:`lms_bridge.sending`), if there is anything.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import structlog
from flask import Flask, Response, g, request

from lms_bridge import sending
from lms_bridge.bridge import utc_now
from lms_bridge.sending import NOBODY, Count
from lms_bridge.store.engine import Store
from webhook.lrs import is_xapi

log = structlog.get_logger(__name__)

_FLUSH_SECONDS = 5.0
_FAILED = 400


class Tally:
    """The counts of this process."""

    def __init__(self, store: Store, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[str, int] = {}
        self._refused: dict[str, tuple[int, str]] = {}
        self._is_waiting = False

    def took(self, sender: str) -> None:
        """A request of `sender` was answered as it wished."""
        with self._lock:
            self._taken[sender] = self._taken.get(sender, 0) + 1
            if self._is_waiting:
                return
            self._is_waiting = True
        self._wait()

    def refused(self, sender: str, said: str) -> None:
        """A request of `sender` was refused, and `said` why."""
        with self._lock:
            count, _ = self._refused.get(sender, (0, ""))
            self._refused[sender] = count + 1, said
            if self._is_waiting:
                return
            self._is_waiting = True
        self._wait()

    def flush(self) -> None:
        """Add what was counted to the database."""
        with self._lock:
            taken, self._taken = self._taken, {}
            refused, self._refused = self._refused, {}
            self._is_waiting = False
        now = self._clock()
        hour = now.replace(minute=0, second=0, microsecond=0)
        counts = {
            (name, hour): Count(taken.get(name, 0), *refused.get(name, (0, "")), now)
            for name in sorted({*taken, *refused})
        }
        if not counts or self._store.is_closed:
            return
        try:
            with self._store.writing() as db:
                sending.add(db, counts)
        except Exception:
            log.exception("could not keep how many requests came")

    def _wait(self) -> None:
        timer = threading.Timer(_FLUSH_SECONDS, self.flush)
        timer.daemon = True
        timer.start()


def count(app: Flask, tally: Tally) -> None:
    """Have `tally` count what `app` answers under ``/xapi``; for what does not pass Flask see
    :mod:`webhook.storing`."""

    @app.after_request
    def note(response: Response) -> Response:
        if is_xapi() and request.method != "OPTIONS":
            sender = g.get("sender", NOBODY)
            # Not to find a thing, or to have it changed by somebody else, is no mistake.
            if response.status_code < _FAILED or response.status_code in (404, 412):
                if sender:
                    tally.took(sender)
            else:
                body = "" if response.is_streamed else response.get_data(as_text=True)
                tally.refused(sender, f"{response.status_code}: {body[:1000]}")
        return response
