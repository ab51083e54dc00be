"""The job ``deliver``: carry completions to the registries and badges to the LMSs."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import planning
from lms_bridge.jobs.base import Progress, stoppable


class Deliver:
    """Carries out every delivery that is due. Any number of processes may do so at once."""

    exclusive = False

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._worker = bridge.worker

    def has_work(self) -> bool:
        """Whether a delivery is due at a remote that can be used, or was left by a dead worker."""
        return not self._is_planned() or self._worker.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Deliver until nothing is due."""
        if not self._is_planned():
            # What was recorded before certificates were configured; so once in each process.
            for remote in self._bridge.documented:
                with self._bridge.store.writing() as db:
                    planning.plan_documents(db, remote, utc_now())
            self._bridge.documents_are_planned = True
        return stoppable(self._worker.drain, progress)

    def _is_planned(self) -> bool:
        return self._bridge.documents_are_planned or not self._bridge.documented
