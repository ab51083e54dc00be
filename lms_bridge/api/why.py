"""A reason, as the API tells it."""

from __future__ import annotations

import msgspec

from lms_bridge.reasons import Reason
from lms_bridge.redaction import mask_nip


class Why(msgspec.Struct, frozen=True):
    """Why something stands as it does, in the language that was asked for."""

    code: str
    """stays the same from version to version"""
    what: str
    """what is so"""
    remedy: str
    """what a person can do about it; empty: nothing need be done"""


def why(reason: Reason, language: str) -> Why:
    """`reason` in words."""
    return Why(reason.code, mask_nip(reason.what(language)), mask_nip(reason.remedy(language)))
