"""Taking statements in: durable, together with the work they cause, before the answer.

All that the web threads have received meanwhile is written in one transaction
(:class:`~lms_bridge.store.group_commit.GroupCommit`), the statements as they came, byte for byte.
That they are there is the work: whoever has to read them knows how far it has come
(:mod:`lms_bridge.store.marks`). Nothing is looked at here beyond the ids: a valid statement is
never refused for reasons of ours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeAlias

import msgspec
import structlog
from sqlalchemy import Connection, select

from lms_bridge.store.at_once import MOST, Appender, Row
from lms_bridge.store.engine import Store, vouch
from lms_bridge.store.group_commit import GroupCommit
from lms_bridge.store.many import among, append
from lms_bridge.store.places import next_place
from lms_bridge.store.promptly import Promptly
from lms_bridge.store.schema import statements
from xapi import Received, canonical_uuid, new_uuid, same_statement
from xapi.versions import Version

log = structlog.get_logger(__name__)


class Conflict(Exception):
    """A statement with this id is stored already and says something else (Data 2.2, 409)."""

    def __init__(self, index: int | None, statement_id: str) -> None:
        self.index = index
        """its place in the request, counted from 0; None if it is the request's only one"""
        self.statement_id = statement_id
        place = "$.id" if index is None else f"statement {index}, $.id"
        super().__init__(
            f"{place}: another statement is stored under {statement_id}, and a statement cannot"
            " be changed (xAPI 1.0.3 Communication 2.1.2)"
        )


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where the statements of a request come from."""

    sender: str
    authority: bytes | None = None
    """who vouches for them, an Agent as JSON"""
    version: Version = Version.V1_0
    """the edition that the request speaks"""


Request: TypeAlias = list[Row]
"""the statements of one request; all are stored, or none"""


class Intake:
    """Stores the statements of many threads in few commits."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], dt.datetime],
        new_id: Callable[[], str] = new_uuid,
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._promptly = Promptly(store)
        self._appender = Appender(store)
        self._commits = GroupCommit[Request, None](
            store, self._write, at_once=self._write_at_once, name="intake", threads=1
        )

    def store(
        self, origin: Origin, received: Sequence[Received], *, under: str | None = None
    ) -> list[str]:
        """Store the statements of one request; returns their ids, in order, after the commit.

        `under` is the id under which it tells of its only statement, if it says that.

        A statement that is there already is left as it is. Raises :exc:`Conflict` when one
        is there with other content; then none of the request is stored.
        """
        ids, request = self.request(origin, received, under=under)
        if request:
            self._commits.submit(request)
        log.debug("statements stored", sender=origin.sender, statement=ids)
        return ids

    def request(
        self, origin: Origin, received: Sequence[Received], *, under: str | None = None
    ) -> tuple[list[str], Request]:
        """What :meth:`hand_in` takes of one request, and the ids of its statements."""
        new = [(under or one.statement.id or self._new_id(), one.raw) for one in received]
        return [its_id for its_id, _ in new], _rows(origin, new)

    def stored_promptly(self, requests: Iterable[Request]) -> bool:
        """Store the statements of all `requests`, if that keeps this thread from nothing else.

        It is for the one thread that speaks to everybody. If the answer is no, nothing was stored,
        and they are to be handed in.
        """
        if not self._promptly.is_possible:
            return False
        return self._promptly.append(list(chain.from_iterable(requests)), now=self._clock())

    def hand_in(
        self, requests: Iterable[tuple[Request, Callable[[BaseException | None], object]]]
    ) -> None:
        """Have the statements of each request stored, as :meth:`store` does, without waiting.

        The one that comes with it is called after the commit, by another thread, with what
        :meth:`store` would raise or None
        (:meth:`~lms_bridge.store.group_commit.GroupCommit.hand_in`).
        """
        self._commits.hand_in(requests)

    def close(self) -> None:
        """Store what is waiting, then stop."""
        self._promptly.close()
        self._commits.close()
        self._appender.close()

    def _write_at_once(self, requests: Sequence[Request]) -> Sequence[None] | None:
        """Store everything, if there is none of it yet; that is so nearly always."""
        rows = list(chain.from_iterable(requests))
        if len(rows) > MOST or not self._appender.append(rows, now=self._clock()):
            return None
        return [None] * len(requests)

    def _write(self, db: Connection, requests: Sequence[Request]) -> list[Exception | None]:
        """Store what is not there yet, except for requests that say something else of what is."""
        place = next_place(db, self._clock())
        known = _stored(db, [row[0] for row in chain.from_iterable(requests)])
        answers: list[Exception | None] = []
        rows: list[Row] = []
        for request in requests:
            conflict = _conflict(request, known)
            answers.append(conflict)
            if conflict is None:
                new = [row for row in request if row[0] not in known]
                known |= {row[0]: row[2] for row in new}
                rows += new
        _append(db, place, rows)
        vouch(db)  # that those are there that were there already
        return answers


def put(
    db: Connection, origin: Origin, new: Sequence[tuple[str, bytes]], *, now: dt.datetime
) -> None:
    """Store `new` statements, (id, statement), whose ids nobody else has, in this transaction.

    Whoever else stores statements waits until it ends.
    """
    if new:
        _append(db, next_place(db, now), _rows(origin, new))


def _append(db: Connection, place: int, rows: Sequence[Row]) -> None:
    """Store `rows`, of which the first gets that `place`."""
    if rows:
        append(db, statements, [(place + number, *row) for number, row in enumerate(rows)])


def _rows(origin: Origin, new: Iterable[tuple[str, bytes]]) -> list[Row]:
    """The rows of the table for `new` statements, without their places."""
    sender, version, authority = origin.sender, origin.version.value, origin.authority
    return [(canonical_uuid(its_id), sender, raw, version, authority) for its_id, raw in new]


def _stored(db: Connection, ids: Sequence[str]) -> dict[str, bytes]:
    query = select(statements.c.id, statements.c.raw).where(among(statements.c.id, ids))
    return {row.id: row.raw for row in db.execute(query)}


def _conflict(request: Request, known: dict[str, bytes]) -> Conflict | None:
    for index, (statement_id, _, raw, *_) in enumerate(request):
        stored = known.get(statement_id)
        # Of one that was removed nobody can say any more what it said.
        if stored and stored != raw and not same_statement(stored, raw):
            return Conflict(index if len(request) > 1 else None, statement_id)
    return None
