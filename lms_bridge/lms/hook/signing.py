"""Signing a webhook (Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""bytes of a key"""


class BadSecret(ValueError):
    """A secret that is none."""


def key_of(secret: str) -> bytes:
    """The key that `secret` stands for. Raises :exc:`BadSecret`.

    >>> len(key_of("whsec_" + "QUJD" * 8))
    24
    """
    text = secret.strip()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise BadSecret(f"it is not {PREFIX} and {SHORTEST} to {LONGEST} bytes in base64")
    return key


def headers(
    keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes
) -> Mapping[str, str]:
    """The headers of a webhook that is sent at `timestamp`, in seconds, signed with each of `keys`.

    The id stays the same however often it is sent; the time is that of the attempt, by which a
    receiver tells a webhook that was recorded and is sent again by somebody else.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(signature).decode()}" for signature in signatures
        ),
    }
