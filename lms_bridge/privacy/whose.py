"""What of all that the bridge keeps is about one person.

In most tables a row leads to an employee by a column, or to one of their completions, awards or
deliveries; :data:`TABLES` lists these in an order in which each can lean on those before it, and a
test holds it against the schema. Statements, documents and sightings lead to accounts, which
:func:`whose` follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Table, and_, or_, select

from lms_bridge.lrs import documents as kept
from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.many import among
from lms_bridge.store.schema import (
    accesses,
    attempts,
    audit_entries,
    awards,
    backfill_entries,
    badge_reviews,
    completions,
    corrections,
    courses,
    deliveries,
    documents,
    erasures,
    findings,
    history_readings,
    history_rows,
    hours_reviews,
    identities,
    postings,
    professionality_indexes,
    sightings,
    statement_keys,
    statements,
    upload_rows,
    withdrawals,
    yearly_hours,
    yearly_trainings,
)
from xapi.actor import actor_key
from xapi.documents import Resource
from xapi.outline import outline


class Owned(NamedTuple):
    """A table of which some rows are somebody's."""

    table: Table
    column: Column[int]
    """by which a row leads to them"""
    of: Table | None = None
    """to whose rows it leads; None: to employees"""


TABLES: Sequence[Owned] = (
    Owned(identities, identities.c.employee_id),
    Owned(postings, postings.c.employee_id),
    Owned(history_rows, history_rows.c.employee_id),
    Owned(history_readings, history_readings.c.employee_id),
    Owned(professionality_indexes, professionality_indexes.c.employee_id),
    Owned(yearly_hours, yearly_hours.c.employee_id),
    Owned(yearly_trainings, yearly_trainings.c.employee_id),
    Owned(completions, completions.c.employee_id),
    Owned(withdrawals, withdrawals.c.completion_id, completions),
    Owned(corrections, corrections.c.completion_id, completions),
    Owned(awards, awards.c.employee_id),
    Owned(deliveries, deliveries.c.completion_id, completions),
    Owned(deliveries, deliveries.c.award_id, awards),
    Owned(attempts, attempts.c.delivery_id, deliveries),
    Owned(upload_rows, upload_rows.c.delivery_id, deliveries),
    Owned(findings, findings.c.employee_id),
    Owned(backfill_entries, backfill_entries.c.employee_id),
    Owned(accesses, accesses.c.employee_id),
)
"""what an export has of somebody, beside the employee itself and what follows their accounts"""

NOTES = (badge_reviews, hours_reviews, erasures)
"""tables with the number of an employee that say nothing about them but that"""


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """What is somebody's beyond the rows that lead to them."""

    employee_id: int
    keys: Sequence[str]
    """by which they are known (:mod:`lms_bridge.people.keys`)"""
    actor_keys: Sequence[str]
    """the same as their statements write it (:func:`xapi.actor_key`)"""
    statements: Sequence[int]
    """places of the statements whose actor they are"""
    mentions: Sequence[int]
    """places of others that name them, such as the instructor of somebody else's course"""
    sightings: Sequence[int]
    documents: Sequence[int]


def whose(db: Connection, employee_id: int) -> Whose:
    """What is that employee's."""
    mine = select(identities.c.key).where(identities.c.employee_id == employee_id)
    keys = list(db.scalars(mine.order_by(identities.c.id)))
    columns = sightings.c.id, sightings.c.role, sightings.c.statement_seq, sightings.c.object_id
    theirs = completions_of(employee_id)
    seen = db.execute(
        select(*columns).where(
            or_(among(sightings.c.actor, keys), sightings.c.completion_id.in_(theirs))
        )
    ).all()
    own = {row.statement_seq for row in seen if row.role == "learner" and row.statement_seq}
    written = list(dict.fromkeys([*_written(keys), *_actors(db, own)]))
    numbers = [key(kind, one) for one in written for kind in (Kind.AGENT, Kind.RELATED_AGENT)]
    found = db.scalars(
        select(statement_keys.c.seq).where(among(statement_keys.c.key, numbers)).distinct()
    )
    about = {row.statement_seq for row in seen if row.statement_seq} | set(found)
    activities = {row.object_id for row in seen if row.object_id}
    return Whose(
        employee_id=employee_id,
        keys=keys,
        actor_keys=written,
        statements=sorted(own),
        mentions=sorted(about - own),
        sightings=sorted(row.id for row in seen),
        documents=list(_documents(db, written, activities)),
    )


def completions_of(employee_id: int) -> ColumnElement[int]:
    """The numbers of their completions."""
    return (
        select(completions.c.id).where(completions.c.employee_id == employee_id).scalar_subquery()
    )


def is_of(owned: Owned, employee_id: int) -> ColumnElement[bool]:
    """That a row of the table is that employee's."""
    if owned.of is None:
        return owned.column == employee_id
    if owned.of is deliveries:
        mine = or_(
            deliveries.c.completion_id.in_(completions_of(employee_id)),
            deliveries.c.award_id.in_(_awards_of(employee_id)),
        )
        return owned.column.in_(select(deliveries.c.id).where(mine))
    of = completions_of(employee_id) if owned.of is completions else _awards_of(employee_id)
    return owned.column.in_(of)


def is_audited(employee_id: int, completion_ids: Sequence[int]) -> ColumnElement[bool]:
    """That an entry of the audit log is about them, by its subject."""
    subjects = [f"employee:{employee_id}", *(f"completion:{one}" for one in completion_ids)]
    return among(audit_entries.c.subject, subjects)


def _awards_of(employee_id: int) -> ColumnElement[int]:
    return select(awards.c.id).where(awards.c.employee_id == employee_id).scalar_subquery()


def _written(keys: Sequence[str]) -> Iterator[str]:
    """How statements may write what is known by `keys`, as far as that can be told."""
    for one in keys:
        kind, _, rest = one.partition(":")
        if kind == "account":
            page, _, name = rest.partition("|")
            yield from (one, f"account:{page}/|{name}")
        elif kind in ("mbox", "mbox_sha1sum", "openid"):
            yield one


def _actors(db: Connection, seqs: set[int]) -> Iterator[str]:
    """Whom statements name as their actor."""
    query = select(statements.c.raw).where(among(statements.c.seq, seqs))
    for raw in db.scalars(query):
        found = actor_key(outline(raw).actor) if raw else None
        if found:
            yield found


def _documents(db: Connection, agents: Sequence[str], activities: set[str]) -> Iterator[int]:
    """States and Agent Profiles of those Agents.

    What was stored before the table knew of whom it is, is found as far as it belongs to an
    Activity that is known.
    """
    known = {one for (content,) in db.execute(select(courses.c.content)) for one in _of(content)}
    owners = [kept.owner(Resource.AGENT_PROFILE, "", one) for one in agents]
    owners += [
        kept.owner(Resource.STATE, activity, agent)
        for activity in activities | known
        for agent in agents
    ]
    numbers = [key(Kind.AGENT, one) for one in agents]
    old = and_(documents.c.agent.is_(None), among(documents.c.owner, owners))
    which = or_(among(documents.c.agent, numbers), old)
    yield from db.scalars(select(documents.c.id).where(which).order_by(documents.c.id))


def _of(content: dict[str, list[str]]) -> Sequence[str]:
    return content.get("activities") or ()
