"""Sightings with their statements, read again from the bytes that were stored."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.recognition.seen import Seen, see
from lms_bridge.store.schema import sightings, statements
from xapi import Agent, Group, parse_statement


class Sighting(msgspec.Struct, frozen=True):
    """One person in one statement, and what the statement shows."""

    id: int
    role: str
    position: int
    statement_id: str
    statement_seq: int
    sender: str
    seen: Seen

    @property
    def actor(self) -> Agent | Group | None:
        """Whom it is about; None if the statement has no such person after all."""
        if self.role == "learner":
            return self.seen.actor
        teachers = self.seen.instructors
        return teachers[self.position] if self.position < len(teachers) else None


def read(db: Connection, which: Any, *, limit: int, events: frozenset[str]) -> list[Sighting]:
    """The first `limit` sightings that the condition `which` selects, in the order they came."""
    query = (
        select(
            sightings.c.id,
            sightings.c.role,
            sightings.c.position,
            statements.c.seq,
            statements.c.id.label("statement_id"),
            statements.c.sender,
            statements.c.stored,
            statements.c.raw,
        )
        .join(statements, sightings.c.statement_seq == statements.c.seq)
        .where(which)
        .order_by(sightings.c.id)
        .limit(limit)
    )
    return [
        Sighting(
            id=row.id,
            role=row.role,
            position=row.position,
            statement_id=row.statement_id,
            statement_seq=row.seq,
            sender=row.sender,
            seen=see(parse_statement(row.raw), stored=row.stored, events=events),
        )
        for row in db.execute(query).all()
    ]
