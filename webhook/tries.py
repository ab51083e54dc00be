"""Wrong passwords: how many may be tried of one username from one place.

Whoever has tried :data:`PER_MINUTE` is told to wait, and is not looked at before that. What an LMS
sends must not wait for the guesses of others. So places are told apart; credentials that were
right once are looked at whatever else was tried; and this machine itself may try as often as it
likes, for it is also what everybody comes from behind a proxy that does not say whom it serves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from webhook.access import Access, Grant, credentials
from webhook.pace import Pace
from webhook.peer import is_this_machine, place_of

PER_MINUTE = 10
PER_PLACE = 60
"""of all usernames together, so that nobody has what is known of them pushed out of memory"""
_LONGEST = 200
"""bytes of a username by which it is known here"""


class TooMany(Exception):
    """Not looked at; `seconds` later it would be."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Tries:
    """What was tried of all that `access` knows, in this process."""

    def __init__(self, access: Access, seconds: Callable[[], float]) -> None:
        self._access = access
        self._seconds = seconds
        self._pace = Pace()
        self._one = threading.Lock()

    def grant_of(self, authorization: str | None, address: str) -> Grant | None:
        """As :meth:`.Access.grant_of`, for a request from `address`. Raises :exc:`TooMany`."""
        counted = [] if self._access.was_right(authorization) else _counted(authorization, address)
        if not counted:
            return self._access.grant_of(authorization)
        # One at a time: each counts as wrong while it is looked at, and an LMS sends many at once.
        with self._one:
            self._take(counted)
            is_wrong = False
            try:
                grant = self._access.grant_of(authorization)
                is_wrong = grant is None
            finally:
                if not is_wrong:
                    self._give_back(counted)
        return grant

    def _take(self, counted: Sequence[tuple[str, int]]) -> None:
        for number, (name, most) in enumerate(counted):
            wait = self._pace.wait(name, most, self._seconds())
            if wait:
                self._give_back(counted[:number])
                raise TooMany(wait)

    def _give_back(self, counted: Sequence[tuple[str, int]]) -> None:
        for name, _ in counted:
            self._pace.give_back(name)


def _counted(authorization: str | None, address: str) -> list[tuple[str, int]]:
    """By what those who try are told apart, and how many tries each has; nothing: any number."""
    pair = credentials(authorization)
    place = place_of(address)
    if pair is None or is_this_machine(address):
        return []
    return [(f"{place} {pair[0][:_LONGEST]!r}", PER_MINUTE), (place, PER_PLACE)]
