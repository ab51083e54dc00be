"""The training history of an employee as a registry has it, kept as it was last read.

All rows are kept, ours and others'. Which are ours is not written down: a row is ours if a
delivery says that it brought about the row with that id, and deliveries may find that out later
than the row was read (:mod:`lms_bridge.people.hours`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, delete, select

from lms_bridge.people import changed
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.registries.base import ProfessionalityIndex, RecordedTraining
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import history_readings, history_rows, professionality_indexes

_TABLES = (history_rows, history_readings, professionality_indexes)
_BESIDES = ("id", "employee_id", "registry", "seen_at")
_KEPT = tuple(column.name for column in history_rows.c if column.name not in _BESIDES)


class Rated(msgspec.Struct, frozen=True):
    """IP-ASN of somebody, as a registry computed it."""

    registry: str
    index: ProfessionalityIndex
    read_at: dt.datetime


class Reading(msgspec.Struct, frozen=True):
    """How reading somebody's history stands."""

    registry: str
    read_at: dt.datetime | None
    """when it was last read; None: never"""
    tried_at: dt.datetime
    failure: Reason | None
    """why it could not be read the last time, if it could not"""


class Whose(NamedTuple):
    """Somebody's history at a registry."""

    employee_id: int
    registry: str


def keep(
    db: Connection,
    whose: Whose,
    histories: Mapping[str, Sequence[RecordedTraining]],
    now: dt.datetime,
) -> None:
    """Keep what was read, by name of the history; what vanished there vanishes here.

    With each row stands when it was first seen there.
    """
    columns = [_columns(name, row) for name, rows in histories.items() for row in rows]
    read = {tuple(values.values()): values for values in columns}  # the same row twice is one
    mine = _of(history_rows, whose)
    known = db.execute(select(history_rows).where(mine)).all()
    if {tuple(row._mapping[name] for name in _KEPT) for row in known} != read.keys():
        seen = {(row.history, row.row_id): row.seen_at for row in known}
        db.execute(delete(history_rows).where(mine))
        changed.learned(db, whose.employee_id, now)
        if read:
            db.execute(
                history_rows.insert(),
                [
                    {
                        **whose._asdict(),
                        **values,
                        "seen_at": seen.get((values["history"], values["row_id"]), now),
                    }
                    for values in read.values()
                ],
            )
    _note(db, whose, {"tried_at": now, "read_at": now, **reason_columns(None)})


def keep_rated(
    db: Connection, whose: Whose, index: ProfessionalityIndex | None, now: dt.datetime
) -> None:
    """Keep IP-ASN as it was read; None: there is none (any more)."""
    if index is None:
        mine = _of(professionality_indexes, whose)
        db.execute(delete(professionality_indexes).where(mine))
        return
    values = {**msgspec.structs.asdict(index), "read_at": now}
    db.execute(
        insert(db, professionality_indexes)
        .values(**whose._asdict(), **values)
        .on_conflict_do_update(index_elements=["employee_id", "registry"], set_=values)
    )


def keep_failure(db: Connection, whose: Whose, reason: Reason, now: dt.datetime) -> None:
    """It could not be read; what was read before stays."""
    _note(db, whose, {"tried_at": now, **reason_columns(reason)})


def has_rows(db: Connection, whose: Whose) -> bool:
    """Whether rows were read before."""
    return db.execute(select(history_rows.c.id).where(_of(history_rows, whose))).first() is not None


class Kept(NamedTuple):
    """Somebody's history as it was last read."""

    read_at: dt.datetime
    rows: Sequence[RecordedTraining]
    seen_at: Mapping[str, dt.datetime | None]
    """by id of the row, when it was first seen there; None: longer ago than that is kept"""


def kept(db: Connection, whose: Whose) -> Kept | None:
    """The history as it was last read; None if it never was, or could not be the last time."""
    mine = _of(history_readings, whose)
    reading = db.execute(select(history_readings).where(mine)).one_or_none()
    if reading is None or reading.read_at is None or reading.reason_code:
        return None
    query = select(history_rows).where(_of(history_rows, whose)).order_by(history_rows.c.id)
    found = db.execute(query).all()
    names = [name for name in RecordedTraining.__struct_fields__ if name != "id"]
    rows = [
        RecordedTraining(id=row.row_id, **{name: row._mapping[name] for name in names})
        for row in found
    ]
    return Kept(reading.read_at, rows, {row.row_id: row.seen_at for row in found})


def readings_of(db: Connection, employee_id: int) -> list[Reading]:
    """How reading stands at each registry."""
    query = select(history_readings).where(history_readings.c.employee_id == employee_id)
    return [
        Reading(
            registry=row.registry,
            read_at=row.read_at,
            tried_at=row.tried_at,
            failure=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
        )
        for row in db.execute(query.order_by(history_readings.c.registry))
    ]


def rated(db: Connection, employee_id: int) -> list[Rated]:
    """IP-ASN of the employee, as each registry has it."""
    table = professionality_indexes
    names = ProfessionalityIndex.__struct_fields__
    query = select(table).where(table.c.employee_id == employee_id).order_by(table.c.registry)
    return [
        Rated(
            registry=row.registry,
            index=ProfessionalityIndex(*(row._mapping[name] for name in names)),
            read_at=row.read_at,
        )
        for row in db.execute(query)
    ]


def forget(db: Connection, employee_id: int) -> None:
    """Forget what was read of the employee, who is to be another's."""
    for table in _TABLES:
        db.execute(delete(table).where(table.c.employee_id == employee_id))


def forget_other_registries(db: Connection, names: Collection[str], now: dt.datetime) -> None:
    """Forget what was read from registries that are in the configuration no more."""
    gone = history_rows.c.registry.not_in(names)
    changed.learned_by(db, select(history_rows.c.employee_id).where(gone), now)
    for table in _TABLES:
        db.execute(delete(table).where(table.c.registry.not_in(names)))


def _columns(history: str, row: RecordedTraining) -> dict[str, Any]:
    """What is kept of `row`."""
    when = row.ends or row.starts
    return {
        "history": history,
        "row_id": row.id,
        "name": row.name,
        "organiser": row.organiser,
        "certificate_number": row.certificate_number,
        "hours": row.hours,
        "starts": row.starts,
        "ends": row.ends,
        "year": when.year if when else row.year,
        "kind": row.kind,
        "structural_training": row.structural_training,
        "document": row.document,
    }


def _note(db: Connection, whose: Whose, values: dict[str, Any]) -> None:
    db.execute(
        insert(db, history_readings)
        .values(**whose._asdict(), **values)
        .on_conflict_do_update(index_elements=["employee_id", "registry"], set_=values)
    )


def _of(table: Any, whose: Whose) -> Any:
    return (table.c.employee_id == whose.employee_id) & (table.c.registry == whose.registry)
