"""Accounts of an LMS that cannot be asked for them: they are known by the NIP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lms_bridge.lms.base import LmsUser, UserField
from lms_bridge.people import nip as nips

BY_NIP: frozenset[UserField] = frozenset(("id", "username", "number"))
"""each of these is the NIP"""


def by_nip(values: Iterable[str]) -> Iterator[LmsUser]:
    """The accounts with these NIPs, each once.

    >>> [user.id for user in by_nip(["19870315 201001 2 001", "siti"])]
    ['198703152010012001']
    """
    for nip in dict.fromkeys(map(nips.normalise, values)):
        if nip:
            yield LmsUser(id=nip, username=nip, full_name="", number=nip)
