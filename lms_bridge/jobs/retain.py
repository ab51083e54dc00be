"""The job ``retain``: let go of what was kept for long enough."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs.base import Progress, stoppable


class Retain:
    """Removes what is older than ``[retention]`` says, and what came in about who was erased."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Always: to find out takes as long as to do it."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Remove it, a few rows at a time."""
        from lms_bridge.retention.sweeping import Sweeper

        sweeper = Sweeper(self._bridge.store, self._bridge.settings, clock=utc_now)
        return stoppable(sweeper.run, progress)
