"""What has been seen in each statement, and where the thinking about it stands.

A statement leaves a sighting for its learner and one for each instructor; a completion that
was pulled from the LMS leaves one as well. Nothing that was seen is ever forgotten, so when
the catalogue, the mapping of people or the rules change, what was seen is judged again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from lms_bridge.catalogue.course import Course
from lms_bridge.deliveries.planning import is_in_doubt, not_in_a_registry
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store import marks
from lms_bridge.store.engine import alone
from lms_bridge.store.many import among
from lms_bridge.store.removed import IS_THERE
from lms_bridge.store.schema import IS_OWN, completions, identities, sightings, statements


class SightingState(StrEnum):
    """Where a sighting stands."""

    NEW = "new"
    """to be judged"""
    ASKING = "asking"
    """the LMS is to be asked who it is"""
    RECOGNISED = "recognised"
    """tells of a completion"""
    NONE = "none"
    """tells of no completion; the reason says why"""
    ATTENTION = "attention"
    """a completion that waits for a person: an unknown course, an account without a NIP"""
    DISMISSED = "dismissed"
    """a person has said that it is not to be recorded; the reason says who, and why"""


_READER = "recognition"
_AT_ONCE = 500
"""courses whose marks go into one query, which can hold only so many"""

IS_NEW = sightings.c.state == SightingState.NEW
IS_TO_BE_ASKED = and_(
    sightings.c.state == SightingState.ASKING,
    or_(sightings.c.due_at.is_(None), sightings.c.due_at <= bindparam("by")),
)
"""that the LMS is to be asked about it by then"""
IS_ABOUT_A_COMPLETION = sightings.c.reason_code.in_(["confirmation_waiting", "confirmation_failed"])
"""that the LMS is asked for the completion, and not whose the account is"""
_IS_DUE = and_(sightings.c.state == SightingState.ATTENTION, sightings.c.due_at <= bindparam("by"))
_CAN_BE_READ = exists().where(statements.c.seq == sightings.c.statement_seq, IS_THERE)
"""that it is of a statement, and not of one whose text was removed"""
# Made once, for they are asked all the time.
_ANY = [select(sightings.c.id).where(one).limit(1) for one in (IS_NEW, IS_TO_BE_ASKED, _IS_DUE)]


def hold(db: Connection) -> None:
    """Be the only one that judges, or changes what judging depends on, until the transaction ends.

    Otherwise a course could be imported in the very moment in which a statement is found to
    be about an unknown one, and neither transaction would see the other.
    """
    alone(db, "recognition")


def see_what_came(db: Connection, *, most: int) -> None:
    """Leave a sighting, to be judged, for each of the next `most` statements that came in."""
    query = select(statements.c.seq).where(marks.is_unread(_READER)).order_by(statements.c.seq)
    if seqs := db.scalars(query.limit(most)).all():
        db.execute(insert(sightings), [{"statement_seq": seq} for seq in seqs])
        marks.move(db, _READER, seqs[-1])


def how_many_unseen(db: Connection, *, own: bool = False) -> int:
    """How many statements were received, or are the bridge's `own`, that left no sighting yet."""
    whose = statements.c.sender == BRIDGE if own else statements.c.sender != BRIDGE
    query = select(func.count()).select_from(statements).where(marks.is_unread(_READER), whose)
    return db.scalar(query) or 0


def oldest_unseen(db: Connection) -> int | None:
    """The place of the first statement that left no sighting yet; None if there is none."""
    query = select(statements.c.seq).where(marks.is_unread(_READER))
    return db.scalar(query.order_by(statements.c.seq).limit(1))


def how_many_own(db: Connection) -> int:
    """How many sightings are of the bridge's own statements."""
    return db.scalar(select(func.count()).select_from(sightings).where(text(IS_OWN))) or 0


def is_recognised(completion_id: int) -> dict[str, Any]:
    """The columns of a sighting that tells of a completion."""
    return {
        "state": SightingState.RECOGNISED,
        "completion_id": completion_id,
        **reason_columns(None),
    }


def answer(db: Connection, ids: Sequence[int], **values: Any) -> None:
    """Change those that still wait for an answer of the LMS; others were decided meanwhile."""
    if ids:
        still = sightings.c.id.in_(ids) & (sightings.c.state == SightingState.ASKING)
        db.execute(update(sightings).where(still).values(**values))


def is_none(reason: Reason) -> dict[str, Any]:
    """The columns of a sighting that tells of no completion."""
    return {"state": SightingState.NONE, "completion_id": None, **reason_columns(reason)}


def is_of_nobody(reason: Reason) -> dict[str, Any]:
    """The columns of one that is of somebody who was erased: it does not say of whom."""
    return is_none(reason) | {"actor": None, "actor_name": None, "due_at": None}


def waits(reason: Reason, until: dt.datetime | None = None) -> dict[str, Any]:
    """The columns of one that waits for a person, and is judged again by itself at `until`."""
    return {"state": SightingState.ATTENTION, "due_at": until, **reason_columns(reason)}


def asks(reason: Reason, again_at: dt.datetime | None = None) -> dict[str, Any]:
    """The columns of one about whose account the LMS is to be asked, now or at `again_at`."""
    return {"state": SightingState.ASKING, "due_at": again_at, **reason_columns(reason)}


def anything_due(db: Connection, now: dt.datetime) -> bool:
    """Whether something came in or is new, or is to be asked about or looked at again by `now`."""
    return marks.any_unread(db, _READER) or any(
        db.execute(query, {"by": now}).first() for query in _ANY
    )


def waiting_accounts(db: Connection, course_id: int) -> set[str]:
    """The keys of the accounts whose completions were pulled and wait for a person."""
    query = select(sightings.c.actor).where(
        sightings.c.course_id == course_id,
        sightings.c.statement_seq.is_(None),
        sightings.c.state == SightingState.ATTENTION,
    )
    return {key for key in db.execute(query).scalars() if key}


def judge_waiting(db: Connection) -> int:
    """Judge anew all that waits for a person or the LMS: more is known of people or courses now.

    How many sightings that are. What was pulled from the LMS is judged at the next pull.
    """
    return _judge_anew(db, sightings.c.state.in_([SightingState.ATTENTION, SightingState.ASKING]))


def judge_waiting_about(db: Connection, courses: Sequence[tuple[int, Course]]) -> int:
    """Judge anew what waits and may be about one of `courses` (id, course), and nothing else.

    So that a course which is added by hand does not have all judged again that waits for others.
    """
    waits = sightings.c.state.in_([SightingState.ATTENTION, SightingState.ASKING])
    by_session = any(each.run == "session" and each.activities for _, each in courses)
    # What is the part of a session can be told by the statement only.
    any_unknown = sightings.c.reason_code.in_(["unknown_course"] if by_session else [])
    return _judge_anew(db, and_(waits, or_(_may_be_about(courses), any_unknown)))


def judge_waiting_of(db: Connection, accounts: Collection[str]) -> int:
    """Judge anew what waits and is of one of the keys `accounts`; how many sightings that are."""
    waits = sightings.c.state.in_([SightingState.ATTENTION, SightingState.ASKING])
    return _judge_anew(db, and_(waits, sightings.c.actor.in_(accounts)))


def judge_these(db: Connection, ids: Collection[int]) -> int:
    """Judge those of the sightings `ids` anew that wait, or are no completion for now; how many."""
    waits = sightings.c.state.in_([SightingState.ATTENTION, SightingState.ASKING])
    of_these = among(sightings.c.id, list(ids))
    return _judge_anew(db, and_(of_these, or_(waits, _is_none_for_now(plain=False))))


def judge_due(db: Connection, now: dt.datetime) -> int:
    """Judge anew what was to be looked at again by now; how many sightings that are."""
    return _judge_anew(db, _IS_DUE, {"by": now})


class Candidates(NamedTuple):
    """What may be judged anew, as it was found without keeping anybody from writing."""

    ids: list[int]
    newest: int
    """the last sighting that was there then"""


def candidates(db: Connection, courses: Sequence[tuple[int, Course]]) -> Candidates:
    """What :func:`judge_about` would judge anew now, or could until somebody calls it.

    There is no index for all by which a statement can be about a course, so that this looks at all
    that was ever seen; it takes seconds where that are a million.
    """
    about = and_(_is_none_for_now(), _may_be_about(courses))
    not_yet = [SightingState.NEW, SightingState.ASKING, SightingState.ATTENTION]
    newest = db.execute(select(func.max(sightings.c.id))).scalar() or 0
    found = list(db.execute(select(sightings.c.id).where(about)).scalars())
    found += db.execute(select(sightings.c.id).where(sightings.c.state.in_(not_yet))).scalars()
    return Candidates(found, newest)


def judge_about(
    db: Connection, courses: Sequence[tuple[int, Course]], among_: Candidates | None = None
) -> int:
    """Judge anew what was no completion and may be one now that `courses` (id, course) changed.

    That is what was about one of them before, what carries one of their marks, and, for a
    course that counts each session, parts of a course, which may be its sessions. With `among_`
    only those are looked at, and what came later.
    """
    some = [courses[start : start + _AT_ONCE] for start in range(0, len(courses), _AT_ONCE)]
    if among_ is None:
        return sum(_judge_anew(db, and_(_is_none_for_now(), _may_be_about(part))) for part in some)
    by_id: list[ColumnElement[Any]] = [
        among(sightings.c.id, among_.ids),
        sightings.c.id > among_.newest,
    ]
    found = [
        number
        for part in some
        for narrowed in by_id
        # By the numbers and nothing else, or SQLite would go through all that is no completion.
        for number in db.execute(
            select(sightings.c.id).where(
                narrowed, _is_none_for_now(plain=False), _may_be_about(part)
            )
        ).scalars()
    ]
    return _judge_anew(db, among(sightings.c.id, found))


def judge_all(db: Connection) -> int:
    """Judge anew all that has not become a completion: the rules themselves have changed."""
    return judge_waiting(db) + _judge_anew(db, _is_none_for_now())


def judge_moved(db: Connection, accounts: Collection[str] | None = None) -> int:
    """Judge anew what was recognised as one employee's and is, by its account, another's.

    Only as long as no registry can have it: what was recorded is for people to correct. All
    sightings are looked at, or those of the keys `accounts`.
    """
    another = (
        select(sightings.c.id)
        .join(completions, sightings.c.completion_id == completions.c.id)
        .join(identities, identities.c.key == sightings.c.actor)
        .where(
            identities.c.employee_id != completions.c.employee_id,
            not_in_a_registry(completions.c.id),
        )
    )
    if accounts is not None:
        # First, or SQLite would go through all that was ever recognised.
        theirs = db.execute(another.where(sightings.c.actor.in_(accounts))).scalars().all()
        recognised = sightings.c.state == SightingState.RECOGNISED
        return _judge_anew(db, and_(recognised, among(sightings.c.id, theirs)))
    return _judge_anew(
        db, and_(sightings.c.state == SightingState.RECOGNISED, sightings.c.id.in_(another))
    )


def judge_doubted(db: Connection) -> int:
    """Judge anew what was recognised as the completion of somebody whom a registry does not know.

    The LMS may have another NIP for the account by now.
    """
    doubted = select(completions.c.id).where(
        is_in_doubt(completions.c.id), not_in_a_registry(completions.c.id)
    )
    return _judge_anew(
        db,
        and_(sightings.c.state == SightingState.RECOGNISED, sightings.c.completion_id.in_(doubted)),
    )


def carries_a_mark_of(course: Course) -> ColumnElement[bool]:
    """That a sighting carries one of the marks by which `course` is known."""
    return or_(
        sightings.c.object_id.in_(course.activities),
        sightings.c.external_id.in_(course.external_ids),
        sightings.c.short_id.in_(course.short_ids),
    )


def _may_be_about(courses: Sequence[tuple[int, Course]]) -> ColumnElement[bool]:
    by_session = [each for _, each in courses if each.run == "session" and each.activities]
    verbs = {verb for each in by_session for verb in each.verbs}
    return or_(
        sightings.c.course_id.in_([course_id for course_id, _ in courses]),
        sightings.c.object_id.in_([one for _, each in courses for one in each.activities]),
        sightings.c.external_id.in_([one for _, each in courses for one in each.external_ids]),
        sightings.c.short_id.in_([one for _, each in courses for one in each.short_ids]),
        sightings.c.reason_code.in_(["not_a_course"] if by_session else []),
        and_(sightings.c.reason_code == "verb_not_completion", sightings.c.verb.in_(verbs)),
    )


def _is_none_for_now(*, plain: bool = True) -> ColumnElement[bool]:
    """That it is no completion as things are; not `plain`: such that no index is used for it."""
    state = sightings.c.state if plain else sightings.c.state.concat("")
    return and_(
        state == SightingState.NONE,
        sightings.c.reason_code.not_in(["voided", "voiding", "own_statement"]),
    )


def _judge_anew(db: Connection, which: ColumnElement[bool], values: Mapping[str, Any] = {}) -> int:
    anew = update(sightings).where(_CAN_BE_READ, which).values(state=SightingState.NEW, due_at=None)
    return db.execute(anew, values).rowcount
