"""Erasing one person: what goes, what stays without saying whose it is, and that none comes back.

Name, NIP, accounts, statements, documents, histories and what rests on them go. What has to stay
so that nothing is written twice stays under a number that leads to nobody: completions, deliveries,
the numbers of registry rows. What a registry or an LMS has is theirs, and is not touched.

It is done in several transactions. Statements go first, in batches, as long as it is still known
whose they are; what says whose they are goes last and at once. So whenever it is interrupted, the
same command goes on where it ended.

>>> erasing.plan(store, 12)
Plan(statements=3, ...)
>>> erasing.erase(store, 12, actor, clock=utc_now)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.lrs import removing
from lms_bridge.people import erased
from lms_bridge.privacy import scrubbing, whose
from lms_bridge.recognition import sightings as recognition
from lms_bridge.store import marks
from lms_bridge.store.engine import Store
from lms_bridge.store.many import among
from lms_bridge.store.removed import IS_THERE
from lms_bridge.store.schema import (
    completions,
    deliveries,
    documents,
    employees,
    statements,
    upload_rows,
)

_AT_ONCE = 100
"""statements of one transaction"""
_OPEN = deliveries.c.state.not_in((State.DONE, State.CANCELLED))


class CannotErase(Exception):
    """Not now; the message is a sentence for a person."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done."""

    statements: int
    """whose texts are removed"""
    mentions: int
    """statements about others that name them, and stay"""
    documents: int
    completions: int
    """that stay under a number"""
    open_deliveries: int
    """that are given up"""
    running: int
    """that are under way at this moment, so that it cannot be done now"""
    in_files: int
    """rows of files for registries; the files themselves stay as they were made"""


def plan(db: Connection, employee_id: int) -> Plan:
    """What erasing that employee would do. Raises :exc:`CannotErase`."""
    if db.scalar(select(employees.c.id).where(_is(employee_id))) is None:
        raise CannotErase(f"employee {employee_id} was erased already")
    theirs = whose.whose(db, employee_id)
    mine = scrubbing.deliveries_of(employee_id)

    def count(which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(deliveries).where(mine, which)
        return db.execute(query).scalar_one()

    many = select(func.count()).select_from(completions)
    rows = select(func.count()).select_from(upload_rows)
    numbers = select(deliveries.c.id).where(mine)
    return Plan(
        statements=len(_there(db, theirs.statements)),
        mentions=len(theirs.mentions),
        documents=len(theirs.documents),
        completions=db.execute(many.where(completions.c.employee_id == employee_id)).scalar_one(),
        open_deliveries=count(_OPEN),
        running=count(deliveries.c.state == State.RUNNING),
        in_files=db.execute(rows.where(upload_rows.c.delivery_id.in_(numbers))).scalar_one(),
    )


def erase(
    store: Store, employee_id: int, actor: Actor, *, clock: Callable[[], dt.datetime]
) -> Plan:
    """Erase the employee, on the word of `actor`; what was done.

    What came in has been judged and indexed before. Raises :exc:`CannotErase`, and
    :exc:`~lms_bridge.people.erased.KeyMissing` before anything is done.
    """
    with store.reading() as db:
        erased.check_key(db)
        planned = plan(db, employee_id)
        theirs = whose.whose(db, employee_id)
    if planned.running:
        raise CannotErase("something is being delivered for them at this moment; try again")
    for start in range(0, len(theirs.statements), _AT_ONCE):
        _remove_texts(store, theirs.statements[start : start + _AT_ONCE], theirs)
    with store.writing() as db:
        recognition.hold(db)
        last = whose.whose(db, employee_id)
        if left := _there(db, last.statements):
            _see_that_they_were_read(db, left)
            removing.remove(db, left)
        if db.scalar(select(deliveries.c.id).where(_running(employee_id)).limit(1)):
            raise CannotErase("something is being delivered for them at this moment; try again")
        now = clock()
        erased.note(db, employee_id, scrubbing.names_of(db, last), now)
        db.execute(delete(documents).where(among(documents.c.id, last.documents)))
        scrubbing.scrub(db, last, now)
        audit.note(db, actor, "employee.erased", f"employee:{employee_id}", now=now)
    return planned


def _remove_texts(store: Store, seqs: Sequence[int], theirs: whose.Whose) -> None:
    with store.reading() as db:
        _see_that_they_were_read(db, seqs)
        # Looked for before: it takes as long as to look at all statements.
        ours = set(theirs.statements)
        told = removing.attached(db, seqs)
        alone = [sha2 for sha2 in told if not removing.told_by_others(db, sha2, ours)]
    with store.writing() as db:
        removing.remove(db, seqs)
        removing.remove_attachments(db, alone)


def _see_that_they_were_read(db: Connection, seqs: Sequence[int]) -> None:
    """Raises :exc:`CannotErase` for statements that the index or recognition has not read."""
    through = min(marks.read_through(db, reader) for reader in ("index", "recognition"))
    if max(seqs, default=0) > through:
        raise CannotErase("statements of theirs came in just now; try again in a minute")


def _there(db: Connection, seqs: Collection[int]) -> list[int]:
    query = select(statements.c.seq).where(among(statements.c.seq, seqs), IS_THERE)
    return list(db.scalars(query))


def _is(employee_id: int) -> ColumnElement[bool]:
    return and_(employees.c.id == employee_id, erased.IS_SOMEBODY)


def _running(employee_id: int) -> ColumnElement[bool]:
    return and_(scrubbing.deliveries_of(employee_id), deliveries.c.state == State.RUNNING)
