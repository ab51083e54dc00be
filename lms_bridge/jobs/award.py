"""The job ``award``: give badges to those who have come to meet their rules, and revoke others."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.base import Progress, stoppable


class Award:
    """Reviews the badges of people of whom something has changed."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._reviewing = bridge.reviewing

    def has_work(self) -> bool:
        """Whether anybody's badges are to be looked at."""
        return self._reviewing.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Look at all of them."""
        return stoppable(self._reviewing.run, progress)
