"""What is sent on to another LRS, and what that is called; nothing in here speaks to it."""

from __future__ import annotations

from typing import NamedTuple

from xapi.versions import Version


class Enclosed(NamedTuple):
    """An attachment whose data go along, as the statement tells of it."""

    sha2: str
    content_type: str
    length: int


class Outgoing(NamedTuple):
    """A statement as it is sent on, with those of its attachments of which data are there."""

    seq: int
    id: str
    raw: bytes
    version: Version
    """the edition that the request is to speak"""
    enclosed: tuple[Enclosed, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes it takes, roughly."""
        return len(self.raw) + sum(one.length for one in self.enclosed)


def remote_of(name: str) -> str:
    """What the target ``[forward.NAME]`` is called among all outside systems."""
    return f"lrs.{name}"
