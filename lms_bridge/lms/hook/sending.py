"""Sending one webhook, and what its answer means.

Any 2xx means that it was taken. Whatever leaves it in doubt is sent again by the machinery of
deliveries, with the same id, so that the receiver can drop what it has had before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.http import hiding
from lms_bridge.http.client import Answer, HttpClient, NoAnswerError
from lms_bridge.http.trouble import (
    credentials_rejected,
    excerpt,
    moved,
    read_secret,
    unavailable,
)
from lms_bridge.lms.hook import signing
from lms_bridge.reasons import Reason


class Receiver(Protocol):
    """What is set of whom webhooks are sent to."""

    @property
    def url(self) -> str: ...
    @property
    def secret(self) -> Secret | None: ...
    @property
    def former_secret(self) -> Secret | None: ...


_NOT_THERE = (404, 405, 410)
_UNTOUCHED = 429
"""the status that says that nothing was done, and that it may be tried again"""


class Hook:
    """The address that one system is told at. Threads may share it."""

    def __init__(
        self,
        remote: str,
        settings: Receiver,
        http: HttpClient,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self.remote = remote
        self._settings = settings
        self._http = http
        self._clock = clock

    def send(self, kind: str, message_id: str, at: dt.datetime, data: Mapping[str, Any]) -> None:
        """Send what has happened `at` that time; it is there when this returns.

        Raises :exc:`~lms_bridge.errors.DeliveryError`.
        """
        said = {"type": kind, "timestamp": _written(at), "data": data}
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        now = int(self._clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            **signing.headers(self._keys(), message_id, now, body),
        }
        try:
            answer = self._http.exchange(
                "POST",
                self._settings.url,
                headers=headers,
                body=body,
                noted=said,
                writes=True,
                hidden=hiding.secrets_of(self._settings),
            )
        except NoAnswerError as failure:
            if failure.maybe_sent:
                raise self._in_doubt(failure.what) from None
            raise unavailable(self.remote, failure.what) from None
        if not 200 <= answer.status < 300:
            raise self._error(answer)

    def _keys(self) -> list[bytes]:
        named = [("secret", self._settings.secret), ("former_secret", self._settings.former_secret)]
        return [self._key(name, secret) for name, secret in named if secret]

    def _key(self, name: str, secret: Secret) -> bytes:
        setting = f"{self.remote}.{name}"
        try:
            return signing.key_of(read_secret(secret, self.remote, setting))
        except signing.BadSecret as error:
            raise DeliveryError(
                Reason("secret_missing", remote=self.remote, setting=setting, error=error),
                retryable=False,
                remote_wide=True,
            ) from None

    def _error(self, answer: Answer) -> DeliveryError:
        said = excerpt(answer)
        status = answer.status
        if status < 400:
            location = answer.headers.get("Location", "another address")
            return moved(self.remote, f"{self.remote}.url", location)
        if status in (401, 403):
            return credentials_rejected(self.remote, "the signature", said, setting="secret")
        if status == _UNTOUCHED:
            return unavailable(self.remote, said, retry_after=answer.retry_after())
        if status >= 500:
            return self._in_doubt(said, retry_after=answer.retry_after())
        return DeliveryError(
            Reason("lms_request_refused", remote=self.remote, message=said),
            retryable=False,
            # It is refused whatever it says: the address is not that of a receiver.
            remote_wide=status in _NOT_THERE,
        )

    def _in_doubt(self, error: str, retry_after: float | None = None) -> DeliveryError:
        return DeliveryError(
            Reason("hook_unanswered", remote=self.remote, error=error),
            retryable=True,
            remote_wide=True,
            outcome_unknown=True,
            retry_after=retry_after,
        )


def _written(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
