"""What a JWT says of itself. Nothing is verified: that is for whoever takes it."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Any

from lms_bridge.http.values import parsed


def claims(token: str) -> Mapping[str, Any] | None:
    """The claims of a JWT (RFC 7519); None for any other token."""
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        return None
    header, payload = _part(parts[0]), _part(parts[1])
    return payload if isinstance(header, dict) and isinstance(payload, dict) else None


def expiry(token: str) -> dt.datetime | None:
    """When a JWT says that it expires; None where nothing is said."""
    return _time(token, "exp")


def issued_at(token: str) -> dt.datetime | None:
    """When a JWT says that it was issued."""
    return _time(token, "iat")


def announced_from(until: dt.datetime, since: dt.datetime | None, hours: float) -> dt.datetime:
    """From when on it is said that a token is good `until` then only.

    So many `hours` before, or in the last quarter of one that does not live much longer.
    """
    before = dt.timedelta(hours=hours)
    return until - (min(before, (until - since) / 4) if since and since < until else before)


def _time(token: str, claim: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(int((claims(token) or {})[claim]), dt.UTC)
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        return None


def _part(text: str) -> Any:
    try:
        padded = text + "=" * (-len(text) % 4)
        return parsed(base64.b64decode(padded, altchars="-_", validate=True).decode())
    except (binascii.Error, ValueError):
        return None
