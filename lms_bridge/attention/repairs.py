"""Approving the repair of findings: what could be done, in a sentence, and having it done.

What is approved here a worker does (:mod:`lms_bridge.errands`), by the same look and the same act
as ``lms-bridge reconcile repair``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection, Select, select

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.attention.groups import Cause
from lms_bridge.errands import asking
from lms_bridge.errands.asking import Errand, Kind
from lms_bridge.i18n import mark
from lms_bridge.reconciling.findings import FindingState, Repair
from lms_bridge.store.engine import Store
from lms_bridge.store.many import among
from lms_bridge.store.schema import findings

_AT_ONCE = 200

SENTENCES: Mapping[Repair, str] = {
    Repair.TAKE_IN: mark(
        "What %(remote)s says is taken in as a completion, and is recorded like any other."
    ),
    Repair.RECORD: mark(
        "The completion is recorded in %(remote)s, unless a row of it is found there by then."
    ),
    Repair.LINK: mark(
        "The row that is in %(remote)s is taken for that of the completion. Nothing is written"
        " there."
    ),
    Repair.CORRECT: mark(
        "The row in %(remote)s is changed, under its number, to what the bridge says."
    ),
    Repair.TAKE_OVER: mark(
        "The completion is changed here to what the row in %(remote)s says. Nothing is written"
        " there."
    ),
    Repair.UPLOAD: mark("The certificate is uploaded to %(remote)s and put with the row."),
    Repair.UNDOUBLE: mark(
        "The row that the bridge wrote in %(remote)s is deleted. The other one stays, and is taken"
        " for that of the completion."
    ),
}
"""what will be done, of one or of many"""


def offered(db: Connection, ids: Collection[int]) -> list[Repair]:
    """What can be done about the findings `ids`, what is proposed first."""
    query = _open().where(among(findings.c.id, list(ids)))
    found = [one for row in db.execute(query) for one in row.repairs]
    return [Repair(one) for one in dict.fromkeys(found)]


def under_way(db: Connection, ids: Collection[int]) -> dict[int, Errand]:
    """By finding, what was approved of `ids`, and what came of that."""
    return asking.of(db, Kind.REPAIR, ids)


def how_many_under_way(db: Connection) -> int:
    """How many a worker has still to do."""
    return asking.how_many_open(db, Kind.REPAIR)


def of_group(db: Connection, cause: Cause, *, after: int = 0) -> Iterator[Sequence[int]]:
    """The numbers of all open findings of the group, some at a time."""
    mine = select(findings.c.kind, findings.c.remote).where(findings.c.id == cause.member)
    row = db.execute(mine).one_or_none()
    while row is not None:
        alike = (findings.c.kind == row.kind) & (findings.c.remote == row.remote)
        query = _open().where(alike, findings.c.id > after).order_by(findings.c.id)
        some = [each.id for each in db.execute(query.limit(_AT_ONCE))]
        if not some:
            return
        yield some
        after = some[-1]


def count(db: Connection, ids: Collection[int], how: Repair) -> Counter[bool]:
    """For how many of the findings `ids` that can be done, and for how many it cannot."""
    query = _open().where(among(findings.c.id, list(ids)))
    return Counter(str(how) in row.repairs for row in db.execute(query))


def approve(
    store: Store, ids: Collection[int], how: Repair, *, actor: Actor, why: str, now: dt.datetime
) -> int:
    """Have a worker do that about those of the findings `ids` of which it can be done; how many."""
    wanted, done = list(ids), 0
    for start in range(0, len(wanted), _AT_ONCE):
        with store.writing() as db:
            query = _open().where(among(findings.c.id, wanted[start : start + _AT_ONCE]))
            mine = [row.id for row in db.execute(query) if str(how) in row.repairs]
            about = {"how": str(how), "why": why}
            count = asking.ask(db, Kind.REPAIR, mine, about, by=actor.name, now=now)
            if count:
                some = ",".join(map(str, mine[:10]))
                details = about | {"count": count}
                audit.note(db, actor, "finding.approved", f"finding:{some}", details, now=now)
            done += count
    return done


def _open() -> Select[tuple[int, list[str]]]:
    return select(findings.c.id, findings.c.repairs).where(findings.c.state == FindingState.OPEN)
