"""Putting statements under the keys by which filters find them (Communication 2.1.3).

A statement is answered as soon as it is on disk; it is *indexed* afterwards, by whoever asks
for statements next (:func:`catch_up`), so that the sender does not wait for what only a reader
needs. Until then it lies beyond the mark of the index (:mod:`lms_bridge.store.marks`).

What refers to a statement is found by all that finds the statement, whichever of the two came
first, and over any number of references in a row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store import marks
from lms_bridge.store.engine import Store, alone, insert
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import (
    activities,
    agents,
    statement_keys,
    statement_targets,
    statements,
    voidings,
)
from lms_bridge.store.types import AnyRow
from xapi import Agent, Group, Statement, actor_key, parse_statement, vocabulary
from xapi.actor import Actor
from xapi.definitions import definitions_in, merged_definition
from xapi.keys import Keys, agent_keys, keys_of

_READER = "index"
_AT_ONCE = 500
_MOST_NAMES = 100
"""how many names of one Agent are kept; somebody who is renamed with each statement is none"""

_COLUMNS = (
    statements.c.seq,
    statements.c.id,
    statements.c.raw,
    statements.c.sender,
    statements.c.authority,
)


def catch_up(store: Store) -> None:
    """Index all statements that were stored before this was called."""
    for _ in catch_up_in_steps(store):
        pass


def catch_up_in_steps(store: Store) -> Iterator[int]:
    """Do so, a transaction at a time; yields how many statements each has indexed."""
    with store.reading() as db:
        last = db.scalar(select(func.max(statements.c.seq)).where(is_unindexed()))
    while last is not None:
        with store.writing() as db:
            alone(db, "indexing")
            query = (
                select(*_COLUMNS)
                .where(is_unindexed(), statements.c.seq <= last)
                .order_by(statements.c.seq)
                .limit(_AT_ONCE)
            )
            rows = db.execute(query).all()
            for row in rows:
                _Indexing(db).add(row)
            if rows:
                marks.move(db, _READER, rows[-1].seq)
        if rows:
            yield len(rows)
        if len(rows) < _AT_ONCE:
            return


def is_unindexed() -> ColumnElement[bool]:
    """That no filter finds the statement yet."""
    return marks.is_unread(_READER)


def any_unindexed(db: Connection) -> bool:
    """Whether some statement is not indexed."""
    return marks.any_unread(db, _READER)


def consistent_through(db: Connection, now: dt.datetime) -> dt.datetime:
    """Up to when all statements that were stored can be found (Communication 2.1.3)."""
    oldest = marks.first_unread(db, _READER)
    return now if oldest is None else moment_of(oldest)


class _Indexing:
    """Indexes one statement."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, row: AnyRow) -> None:
        statement = parse_statement(row.raw, version=None)
        keys = _keys(statement, row)
        found_by = self._found_by(keys, row.sender)
        if keys.target is not None:
            self._refer(row, statement, keys.target)
        if statement.verb.id == vocabulary.VOIDED:
            # Nothing voids a voiding; one that came before it has no effect (Data 2.3.2).
            self._db.execute(delete(voidings).where(voidings.c.statement_id == row.id))
        if not self._is_voided(row.id):
            self._put(row.seq, found_by)
        # The sender of this one is not who vouches for those that refer to it.
        inherited = found_by - {key(Kind.SENDER, row.sender)}
        for seq, statement_id in self._referrers(row.id, {row.id}):
            if not self._is_voided(statement_id):
                self._put(seq, inherited)
        self._learn(row.raw, statement)

    def _refer(self, row: AnyRow, statement: Statement, target: str) -> None:
        values = {"target": target, "seq": row.seq}
        put = insert(self._db, statement_targets).values(values).on_conflict_do_nothing()
        self._db.execute(put)
        if statement.verb.id == vocabulary.VOIDED:
            self._void(target, row.seq)

    def _void(self, target: str, by_seq: int) -> None:
        row = self._statement(target)
        if row is not None:
            voided = parse_statement(row.raw, version=None)
            if voided.verb.id == vocabulary.VOIDED:
                return
            found_by = self._found_by(_keys(voided, row), row.sender)
            self._db.execute(
                delete(statement_keys).where(
                    statement_keys.c.seq == row.seq, statement_keys.c.key.in_(found_by)
                )
            )
        values = {"statement_id": target, "by_seq": by_seq}
        self._db.execute(insert(self._db, voidings).values(values).on_conflict_do_nothing())

    def _found_by(self, keys: Keys, sender: str) -> set[int]:
        """By which keys a statement is found: its own, and those of what it refers to."""
        behind = self._keys_behind(keys.target) if keys.target is not None else set()
        return behind.union(_numbers(keys, sender))

    def _keys_behind(self, target: str) -> set[int]:
        """By which keys the statement `target`, and what that refers to in turn, are found."""
        found: set[int] = set()
        seen: set[str] = set()
        following: str | None = target
        while following is not None and following not in seen:
            seen.add(following)
            row = self._statement(following)
            if row is None:
                break
            keys = _keys(parse_statement(row.raw, version=None), row)
            found.update(_numbers(keys))
            following = keys.target
        return found

    def _referrers(self, target: str, seen: set[str]) -> Iterator[tuple[int, str]]:
        """All that refers to `target`, directly or by way of others."""
        query = (
            select(statements.c.seq, statements.c.id)
            .join(statement_targets, statement_targets.c.seq == statements.c.seq)
            .where(statement_targets.c.target == target)
        )
        for seq, statement_id in self._db.execute(query).all():
            if statement_id not in seen:
                seen.add(statement_id)
                yield seq, statement_id
                yield from self._referrers(statement_id, seen)

    def _statement(self, statement_id: str) -> AnyRow | None:
        return self._db.execute(select(*_COLUMNS).where(statements.c.id == statement_id)).first()

    def _is_voided(self, statement_id: str) -> bool:
        query = select(voidings.c.by_seq).where(voidings.c.statement_id == statement_id)
        return self._db.execute(query).first() is not None

    def _put(self, seq: int, numbers: Iterable[int]) -> None:
        rows = [{"key": number, "seq": seq} for number in sorted(numbers)]
        self._db.execute(insert(self._db, statement_keys).on_conflict_do_nothing(), rows)

    def _learn(self, raw: bytes, statement: Statement) -> None:
        """Keep what the statement tells of Activities and of what Agents are called."""
        for activity, told in definitions_in(raw).items():
            number = key(Kind.ACTIVITY, activity)
            query = select(activities.c.definition).where(activities.c.key == number)
            known: bytes | None = self._db.scalar(query)
            merged = merged_definition(known, told)
            if merged != known:
                self._know(activities, number, definition=merged)
        for actor in (statement.actor, statement.object):
            if isinstance(actor, Agent | Group) and actor.name:
                self._learn_name(actor, actor.name)

    def _learn_name(self, actor: Actor, name: str) -> None:
        known_as = actor_key(actor)
        if known_as is None:
            return
        number = key(Kind.AGENT, known_as)
        names: list[str] = (
            self._db.scalar(select(agents.c.names).where(agents.c.key == number)) or []
        )
        if name in names or len(names) >= _MOST_NAMES:
            return
        self._know(agents, number, names=[*names, name])

    def _know(self, table: Table, number: int, **values: Any) -> None:
        put = insert(self._db, table).values(key=number, **values)
        self._db.execute(put.on_conflict_do_update(index_elements=["key"], set_=values))


def _keys(statement: Statement, row: AnyRow) -> Keys:
    if row.authority is None:
        return keys_of(statement)
    authority = msgspec.json.decode(row.authority, type=Agent)
    return keys_of(statement, agent_keys(authority))


def _numbers(keys: Keys, sender: str | None = None) -> Iterator[int]:
    yield key(Kind.VERB, keys.verb)
    for agent in keys.agents:
        yield key(Kind.AGENT, agent)
    for agent in (*keys.agents, *keys.related_agents):
        yield key(Kind.RELATED_AGENT, agent)
    for activity in keys.activities:
        yield key(Kind.ACTIVITY, activity)
    for activity in (*keys.activities, *keys.related_activities):
        yield key(Kind.RELATED_ACTIVITY, activity)
    if keys.registration is not None:
        yield key(Kind.REGISTRATION, keys.registration)
    if sender is not None:
        yield key(Kind.SENDER, sender)
