"""Whom the API lets in: whoever brings a token, as often as it may be used.

Tokens are kept in memory, so that a request costs no query. What is older than :data:`SECONDS` is
read again before it is used, so that none is taken for longer than that after it was revoked.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections.abc import Callable

from lms_bridge.accounts import api_tokens
from lms_bridge.accounts.api_tokens import ApiToken
from lms_bridge.bridge import utc_now
from lms_bridge.store.engine import Store
from webhook.api.problems import Problem
from webhook.pace import Pace

SECONDS = 2.0
"""how long what was read of the tokens is good"""
_NOTED_EVERY = dt.timedelta(minutes=10)
"""how exactly it is known when a token was used last"""


class Door:
    """All tokens of a bridge."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._pace = Pace()
        self._lock = threading.Lock()
        self._known: dict[str, ApiToken] = {}
        self._good_until = float("-inf")
        self._noted: dict[int, dt.datetime] = {}

    def admit(self, authorization: str | None) -> ApiToken:
        """The token in the ``Authorization`` header (RFC 6750). Raises :exc:`.Problem`."""
        scheme, _, secret = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise _refused("Authorization: Bearer, with a token of the bridge, is required.")
        now = self._clock()
        # By its hash, so that the time it takes tells nothing of a token that there is.
        token = self._up_to_date().get(api_tokens.fingerprint(secret.strip()))
        if token is None or not token.is_good(now):
            raise _refused(
                "The token is not known, was revoked or has expired.", error="invalid_token"
            )
        wait = self._pace.wait(token.name, token.per_minute, self._seconds())
        if wait:
            seconds = math.ceil(wait)
            raise Problem(
                429,
                "pace",
                f"The token {token.name} may make {token.per_minute} requests a minute and has"
                f" made them; ask again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )
        self._note(token, now)
        return token

    def _up_to_date(self) -> dict[str, ApiToken]:
        with self._lock:
            now = self._seconds()
            if now >= self._good_until:
                with self._store.reading() as db:
                    self._known = api_tokens.in_force(db)
                self._good_until = now + SECONDS
            return self._known

    def _note(self, token: ApiToken, now: dt.datetime) -> None:
        last = self._noted.get(token.id) or token.used_at
        if last is not None and now - last < _NOTED_EVERY:
            return
        self._noted[token.id] = now
        with self._store.writing() as db:
            api_tokens.note_used(db, token.id, now=now)


def _refused(detail: str, error: str = "") -> Problem:
    said = 'Bearer realm="lms-bridge"' + (f', error="{error}"' if error else "")
    return Problem(401, "token", detail, headers={"WWW-Authenticate": said})
