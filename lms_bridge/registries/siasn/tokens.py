"""The two tokens of WS SIASN: who issues them, how long they live, what renews them.

The APIM token is issued for the consumer key. The SSO token is issued for an operator's
account (password grant) or, as more and more instansi have to do it, obtained by the
operator and put into a file (registry facts, section 1). Tokens are kept in memory only.

A source of tokens has two verbs: ``get``, and ``refused``, by which it learns that the
token it gave was not accepted.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.http import HttpClient, NoAnswerError
from lms_bridge.http.trouble import by_status, no_answer, read_secret, shortened, unreadable
from lms_bridge.reasons import Reason
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.registries.siasn.verdict import parsed

APIM_LIFETIME = 3600.0
"""seconds, where the answer names none (registry facts, section 1)"""
SSO_LIFETIME = 43_200.0
MARGIN = 60.0
"""seconds before its end in which a token is no longer used; less for short-lived ones"""
PASSWORD_PAUSE = 900.0
"""seconds before a password that was refused is tried again: more would lock the account"""

Clock = Callable[[], float]


class TokenSource(Protocol):
    """Where one of the two tokens comes from."""

    def get(self) -> str:
        """A token to be used now. Raises :exc:`~lms_bridge.errors.DeliveryError`."""

    def refused(self, token: str, message: str) -> None:
        """`token` was not accepted: see to it that ``get`` gives another one, or raise."""


class IssuedToken:
    """A token that `issue` fetches, kept until shortly before it expires.

    One thread fetches; the others wait, and share what comes of it, be it an error.
    """

    def __init__(self, issue: Callable[[], tuple[str, float]], clock: Clock) -> None:
        self._issue = issue
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
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
            self._usable_until = self._clock() + lifetime - min(MARGIN, lifetime / 10)
            return token

    def refused(self, token: str, message: str) -> None:
        with self._lock:
            if token == self._token:  # else another thread has renewed it already
                self._token = ""


class SuppliedToken:
    """A token that an operator put where a secret setting points, read anew at each use."""

    def __init__(self, secret: Secret, name: str) -> None:
        self._secret = secret
        self._name = name

    def get(self) -> str:
        return read_secret(
            self._secret, f"registry.{self._name}", f"registry.{self._name}.sso_token"
        )

    def refused(self, token: str, message: str) -> None:
        """Nothing to be done if the operator has replaced it meanwhile; else only they can."""
        if self.get() == token:
            raise DeliveryError(
                Reason(
                    "sso_token_expired",
                    remote=f"registry.{self._name}",
                    name=self._name,
                    message=message,
                ),
                retryable=False,
                remote_wide=True,
            )


class Tokens:
    """Both tokens of one registry, shared by all threads that call it."""

    def __init__(
        self, name: str, settings: SiasnSettings, http: HttpClient, clock: Clock = time.monotonic
    ) -> None:
        self._name = name
        self._remote = f"registry.{name}"
        self._settings = settings
        self._http = http
        self._clock = clock
        self._bad_password: tuple[str, float, DeliveryError] | None = None
        self.apim: TokenSource = IssuedToken(self._issue_apim, clock)
        self.sso: TokenSource = (
            SuppliedToken(settings.sso_token, name)
            if settings.sso_token
            else IssuedToken(self._issue_sso, clock)
        )

    def _issue_apim(self) -> tuple[str, float]:
        """Client credentials over HTTP Basic."""
        key = self._secret(self._settings.consumer_key, "consumer_key")
        secret = self._secret(self._settings.consumer_secret, "consumer_secret")
        basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
        return self._ask(
            "apim_token_url",
            self._settings.apim_token_url,
            {"grant_type": "client_credentials"},
            {"Authorization": f"Basic {basic}"},
            lifetime=APIM_LIFETIME,
            credential="consumer_key, consumer_secret",
            setting="consumer_key",
        )

    def _issue_sso(self) -> tuple[str, float]:
        """Password grant of a public client: no client secret."""
        username = self._secret(self._settings.sso_username, "sso_username")
        password = self._secret(self._settings.sso_password, "sso_password")
        form = {
            "grant_type": "password",
            "client_id": self._settings.sso_client_id,
            "username": username,
            "password": password,
        }
        tried = hashlib.sha256(repr(form).encode()).hexdigest()
        if self._bad_password:
            before, at, failure = self._bad_password
            if before == tried and self._clock() - at < PASSWORD_PAUSE:
                raise failure.with_traceback(None)
        try:
            return self._ask(
                "sso_token_url",
                self._settings.sso_token_url,
                form,
                {},
                lifetime=SSO_LIFETIME,
                credential="sso_username, sso_password",
                setting="sso_password",
            )
        except DeliveryError as failure:
            if failure.reason.code == "credentials_rejected":
                self._bad_password = (tried, self._clock(), failure)
            raise

    def _ask(
        self,
        url_setting: str,
        url: str,
        form: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        lifetime: float,
        credential: str,
        setting: str,
    ) -> tuple[str, float]:
        try:
            answer = self._http.exchange(
                "POST",
                url,
                headers={"Accept": "application/json", **headers},
                form=form,
                secret=True,
            )
        except NoAnswerError as failure:
            raise no_answer(self._remote, failure) from None
        body = parsed(answer.text())
        if isinstance(body, dict) and answer.status < 300:
            token = body.get("access_token")
            if isinstance(token, str) and token.strip():
                return token.strip(), _lifetime(body.get("expires_in"), lifetime)
            error = "the token endpoint answered without a token"
            raise unreadable(self._remote, error, remote_wide=True)
        if isinstance(body, dict) and answer.status in (400, 401, 403) and "error" in body:
            said = f"{body['error']}: {body.get('error_description', '')}".strip(" :")
            raise DeliveryError(
                Reason(
                    "credentials_rejected",
                    remote=self._remote,
                    credential=credential,
                    message=shortened(said),
                    setting=f"{self._remote}.{setting}",
                ),
                retryable=False,
                remote_wide=True,
            )
        raise by_status(self._remote, answer, setting=f"{self._remote}.{url_setting}")

    def _secret(self, secret: Secret | None, setting: str) -> str:
        if secret is None:
            setting = f"{self._remote}.{setting}"
            raise DeliveryError(
                Reason("secret_missing", remote=self._remote, setting=setting, error="not set"),
                retryable=False,
                remote_wide=True,
            )
        return read_secret(secret, self._remote, f"{self._remote}.{setting}")


def expiry(token: str) -> dt.datetime | None:
    """When a JWT says that it expires; None for any other token. Nothing is verified."""
    try:
        payload = token.split(".")[1]
        claims = parsed(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode())
        return dt.datetime.fromtimestamp(int(claims["exp"]), dt.UTC)
    except (IndexError, binascii.Error, ValueError, TypeError, KeyError, OverflowError, OSError):
        return None


def _lifetime(value: Any, usual: float) -> float:
    """``expires_in`` as it should be, or the usual lifetime where it is absent or no number."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return usual
    return seconds if 0 < seconds < math.inf else usual
