"""Statements that refer to others, and those that are voided.

What refers to a statement is found by all that finds the statement, whichever of the two came
first, and over any number of references in a row (Communication 2.1.3). A voided statement is
found by nothing, but what refers to it still is; a voiding cannot be voided (Data 2.3.2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, delete, select

from lms_bridge.lrs.looking import COLUMNS, Seen, look
from lms_bridge.store.engine import insert
from lms_bridge.store.many import among, put_all
from lms_bridge.store.removed import IS_THERE
from lms_bridge.store.schema import statement_keys, statement_targets, statements, voidings
from lms_bridge.store.types import AnyRow


def put(db: Connection, arrived: Sequence[Seen]) -> None:
    """Put the statements that have `arrived`, which are not indexed yet, under their keys."""
    web = _Web(db, arrived)
    web.note_targets()
    newly_voided = web.note_voidings()
    found = web.found()
    put_all(db, statement_keys, sorted(found))
    for one in newly_voided:
        web.let_go(one)


def let_go(db: Connection, leaving: Sequence[Seen]) -> None:
    """Let nothing find the statements that are `leaving`, nor take them for what refers to others.

    Their texts are there still; :func:`forget_above` follows when they are not.
    """
    web = _Web(db, leaving)
    for one in leaving:
        web.let_go(one)
        if one.target is not None:
            db.execute(
                delete(statement_targets).where(
                    statement_targets.c.target == one.target, statement_targets.c.seq == one.seq
                )
            )


def forget_above(db: Connection, left: Sequence[Seen]) -> None:
    """Let what refers to statements whose texts are gone be found by what it says itself."""
    _Web(db, []).forget_above(left)


class _Web:
    """Statements that have arrived, and those around them that are there already."""

    def __init__(self, db: Connection, arrived: Sequence[Seen]) -> None:
        self._db = db
        self._arrived = arrived
        self._known = {one.id: one for one in arrived}
        self._referring = [one for one in arrived if one.target is not None]
        wanted = _targets(arrived)
        while wanted := wanted - self._known.keys():
            found = [look(row) for row in self._rows(wanted)]
            self._known.update((one.id, one) for one in found)
            wanted = _targets(found)

    def note_targets(self) -> None:
        """Note what refers to what, for what arrives later."""
        rows = [{"target": one.target, "seq": one.seq} for one in self._referring]
        if rows:
            self._db.execute(insert(self._db, statement_targets).on_conflict_do_nothing(), rows)

    def note_voidings(self) -> list[Seen]:
        """Note what is voided by what; which of what was there is voided by it."""
        voiding = [one for one in self._referring if one.voids]
        if not voiding:
            return []
        # Nothing voids a voiding; one that came before it has no effect.
        ids = [one.id for one in voiding]
        self._db.execute(delete(voidings).where(among(voidings.c.statement_id, ids)))
        rows = []
        voided = []
        for one in voiding:
            assert one.target is not None
            target = self._known.get(one.target)
            if target is None or not target.voids:
                rows.append({"statement_id": one.target, "by_seq": one.seq})
                if target is not None:
                    voided.append(target)
        if rows:
            self._db.execute(insert(self._db, voidings).on_conflict_do_nothing(), rows)
        return voided

    def found(self) -> set[tuple[int, int]]:
        """Under which key which statement is found, because of those that have arrived."""
        above = self._references_to([one.id for one in self._arrived])
        referrers = (id for each in above.values() for id, _ in each)
        voided = self._voided({*(one.id for one in self._arrived), *referrers})
        found: set[tuple[int, int]] = set()
        for one in self._arrived:
            numbers = self._numbers(one)
            if one.id not in voided:
                found.update((number, one.seq) for number in numbers)
                found.add((one.sender, one.seq))
            # The sender of this one is not who vouches for those that refer to it.
            for id, seq in _all_above(one.id, above):
                if id not in voided:
                    found.update((number, seq) for number in numbers)
        return found

    def let_go(self, one: Seen) -> None:
        """Let nothing find this statement any more."""
        numbers = [*self._numbers(one), one.sender]
        self._db.execute(
            delete(statement_keys).where(
                statement_keys.c.seq == one.seq, among(statement_keys.c.key, numbers)
            )
        )

    def forget_above(self, left: Sequence[Seen]) -> None:
        """Take the keys of those that have `left` from what refers to them."""
        above = self._references_to([one.id for one in left])
        ids = {id for each in above.values() for id, _ in each}
        staying = {row.id: look(row) for row in self._rows(ids)} if ids else {}
        web = _Web(self._db, list(staying.values()))
        for one in left:
            for id, seq in _all_above(one.id, above):
                own = web._numbers(staying[id]) if id in staying else frozenset()
                self._db.execute(
                    delete(statement_keys).where(
                        statement_keys.c.seq == seq,
                        among(statement_keys.c.key, one.numbers - own),
                    )
                )

    def _numbers(self, one: Seen) -> frozenset[int]:
        """The keys of a statement, and of what it refers to, and of what that refers to."""
        if one.target is None:
            return one.numbers
        numbers: set[int] = set()
        passed: set[str] = set()
        following: Seen | None = one
        while following is not None and following.id not in passed:
            passed.add(following.id)
            numbers |= following.numbers
            following = self._known.get(following.target or "")
        return frozenset(numbers)

    def _rows(self, ids: Collection[str]) -> Sequence[AnyRow]:
        there = select(*COLUMNS).where(among(statements.c.id, ids), IS_THERE)
        return self._db.execute(there).all()

    def _references_to(self, ids: Iterable[str]) -> dict[str, list[_Referrer]]:
        """By the id of a statement what refers to it; of these as well, and so on."""
        found: dict[str, list[_Referrer]] = {}
        passed: set[str] = set()
        wanted = set(ids)
        while wanted:
            query = (
                select(statement_targets.c.target, statements.c.id, statements.c.seq)
                .join(statements, statements.c.seq == statement_targets.c.seq)
                .where(among(statement_targets.c.target, wanted))
            )
            passed |= wanted
            wanted = set()
            for target, id, seq in self._db.execute(query):
                found.setdefault(target, []).append((id, seq))
                wanted.add(id)
            wanted -= passed
        return found

    def _voided(self, ids: Collection[str]) -> set[str]:
        query = select(voidings.c.statement_id).where(among(voidings.c.statement_id, ids))
        return set(self._db.scalars(query))


def _targets(statements: Iterable[Seen]) -> set[str]:
    return {one.target for one in statements if one.target is not None}


_Referrer: TypeAlias = tuple[str, int]
"""id and place of a statement that refers to another"""


def _all_above(id: str, above: Mapping[str, Sequence[_Referrer]]) -> Iterator[_Referrer]:
    """All that refers to the statement with this id, directly or by way of others."""
    passed = {id}
    left = [id]
    while left:
        for referrer in above.get(left.pop(), ()):
            if referrer[0] not in passed:
                passed.add(referrer[0])
                left.append(referrer[0])
                yield referrer
