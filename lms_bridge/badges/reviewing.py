"""Reviewing everybody whose badges are to be looked at, a few people in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from lms_bridge.badges import reviews
from lms_bridge.badges.awards import Platforms, Reviewer
from lms_bridge.badges.in_force import Shelf
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.step import Clock
from lms_bridge.store.engine import Store, alone

_AT_ONCE = 25
"""people; more would keep the web service waiting"""


class Reviewing:
    """Brings the awards of a bridge with these `settings` in line with what people learn."""

    def __init__(self, store: Store, settings: Settings, *, clock: Clock) -> None:
        self._store = store
        self._platforms = Platforms(tuple(settings.lms))
        self._zone = ZoneInfo(settings.time_zone)
        self._clock = clock
        self._shelf = Shelf()

    def has_work(self) -> bool:
        """Whether anybody is to be looked at."""
        with self._store.reading() as db:
            return reviews.is_any(db)

    def ask_for_everybody(self, db: Connection) -> int:
        """Have everybody who has learned anything looked at again; how many wait by then."""
        reviews.ask_for_everybody(db, self._clock())
        return reviews.how_many(db)

    def run(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Look at all of them, or until `go_on` says no; how much of what was changed."""
        counts: Counter[str] = Counter()
        done = 0
        while some := self._some(counts):
            done += some
            if not go_on(done):
                break
        return counts

    def _some(self, counts: Counter[str]) -> int:
        now = self._clock()
        today = now.astimezone(self._zone).date()
        with self._store.writing() as db:
            alone(db, reviews.AWARDING)
            people = reviews.take(db, _AT_ONCE)
            if people:
                badges = self._shelf.badges(db)
                reviewer = Reviewer(db, badges, self._platforms, today=today, now=now)
                counts.update(reviewer.review(people))
        return len(people)
