"""Learning from statements what Activities are and what Agents are called.

Nearly every statement says again what is known already. So what was told lately is remembered,
and the database is asked and written only when there is news:

>>> learning = Learning()
>>> learning.learn(db, outlines)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.engine import insert
from lms_bridge.store.many import among
from lms_bridge.store.schema import activities, agents
from xapi import actor_key
from xapi.definitions import definitions_in, merged_definition
from xapi.outline import Outline

_MOST_NAMES = 100
"""how many names of one Agent are kept; somebody who is renamed with each statement is none"""
_MOST_REMEMBERED = 10_000


class Learning:
    """Writes what statements tell; remembers of what it has written that it is no news.

    What is remembered is true as long as nobody else writes, and what was written stays.
    """

    def __init__(self) -> None:
        self._definitions: dict[str, set[bytes]] = {}
        """by Activity what adds nothing to what is known of it"""
        self._names: set[tuple[str, str]] = set()
        """the keys of Agents, and names under which they are known"""

    def forget(self) -> None:
        """Remember nothing any more: somebody else has written, or what was written was undone."""
        self._definitions.clear()
        self._names.clear()

    def learn(self, db: Connection, told: Iterable[Outline]) -> None:
        """Write what these statements tell, in this order, as far as it is news."""
        definitions: list[tuple[str, bytes]] = []
        changing: set[str] = set()
        names: list[tuple[str, str]] = []
        for statement in told:
            for activity, definition in definitions_in(statement).items():
                if activity in changing or definition not in self._definitions.get(activity, ()):
                    definitions.append((activity, definition))
                    changing.add(activity)
            names += (named for named in _named(statement) if named not in self._names)
        if definitions:
            self._learn_definitions(db, definitions)
        if names:
            self._learn_names(db, names)

    def _learn_definitions(self, db: Connection, told: Sequence[tuple[str, bytes]]) -> None:
        numbers = {activity: key(Kind.ACTIVITY, activity) for activity, _ in told}
        known = _values(db, activities, numbers.values())
        before = dict(known)
        for activity, definition in told:
            number = numbers[activity]
            merged = merged_definition(known.get(number), definition)
            if len(self._definitions) >= _MOST_REMEMBERED:
                self._definitions.clear()
            if merged != known.get(number):
                known[number] = merged
                self._definitions[activity] = set()
            self._definitions.setdefault(activity, set()).add(definition)
        _keep(db, activities, known, before)

    def _learn_names(self, db: Connection, told: Sequence[tuple[str, str]]) -> None:
        numbers = {agent: key(Kind.AGENT, agent) for agent, _ in told}
        known: dict[int, list[str]] = _values(db, agents, numbers.values())
        before = dict(known)
        for agent, name in told:
            names = known.get(numbers[agent], [])
            if name not in names and len(names) < _MOST_NAMES:
                known[numbers[agent]] = [*names, name]
            if len(self._names) >= _MOST_REMEMBERED:
                self._names.clear()
            self._names.add((agent, name))
        _keep(db, agents, known, before)


def _named(statement: Outline) -> Iterator[tuple[str, str]]:
    """The keys of the actor, and of an Agent or Group as the object, with their names."""
    for who in (statement.actor, statement.object):
        if who.name and (known_as := actor_key(who)):
            yield known_as, who.name


def _values(db: Connection, table: Table, numbers: Iterable[int]) -> dict[int, Any]:
    """By their keys what `table` has for them, as far as it has anything."""
    query = select(*table.c).where(among(table.c.key, set(numbers)))
    return dict(db.execute(query).all())


def _keep(db: Connection, table: Table, now: dict[int, Any], before: dict[int, Any]) -> None:
    """Write what has changed; the second column of `table` has the values."""
    _, value = table.columns
    rows = [
        {"key": number, value.name: new} for number, new in now.items() if before.get(number) != new
    ]
    if rows:
        put = insert(db, table)
        update = {value.name: put.excluded[value.name]}
        db.execute(put.on_conflict_do_update(index_elements=["key"], set_=update), rows)
