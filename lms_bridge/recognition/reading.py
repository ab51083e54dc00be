"""Sightings with the bytes of their statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, select

from lms_bridge.recognition.seen import Seen, see
from lms_bridge.store.places import moment_of
from lms_bridge.store.removed import IS_THERE
from lms_bridge.store.schema import sightings, statements
from xapi import Agent, Group, parse_statement


class Sighting(msgspec.Struct, frozen=True):
    """One person in one statement, as stored."""

    id: int
    role: str
    position: int
    completion_id: int | None
    """the completion that it was found to tell of before"""
    statement_id: str
    statement_seq: int
    sender: str
    raw: bytes
    reason_code: str | None = None
    """why it stood where it stood before"""

    def see(self, events: Collection[str]) -> Seen:
        """What the statement shows; see :func:`lms_bridge.recognition.seen.see`.

        Raises :exc:`~xapi.InvalidStatement` for what was taken in by an older rule.
        """
        statement = parse_statement(self.raw, version=None)  # it was held to its own
        return see(statement, stored=moment_of(self.statement_seq), events=events)

    def actor(self, seen: Seen) -> Agent | Group:
        """Whom of those in the statement it is about."""
        return seen.actor if self.role == "learner" else seen.instructors[self.position]


def first(limit: int, which: ColumnElement[bool]) -> Select[Any]:
    """The query of the first `limit` sightings `which`: as they are due, and as they came."""
    return (
        select(
            sightings.c.id,
            sightings.c.role,
            sightings.c.position,
            sightings.c.completion_id,
            statements.c.id,
            statements.c.seq,
            statements.c.sender,
            statements.c.raw,
            sightings.c.reason_code,
        )
        .join(statements, sightings.c.statement_seq == statements.c.seq)
        .where(which, IS_THERE)
        .order_by(sightings.c.due_at, sightings.c.id)
        .limit(limit)
    )


def read(db: Connection, query: Select[Any], values: Mapping[str, Any] = {}) -> list[Sighting]:
    """The sightings of `query`, made by :func:`first`, with these `values` of its parameters."""
    return [Sighting(*row) for row in db.execute(query, values)]
