"""Signing in with the account of the agency: OpenID Connect Core 1.0, by authorization code.

The browser is sent to the provider with a *state*, a *nonce* and the challenge of a *verifier*
(PKCE, RFC 7636), which a sealed cookie keeps meanwhile; it comes back with a code, which the bridge
exchanges for an ID token, whose signature and claims are held to the specification.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from authlib.oauth2.claims import ClaimsOption
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Oidc
from lms_bridge.http.client import HttpClient, NoAnswerError
from lms_bridge.typed import convert

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""by a key of the provider; never by one that both sides know"""
LASTS = dt.timedelta(minutes=10)
"""how long somebody may take to sign in there"""
_FRESH_SECONDS = 3600.0
_SLACK_SECONDS = 60


class SignOnFailed(Exception):
    """Somebody could not be signed in; the message says why, for the log, and names nobody."""


class Begun(msgspec.Struct, frozen=True):
    """What is kept of a sign-in that has begun."""

    state: str
    nonce: str
    verifier: str
    until: int
    """seconds since 1970"""
    wanted: str
    """the page to be led to"""


class Told(msgspec.Struct, frozen=True):
    """Whom the provider names."""

    subject: str
    """``issuer subject``"""
    username: str
    name: str
    email: str
    roles: frozenset[str]
    """what the claim of roles holds"""
    unit: str


class _Provider(msgspec.Struct, frozen=True):
    """What it says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Provider:
    """The provider of the configuration. Threads may share it; each process has its own."""

    def __init__(self, settings: Oidc) -> None:
        self.settings = settings
        self._client = HttpClient(settings)
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._itself: _Provider | None = None
        self._keys: jwk.KeySet | None = None

    def begin(self, redirect_uri: str, wanted: str, now: dt.datetime) -> tuple[Begun, str]:
        """A sign-in, and the address to send the browser to. Raises :exc:`SignOnFailed`."""
        itself, _ = self._known()
        begun = Begun(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            until=int((now + LASTS).timestamp()),
            wanted=wanted,
        )
        question = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *self.settings.scopes))),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": create_s256_code_challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in itself.authorization_endpoint else "?"
        return begun, f"{itself.authorization_endpoint}{joint}{urlencode(question)}"

    def end(self, begun: Begun, state: str, code: str, redirect_uri: str, now: dt.datetime) -> Told:
        """Whom the provider names for `code`. Raises :exc:`SignOnFailed`."""
        if not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise SignOnFailed("the state is not that of this browser")
        if begun.until <= now.timestamp():
            raise SignOnFailed("it took too long")
        answer = self._exchange_code(code, redirect_uri, begun.verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignOnFailed("the provider sent no ID token")
        return self._told(self._claims(token, begun.nonce, now))

    def _exchange_code(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        settings = self.settings
        itself, _ = self._known()
        try:
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
                "client_id": settings.client_id,
                "client_secret": settings.client_secret.read(),
            }
            answer = self._client.exchange("POST", itself.token_endpoint, form=form, secret=True)
        except (NoAnswerError, SecretMissing) as error:
            raise SignOnFailed(f"the code could not be exchanged: {error}") from None
        said = _object(answer.body)
        if answer.status != 200:
            why = said.get("error")
            shown = why if isinstance(why, str) and why.isascii() else ""
            raise SignOnFailed(f"the provider did not take the code: {answer.status} {shown[:80]}")
        return said

    def _claims(self, token: str, nonce: str, now: dt.datetime) -> Mapping[str, Any]:
        itself, _ = self._known()
        options: dict[str, ClaimsOption] = {
            "iss": {"essential": True, "value": itself.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        try:
            try:
                read = jwt.decode(token, self._known()[1], algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                read = jwt.decode(token, self._known(anew=True)[1], algorithms=ALGORITHMS)
            claims = CodeIDToken(
                read.claims,
                read.header,
                options=options,
                params={"nonce": nonce, "client_id": self.settings.client_id},
            )
            claims.validate(now=int(now.timestamp()), leeway=_SLACK_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignOnFailed(f"the ID token cannot be trusted: {type(error).__name__}") from None
        found: Mapping[str, Any] = read.claims
        return found

    def _told(self, claims: Mapping[str, Any]) -> Told:
        settings = self.settings
        roles = _at(claims, settings.roles_claim)
        several = roles if isinstance(roles, list) else [roles]
        return Told(
            subject=f"{claims['iss']} {claims['sub']}",
            username=_text(claims, settings.username_claim).strip().casefold(),
            name=_text(claims, "name"),
            email=_text(claims, "email"),
            roles=frozenset(role for role in several if isinstance(role, str)),
            unit=_text(claims, settings.unit_claim),
        )

    def _known(self, *, anew: bool = False) -> tuple[_Provider, jwk.KeySet]:
        """What the provider says of itself, and its keys; both are kept for an hour."""
        with self._lock:
            age = time.monotonic() - self._read_at
            fresh = self._itself is not None and age < (_SLACK_SECONDS if anew else _FRESH_SECONDS)
            if not fresh or self._itself is None or self._keys is None:
                self._itself, self._keys = self._read()
                self._read_at = time.monotonic()
            return self._itself, self._keys

    def _read(self) -> tuple[_Provider, jwk.KeySet]:
        issuer = self.settings.issuer.rstrip("/")
        said = self._get(f"{issuer}/.well-known/openid-configuration")
        try:
            itself = convert(said, _Provider)
        except msgspec.ValidationError as error:
            raise SignOnFailed(f"the provider does not describe itself: {error}") from None
        if itself.issuer.rstrip("/") != issuer:
            raise SignOnFailed(f"it calls itself {itself.issuer[:200]}, not {issuer}")
        called = (itself.authorization_endpoint, itself.token_endpoint, itself.jwks_uri)
        if issuer.startswith("https://") and not all(one.startswith("https://") for one in called):
            raise SignOnFailed(f"{issuer} names an endpoint that does not speak TLS")
        listed = self._get(itself.jwks_uri)
        try:
            keys = jwk.KeySet.import_key_set({"keys": list(listed["keys"])})
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise SignOnFailed(f"its keys cannot be read: {type(error).__name__}") from None
        return itself, keys

    def _get(self, address: str) -> dict[str, Any]:
        try:
            answer = self._client.exchange("GET", address)
        except NoAnswerError as error:
            raise SignOnFailed(f"{address}: {error.what}") from None
        if answer.status != 200:
            raise SignOnFailed(f"{address}: HTTP {answer.status}")
        return _object(answer.body)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """What stands at ``realm_access.roles``, say."""
    found: Any = claims
    for name in path.split(".") if path else ():
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if path else None


def _text(claims: Mapping[str, Any], path: str) -> str:
    found = _at(claims, path)
    return found[:200] if isinstance(found, str) else ""
