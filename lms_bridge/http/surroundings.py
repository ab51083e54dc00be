"""What the adapter of an outside system is given of the bridge around it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec

from lms_bridge.http.gate import OPEN, Gate


class Issued(msgspec.Struct, frozen=True):
    """A token that was issued for the bridge."""

    name: str
    """what it is called in the configuration or in the system's own words, e.g. ``apim``"""
    source: str
    """the settings that it was issued for, e.g. ``consumer_key``"""
    token: str
    lifetime: float | None
    """seconds, if that was said"""


class Surroundings(msgspec.Struct, frozen=True):
    """By default there is nothing around it: as in tests, or for a single question."""

    gate: Gate = OPEN
    """what each call passes"""
    note_token: Callable[[Issued], None] = lambda _issued: None
    """is told of each token that was issued"""
    zone: dt.tzinfo = ZoneInfo("Asia/Jakarta")
    """where the system is, if it does not say itself"""


ALONE = Surroundings()
