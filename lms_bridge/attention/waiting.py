"""What was seen in statements and waits for a person, by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)

from lms_bridge.accounts.sight import Sight
from lms_bridge.attention.groups import PAGE, Cause, Group, Kind, Member, Tally
from lms_bridge.reasons import Reason
from lms_bridge.recognition.dismissals import OF_COURSE, OF_PERSON
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.many import among
from lms_bridge.store.schema import courses, employees, identities, sightings
from lms_bridge.store.types import AnyRow

IS_WAITING = sightings.c.state == literal_column("'attention'")
"""written out, or SQLite would not use the index that is of these only"""
_KINDS: Mapping[Kind, ColumnElement[bool]] = {
    Kind.COURSE: sightings.c.reason_code == OF_COURSE,
    Kind.PERSON: sightings.c.reason_code.in_(sorted(OF_PERSON)),
    Kind.STATEMENT: sightings.c.reason_code.not_in(sorted({OF_COURSE, *OF_PERSON})),
}
_NIP_DIGITS = 18


def counts(db: Connection, sight: Sight) -> Counter[Kind]:
    """How much waits, by what the cause is about."""
    query = select(sightings.c.reason_code, func.count().label("many")).where(
        IS_WAITING, _seen(sight)
    )
    found: Counter[Kind] = Counter()
    for row in db.execute(query.group_by(sightings.c.reason_code)):
        kind = _kind_of(row.reason_code)
        if kind is not Kind.PERSON or sight.is_whole:
            found[kind] += row.many
    return found


def tally(
    db: Connection, kind: Kind, sight: Sight, *, after: int = 0, limit: int | None = None
) -> list[Tally]:
    """The groups of `kind` whose first member came after the one numbered `after`, in short."""
    if kind is Kind.PERSON and not sight.is_whole:
        return []
    first = func.min(sightings.c.id)
    query = (
        select(first.label("first"), func.count().label("many"))
        .where(IS_WAITING, _KINDS[kind], _seen(sight))
        .group_by(*_grouped_by(kind))
        .having(first > after)
        .order_by(first)
        .limit(limit)
    )
    return [Tally(row.first, row.many) for row in db.execute(query)]


def groups(db: Connection, kind: Kind, tallied: Sequence[Tally]) -> list[Group]:
    """The groups that were tallied, with what they are about."""
    firsts = _full(among(sightings.c.id, [one.first for one in tallied]))
    named = {row.id: row for row in db.execute(firsts)}
    return [
        Group(
            cause=Cause(kind, one.first),
            title=_title(kind, named[one.first]),
            reason=_reason(named[one.first]),
            count=one.many,
            oldest=named[one.first].completed_at,
        )
        for one in tallied
    ]


def find(db: Connection, cause: Cause, sight: Sight) -> Group | None:
    """The group of that member as it is now: empty if nothing waits any more.

    None where there is none that may be seen.
    """
    row = db.execute(_full(sightings.c.id == cause.member, _seen(sight))).one_or_none()
    if row is None or (cause.kind is Kind.PERSON and not sight.is_whole):
        return None
    which = same(cause.kind, row)
    many, people, oldest = db.execute(
        select(
            func.count(),
            func.count(sightings.c.actor.distinct()),
            func.min(sightings.c.completed_at),
        ).where(which, _seen(sight))
    ).one()
    return Group(
        cause=cause,
        title=_title(cause.kind, row),
        reason=_reason(row),
        count=many,
        people=people,
        oldest=oldest,
    )


def members(
    db: Connection,
    cause: Cause,
    sight: Sight,
    *,
    after: int = 0,
    limit: int = PAGE,
) -> list[Member]:
    """What is in the group, in the order in which it came."""
    row = db.execute(_full(sightings.c.id == cause.member)).one_or_none()
    if row is None or (cause.kind is Kind.PERSON and not sight.is_whole):
        return []
    return listed(db, same(cause.kind, row), sight, after=after, limit=limit)


def listed(
    db: Connection, which: ColumnElement[bool], sight: Sight, *, after: int, limit: int
) -> list[Member]:
    """The sightings `which`, in the order in which they came."""
    query = _full(which, _seen(sight), sightings.c.id > after)
    rows = db.execute(query.order_by(sightings.c.id).limit(limit)).all()
    known = _employees(db, [one.actor for one in rows if one.actor])
    return [_member(one, known.get(one.actor or "")) for one in rows]


def same(kind: Kind, row: AnyRow) -> ColumnElement[bool]:
    """The condition that a sighting waits for the same as that of `row`."""
    alike = [column == getattr(row, column.name) for column in _grouped_by(kind)]
    return and_(IS_WAITING, _KINDS[kind], *alike)


def about_the_same(kind: Kind, row: AnyRow) -> ColumnElement[bool]:
    """The condition that a sighting is about the same course, or account, however it stands."""
    return and_(*(column == getattr(row, column.name) for column in _grouped_by(kind)[-1:]))


def row_of(db: Connection, cause: Cause) -> AnyRow | None:
    """The sighting that names the group."""
    return db.execute(_full(sightings.c.id == cause.member)).one_or_none()


def called(key: str | None) -> str:
    """What whoever has that key is called in the shortest way."""
    kind, _, rest = (key or "").partition(":")
    if kind == "account":
        return rest.partition("|")[2]
    return rest.removeprefix("mailto:") if kind == "mbox" else rest


def account_of(key: str | None) -> str:
    """The account of that key, with where it is."""
    kind, _, rest = (key or "").partition(":")
    return f"{called(key)} ({rest.partition('|')[0]})" if kind == "account" else called(key)


def _grouped_by(kind: Kind) -> Sequence[ColumnElement[Any]]:
    if kind is Kind.COURSE:
        return (sightings.c.object_id,)
    if kind is Kind.PERSON:
        return (sightings.c.actor,)
    return (sightings.c.reason_code, sightings.c.course_id)


def _kind_of(code: str | None) -> Kind:
    if code == OF_COURSE:
        return Kind.COURSE
    return Kind.PERSON if code in OF_PERSON else Kind.STATEMENT


def _seen(sight: Sight) -> ColumnElement[bool]:
    """That the account of a sighting is that of somebody who may be seen.

    It is known under its own key, or its name ends with the NIP.
    """
    if sight.is_whole:
        return true()
    ending = func.substr(sightings.c.actor, func.length(sightings.c.actor) - (_NIP_DIGITS - 1))
    theirs = sight.sees(identities.c.employee_id)
    nips = select(func.substr(identities.c.key, len("nip:") + 1)).where(
        theirs, identities.c.key.startswith("nip:")
    )
    return or_(sightings.c.actor.in_(select(identities.c.key).where(theirs)), ending.in_(nips))


def _full(*which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(sightings, courses.c.content)
        .outerjoin(courses, sightings.c.course_id == courses.c.id)
        .where(*which)
    )


def _employees(db: Connection, keys: Sequence[str]) -> Mapping[str, AnyRow]:
    """Whose accounts those are, as far as it is known."""
    by_nip = {f"nip:{key[-_NIP_DIGITS:]}": key for key in keys if key[-_NIP_DIGITS:].isdecimal()}
    query = (
        select(identities.c.key, employees.c.id, employees.c.name, employees.c.unit_name)
        .join(employees, identities.c.employee_id == employees.c.id)
        .where(among(identities.c.key, [*keys, *by_nip]) if keys else false())
    )
    return {by_nip.get(row.key, row.key): row for row in db.execute(query)}


def _title(kind: Kind, row: AnyRow) -> str:
    course = (row.content or {}).get("name") or row.course_name or ""
    if kind is Kind.PERSON:
        return row.actor_name or called(row.actor)
    return course or row.object_id or ""


def _member(row: AnyRow, employee: AnyRow | None) -> Member:
    return Member(
        id=row.id,
        person=(employee.name if employee else "") or row.actor_name or called(row.actor),
        account="" if employee else account_of(row.actor),
        employee_id=employee.id if employee else None,
        unit=employee.unit_name if employee else "",
        course=(row.content or {}).get("name") or row.course_name or row.object_id or "",
        completion_id=row.completion_id,
        at=row.completed_at,
        reason=_reason(row),
    )


def _reason(row: AnyRow) -> Reason:
    if row.reason_code is None:
        return Reason("new" if row.state == SightingState.NEW else "done")
    return Reason.stored(row.reason_code, row.reason_details)
