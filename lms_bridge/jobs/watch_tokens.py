"""The job ``watch_tokens``: say in time that a token has to be renewed by a person."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs.base import Progress
from lms_bridge.manners import tokens


class WatchTokens:
    """Looks until when the tokens that were given are good."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether there is a new token, or one of which somebody is to be told."""
        with self._bridge.store.reading() as db:
            return tokens.is_anything_to_tell(db, self._bridge.settings, utc_now())

    def run(self, progress: Progress) -> Counter[str]:
        """Tell of each of them."""
        return tokens.tell(self._bridge.store, self._bridge.settings, utc_now())
