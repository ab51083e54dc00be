"""The two tokens that every call carries (registry facts, section 1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.siasn import envelopes

SSO_SECONDS = 43_200
"""twelve hours"""


class Tokens:
    """Issues both tokens and knows which of them still hold.

    `operator_token` is one that an operator obtained in the browser; it holds until it is
    taken away (``operator_token = ""``).
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        consumer_key: str,
        consumer_secret: str,
        sso_client_id: str,
        sso_username: str,
        sso_password: str,
        token_seconds: float,
        operator_token: str,
    ) -> None:
        self._clock = clock
        self.consumer_key = consumer_key
        self.consumer_secret = consumer_secret
        self.sso_client_id = sso_client_id
        self.sso_username = sso_username
        self.sso_password = sso_password
        self.token_seconds = token_seconds
        self.operator_token = operator_token
        self.sso_of_another_instansi = False
        """every SSO token is then good and yet refused, with "Token SSO mismatch" for data"""
        self.second_factor = False
        """the operator's account wants one, so that no password logs in"""
        self._apim: dict[str, float] = {}
        self._sso: dict[str, float] = {}
        self._issued = 0

    def refusal(self, request: Request) -> Response | None:
        """Why `request` is not let in, if so; the gateway asks before the backend does."""
        if not self._holds(self._apim, _bearer(request.headers.get("Authorization", ""))):
            return envelopes.apim_rejected()
        sso = _bearer(request.headers.get("Auth", ""))
        if not self.is_operators(request) and not self._holds(self._sso, sso):
            return envelopes.sso_rejected()
        if self.sso_of_another_instansi:
            return envelopes.sso_mismatch()
        return None

    def is_operators(self, request: Request) -> bool:
        """Whether the SSO token is the operator's, which no client can renew by itself."""
        sso = _bearer(request.headers.get("Auth", ""))
        return bool(sso) and sso == self.operator_token

    def expire_apim(self) -> None:
        self._apim.clear()

    def expire_sso(self) -> None:
        """Forget the tokens got with a password; the operator's stays."""
        self._sso.clear()

    # --- the two logins

    def grant_apim(self, request: Request) -> Response:
        """``POST /oauth2/token``: client credentials, over Basic."""
        basic = request.authorization
        known = (
            basic is not None
            and basic.type == "basic"
            and (basic.username, basic.password) == (self.consumer_key, self.consumer_secret)
        )
        if not known:
            reason = "A valid OAuth client could not be found for client_id"
            return envelopes.keycloak(401, "invalid_client", reason)
        if request.form.get("grant_type") != "client_credentials":
            return envelopes.keycloak(400, "unsupported_grant_type", "Unsupported grant_type value")
        token = self._new("apim")
        self._apim[token] = self._clock() + self.token_seconds
        return envelopes.answer(
            {
                "access_token": token,
                "scope": "am_application_scope default",
                "token_type": "Bearer",
                "expires_in": int(self.token_seconds),
            }
        )

    def grant_sso(self, request: Request) -> Response:
        """The password grant of Keycloak's realm ``public-siasn``."""
        form = request.form
        if form.get("client_id") != self.sso_client_id:
            reason = "Invalid client or Invalid client credentials"
            return envelopes.keycloak(401, "invalid_client", reason)
        if form.get("grant_type") != "password":
            return envelopes.keycloak(400, "unsupported_grant_type", "Unsupported grant_type")
        if (form.get("username"), form.get("password")) != (self.sso_username, self.sso_password):
            return envelopes.keycloak(401, "invalid_grant", "Invalid user credentials")
        if self.second_factor:
            return envelopes.keycloak(400, "invalid_grant", "Account is not fully set up")
        token = self._new("sso")
        self._sso[token] = self._clock() + SSO_SECONDS
        return envelopes.answer(
            {
                "access_token": token,
                "expires_in": SSO_SECONDS,
                "refresh_expires_in": SSO_SECONDS,
                "refresh_token": self._new("refresh"),
                "token_type": "Bearer",
                "not-before-policy": 0,
                "scope": "email profile",
            }
        )

    def _holds(self, issued: dict[str, float], token: str) -> bool:
        return issued.get(token, 0) > self._clock()

    def _new(self, kind: str) -> str:
        """Three parts like a JWT, which nobody can read anything out of."""
        self._issued += 1
        parts = (hashlib.sha256(f"{kind}{self._issued}{n}".encode()).digest() for n in range(3))
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _bearer(header: str) -> str:
    """The token of a header; how its scheme is written does not matter."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
