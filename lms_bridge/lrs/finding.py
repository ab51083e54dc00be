"""Finding statements again: one by its id, or page after page of those that pass filters.

Statements are told in the order in which they were stored, newest first unless it is asked
otherwise. The ``seq`` of the last one that was told is where the next page begins, so that
pages fit together whatever arrives meanwhile (Communication 2.1.3, Data 2.5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, case, exists, select

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.lrs.searching import COLUMNS, Condition, Found, Search, Span
from lms_bridge.store.engine import Store
from lms_bridge.store.places import moment_of, place_of
from lms_bridge.store.removed import IS_THERE
from lms_bridge.store.schema import statements, voidings
from xapi.completing import Assigned, completed
from xapi.query import StatementsQuery
from xapi.times import format_timestamp
from xapi.versions import Version

_VERSIONS = {version.value: version for version in Version}
_SLICE = 50
"""how many statements are read at once, so that the first go out before the last are read"""


class Told(NamedTuple):
    """A statement as it is told in the format ``exact``."""

    stored: dt.datetime
    content: bytes


class Page:
    """Statements that pass a query, to be told once, a few at a time.

    The first of them have been read when it is there.
    """

    def __init__(self, reader: Reader, search: Search, most: int) -> None:
        self._tell = reader.told
        self._search = search
        self._left = most
        self._read = self._next()

    def __iter__(self) -> Iterator[list[bytes]]:
        while self._read:
            # One may have been removed since it was found.
            yield [self._tell(row).content for row in self._read if row[2]]
            self._read = self._next()

    @property
    def is_read(self) -> bool:
        """Whether all of it has been read."""
        return not self._left or self._search.is_over

    @property
    def last(self) -> int | None:
        """When all have been told: the place after which more follow, None if none do."""
        return self._search.last

    def _next(self) -> list[Found]:
        if self.is_read:
            return []
        rows = self._search.next(min(_SLICE, self._left))
        self._left -= len(rows)
        return rows


class Reader:
    """Finds statements in `store`; `fallback` is the authority of those that have none."""

    def __init__(self, store: Store, fallback: bytes) -> None:
        self._store = store
        self._fallback = fallback

    def one(self, statement_id: str, *, voided: bool, sender: str | None = None) -> Told | None:
        """The statement with this id, if it is, or is not, `voided`; only of `sender` if given."""
        rows = self._store.ask(
            _BY_ID, {"id": statement_id, "voided": voided, "sender": sender or ""}
        )
        return self.told(rows[0]) if rows else None

    def page(
        self, query: StatementsQuery, *, after: int | None, most: int, sender: str | None = None
    ) -> Page:
        """The next `most` statements that pass `query`, after the one that was told last.

        There can be fewer of them and more to follow, when they are far between.
        """
        return Page(self, search(self._store, query, after, sender), most)

    def told(self, row: Found) -> Told:
        """The statement in `row`."""
        seq, id, raw, version, authority = row
        stored = moment_of(seq)
        assigned = Assigned(
            stored=format_timestamp(stored),
            authority=authority or self._fallback,
            version=_VERSIONS[version],
        )
        return Told(stored, completed(raw, id, assigned))


_IS_VOIDED = exists().where(voidings.c.statement_id == statements.c.id)
_BY_ID = select(*COLUMNS).where(
    statements.c.id == bindparam("id"),
    IS_THERE,
    case((_IS_VOIDED, 1), else_=0) == bindparam("voided", type_=Integer),
    bindparam("sender").in_(["", statements.c.sender]),
)


def search(
    store: Store, query: StatementsQuery, after: int | None, sender: str | None = None
) -> Search:
    """The search for what `query` asks for, after the statement that was told last."""
    return Search(store, list(_conditions(query, sender)), _span(query, after))


def _span(query: StatementsQuery, after: int | None) -> Span:
    """The places that `query` asks for, those that follow the place `after`."""
    span = Span(ascending=query.ascending)
    if query.since:
        span = span._replace(low=place_of(query.since))
    if query.until:
        span = span._replace(high=place_of(query.until))
    return span if after is None else span.beyond(after)


def _conditions(query: StatementsQuery, sender: str | None) -> Iterator[Condition]:
    """The keys that a statement must have; those that are usually rarest come first."""
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
