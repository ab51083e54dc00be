"""Finding statements again: one by its id, or page after page of those that pass filters.

Statements are told in the order in which they were stored, newest first unless it is asked
otherwise. The ``seq`` of the last one that was told is where the next page begins, so that
pages fit together whatever arrives meanwhile (Communication 2.1.3, Data 2.5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, exists, select, union

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.engine import Store
from lms_bridge.store.places import moment_of, place_of
from lms_bridge.store.schema import statement_keys, statements, voidings
from lms_bridge.store.types import AnyRow
from xapi import parse_statement
from xapi.completing import Assigned, completed
from xapi.query import StatementsQuery
from xapi.reading import Received
from xapi.times import format_timestamp
from xapi.versions import Version

_SLICE = 20
"""how many statements are read at once, so that the first go out before the last are read"""


class Page(NamedTuple):
    """Which statements are to be told, in order, and whether more follow."""

    seqs: list[int]
    more: bool


class Told(NamedTuple):
    """A statement as it is told in the format ``exact``."""

    stored: dt.datetime
    content: bytes


class Reader:
    """Finds statements in `store`; `fallback` is the authority of those that have none."""

    def __init__(self, store: Store, fallback: bytes) -> None:
        self._store = store
        self._fallback = fallback

    def one(self, statement_id: str, *, voided: bool, sender: str | None = None) -> Told | None:
        """The statement with this id, if it is, or is not, `voided`; only of `sender` if given."""
        is_voided = exists().where(voidings.c.statement_id == statements.c.id)
        query = _told().where(statements.c.id == statement_id, is_voided if voided else ~is_voided)
        if sender is not None:
            query = query.where(statements.c.sender == sender)
        with self._store.reading() as db:
            row = db.execute(query).one_or_none()
        return None if row is None else self._complete(row)

    def page(
        self, query: StatementsQuery, *, after: int | None, most: int, sender: str | None = None
    ) -> Page:
        """The next `most` statements that pass `query`, after the one that was told last."""
        with self._store.reading() as db:
            seqs = _found(db, query, after=after, most=most + 1, sender=sender)
        return Page(seqs[:most], len(seqs) > most)

    def read(self, seqs: Sequence[int]) -> Iterator[Told]:
        """The statements with these places, in this order, a few at a time."""
        for start in range(0, len(seqs), _SLICE):
            some = seqs[start : start + _SLICE]
            with self._store.reading() as db:
                rows = db.execute(_told().where(statements.c.seq.in_(some))).all()
            by_seq = {row.seq: row for row in rows}
            yield from (self._complete(by_seq[seq]) for seq in some)

    def _complete(self, row: AnyRow) -> Told:
        version = Version(row.version)
        stored = moment_of(row.seq)
        received = Received(row.raw, parse_statement(row.raw, version=None))
        assigned = Assigned(
            stored=format_timestamp(stored),
            authority=row.authority or self._fallback,
            version=version,
        )
        return Told(stored, completed(received, row.id, assigned))


def _told() -> Select[tuple[int, str, bytes, str, bytes]]:
    return select(
        statements.c.seq,
        statements.c.id,
        statements.c.raw,
        statements.c.version,
        statements.c.authority,
    )


def _found(
    db: Connection, query: StatementsQuery, *, after: int | None, most: int, sender: str | None
) -> list[int]:
    """The places of the first `most` statements that pass `query`, in order."""
    conditions = list(_conditions(query, sender))
    if not conditions:
        unvoided = ~exists().where(voidings.c.statement_id == statements.c.id)
        chosen = select(statements.c.seq).where(unvoided)
        return list(db.scalars(_limited(chosen, statements.c.seq, query, after, most)))
    first, *others = conditions
    branches = []
    for number in first:
        driving = statement_keys.alias()
        chosen = select(driving.c.seq).where(driving.c.key == number)
        for numbers in others:
            other = statement_keys.alias()
            chosen = chosen.where(
                exists().where(other.c.key.in_(numbers), other.c.seq == driving.c.seq)
            )
        branches.append(_limited(chosen, driving.c.seq, query, after, most))
    if len(branches) == 1:
        return list(db.scalars(branches[0]))
    # Each in order and no longer than the answer, so that neither database sorts more than that.
    together = union(*(select(branch.subquery()) for branch in branches)).subquery()
    place = together.c.seq
    in_order = place if query.ascending else place.desc()
    return list(db.scalars(select(place).order_by(in_order).limit(most)))


def _limited(
    chosen: Select[tuple[int]],
    place: ColumnElement[int],
    query: StatementsQuery,
    after: int | None,
    most: int,
) -> Select[tuple[int]]:
    """The first `most` of the statements `chosen` by what `query` says of time and order."""
    if query.since:
        chosen = chosen.where(place > place_of(query.since))
    if query.until:
        chosen = chosen.where(place <= place_of(query.until))
    if after is not None:
        chosen = chosen.where(place > after if query.ascending else place < after)
    return chosen.order_by(place if query.ascending else place.desc()).limit(most)


def _conditions(query: StatementsQuery, sender: str | None) -> Iterator[tuple[int, ...]]:
    """What a statement must have: one key of each group; those that fewest have come first."""
    if query.registration:
        yield (key(Kind.REGISTRATION, query.registration),)
    if query.agent:
        direct = key(Kind.AGENT, query.agent)
        related = key(Kind.RELATED_AGENT, query.agent)
        yield (direct, related) if query.related_agents else (direct,)
    if query.activity:
        direct = key(Kind.ACTIVITY, query.activity)
        related = key(Kind.RELATED_ACTIVITY, query.activity)
        yield (direct, related) if query.related_activities else (direct,)
    if query.verb:
        yield (key(Kind.VERB, query.verb),)
    if sender is not None:
        yield (key(Kind.SENDER, sender),)
