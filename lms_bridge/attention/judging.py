"""Having statements judged again, because something that they are judged by was changed.

What waits and what is no completion for now is judged as if it had just come in. What became a
completion stays one, and is not made a second time; what was taken back or dismissed stays so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import Connection, and_, select

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.attention import waiting
from lms_bridge.attention.groups import Cause
from lms_bridge.recognition.sightings import hold, judge_these
from lms_bridge.store.many import among
from lms_bridge.store.schema import sightings, statements


def judge_group(
    db: Connection, cause: Cause, *, most: int, begun: dt.datetime, actor: Actor, now: dt.datetime
) -> int:
    """Have `most` of the group judged again, none that was judged since `begun`; how many."""
    hold(db)
    row = waiting.row_of(db, cause)
    if row is None:
        return 0
    which = and_(waiting.same(cause.kind, row), sightings.c.decided_at <= begun)
    some = select(sightings.c.id).where(which, sightings.c.statement_seq.is_not(None))
    ids = list(db.scalars(some.order_by(sightings.c.id).limit(most)))
    return _judge(db, ids, actor, f"{cause.kind}:{cause.member}", now)


def judge_some(db: Connection, ids: Collection[int], *, actor: Actor, now: dt.datetime) -> int:
    """Have those of the sightings `ids` judged again that wait; how many."""
    hold(db)
    which = and_(waiting.IS_WAITING, among(sightings.c.id, list(ids)))
    return _judge(
        db, list(db.scalars(select(sightings.c.id).where(which))), actor, "sightings", now
    )


def judge_statement(db: Connection, statement_id: str, *, actor: Actor, now: dt.datetime) -> int:
    """Have what was seen in that statement judged again; of how many people something was."""
    hold(db)
    mine = (
        select(sightings.c.id)
        .join(statements, sightings.c.statement_seq == statements.c.seq)
        .where(statements.c.id == statement_id)
    )
    return _judge(db, list(db.scalars(mine)), actor, f"statement:{statement_id}", now)


def _judge(
    db: Connection, ids: Collection[int], actor: Actor, subject: str, now: dt.datetime
) -> int:
    count = judge_these(db, ids)
    if count:
        audit.note(db, actor, "statement.judged", subject, {"count": count}, now=now)
    return count
