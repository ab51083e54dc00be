"""Who may send: HTTP Basic credentials, one pair for each sender (Communication 4.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from lms_bridge.config.settings import Sender


class Senders:
    """The configured senders, looked up by what a request carries."""

    def __init__(self, senders: Sequence[Sender]) -> None:
        self._by_username = {sender.username.encode(): sender for sender in senders}

    def of(self, authorization: str | None) -> Sender | None:
        """The sender whose credentials stand in the ``Authorization`` header, else None.

        Raises :exc:`~lms_bridge.config.secrets.SecretMissing` when there is such a sender and
        its password cannot be read, so that it can neither be admitted nor sent away.
        """
        pair = credentials(authorization)
        if pair is None:
            return None
        username, password = pair
        sender = self._by_username.get(username)
        expected = sender.password.read().encode() if sender else b""
        # Also for a username that nobody has, so that the time does not tell who there is.
        right = same(password, expected)
        return sender if right else None


def credentials(authorization: str | None) -> tuple[bytes, bytes] | None:
    """Username and password of an ``Authorization`` header, if it carries some (RFC 7617).

    >>> credentials("Basic bW9vZGxlOnJhaGFzaWE=")
    (b'moodle', b'rahasia')
    """
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return None
    username, colon, password = decoded.partition(b":")
    return (username, password) if colon else None


def same(given: bytes, expected: bytes) -> bool:
    """Whether a password is the right one, in a time that tells nothing, not even its length."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(expected).digest())
