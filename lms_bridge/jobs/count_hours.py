"""The job ``count_hours``: add up the JP of the years of those of whom something has changed."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.base import Progress, stoppable


class CountHours:
    """Counts anew for a few people at a time."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._counting = bridge.counting

    def has_work(self) -> bool:
        """Whether anybody's JP are to be added up."""
        return self._counting.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Add up all of them."""
        return stoppable(self._counting.run, progress)
