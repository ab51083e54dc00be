"""Letting go of what was kept for long enough, a few rows in each transaction.

Nothing goes that causes work, however old it is: a statement stays as long as a reader has not come
to it (recognition, the index, each LRS that statements are forwarded to), as what was seen in it
waits for anybody, and as what it has led to is not delivered or given up. Of a statement that
goes the text goes (:mod:`lms_bridge.store.removed`), and with it what was seen in it, unless that
tells of a completion: the story of a completion is told without the text as well. Completions,
deliveries and the audit log are never old enough.

Statements of those who were erased, which came in later, go whatever their age.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    true,
)

from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.forwarding.outgoing import remote_of
from lms_bridge.lrs import removing
from lms_bridge.people.erased import ERASED
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.retention.lengths import before
from lms_bridge.store import marks
from lms_bridge.store.engine import Store
from lms_bridge.store.many import among
from lms_bridge.store.places import place_of
from lms_bridge.store.removed import IS_THERE
from lms_bridge.store.schema import (
    IS_UNANNOUNCED,
    accesses,
    attempts,
    deliveries,
    documents,
    job_runs,
    sightings,
    statements,
    unforwarded,
)
from xapi import vocabulary

_AT_ONCE = 200
"""rows of one transaction: few, so that whoever stores statements does not wait for long"""
_SETTLED = (State.DONE, State.CANCELLED)
_UNDER_WAY = (SightingState.NEW, SightingState.ASKING, SightingState.ATTENTION)


class Sweeper:
    """Lets go of what `settings` say is not kept."""

    def __init__(
        self, store: Store, settings: Settings, *, clock: Callable[[], dt.datetime]
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def run(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Let go of all that is old, or until `go_on` says no; how many of each."""
        counts: Counter[str] = Counter()
        for name, removed in self._steps():
            counts[name] += removed
            if not go_on(counts.total()):
                break
        return counts

    def _steps(self) -> Iterator[tuple[str, int]]:
        now, kept = self._clock(), self._settings.retention
        yield from self._statements(_of_erased())
        if old := before(kept.statements, now):
            yield from self._statements(statements.c.seq < place_of(old))
        tables: Sequence[tuple[str, str, Table, Column[dt.datetime], ColumnElement[bool]]] = (
            ("documents", kept.documents, documents, documents.c.stored, true()),
            ("attempts", kept.attempts, attempts, attempts.c.finished_at, _is_settled()),
            ("accesses", kept.accesses, accesses, accesses.c.at, true()),
            ("job_runs", kept.job_runs, job_runs, job_runs.c.started_at, _is_over()),
        )
        for name, length, table, at, which in tables:
            if old := before(length, now):
                yield from self._rows(name, table, and_(at < old, which))

    def _rows(
        self, name: str, table: Table, which: ColumnElement[bool]
    ) -> Iterator[tuple[str, int]]:
        while True:
            with self._store.writing() as db:
                ids = db.scalars(select(table.c.id).where(which).limit(_AT_ONCE)).all()
                db.execute(delete(table).where(among(table.c.id, ids)))
            if not ids:
                return
            yield name, len(ids)

    def _statements(self, which: ColumnElement[bool]) -> Iterator[tuple[str, int]]:
        after = 0
        while True:
            with self._store.reading() as db:
                free = and_(which, statements.c.seq > after, self._causes_no_work(db))
                query = select(statements.c.seq).where(free).order_by(statements.c.seq)
                seqs = db.scalars(query.limit(_AT_ONCE)).all()
            if not seqs:
                return
            after = seqs[-1]
            yield "statements", self._remove(seqs)

    def _remove(self, seqs: Sequence[int]) -> int:
        with self._store.writing() as db:
            # A new look: what is judged anew in between is not to lose its text.
            free = and_(among(statements.c.seq, seqs), self._causes_no_work(db))
            still = db.scalars(select(statements.c.seq).where(free)).all()
            removed = removing.remove(db, still)
            # A voiding counts also for what comes in after it.
            voids = func.coalesce(sightings.c.verb, "") == vocabulary.VOIDED
            db.execute(
                delete(sightings).where(
                    among(sightings.c.statement_seq, still),
                    sightings.c.completion_id.is_(None),
                    ~voids,
                )
            )
        return removed

    def _causes_no_work(self, db: Connection) -> ColumnElement[bool]:
        """That a statement has its text, and nobody needs it any more."""
        readers = ["index", "recognition", *map(remote_of, self._settings.forward)]
        through = min(marks.read_through(db, reader) for reader in readers)
        place = statements.c.seq
        open_ = exists().where(
            deliveries.c.completion_id == sightings.c.completion_id,
            # Or the bridge is still to say that it is done: who it is stands in the statement.
            or_(deliveries.c.state.not_in(_SETTLED), text(IS_UNANNOUNCED)),
        )
        waits = exists().where(
            sightings.c.statement_seq == place, or_(sightings.c.state.in_(_UNDER_WAY), open_)
        )
        refused = exists().where(
            unforwarded.c.seq == place,
            unforwarded.c.remote.in_([remote_of(name) for name in self._settings.forward]),
            unforwarded.c.state != State.CANCELLED,
        )
        return and_(IS_THERE, place <= through, ~waits, ~refused)


def _of_erased() -> ColumnElement[bool]:
    return exists().where(
        sightings.c.statement_seq == statements.c.seq, sightings.c.reason_code == ERASED
    )


def _is_settled() -> ColumnElement[bool]:
    return exists().where(
        deliveries.c.id == attempts.c.delivery_id, deliveries.c.state.in_(_SETTLED)
    )


def _is_over() -> ColumnElement[bool]:
    return job_runs.c.outcome != "running"
