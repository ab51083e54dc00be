"""The public keys of a platform: fetched when they are needed, and kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import jwt
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lms_bridge.config.settings import Platform
from lms_bridge.http.client import HttpClient, NoAnswerError
from lms_bridge.lti.refused import Refused

log = structlog.get_logger(__name__)

FRESH_SECONDS = 3600.0
"""after so long they are fetched anew, so that one that the platform took out counts no more"""
PAUSE_SECONDS = 30.0
"""between two fetches, whoever sends tokens with keys that nobody knows"""
_SMALLEST_BITS = 2048  # SEC 6.1


class PlatformKeys:
    """Those of one platform. Threads may share it; each process has its own."""

    def __init__(
        self, platform: Platform, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = platform.jwks_url
        self._client = HttpClient(platform)
        self._seconds = seconds
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def key(self, kid: str) -> RSAPublicKey:
        """The key with that id. Raises :exc:`~lms_bridge.lti.refused.Refused`."""
        with self._lock:
            now = self._seconds()
            is_fresh = now - self._fetched_at < FRESH_SECONDS
            if not (is_fresh and kid in self._keys) and now - self._tried_at >= PAUSE_SECONDS:
                self._tried_at = now
                self._fetch(now)
                is_fresh = now - self._fetched_at < FRESH_SECONDS
            if not is_fresh:
                raise Refused("keys_unreachable")
            if kid not in self._keys:
                raise Refused("key_unknown")
            return self._keys[kid]

    def all(self) -> tuple[Mapping[str, RSAPublicKey], str]:
        """The keys as the platform shows them now; or none, and why."""
        try:
            answer = self._client.exchange("GET", self._url)
        except NoAnswerError as error:
            return {}, error.what
        if answer.status != 200:
            return {}, f"HTTP {answer.status}"
        return read(answer.body), "no RSA key for RS256"

    def _fetch(self, now: float) -> None:
        keys, said = self.all()
        if keys:
            self._keys, self._fetched_at = keys, now
        else:
            log.warning("a platform shows no keys", url=self._url, why=said)


def read(content: bytes) -> dict[str, RSAPublicKey]:
    """By id, the keys in `content`, a JWK Set (RFC 7517), that can verify RS256."""
    try:
        listed = msgspec.json.decode(content)["keys"]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return {}
    found = {}
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict) or one.get("kty") != "RSA" or one.get("use", "sig") != "sig":
            continue
        if one.get("alg", "RS256") != "RS256" or not isinstance(one.get("kid"), str) or "d" in one:
            continue
        try:
            key = jwt.PyJWK(one, "RS256").key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= _SMALLEST_BITS:
            found[one["kid"]] = key
    return found
