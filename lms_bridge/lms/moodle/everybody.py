"""Who has which NIP, where Moodle cannot be asked for it: by listing everybody.

Everybody takes part in the front page, whose participants Moodle lists a page at a time, several
times as quickly as ``core_user_get_users`` does, which has no pages (measured on Moodle 4.5.6).
What was listed is believed for a quarter of an hour.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from lms_bridge.lms.moodle.courses import Courses
from lms_bridge.people import nip as nips

BELIEVED_SECONDS = 900.0


class Everybody:
    """The accounts of a site by their NIPs. Threads may share it."""

    def __init__(self, courses: Courses, clock: Callable[[], float] = time.monotonic) -> None:
        self._courses = courses
        self._clock = clock
        self._lock = threading.Lock()
        self._ids: dict[str, list[str]] = {}
        self._until = float("-inf")

    def with_numbers(self, numbers: Iterable[str]) -> list[str]:
        """The ids of the accounts that carry one of `numbers`, with blanks or without."""
        wanted = {nips.normalise(number) or number for number in numbers}
        with self._lock:
            if self._clock() >= self._until:
                self._list()
            return [user_id for number in sorted(wanted) for user_id in self._ids.get(number, ())]

    def _list(self) -> None:
        found: dict[str, list[str]] = {}
        for user in self._courses.everybody():
            if user.number:
                found.setdefault(nips.normalise(user.number) or user.number, []).append(user.id)
        self._ids, self._until = found, self._clock() + BELIEVED_SECONDS
