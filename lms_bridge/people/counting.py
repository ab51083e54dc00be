"""Adding up the JP of those of whom something has changed, a few people in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from lms_bridge.people import sums
from lms_bridge.people.changed import HOURS
from lms_bridge.store.engine import Store

_AT_ONCE = 50
"""people; more would keep the web service waiting"""


class Counting:
    """Keeps the sums of a bridge true to what people have learned."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def has_work(self) -> bool:
        """Whether anybody's are to be added up."""
        with self._store.reading() as db:
            return HOURS.is_any(db)

    def run(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Add up all of them, or until `go_on` says no; of how many people."""
        counts: Counter[str] = Counter()
        while some := self._some():
            counts["people"] += some
            if not go_on(counts["people"]):
                break
        return counts

    def _some(self) -> int:
        with self._store.writing() as db:
            people = HOURS.take(db, _AT_ONCE)
            if people:
                sums.count(db, people)
        return len(people)
