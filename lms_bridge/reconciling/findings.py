"""What can be found amiss, and what can be done about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from lms_bridge.reasons import Reason


class Kind(StrEnum):
    """What is amiss."""

    UNTOLD = "untold"
    """the LMS says that a course was completed, and the bridge knows nothing of it"""
    VANISHED = "vanished"
    """a registry has confirmed a row, and it is gone"""
    UNRECORDED = "unrecorded"
    """a completion stands, and nothing is to bring it to a registry"""
    EXTRA = "extra"
    """a registry has a row that looks like one of ours, and is of no completion"""
    DOUBLE = "double"
    """a registry has two rows of one completion"""
    DIFFERING = "differing"
    """a row says something else than the bridge"""
    UNDOCUMENTED = "undocumented"
    """a row has no certificate with it, although it is to get one"""


class Repair(StrEnum):
    """What can be done about it."""

    TAKE_IN = "take_in"
    """make it a completion, as if it had been pulled"""
    RECORD = "record_it"
    """record it (anew), unless a row of it is found"""
    LINK = "link_it"
    """take the row for that of the completion; nothing is written if it is gone by then"""
    CORRECT = "correct_row"
    """change the row, under its id, to what the bridge says"""
    TAKE_OVER = "take_over"
    """change the completion to what the row says"""
    UPLOAD = "upload_it"
    """upload the certificate"""
    UNDOUBLE = "delete_ours"
    """delete the row that the bridge wrote, and take the other for that of the completion"""


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    APPROVED = "approved"
    """its repair was approved, and a delivery is at it"""
    REPAIRED = "repaired"
    DISMISSED = "dismissed"
    """somebody has decided that nothing is to be done; later runs know it"""
    GONE = "gone"
    """it was looked again, and it is so no more"""
    REPEATED = "repeated"
    """a later run has found the same"""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing amiss."""

    kind: Kind
    remote: str
    reason: Reason
    """as a sentence"""
    repairs: tuple[Repair, ...] = ()
    """what can be done about it; the first is proposed, and none is left to a person"""
    employee_id: int | None = None
    completion_id: int | None = None
    course: str = ""
    """key of the course, where it is known"""
    row_id: str = ""
    details: Mapping[str, Any] = {}
    """what it rests on, as JSON can say it: if that is another, it is another finding"""

    @property
    def fingerprint(self) -> str:
        """By which the same finding is known again, in a later run or when it is repaired."""
        ground = [
            self.kind,
            self.remote,
            self.employee_id,
            self.completion_id,
            self.row_id,
            self.details,
        ]
        text = json.dumps(ground, sort_keys=True, ensure_ascii=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
