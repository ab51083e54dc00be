"""How far each reader of the statements has come.

Recognition, the index and each LRS that statements are forwarded to read every statement once, in
order (:mod:`lms_bridge.store.places`), after its sender was answered. All that has to be kept of
that is the place of the last one that was read. It is moved in the transaction that writes what
came of the reading, so that nothing is left out and nothing is done twice:

>>> rows = db.execute(select(statements.c.seq, ...).where(is_unread("index")).order_by(...)).all()
>>> ...
>>> move(db, "index", rows[-1].seq)

In the same way it is kept up to which second an LMS has told of completions
(:mod:`lms_bridge.jobs.pull_completions`).
"""

from __future__ import annotations

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, func, select

from lms_bridge.store.engine import insert
from lms_bridge.store.schema import marks, statements


def is_unread(reader: str) -> ColumnElement[bool]:
    """That a statement comes after the last one that `reader` has read."""
    return statements.c.seq > func.coalesce(_mark(reader), 0)


def any_unread(db: Connection, reader: str) -> bool:
    """Whether there is a statement that `reader` has not read."""
    return first_unread(db, reader) is not None


def first_unread(db: Connection, reader: str) -> int | None:
    """The place of the first statement that `reader` has not read, if there is one."""
    place: int | None = db.scalar(FIRST_UNREAD, {"reader": reader})
    return place


def read_through(db: Connection, reader: str) -> int:
    """The place of the last statement that `reader` has read; 0 if it has read none."""
    return db.scalar(select(_mark(reader))) or 0


def begin(db: Connection, reader: str, through: int) -> None:
    """Have `reader` read what comes after the place `through`, if it has not begun before."""
    put = insert(db, marks).values(reader=reader, through=through)
    db.execute(put.on_conflict_do_nothing())


def move(db: Connection, reader: str, through: int) -> None:
    """Note that `reader` has read all statements up to the place `through`, and that one."""
    put = insert(db, marks).values(reader=reader, through=through)
    db.execute(put.on_conflict_do_update(index_elements=["reader"], set_={"through": through}))


def _mark(reader: str | BindParameter[str]) -> ColumnElement[int]:
    return select(marks.c.through).where(marks.c.reader == reader).scalar_subquery()


_IS_UNREAD = statements.c.seq > func.coalesce(_mark(bindparam("reader")), 0)
FIRST_UNREAD = select(func.min(statements.c.seq)).where(_IS_UNREAD)
LAST_UNREAD = select(func.max(statements.c.seq)).where(_IS_UNREAD)
"""of the ``reader``; for :meth:`~lms_bridge.store.engine.Store.ask`"""
