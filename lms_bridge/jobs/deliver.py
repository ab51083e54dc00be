"""The job ``deliver``: carry completions to the registries and badges to the LMSs."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import queue
from lms_bridge.jobs.base import Progress


class Deliver:
    """Carries out every delivery that is due. Any number of processes may do so at once."""

    exclusive = False

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether a delivery is due at a remote that can be used, or was left by a dead worker."""
        with self._bridge.store.reading() as db:
            return queue.anything_due(db, now=utc_now())

    def run(self, progress: Progress) -> Counter[str]:
        """Deliver until nothing is due."""
        return self._bridge.worker.drain()
