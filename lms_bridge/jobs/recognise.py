"""The job ``recognise``: judge what has come in."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs.base import Progress, stoppable
from lms_bridge.recognition import sightings


class Recognise:
    """Judges new statements, and asks the LMS who the unknown accounts are."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether a statement is new, or is to be looked at again by now."""
        with self._bridge.store.reading() as db:
            return sightings.anything_due(db, utc_now())

    def run(self, progress: Progress) -> Counter[str]:
        """Judge until nothing is new."""
        return stoppable(self._bridge.recogniser.run, progress)
