"""What goes with the question for a login, comes back with the answer, and ties the two together.

It is signed instead of kept: anybody can ask for a login, and nothing is to be written for that.
It names the platform that was asked, so that no other can answer, and the nonce that the answer has
to carry; that a nonce is used once is seen to when an answer is believed (SEC 5.1.1.2, 5.1.3).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets

import msgspec

from lms_bridge.config.settings import Platform
from lms_bridge.lti.refused import Refused
from lms_bridge.openbadges.encoding import base64url

LASTS = dt.timedelta(minutes=10)
"""somebody may have to sign in at the LMS first"""

_FORM = re.compile(r"([0-9a-f]{16})\.([0-9A-Za-z_-]{32})\.([1-9][0-9]{0,11})\.([0-9A-Za-z_-]{43})")


class State(msgspec.Struct, frozen=True):
    """A login that was begun."""

    platform: str
    """as :func:`named` names it"""
    nonce: str
    until: int
    """seconds since 1970"""

    def sealed(self, key: bytes) -> str:
        """It, as it travels."""
        said = f"{self.platform}.{self.nonce}.{self.until}"
        return f"{said}.{_signature(said, key)}"


def begun(platform: Platform, now: dt.datetime) -> State:
    """That of a login that begins now."""
    until = int((now + LASTS).timestamp())
    return State(named(platform), secrets.token_urlsafe(24), until)


def opened(text: str, key: bytes, now: dt.datetime) -> State:
    """What `text` says. Raises :exc:`~lms_bridge.lti.refused.Refused`."""
    read = _FORM.fullmatch(text)
    if read is None or not hmac.compare_digest(_signature(text.rpartition(".")[0], key), read[4]):
        raise Refused("state_unknown")
    if int(read[3]) <= now.timestamp():
        raise Refused("state_expired")
    return State(read[1], read[2], int(read[3]))


def named(platform: Platform) -> str:
    """A short name for a platform."""
    return hashlib.sha256(f"{platform.issuer}\n{platform.client_id}".encode()).hexdigest()[:16]


def _signature(said: str, key: bytes) -> str:
    return base64url(hmac.digest(key, f"lms-bridge lti 1\n{said}".encode(), hashlib.sha256))
