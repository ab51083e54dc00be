"""The job ``deliver``: carry completions to the registries and badges to the LMSs."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.base import Progress, stoppable


class Deliver:
    """Carries out every delivery that is due. Any number of processes may do so at once."""

    exclusive = False

    def __init__(self, bridge: Bridge) -> None:
        self._worker = bridge.worker

    def has_work(self) -> bool:
        """Whether a delivery is due at a remote that can be used, or was left by a dead worker."""
        return self._worker.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Deliver until nothing is due."""
        return stoppable(self._worker.drain, progress)
