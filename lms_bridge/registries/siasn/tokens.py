"""The two tokens of WS SIASN: who issues them, how long they live, what renews them.

The APIM token is issued for the consumer key. The SSO token is issued for an operator's
account (password grant) or, as more and more instansi have to do it, obtained by the
operator and put into a file (registry facts, section 1). Tokens are kept in memory only.

A source of tokens is described in :mod:`lms_bridge.http.tokens`.
"""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import HttpClient
from lms_bridge.http.surroundings import ALONE, Issued
from lms_bridge.http.tokens import (
    Clock,
    IssuedToken,
    RefusedBefore,
    TokenSource,
    ask_for_token,
)
from lms_bridge.http.trouble import read_secret
from lms_bridge.reasons import Reason
from lms_bridge.registries.siasn.settings import SiasnSettings

APIM_LIFETIME = 3600.0
"""seconds, where the answer names none (registry facts, section 1)"""
SSO_LIFETIME = 43_200.0


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

    def doubted(self, token: str) -> None:
        """It is the operator's, who is told."""


class Tokens:
    """Both tokens of one registry, shared by all threads that call it."""

    def __init__(
        self,
        name: str,
        settings: SiasnSettings,
        http: HttpClient,
        clock: Clock = time.monotonic,
        note: Callable[[Issued], None] = ALONE.note_token,
    ) -> None:
        self._name = name
        self._remote = f"registry.{name}"
        self._settings = settings
        self._http = http
        self._note = note
        self._bad_password = RefusedBefore(clock)
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
            name="apim",
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
        with self._bad_password.guard(form), self._in_words():
            return self._ask(
                "sso_token_url",
                self._settings.sso_token_url,
                form,
                {},
                lifetime=SSO_LIFETIME,
                name="sso",
                credential="sso_username, sso_password",
                setting="sso_password",
            )

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say of a login that was refused what it may be that is wrong with it.

        Keycloak says ``invalid_grant`` of a password that is wrong, of an account that wants a
        second factor, and of one on which something is still to be done in a browser; it says
        ``unauthorized_client`` where no password is taken at all.
        """
        try:
            yield
        except DeliveryError as error:
            if error.reason.code != "credentials_rejected":
                raise
            said = error.reason.details["message"]
            if said.startswith("invalid_client"):
                setting = "sso_client_id"
                about = {"credential": setting, "setting": f"{self._remote}.{setting}"}
                reason = Reason(error.reason.code, remote=self._remote, message=said, **about)
            else:
                reason = Reason(
                    "password_login_refused", remote=self._remote, name=self._name, message=said
                )
            raise DeliveryError(reason, retryable=False, remote_wide=True) from None

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
        name: str,
    ) -> tuple[str, float]:
        return ask_for_token(
            self._http,
            self._remote,
            url,
            form,
            headers,
            lifetime=lifetime,
            credential=credential,
            setting=setting,
            url_setting=url_setting,
            name=name,
            note=self._note,
        )

    def _secret(self, secret: Secret | None, setting: str) -> str:
        if secret is None:
            setting = f"{self._remote}.{setting}"
            raise DeliveryError(
                Reason("secret_missing", remote=self._remote, setting=setting, error="not set"),
                retryable=False,
                remote_wide=True,
            )
        return read_secret(secret, self._remote, f"{self._remote}.{setting}")
