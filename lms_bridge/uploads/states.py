"""Where an upload and its rows stand, and what cannot be done to them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

from lms_bridge.refusing import Refused


class UploadState(StrEnum):
    """Where an upload stands."""

    MADE = "made"
    """its completions are settled; nobody has its file yet"""
    DOWNLOADED = "downloaded"
    UPLOADED = "uploaded"
    ANSWERED = "answered"
    """the result of each row is known"""
    DISCARDED = "discarded"
    """its completions are exported anew"""


class RowState(StrEnum):
    """Where one row of an upload stands."""

    LISTED = "listed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DROPPED = "dropped"
    """its upload was discarded"""
    REMOVED = "removed"
    """a person has removed it from the registry, since its completion was undone"""


IN_FORCE = (RowState.LISTED, RowState.ACCEPTED)
"""the registry has the completion by this row, or may have"""
OPEN = (UploadState.MADE, UploadState.DOWNLOADED)
"""nobody has said yet that it was uploaded"""


class Event(msgspec.Struct, frozen=True):
    """What was done with an upload, when and by whom; `about` says more."""

    what: str
    at: dt.datetime
    by: str
    about: str = ""


class CannotDo(Refused):
    """Something cannot be done to an upload."""


def label(number: int, position: int) -> str:
    """What a row is called where the registry gave it no id: upload and row.

    >>> label(7, 3)
    '7/3'
    """
    return f"{number}/{position}"
