"""Who may send: HTTP Basic credentials, one pair for each sender (Communication 4.0)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Sender


class Senders:
    """The configured senders, looked up by what a request carries."""

    def __init__(self, senders: Sequence[Sender]) -> None:
        self._by_username = {sender.username.encode(): sender for sender in senders}

    def of(self, authorization: str | None) -> Sender | None:
        """The sender whose credentials stand in the ``Authorization`` header, else None.

        Passwords are compared in constant time, also for a username that nobody has.
        """
        pair = _basic(authorization)
        if pair is None:
            return None
        username, password = pair
        sender = self._by_username.get(username)
        try:
            expected = sender.password.read().encode() if sender else b"nobody"
        except SecretMissing:
            return None
        right = hmac.compare_digest(_digest(password), _digest(expected))
        return sender if right else None


def _basic(authorization: str | None) -> tuple[bytes, bytes] | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        return None
    username, colon, password = decoded.partition(b":")
    return (username, password) if colon else None


def _digest(secret: bytes) -> bytes:
    # Of equal length, so that the comparison does not tell how long the password is.
    return hashlib.sha256(secret).digest()
