"""What becomes of the deliveries when a completion is taken back, undone, or told of again.

And those of an award (:mod:`lms_bridge.badges.awards`): one that stands is like a completion that
stands, and one that was revoked like a completion that HR had undone.

A step that brings something about has one that undoes it: *unrecord* removes the row that
*record* wrote, *revoke* takes back the badge that *badge* brought about. A step that follows
another adds to it: *document* and *correct* to the row that *record* wrote, and *undouble* puts
another in its place; they are undone with that.
:func:`align` brings the steps in line with how the completion stands; it is called whenever
that changes, and whenever an attempt at one of its deliveries has ended (:func:`follow`), so it
does not matter which comes first.

======================  ============================================================
the completion stands   the undoing step is cancelled; what was cancelled or undone,
                        and not by a person, is done anew
it was taken back       what is still to be done is cancelled; what is done stays
HR had it undone        the same, and what is done is undone
======================  ============================================================

*In doubt* is a step that sent something of which it is not known whether it took effect. It
is never cancelled: it is carried on until that is known, and sends nothing more
(:attr:`~lms_bridge.deliveries.work.Work.is_wanted`). Then it is done or cancelled like any
other. So a row whose deletion was under way when the completion was told of again is first
known to be there or gone, and only then left alone or written anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, update

from lms_bridge.deliveries import lifecycle, planning
from lms_bridge.deliveries.lifecycle import Event, State
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.whose import Whose
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.schema import awards, completions, deliveries, withdrawals
from lms_bridge.store.types import AnyRow

DELIVERED = ("record", "badge")
"""what a completion is to lead to; the other steps add to these or undo them"""
GIVEN_UP = "cancelled"
"""the reason of one that somebody has given up"""
UNDONE_BY = {"record": "unrecord", "badge": "revoke", "tell": "untell"}
"""each step, and the one that undoes it"""
FOLLOWS = {"document": "record", "correct": "record", "undouble": "record"}
"""a step that adds to what another has brought about, and that other"""

_UNDOING = frozenset(UNDONE_BY.values())
_BY_ITSELF = ("withdrawn", "undone")
"""reasons for which a step was cancelled that is taken up again when the completion stands"""
_IN_DOUBT = ("sent_at", "awarded_at", "award_sent_at")
"""entries of the steps' notebooks that stand there for as long as it is not known"""


class _Standing(NamedTuple):
    employee_id: int
    what: Literal["stands", "withdrawn", "undo"]


def is_undoing(step: str) -> bool:
    """Whether `step` undoes another.

    >>> is_undoing("unrecord"), is_undoing("record")
    (True, False)
    """
    return step in _UNDOING


def align(db: Connection, whose: Whose | int, now: dt.datetime, *, remote: str = "") -> None:
    """Bring the deliveries of it, or those at `remote`, in line with how it stands.

    A mere number is that of a completion.
    """
    if isinstance(whose, int):
        whose = Whose(whose)
    _align(db, whose, _standing(db, whose), now, remote=remote)


def go_on(
    db: Connection, whose: Whose, step: Planned, pages: Mapping[str, Any], now: dt.datetime
) -> None:
    """What `step` follows is done, or done anew: it is begun, or begun anew, with those `pages`.

    Not if the completion was taken back meanwhile.
    """
    standing = _standing(db, whose)
    if standing.what != "stands":
        return
    mine = {"at_remote": step.remote, "the_step": step.step}
    row = db.execute(_of(whose).one, {**whose._asdict(), **mine}).one_or_none()
    if row is None:
        planning.plan(db, whose, standing.employee_id, [step], now, progress=pages)
        return
    if row.state == State.DONE:
        row = _change(db, row, "undo", now, Reason("undone"))
    if row.state in lifecycle.sources("retry") and not _is_in_doubt(row):
        _begin_anew(db, row, now, progress=dict(pages))


def follow(db: Connection, whose: Whose, step: str, remote: str, now: dt.datetime) -> None:
    """The same for a delivery of which an attempt has just ended."""
    standing = _standing(db, whose)
    if standing.what != "stands" or is_undoing(step):
        _align(db, whose, standing, now, remote=remote, ended=step)


def _align(
    db: Connection,
    whose: Whose,
    standing: _Standing,
    now: dt.datetime,
    *,
    remote: str,
    ended: str = "",
) -> None:
    # Locked, so that of a worker and whoever takes back or decides, the later one sees the other.
    which = {**whose._asdict(), **({"at_remote": remote} if remote else {})}
    mine = _of(whose).at_remote if remote else _of(whose).all
    rows = db.execute(mine, which).all()
    known = {(row.step, row.remote): row for row in rows}
    for row in rows:
        if row.step in UNDONE_BY:
            back = known.get((UNDONE_BY[row.step], row.remote))
            if back is not None and back.state == State.DONE:
                row, back = _undo_the_older(db, row, back, ended, now)
            _align_pair(db, row, back, standing, now)
    if any(row.step in FOLLOWS for row in rows):
        known = {(row.step, row.remote): row for row in db.execute(mine, which).all()}
        for row in rows:
            if row.step in FOLLOWS:
                _align_follower(db, row, known.get((FOLLOWS[row.step], row.remote)), standing, now)


def _undo_the_older(
    db: Connection, row: AnyRow, back: AnyRow, ended: str, now: dt.datetime
) -> tuple[AnyRow, AnyRow]:
    """Of a step and the one that undoes it only the later counts; the pair as it is then."""
    undone = Reason("undone")
    if row.state not in lifecycle.sources("undo"):
        return row, back
    if row.step == ended:
        return row, _change(db, back, "undo", now, undone)
    row = _change(db, row, "undo", now, undone, progress={}, result_id=None, result_link=None)
    return row, back


def _align_pair(
    db: Connection, row: AnyRow, back: AnyRow | None, standing: _Standing, now: dt.datetime
) -> None:
    if standing.what == "stands":
        _stand(db, row, back, now)
        return
    if row.state in lifecycle.sources("cancel") and not _is_in_doubt(row):
        _change(db, row, "cancel", now, Reason("withdrawn"))
    if standing.what == "undo" and row.state == State.DONE:
        if back is None:
            step = Planned(UNDONE_BY[row.step], row.remote)
            whose = Whose(row.completion_id, row.award_id)
            planning.plan(db, whose, standing.employee_id, [step], now)
        elif back.state == State.CANCELLED:
            _begin_anew(db, back, now)


def _align_follower(
    db: Connection, row: AnyRow, first: AnyRow | None, standing: _Standing, now: dt.datetime
) -> None:
    """The same for a step that follows `first`."""
    if first is not None and first.state == State.CANCELLED and first.reason_code == "undone":
        if row.state in lifecycle.sources("undo"):
            _change(db, row, "undo", now, Reason("undone"), progress={}, result_id=None)
        elif row.state in lifecycle.sources("cancel"):
            _change(db, row, "cancel", now, Reason("undone"), progress={})
    elif standing.what != "stands":
        if row.state in lifecycle.sources("cancel") and not _is_in_doubt(row):
            _change(db, row, "cancel", now, Reason("withdrawn"))
    elif (
        first is not None
        and first.state == State.DONE
        and row.state == State.CANCELLED
        and row.reason_code in _BY_ITSELF
    ):
        _begin_anew(db, row, now, progress=row.progress)


def _stand(db: Connection, row: AnyRow, back: AnyRow | None, now: dt.datetime) -> None:
    again = row.state == State.CANCELLED and row.reason_code in _BY_ITSELF
    if back is not None:
        if back.state == State.DONE and again:
            _change(db, back, "undo", now, Reason("told_again"))
        elif back.state in lifecycle.sources("cancel") and not _is_in_doubt(back):
            back = _change(db, back, "cancel", now, Reason("told_again"))
        if (
            back.state == State.CANCELLED
            and back.progress.get("unawarded")
            and row.state == State.DONE
        ):
            # The badge is there; what made the LMS issue it was undone and is to be again.
            told_anew = {**row.progress, "unawarded": True}
            row = _change(db, row, "undo", now, Reason("undone"), progress=told_anew)
            again = True
    if again:
        _begin_anew(db, row, now, progress=row.progress)


def _is_in_doubt(row: AnyRow) -> bool:
    return any(row.progress.get(name) for name in _IN_DOUBT)


def _begin_anew(
    db: Connection, row: AnyRow, now: dt.datetime, progress: dict[str, Any] | None = None
) -> None:
    _change(
        db,
        row,
        "retry",
        now,
        Reason("new"),
        progress=progress or {},
        due_at=now,
        failures=0,
        effort_since=now,
    )


def _change(
    db: Connection, row: AnyRow, event: Event, now: dt.datetime, reason: Reason, **more: Any
) -> AnyRow:
    """Let `event` happen to the delivery; the delivery as it is then."""
    state = lifecycle.after(State(row.state), event, row.id)
    changed = (
        update(deliveries)
        .where(deliveries.c.id == row.id)
        .values(state=state, changed_at=now, **reason_columns(reason), **more)
        .returning(*deliveries.c)
    )
    return db.execute(changed).one()


def _standing(db: Connection, whose: Whose) -> _Standing:
    if whose.award_id is not None:
        award = db.execute(_AWARD, {"award": whose.award_id}).one()
        return _Standing(award.employee_id, "undo" if award.revoked_at else "stands")
    row = db.execute(_STANDING, {"completion": whose.completion_id}).one()
    if row.withdrawn_at is None:
        return _Standing(row.employee_id, "stands")
    return _Standing(row.employee_id, "undo" if row.decision == "undo" else "withdrawn")


def _of(whose: Whose) -> _Selects:
    return _OF_COMPLETION if whose.award_id is None else _OF_AWARD


# Made once, for they are asked at the end of every attempt.
class _Selects:
    """The deliveries of a completion, or of an award, whose number is in `column`."""

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        of_it = select(deliveries).where(column == bindparam(name)).order_by(deliveries.c.id)
        self.all = of_it.with_for_update()
        self.at_remote = self.all.where(deliveries.c.remote == bindparam("at_remote"))
        self.one = self.at_remote.where(deliveries.c.step == bindparam("the_step"))


_OF_COMPLETION = _Selects(deliveries.c.completion_id, "completion_id")
_OF_AWARD = _Selects(deliveries.c.award_id, "award_id")
_AWARD = select(awards.c.employee_id, awards.c.revoked_at).where(awards.c.id == bindparam("award"))
_STANDING = (
    select(completions.c.employee_id, completions.c.withdrawn_at, withdrawals.c.decision)
    .outerjoin(
        withdrawals,
        and_(
            withdrawals.c.completion_id == completions.c.id,
            withdrawals.c.ended_at.is_(None),
        ),
    )
    .where(completions.c.id == bindparam("completion"))
)
