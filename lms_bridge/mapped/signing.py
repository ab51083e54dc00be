"""Signing in: none, a password, a token, or a token that is issued for the bridge."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.http import hiding
from lms_bridge.http.client import HttpClient
from lms_bridge.http.surroundings import ALONE, Issued
from lms_bridge.http.tokens import Clock, IssuedToken, RefusedBefore, ask_for_token
from lms_bridge.http.trouble import read_secret
from lms_bridge.mapped import login
from lms_bridge.mapped.requests import Prepared, prepared_login
from lms_bridge.mapped.settings import Described
from lms_bridge.reasons import Reason

_ISSUED = ("oauth2", "login")
"""the ways whose tokens are issued for the bridge, and renewed"""


class Signing:
    """What signs the requests to one registry, shared by all threads that call it."""

    def __init__(
        self,
        remote: str,
        settings: Described,
        http: HttpClient,
        clock: Clock = time.monotonic,
        note: Callable[[Issued], None] = ALONE.note_token,
    ) -> None:
        self._remote = remote
        self._auth = settings.auth
        self._settings = settings
        self._http = http
        self._note = note
        self._login = prepared_login(self._auth.login, settings) if self._auth.login else None
        self._issued = IssuedToken(self._issue, clock)
        self._refused_before = RefusedBefore(clock)
        self.bad_password = RefusedBefore(clock)
        self.constants = {f"constants.{name}": each for name, each in settings.constants.items()}
        """the constants by the names that templates have for them"""

    @property
    def renews(self) -> bool:
        """Whether a token that is refused can be replaced by another."""
        return self._auth.way in _ISSUED

    @property
    def credential(self) -> str:
        """The settings that are no good when the registry does not let the bridge in."""
        match self._auth.way:
            case "basic":
                return "auth.password"
            case "login" if self._auth.password:
                return "auth.password"
            case "bearer":
                return "auth.token"
            case "oauth2":
                return "auth.client_secret"
            case _:
                named = sorted(self._settings.keys)
                return f"keys.{named[0]}" if named else "auth"

    def token(self) -> str:
        """What stands behind the scheme now; empty if nothing signs."""
        match self._auth.way:
            case "basic":
                username = self._secret(self._auth.username, "username")
                password = self._secret(self._auth.password, "password")
                return base64.b64encode(f"{username}:{password}".encode()).decode()
            case "bearer":
                return self._secret(self._auth.token, "token")
            case "oauth2" | "login":
                return self._issued.get()
            case _:
                return ""

    def headers(self, token: str) -> dict[str, str]:
        """The header with that `token`."""
        if token and self._auth.login and self._auth.login.cookie:
            return {"Cookie": token}
        if not token or not self._auth.header:
            return {}
        scheme = "Basic" if self._auth.way == "basic" else self._auth.scheme
        return {self._auth.header: f"{scheme} {token}".strip()}

    def refused(self, token: str, message: str) -> None:
        """`token` was not accepted; the next one is another, if it is an issued one."""
        if self.renews:
            self._issued.refused(token, message)

    def keys(self) -> dict[str, str]:
        """The keys by the names that templates have for them."""
        return {
            f"keys.{name}": read_secret(secret, self._remote, f"{self._remote}.keys.{name}")
            for name, secret in self._settings.keys.items()
        }

    def hidden(self) -> list[str]:
        """What must be seen nowhere: the secrets, as they may stand in a request or an answer."""
        return hiding.secrets_of(self._settings)

    def _issue(self) -> tuple[str, float]:
        return self._logged_in(self._login) if self._login else self._client_token()

    def _logged_in(self, request: Prepared) -> tuple[str, float]:
        auth = self._auth
        values: dict[str, Any] = self.constants | self.keys()
        for name, secret in (("username", auth.username), ("password", auth.password)):
            if secret:
                values[name] = self._secret(secret, name)
        with self._refused_before.guard(values):
            return login.log_in(
                self._http,
                self._remote,
                self._settings,
                request,
                values,
                hidden=self.hidden(),
                credential=self.credential,
                note=self._note,
            )

    def _client_token(self) -> tuple[str, float]:
        auth = self._auth
        client = self._secret(auth.client_id, "client_id")
        secret = self._secret(auth.client_secret, "client_secret")
        form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        headers = {}
        if auth.credentials_in == "body":
            form |= {"client_id": client, "client_secret": secret}
        else:
            basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
            headers = {"Authorization": f"Basic {basic}"}
        with self._refused_before.guard((client, secret)):
            return ask_for_token(
                self._http,
                self._remote,
                auth.token_url,
                form,
                headers,
                credential="auth.client_id, auth.client_secret",
                setting="auth.client_secret",
                url_setting="auth.token_url",
                name="oauth2",
                note=self._note,
            )

    def _secret(self, secret: Secret | None, name: str) -> str:
        setting = f"{self._remote}.auth.{name}"
        if secret is None:
            raise DeliveryError(
                Reason("secret_missing", remote=self._remote, setting=setting, error="not set"),
                retryable=False,
                remote_wide=True,
            )
        return read_secret(secret, self._remote, setting)
