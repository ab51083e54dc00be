"""The job ``forward``: send what came in on to other LRSs."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.base import Progress, stoppable


class Forward:
    """Sends to each ``[forward.NAME]`` what it has not got."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._forwarders = bridge.forwarders

    def has_work(self) -> bool:
        """Whether there is something to send to a target that can be used."""
        return self._forwarders.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Send until no target lacks anything, or none of those that do can be used."""
        return stoppable(self._forwarders.drain, progress)
