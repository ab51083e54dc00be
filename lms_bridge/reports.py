"""What people ask the bridge, as queries: how much, where is it, what waits for whom.

The command line and the pages show what these return; neither has SQL of its own.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, exists, func, or_, select

from lms_bridge.badges import reviews
from lms_bridge.deliveries import breaker, health
from lms_bridge.deliveries.breaker import Health
from lms_bridge.deliveries.due import IS_OPEN, IS_RUNNING
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.standing import DELIVERED, GIVEN_UP, UNDONE_BY
from lms_bridge.reasons import Reason
from lms_bridge.recognition.sightings import SightingState, how_many_own, how_many_unseen
from lms_bridge.store.many import among
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import (
    attempts,
    awards,
    badge_rules,
    completions,
    courses,
    deliveries,
    employees,
    sightings,
    statements,
)
from lms_bridge.store.types import AnyRow
from lms_bridge.withdrawals import Withdrawal, current, is_undecided

_NONE: Mapping[str, Reason] = {}
# Not all that is known of each: hundreds are shown at once, and to read times and JSON takes long.
_OF_COMPLETIONS = (
    completions.c.id,
    completions.c.role,
    completions.c.run,
    completions.c.hours,
    completions.c.completed_at,
    completions.c.time_source,
    completions.c.certificate_number,
    completions.c.withdrawn_at,
)
_OF_DELIVERIES = (
    deliveries.c.id,
    deliveries.c.completion_id,
    deliveries.c.award_id,
    deliveries.c.step,
    deliveries.c.remote,
    deliveries.c.state,
    deliveries.c.reason_code,
    deliveries.c.reason_details,
    deliveries.c.due_at,
    deliveries.c.attempts,
    deliveries.c.result_id,
    deliveries.c.result_link,
    deliveries.c.changed_at,
)


class Overview(msgspec.Struct, frozen=True):
    """The bridge in numbers."""

    statements: int
    """that were received"""
    own_statements: int
    """that the bridge made itself"""
    sightings: dict[str, int]
    completions: int
    undecided: int
    """completions that were taken back, and about which HR has to decide"""
    deliveries: dict[str, dict[str, int]]
    """by remote, then by state"""
    remotes: dict[str, Health]


class DeliveryLine(msgspec.Struct, frozen=True):
    """A delivery as it stands."""

    id: int
    completion_id: int | None
    award_id: int | None
    """set for a badge that was earned by a rule"""
    step: str
    remote: str
    state: State
    reason: Reason
    due_at: dt.datetime
    attempts: int
    result_id: str
    link: str
    changed_at: dt.datetime

    @property
    def is_given_up(self) -> bool:
        """Whether it is a record or a badge that somebody has decided against."""
        return (
            self.state == State.CANCELLED
            and self.reason.code == GIVEN_UP
            and self.step in DELIVERED
        )


class CompletionLine(msgspec.Struct, frozen=True):
    """A completion with all its deliveries."""

    id: int
    employee: str
    nip: str
    unit: str
    course_key: str
    course: str
    role: str
    run: str
    hours: int
    completed_at: dt.datetime
    time_source: str
    certificate_number: str
    withdrawn_at: dt.datetime | None
    withdrawal: Withdrawal | None
    question: Reason | None
    """what HR has to decide, if it was taken back after something had been delivered"""
    deliveries: list[DeliveryLine]

    @property
    def is_through(self) -> bool:
        """Whether nothing is left to be done about it."""
        return self.question is None and all(
            one.state in (State.DONE, State.CANCELLED) for one in self.deliveries
        )


class Subject(msgspec.Struct, frozen=True):
    """Whose a delivery is, and what it is about: a course, or a badge that was earned by a rule."""

    employee: str
    nip: str
    title: str


class AttentionLine(msgspec.Struct, frozen=True):
    """Sightings that wait, together, for one cause to be mended."""

    state: str
    reason: Reason
    course: str
    person: str
    count: int
    first_at: dt.datetime | None


class StatementLine(msgspec.Struct, frozen=True):
    """A statement with what was seen in it."""

    id: str
    stored: dt.datetime
    person: str
    verb: str
    about: str
    state: str
    reason: Reason | None


class AttemptLine(msgspec.Struct, frozen=True):
    """One attempt at a delivery, with what was said."""

    number: int
    started_at: dt.datetime
    finished_at: dt.datetime
    outcome: str
    reason: Reason | None
    exchanges: list[Any]


def overview(db: Connection, *, now: dt.datetime) -> Overview:
    """How much there is of everything, and how the remotes are doing."""
    by_remote: dict[str, dict[str, int]] = {}
    rows = select(deliveries.c.remote, deliveries.c.state, func.count()).group_by(
        deliveries.c.remote, deliveries.c.state
    )
    for remote, state, count in db.execute(rows):
        by_remote.setdefault(remote, {})[state] = count
    by_state = select(sightings.c.state, func.count().label("many")).group_by(sightings.c.state)
    seen = Counter({row.state: row.many for row in db.execute(by_state)})
    own = how_many_own(db)
    seen[SightingState.NONE] -= own
    seen[SightingState.NEW] += how_many_unseen(db)
    own += how_many_unseen(db, own=True)
    known = health.read_all(db)
    return Overview(
        statements=db.execute(select(func.count()).select_from(statements)).scalar_one() - own,
        own_statements=own,
        sightings=dict(+seen),
        completions=db.execute(select(func.count()).select_from(completions)).scalar_one(),
        undecided=db.execute(
            select(func.count()).select_from(completions).where(is_undecided())
        ).scalar_one(),
        deliveries=by_remote,
        remotes={name: known.get(name, breaker.healthy(now)) for name in by_remote | known},
    )


def list_completions(
    db: Connection,
    *,
    now: dt.datetime,
    course: str = "",
    nip: str = "",
    unfinished: bool = False,
    undecided: bool = False,
    ids: Sequence[int] = (),
    limit: int = 100,
    closed: Mapping[str, Reason] = _NONE,
) -> list[CompletionLine]:
    """Completions, the newest first, narrowed to a course's key, a NIP, or to those not through.

    `undecided` ones were taken back, and HR has to decide about them. `closed` is as for
    :func:`list_deliveries`.
    """
    query = (
        select(
            *_OF_COMPLETIONS,
            employees.c.name.label("employee"),
            employees.c.nip,
            employees.c.unit_name,
            courses.c.key.label("course_key"),
            courses.c.content["name"].as_string().label("course"),
        )
        .join(employees, completions.c.employee_id == employees.c.id)
        .join(courses, completions.c.course_id == courses.c.id)
    )
    if course:
        query = query.where(courses.c.key == course)
    if nip:
        query = query.where(employees.c.nip == nip)
    if ids:
        query = query.where(completions.c.id.in_(ids))
    if undecided:
        query = query.where(is_undecided())
    if unfinished:
        query = query.where(
            or_(
                is_undecided(),
                exists().where(
                    deliveries.c.completion_id == completions.c.id,
                    deliveries.c.state.not_in([State.DONE, State.CANCELLED]),
                ),
            )
        )
    query = query.order_by(completions.c.id.desc()).limit(limit)
    rows = db.execute(query).all()
    steps: dict[int, list[DeliveryLine]] = {}
    shown = query.with_only_columns(completions.c.id).subquery()
    mine = deliveries.c.completion_id.in_(select(shown.c.id))
    for one in list_deliveries(db, now=now, where=mine, closed=closed):
        steps.setdefault(one.completion_id or 0, []).append(one)
    taken_back = current(db, select(shown.c.id))
    return [
        CompletionLine(
            id=row.id,
            employee=row.employee,
            nip=row.nip,
            unit=row.unit_name,
            course_key=row.course_key,
            course=row.course or "",
            role=row.role,
            run=row.run,
            hours=row.hours,
            completed_at=row.completed_at,
            time_source=row.time_source,
            certificate_number=row.certificate_number,
            withdrawn_at=row.withdrawn_at,
            withdrawal=(withdrawal := taken_back.get(row.id)),
            question=_question(row.id, withdrawal, steps.get(row.id, [])),
            deliveries=steps.get(row.id, []),
        )
        for row in rows
    ]


def list_deliveries(
    db: Connection,
    *,
    now: dt.datetime,
    where: Any = None,
    states: Iterable[str] = (),
    remote: str = "",
    limit: int | None = None,
    closed: Mapping[str, Reason] = _NONE,
) -> list[DeliveryLine]:
    """Deliveries in the order in which they were made.

    One that could be tried now if its remote were not down, not paused, or not `closed` for a
    reason, shows that reason: it is what it waits for.
    """
    query: Select[Any] = select(*_OF_DELIVERIES).order_by(deliveries.c.id)
    if where is not None:
        query = query.where(where)
    if states := list(states):
        query = query.where(deliveries.c.state.in_(states))
    if remote:
        query = query.where(deliveries.c.remote == remote)
    if limit:
        query = query.limit(limit)
    rows = db.execute(query).all()
    known = health.read_all(db)
    down = {name: one.reason for name, one in known.items() if one.is_down}
    paused = {name: one.paused for name, one in known.items() if one.paused}
    hindered = {**closed, **down, **paused}
    return [_delivery(row, hindered.get(row.remote), now) for row in rows]


def subjects(db: Connection, lines: Iterable[DeliveryLine]) -> dict[int, Subject]:
    """For the number of each of the deliveries, whose it is and what it is about."""
    ids = [one.id for one in lines]
    who = deliveries.c.id, employees.c.name, employees.c.nip
    of_completions = (
        select(*who, courses.c.content)
        .join(completions, deliveries.c.completion_id == completions.c.id)
        .join(courses, completions.c.course_id == courses.c.id)
        .join(employees, completions.c.employee_id == employees.c.id)
    )
    of_awards = (
        select(*who, badge_rules.c.content)
        .join(awards, deliveries.c.award_id == awards.c.id)
        .join(badge_rules, awards.c.rule_id == badge_rules.c.id)
        .join(employees, awards.c.employee_id == employees.c.id)
    )
    return {
        row.id: Subject(row.name, row.nip, row.content.get("name", ""))
        for query in (of_completions, of_awards)
        for row in db.execute(query.where(among(deliveries.c.id, ids)))
    }


def list_attempts(db: Connection, delivery_id: int) -> list[AttemptLine]:
    """Every attempt at a delivery, in order."""
    query = select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.id)
    return [
        AttemptLine(
            number=row.number,
            started_at=row.started_at,
            finished_at=row.finished_at,
            outcome=row.outcome,
            reason=_reason(row),
            exchanges=row.exchanges or [],
        )
        for row in db.execute(query)
    ]


def list_attention(db: Connection, *, limit: int = 200) -> list[AttentionLine]:
    """What was seen and waits for a person or for the LMS, gathered by cause."""
    query = (
        select(
            sightings.c.state,
            sightings.c.reason_code,
            func.min(sightings.c.id).label("first_id"),
            sightings.c.course_name,
            sightings.c.actor_name,
            func.count().label("many"),
            func.min(sightings.c.completed_at).label("first_at"),
        )
        .where(sightings.c.state.in_([SightingState.ATTENTION, SightingState.ASKING]))
        .group_by(
            sightings.c.state,
            sightings.c.reason_code,
            sightings.c.course_name,
            sightings.c.actor_name,
            sightings.c.actor,
        )
        .order_by(func.min(sightings.c.id))
        .limit(limit)
    )
    rows = db.execute(query).all()
    details = {
        row.id: row
        for row in db.execute(
            select(sightings.c.id, sightings.c.reason_code, sightings.c.reason_details).where(
                sightings.c.id.in_([row.first_id for row in rows])
            )
        )
    }
    return [
        AttentionLine(
            state=row.state,
            reason=_reason(details[row.first_id]) or Reason("new"),
            course=row.course_name or "",
            person=row.actor_name or "",
            count=row.many,
            first_at=row.first_at,
        )
        for row in rows
    ]


def list_statements(db: Connection, *, limit: int) -> list[StatementLine]:
    """The newest statements with what was seen in them."""
    newest = select(statements.c.seq).order_by(statements.c.seq.desc()).limit(limit)
    query = (
        select(statements.c.id.label("statement_id"), statements.c.seq, sightings)
        .outerjoin(sightings, sightings.c.statement_seq == statements.c.seq)
        .where(statements.c.seq.in_(newest.scalar_subquery()))
        .order_by(statements.c.seq.desc(), sightings.c.id)
    )
    return [
        StatementLine(
            id=row.statement_id,
            stored=moment_of(row.seq),
            person=row.actor_name or row.actor or "",
            verb=row.verb or "",
            about=row.course_name or row.object_id or "",
            state=row.state or SightingState.NEW,
            reason=_reason(row),
        )
        for row in db.execute(query)
    ]


def why(db: Connection, statement_id: str) -> list[tuple[str, str, Reason | None, int | None]]:
    """What became of a statement: (role, state, reason, completion) for each person in it."""
    query = (
        select(sightings)
        .select_from(statements)
        .outerjoin(sightings, sightings.c.statement_seq == statements.c.seq)
        .where(statements.c.id == statement_id)
        .order_by(sightings.c.id)
    )
    return [
        (row.role or "learner", row.state or SightingState.NEW, _reason(row), row.completion_id)
        for row in db.execute(query)
    ]


def is_settled(db: Connection, *, now: dt.datetime) -> bool:
    """Whether nothing moves any more unless a person acts.

    All is judged, all badges are awarded, all is delivered or blocked.
    """
    moving = exists().where(
        or_(
            sightings.c.state == SightingState.NEW,
            sightings.c.state == SightingState.ASKING,
        )
    )
    under_way = exists().where(or_(IS_OPEN & (deliveries.c.state != State.DELEGATED), IS_RUNNING))
    to_do = how_many_unseen(db) or reviews.is_any(db)
    return not (to_do or db.execute(select(or_(moving, under_way))).scalar_one())


def _question(
    completion_id: int, withdrawal: Withdrawal | None, steps: Sequence[DeliveryLine]
) -> Reason | None:
    there = [one for one in steps if one.step in UNDONE_BY and one.state == State.DONE]
    if withdrawal is None or withdrawal.decision or not there:
        return None
    where = ", ".join(dict.fromkeys(one.remote for one in there))
    return Reason("undecided", where=where, completion=completion_id)


def _delivery(row: AnyRow, down: Reason | None, now: dt.datetime) -> DeliveryLine:
    state, reason = State(row.state), _reason(row) or Reason("new")
    hindered = state == State.WAITING or (state == State.RETRYING and row.due_at <= now)
    return DeliveryLine(
        id=row.id,
        completion_id=row.completion_id,
        award_id=row.award_id,
        step=row.step,
        remote=row.remote,
        state=state,
        reason=down if down and hindered else reason,
        due_at=row.due_at,
        attempts=row.attempts,
        result_id=row.result_id or "",
        link=row.result_link or "",
        changed_at=row.changed_at,
    )


def _reason(row: AnyRow) -> Reason | None:
    return Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None
