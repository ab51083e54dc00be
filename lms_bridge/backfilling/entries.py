"""The plans and their entries: what is kept of them, who looks at them, what people decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, update

from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.many import among
from lms_bridge.store.schema import backfill_entries, backfills, courses, employees
from lms_bridge.store.types import AnyRow


class Kind(StrEnum):
    """What the survey found of a completion that the bridge did not know."""

    NEW = "new"
    """no registry has it"""
    THERE = "there"
    """a registry has the row; nothing will be written"""
    CONFLICT = "conflict"
    """a registry has a row that may be it, and says something else"""
    NOBODYS = "nobodys"
    """it cannot be said whose it is"""
    UNREAD = "unread"
    """the registry could not be asked about the person"""


class EntryState(StrEnum):
    """What is to become of it, or became of it."""

    DUE = "due"
    """will be taken in"""
    TO_DECIDE = "to_decide"
    """a person has to decide"""
    LEFT = "left"
    """will not be taken in"""
    TAKEN = "taken"
    """is a completion of the bridge"""
    FAILED = "failed"
    """could not be taken in; the reason says why"""


class BackfillState(StrEnum):
    """How far a backfill has come."""

    SURVEYING = "surveying"
    PLANNED = "planned"
    GOING = "going"
    PAUSED = "paused"
    DONE = "done"


DECISIONS = {"take": EntryState.DUE, "adopt": EntryState.DUE, "leave": EntryState.LEFT}
"""what a person may decide, and what state it leads to"""
_UNDECIDED = (EntryState.DUE, EntryState.TO_DECIDE, EntryState.LEFT, EntryState.FAILED)


class NoSuchBackfill(Exception):
    """There is no backfill with that number, or it is not in a state for that; the message says."""


class Backfill(msgspec.Struct, frozen=True):
    """A backfill as it stands."""

    id: int
    lms: str
    scope: Mapping[str, Any]
    state: BackfillState
    begun_by: str
    begun_at: dt.datetime
    surveyed: Sequence[str]
    """keys of the courses that were asked about"""
    counts: Mapping[str, int]
    """of the survey"""
    per_hour: int | None
    error: str
    entries: Mapping[str, int]
    """how many there are in each state"""
    kinds: Mapping[str, int]
    """how many there are of each kind"""

    @property
    def left(self) -> int:
        """How many are still to be taken in."""
        return self.entries.get(EntryState.DUE, 0)


class Entry(msgspec.Struct, frozen=True):
    """A completion that the bridge did not know."""

    id: int
    course_key: str
    course: str
    lms_course: str
    lms_user: str
    employee_id: int | None
    name: str
    nip: str
    unit: str
    completed_at: dt.datetime | None
    kind: Kind
    reason: Reason | None
    registry: str
    row: Mapping[str, Any] | None
    has_badge: bool | None
    """None: the course has none, or it could not be looked"""
    state: EntryState
    completion_id: int | None
    decided_by: str
    decided_why: str


class Which(msgspec.Struct, frozen=True):
    """Some entries; what is empty does not narrow it."""

    kind: str = ""
    state: str = ""
    course: str = ""
    """key"""


ALL = Which()


def get(db: Connection, number: int | None = None) -> Backfill:
    """The backfill with that number, or the last. Raises :exc:`NoSuchBackfill`."""
    query = select(backfills).order_by(backfills.c.id.desc()).limit(1)
    if number is not None:
        query = query.where(backfills.c.id == number)
    row = db.execute(query).one_or_none()
    if row is None:
        raise NoSuchBackfill(
            "there is no backfill yet" if number is None else f"there is no backfill {number}"
        )
    return _backfill(db, row)


def list_all(db: Connection) -> list[Backfill]:
    """All of them, the newest first."""
    rows = db.execute(select(backfills).order_by(backfills.c.id.desc())).all()
    return [_backfill(db, row) for row in rows]


def begin(db: Connection, lms: str, scope: Mapping[str, Any], *, by: str, now: dt.datetime) -> int:
    """Begin a backfill; its number."""
    made = backfills.insert().values(
        lms=lms,
        scope=dict(scope),
        state=BackfillState.SURVEYING,
        begun_by=by,
        begun_at=now,
        surveyed=[],
        counts={},
    )
    return int(db.execute(made.returning(backfills.c.id)).scalar_one())


def change(db: Connection, number: int, **values: Any) -> None:
    """Note something of a backfill."""
    db.execute(update(backfills).where(backfills.c.id == number).values(**values))


def entries(
    db: Connection, number: int, which: Which = ALL, *, limit: int | None = None
) -> Iterator[Entry]:
    """What was found, in the order in which it will be taken in."""
    query = (
        select(
            backfill_entries,
            employees.c.nip,
            employees.c.name.label("employee"),
            employees.c.unit_name,
            courses.c.content,
        )
        .outerjoin(employees, backfill_entries.c.employee_id == employees.c.id)
        .outerjoin(courses, backfill_entries.c.course_key == courses.c.key)
        .where(backfill_entries.c.backfill_id == number)
        .order_by(backfill_entries.c.completed_at, backfill_entries.c.id)
    )
    if which.kind:
        query = query.where(backfill_entries.c.kind == which.kind)
    if which.state:
        query = query.where(backfill_entries.c.state == which.state)
    if which.course:
        query = query.where(backfill_entries.c.course_key == which.course)
    if limit:
        query = query.limit(limit)
    for row in db.execute(query):
        yield _entry(row)


def is_due(db: Connection, number: int) -> bool:
    """Whether the entry is still to be taken in; whoever decides about it waits until that ends."""
    mine = select(backfill_entries.c.state).where(backfill_entries.c.id == number)
    return bool(db.execute(mine.with_for_update()).scalar_one() == EntryState.DUE)


def undecided(db: Connection, number: int, kind: str) -> list[int]:
    """The entries of that kind that were not taken in, and that nobody has decided about.

    Or that failed since.
    """
    mine = select(backfill_entries.c.id).where(
        backfill_entries.c.backfill_id == number,
        backfill_entries.c.kind == kind,
        backfill_entries.c.state.in_(_UNDECIDED),
        backfill_entries.c.decided_by.is_(None) | (backfill_entries.c.state == EntryState.FAILED),
    )
    return list(db.execute(mine.order_by(backfill_entries.c.id)).scalars())


def note(
    db: Connection,
    number: int,
    state: EntryState,
    reason: Reason | None,
    now: dt.datetime,
    *,
    completion_id: int | None = None,
) -> None:
    """The entry has come to that state, for that reason, or as that completion."""
    values = {"state": state, "changed_at": now, **reason_columns(reason)}
    if completion_id is not None:
        values["completion_id"] = completion_id
    db.execute(update(backfill_entries).where(backfill_entries.c.id == number).values(**values))


def decide(
    db: Connection,
    number: int,
    ids: Collection[int],
    what: str,
    *,
    by: str,
    why: str,
    now: dt.datetime,
) -> int:
    """`by` whom it was decided `what` becomes of the entries `ids`, and `why`; how many.

    "take": it is taken in, and recorded; "adopt": it is taken in as the registry's row says it, and
    nothing is written there; "leave": it is not. Raises :exc:`NoSuchBackfill`; then nothing has
    changed.
    """
    get(db, number)
    mine = select(backfill_entries).where(
        backfill_entries.c.backfill_id == number, among(backfill_entries.c.id, ids)
    )
    rows = {row.id: row for row in db.execute(mine.with_for_update())}
    for each in sorted(set(ids)):
        if each not in rows:
            raise NoSuchBackfill(f"backfill {number} has no entry {each}")
        row = rows[each]
        if row.state not in _UNDECIDED:
            raise NoSuchBackfill(f"entry {each} was taken in already")
        if what == "adopt" and not row.row:
            raise NoSuchBackfill(f"entry {each} has no row of a registry to adopt")
        if what == "adopt" and not (row.row.get("ends") and row.row.get("hours") is not None):
            raise NoSuchBackfill(
                f"the row of entry {each} does not say when it was, or how many JP; have it"
                " completed in the registry and plan once more, or decide take or leave"
            )
        if what != "leave" and row.employee_id is None:
            raise NoSuchBackfill(f"it is not known whose entry {each} is")
        values: dict[str, Any] = {"state": DECISIONS[what]}
        if what == "take":  # for a row that is another training's is not to be adopted
            values |= {"kind": Kind.NEW}
        elif what == "adopt":
            values |= {"kind": Kind.THERE}
        db.execute(
            update(backfill_entries)
            .where(backfill_entries.c.id == each)
            .values(decided_by=by, decided_why=why, changed_at=now, **values)
        )
    return len(rows)


def _backfill(db: Connection, row: AnyRow) -> Backfill:
    counted = (
        select(backfill_entries.c.kind, backfill_entries.c.state, func.count().label("many"))
        .where(backfill_entries.c.backfill_id == row.id)
        .group_by(backfill_entries.c.kind, backfill_entries.c.state)
    )
    states: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for one in db.execute(counted):
        states[one.state] = states.get(one.state, 0) + one.many
        kinds[one.kind] = kinds.get(one.kind, 0) + one.many
    return Backfill(
        id=row.id,
        lms=row.lms,
        scope=row.scope,
        state=BackfillState(row.state),
        begun_by=row.begun_by,
        begun_at=row.begun_at,
        surveyed=row.surveyed,
        counts=row.counts,
        per_hour=row.per_hour,
        error=row.error or "",
        entries=states,
        kinds=kinds,
    )


def _entry(row: AnyRow) -> Entry:
    return Entry(
        id=row.id,
        course_key=row.course_key,
        course=(row.content or {}).get("name", row.course_key),
        lms_course=row.lms_course,
        lms_user=row.lms_user,
        employee_id=row.employee_id,
        name=row.employee or row.name,
        nip=row.nip or "",
        unit=row.unit_name or "",
        completed_at=row.completed_at,
        kind=Kind(row.kind),
        reason=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
        registry=row.registry,
        row=row.row,
        has_badge=row.has_badge,
        state=EntryState(row.state),
        completion_id=row.completion_id,
        decided_by=row.decided_by or "",
        decided_why=row.decided_why or "",
    )
