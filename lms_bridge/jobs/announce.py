"""The job ``announce``: say in xAPI what was recorded and which badges were earned."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.base import Progress, stoppable


class Announce:
    """Makes the bridge's own statements."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._announcer = bridge.announcer

    def has_work(self) -> bool:
        """Whether something was done, or undone, of which nothing has been said."""
        return self._announcer.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Say all of it."""
        return stoppable(self._announcer.announce, progress)
