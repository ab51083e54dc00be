"""The job ``errands``: do what somebody asks for on a page, now."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.errands import asking
from lms_bridge.jobs.base import Progress, stoppable


class Errands:
    """Carries out what was asked, each within a second or two."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether something was asked for."""
        with self._bridge.store.reading() as db:
            return asking.is_any_open(db)

    def run(self, progress: Progress) -> Counter[str]:
        """Do all of it."""
        from lms_bridge.errands.carrying import Carrying

        return stoppable(Carrying(self._bridge, clock=utc_now).run, progress)
