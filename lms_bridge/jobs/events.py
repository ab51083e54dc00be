"""The job ``events``: tell other systems by webhook what has happened."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.base import Progress, stoppable


class Events:
    """Tells each ``[[events]]`` what it has not been told."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether something is to be told to a target that can be used."""
        return bool(self._bridge.settings.events) and self._bridge.tellers.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Tell all of it."""
        return stoppable(self._bridge.tellers.tell, progress)
