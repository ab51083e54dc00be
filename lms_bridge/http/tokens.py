"""Tokens that are fetched, kept and renewed, and credentials that were refused before.

Tokens are kept in memory only. A source of tokens has the verbs ``get``, and ``refused``,
by which it learns that the token it gave was not accepted; and ``doubted``.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import HttpClient, NoAnswerError
from lms_bridge.http.surroundings import Issued
from lms_bridge.http.trouble import (
    by_status,
    credentials_rejected,
    no_answer,
    shortened,
    unreadable,
)
from lms_bridge.http.values import parsed

LIFETIME = 3600.0
"""seconds, where the answer names none (registry facts, section 1)"""
MARGIN = 60.0
"""seconds before its end in which a token is no longer used; less for short-lived ones"""
DOUBTED_AFTER = 60.0
"""seconds in which a token is kept though it is doubted, so that not each refusal is a login"""
PASSWORD_PAUSE = 900.0
"""seconds before a password that was refused is tried again: more would lock the account"""

_REFUSALS = ("credentials_rejected", "password_login_refused")

Clock = Callable[[], float]


class TokenSource(Protocol):
    """Where one of the two tokens comes from."""

    def get(self) -> str:
        """A token to be used now. Raises :exc:`~lms_bridge.errors.DeliveryError`."""

    def refused(self, token: str, message: str) -> None:
        """`token` was not accepted: see to it that ``get`` gives another one, or raise."""

    def doubted(self, token: str) -> None:
        """`token` was not accepted, though another one may fare no better."""


class IssuedToken:
    """A token that `issue` fetches, kept until shortly before it expires.

    One thread fetches; the others wait, and share what comes of it, be it an error.
    """

    def __init__(self, issue: Callable[[], tuple[str, float]], clock: Clock) -> None:
        self._issue = issue
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._issued_at = 0.0
        self._usable_until = 0.0
        self._failed_at = -math.inf
        self._failure: DeliveryError | None = None

    def get(self) -> str:
        asked_at = self._clock()
        with self._lock:
            if self._token and self._clock() < self._usable_until:
                return self._token
            if self._failure and self._failed_at > asked_at:  # it failed while this one waited
                raise self._failure.with_traceback(None)
            try:
                token, lifetime = self._issue()
            except DeliveryError as failure:
                self._failure, self._failed_at = failure, self._clock()
                raise
            self._token = token
            self._issued_at = self._clock()
            self._usable_until = self._issued_at + lifetime - min(MARGIN, lifetime / 10)
            return token

    def refused(self, token: str, message: str) -> None:
        with self._lock:
            if token == self._token:  # else another thread has renewed it already
                self._token = ""

    def doubted(self, token: str) -> None:
        with self._lock:
            if token == self._token and self._clock() - self._issued_at >= DOUBTED_AFTER:
                self._token = ""


class RefusedBefore:
    """Remembers the credentials that were refused last, and spares the account a second refusal.

    They are tried again when they have changed, or after :data:`PASSWORD_PAUSE`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: tuple[str, float, DeliveryError] | None = None

    @contextlib.contextmanager
    def guard(self, credentials: object) -> Iterator[None]:
        """Around a call that signs in with `credentials`; raises at once if they are no good."""
        tried = hashlib.sha256(repr(credentials).encode()).hexdigest()
        if self._last:
            before, at, failure = self._last
            if before == tried and self._clock() - at < PASSWORD_PAUSE:
                raise failure.with_traceback(None)
        try:
            yield
        except DeliveryError as failure:
            if failure.reason.code in _REFUSALS:
                self._last = (tried, self._clock(), failure)
            raise


def ask_for_token(
    http: HttpClient,
    remote: str,
    url: str,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    lifetime: float = LIFETIME,
    credential: str,
    setting: str,
    url_setting: str,
    name: str,
    note: Callable[[Issued], None],
) -> tuple[str, float]:
    """Have a token issued: it, and how many seconds it lives, `lifetime` if that is not said.

    `credential` says what is offered, `setting` and `url_setting` where it and the address
    stand below `remote`. What is issued is told to `note`, as the token with that `name`.
    """
    try:
        answer = http.exchange(
            "POST",
            url,
            headers={"Accept": "application/json", **headers},
            form=form,
            secret=True,
        )
    except NoAnswerError as failure:
        raise no_answer(remote, failure) from None
    body = parsed(answer.text())
    if isinstance(body, dict) and answer.status < 300:
        token = body.get("access_token")
        if isinstance(token, str) and token.strip():
            seconds = _lifetime(body.get("expires_in"))
            note(Issued(name, credential, token.strip(), seconds))
            return token.strip(), seconds or lifetime
        error = "the token endpoint answered without a token"
        raise unreadable(remote, error, remote_wide=True)
    if isinstance(body, dict) and answer.status in (400, 401, 403) and "error" in body:
        said = f"{body['error']}: {body.get('error_description', '')}".strip(" :")
        raise credentials_rejected(remote, credential, shortened(said), setting=setting)
    raise by_status(remote, answer, setting=f"{remote}.{url_setting}")


def _lifetime(value: Any) -> float | None:
    """``expires_in`` as it should be; None where it is absent or no number."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < math.inf else None
