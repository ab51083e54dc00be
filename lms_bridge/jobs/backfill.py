"""The job ``backfill``: take in, at a set pace, what an LMS held before the bridge came."""

from __future__ import annotations

from collections import Counter

from lms_bridge.backfilling.carrying import Carrier, is_due
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs.base import Progress, stoppable


class Backfill:
    """Carries out the backfills that were started."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether an entry is to be taken in by now."""
        with self._bridge.store.reading() as db:
            return is_due(db, utc_now())

    def run(self, progress: Progress) -> Counter[str]:
        """Take in what the pace allows by now."""
        return stoppable(Carrier(self._bridge, clock=utc_now).run, progress)
