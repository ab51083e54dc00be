"""The job ``index``: put statements under the keys by which filters find them.

Whoever asks for statements does so themselves; the job sees to it that there is never much left
to do then.
"""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.base import Progress
from lms_bridge.lrs import indexing


class Index:
    """Indexes the statements that nobody has asked for yet."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._store = bridge.store
        self._index = bridge.index

    def has_work(self) -> bool:
        """Whether a statement is not indexed."""
        with self._store.reading() as db:
            return indexing.any_unindexed(db)

    def run(self, progress: Progress) -> Counter[str]:
        """Index what was stored before now."""
        counts: Counter[str] = Counter()
        for indexed in self._index.in_steps():
            counts["indexed"] += indexed
            progress(counts["indexed"], None)
        return counts
