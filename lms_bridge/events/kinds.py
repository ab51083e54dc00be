"""What can happen that others may be told of."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The type of an event."""

    RECOGNISED = "completion.recognised"
    """somebody has completed a course"""
    RECORDED = "completion.recorded"
    """a registry has it"""
    UNRECORDED = "completion.unrecorded"
    """a registry has it no more, for it was undone"""
    WITHDRAWN = "completion.withdrawn"
    """it was taken back"""
    ISSUED = "badge.issued"
    """an LMS shows the badge"""
    REVOKED = "badge.revoked"
    ATTENTION = "attention.raised"
    """something waits for a person"""
    DOWN = "remote.down"
    """a registry, an LMS or another LRS cannot be used"""
    UP = "remote.up"


PING = "bridge.ping"
"""the type of what ``lms-bridge events test`` sends"""

BY_STEP = {
    "record": Kind.RECORDED,
    "unrecord": Kind.UNRECORDED,
    "badge": Kind.ISSUED,
    "revoke": Kind.REVOKED,
}
"""what has happened when a step is done"""
