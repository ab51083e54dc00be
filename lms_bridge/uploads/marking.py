"""What an operator says of an upload: that they have it, uploaded it, or throw it away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.deliveries import lifecycle
from lms_bridge.i18n import mark
from lms_bridge.store.many import within
from lms_bridge.store.schema import deliveries, upload_rows, uploads
from lms_bridge.store.types import AnyRow
from lms_bridge.uploads.following import follow, lock, newest_rows
from lms_bridge.uploads.making import only_one_at
from lms_bridge.uploads.states import OPEN, CannotDo, Event, RowState, UploadState


def find(db: Connection, name: str, number: int) -> AnyRow:
    """The upload with that `number`. Raises :exc:`CannotDo`."""
    query = select(uploads).where(uploads.c.registry == name, uploads.c.number == number)
    row = db.execute(query).one_or_none()
    if row is None:
        raise CannotDo(
            mark("there is no batch %(number)s of registry.%(name)s"), number=number, name=name
        )
    return row


def downloaded(db: Connection, name: str, number: int, *, by: str, now: dt.datetime) -> None:
    """`by` whom its file was written."""
    only_one_at(db, name)
    upload = find(db, name, number)
    state = UploadState.DOWNLOADED if upload.state == UploadState.MADE else upload.state
    note(db, upload, Event("downloaded", now, by), state=state)


def uploaded(
    db: Connection, name: str, number: int, *, on: dt.date, by: str, now: dt.datetime
) -> int:
    """`by` whom it was uploaded to the registry, and `on` which day; how many rows it has."""
    only_one_at(db, name)
    upload = find(db, name, number)
    _must_be_open(upload)
    ids = listed(db, upload.id)
    lock(db, ids)
    note(
        db,
        upload,
        Event("uploaded", now, by, on.isoformat()),
        state=UploadState.UPLOADED,
        uploaded_on=on,
    )
    follow(db, ids, now)
    return len(ids)


def discard(db: Connection, name: str, number: int, *, by: str, why: str, now: dt.datetime) -> int:
    """It was not, and will not be uploaded: its completions are exported anew; how many."""
    only_one_at(db, name)
    upload = find(db, name, number)
    _must_be_open(upload)
    ids = listed(db, upload.id)
    lock(db, ids)
    note(db, upload, Event("discarded", now, by, why), state=UploadState.DISCARDED)
    db.execute(
        update(upload_rows)
        .where(upload_rows.c.upload_id == upload.id, upload_rows.c.state == RowState.LISTED)
        .values(state=RowState.DROPPED, changed_at=now)
    )
    follow(db, ids, now)
    return len(ids)


def removed(db: Connection, name: str, completion_ids: Collection[int], *, now: dt.datetime) -> int:
    """A person has removed the rows of these completions from the registry; how many.

    Raises :exc:`CannotDo` for one that is not to be removed; then nothing has changed.
    """
    only_one_at(db, name)
    remote = f"registry.{name}"
    mine = select(deliveries).where(
        within(deliveries.c.completion_id, sorted(set(completion_ids))),
        deliveries.c.remote == remote,
    )
    rows = db.execute(mine).all()
    records = {row.completion_id: row.id for row in rows if row.step == "record"}
    lock(db, list(records.values()))
    asked = {row.completion_id for row in db.execute(mine) if _asks_a_person(row)}
    known = newest_rows(db, list(records.values()))
    going: list[int] = []
    for completion_id in sorted(set(completion_ids)):
        row = known.get(records.get(completion_id, 0))
        if completion_id not in asked or row is None or not row.is_in_force:
            raise CannotDo(
                mark("completion %(number)s is not to be removed from registry.%(name)s"),
                number=completion_id,
                name=name,
            )
        going.append(row.id)
    db.execute(
        update(upload_rows)
        .where(within(upload_rows.c.id, going))
        .values(state=RowState.REMOVED, changed_at=now)
    )
    follow(db, list(records.values()), now)
    return len(going)


def listed(db: Connection, upload_id: int) -> list[int]:
    """The deliveries of its rows."""
    query = select(upload_rows.c.delivery_id).where(upload_rows.c.upload_id == upload_id)
    return list(db.execute(query.order_by(upload_rows.c.position)).scalars())


def note(db: Connection, upload: AnyRow, event: Event, **columns: Any) -> None:
    """Write down what was done with the upload."""
    history = [*upload.history, msgspec.to_builtins(event)]
    changed = update(uploads).where(uploads.c.id == upload.id)
    db.execute(changed.values(history=history, **columns))


def _asks_a_person(row: AnyRow) -> bool:
    return row.step == "unrecord" and row.state in lifecycle.sources("claim")


def _must_be_open(upload: AnyRow) -> None:
    if upload.state not in OPEN:
        raise CannotDo(
            mark("batch %(number)s of registry.%(name)s is “%(state)s” already"),
            number=upload.number,
            name=upload.registry,
            state=UploadState(upload.state),
        )
