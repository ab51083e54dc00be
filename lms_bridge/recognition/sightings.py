"""What has been seen in each statement, and where the thinking about it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import Connection, and_, or_, update

from lms_bridge.store.schema import sightings


class SightingState(StrEnum):
    """Where a sighting stands."""

    NEW = "new"
    """to be judged"""
    ASKING = "asking"
    """the LMS is to be asked who it is"""
    RECOGNISED = "recognised"
    """tells of a completion"""
    NONE = "none"
    """tells of no completion; the reason says why"""
    ATTENTION = "attention"
    """a completion that waits for a person: an unknown course, an account without a NIP"""


def reconsider(db: Connection, *, objects: Iterable[str] = ()) -> int:
    """Judge anew everything that waits for a person, and every statement about one of `objects`.

    Called when the catalogue, the mapping of people or the configuration has changed; how
    many sightings are judged again. What was pulled from the LMS is judged at the next pull.
    """
    about = list(objects)
    changed = db.execute(
        update(sightings)
        .where(
            sightings.c.statement_seq.is_not(None),
            or_(
                sightings.c.state == SightingState.ATTENTION,
                and_(
                    sightings.c.state == SightingState.NONE,
                    sightings.c.object_id.in_(about),
                    sightings.c.reason_code != "voided",
                ),
            ),
        )
        .values(state=SightingState.NEW, due_at=None)
    )
    return changed.rowcount


def reconsider_due(db: Connection, now: dt.datetime) -> int:
    """Judge anew what was to be asked again about now."""
    changed = db.execute(
        update(sightings)
        .where(sightings.c.state == SightingState.ATTENTION, sightings.c.due_at <= now)
        .values(state=SightingState.NEW, due_at=None)
    )
    return changed.rowcount
