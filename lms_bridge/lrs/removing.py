"""Removing the texts of statements, so that nothing finds them any more (:mod:`.store.removed`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, LargeBinary, delete, func, literal, select, update

from lms_bridge.lrs import references
from lms_bridge.lrs.looking import COLUMNS, look
from lms_bridge.store.engine import alone
from lms_bridge.store.many import among
from lms_bridge.store.removed import IS_THERE, NOTHING
from lms_bridge.store.schema import (
    attachment_chunks,
    attachments,
    statements,
    unforwarded,
)
from xapi.attached import told_by


def remove(db: Connection, seqs: Sequence[int]) -> int:
    """Remove the texts of the statements at these places, which the index has read; how many.

    What refers to them is found by them no longer. That they were not taken by another LRS is
    forgotten. Attachments stay; :func:`remove_attachments` is for them.
    """
    alone(db, "indexing")
    rows = db.execute(select(*COLUMNS).where(among(statements.c.seq, seqs), IS_THERE)).all()
    leaving = [look(row) for row in rows]
    references.let_go(db, leaving)
    gone = [one.seq for one in leaving]
    # After it was read what they say: from now on they say nothing.
    db.execute(
        update(statements).where(among(statements.c.seq, gone)).values(raw=NOTHING, authority=None)
    )
    references.forget_above(db, leaving)
    db.execute(delete(unforwarded).where(among(unforwarded.c.seq, gone)))
    return len(gone)


def attached(db: Connection, seqs: Sequence[int]) -> set[str]:
    """The hashes of the attachments that are here and that those statements tell of."""
    query = select(statements.c.raw).where(among(statements.c.seq, seqs), IS_THERE)
    told = {one.sha2 for raw in db.scalars(query) for one in told_by(raw)}
    return set(db.scalars(select(attachments.c.sha2).where(among(attachments.c.sha2, told))))


def told_by_others(db: Connection, sha2: str, but: Collection[int]) -> bool:
    """Whether another statement than those tells of that attachment; looks at all there are."""
    text = literal(sha2.encode(), LargeBinary())
    at = func.instr(statements.c.raw, text)
    if db.dialect.name == "postgresql":
        at = func.position(text.op("IN")(statements.c.raw))
    query = select(statements.c.seq).where(at > 0)
    return any(seq not in but for seq in db.scalars(query))


def remove_attachments(db: Connection, sha2s: Collection[str]) -> None:
    """Remove these attachments, of which no statement tells any more."""
    for table in (attachments, attachment_chunks):
        db.execute(delete(table).where(among(table.c.sha2, sha2s)))
