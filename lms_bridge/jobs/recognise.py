"""The job ``recognise``: judge what has come in."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import or_, select

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs.base import Progress
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.schema import sightings


class Recognise:
    """Judges new statements, and asks the LMS who the unknown accounts are."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether a statement is new, or a person is to be asked about now."""
        waits = sightings.c.state.in_([SightingState.ASKING, SightingState.ATTENTION])
        due = or_(
            sightings.c.due_at <= utc_now(),
            (sightings.c.state == SightingState.ASKING) & sightings.c.due_at.is_(None),
        )
        with self._bridge.store.reading() as db:
            new = select(sightings.c.id).where(sightings.c.state == SightingState.NEW).limit(1)
            if db.execute(new).first():
                return True
            return db.execute(select(sightings.c.id).where(waits, due).limit(1)).first() is not None

    def run(self, progress: Progress) -> Counter[str]:
        """Judge until nothing is new."""
        return self._bridge.recogniser.run()
