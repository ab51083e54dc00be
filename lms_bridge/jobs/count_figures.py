"""The job ``count_figures``: add up the figures of the whole city that pages show."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.figures import keeping
from lms_bridge.jobs.base import Progress


class CountFigures:
    """Adds them up every now and then."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether they are to be added up again."""
        with self._bridge.store.reading() as db:
            return keeping.are_due(db, now=utc_now())

    def run(self, progress: Progress) -> Counter[str]:
        """Add up all of them."""
        settings = self._bridge.settings
        zone = ZoneInfo(settings.time_zone)
        keeping.keep(self._bridge.store, settings.yearly_hours, zone, now=utc_now())
        return Counter()  # nothing that the log has to tell twice a minute
