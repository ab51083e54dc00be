"""Making the next upload of a registry: its rows, its number and its file, in one transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, exists, func, select, update

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.registries.files.layout import Cell, Layout
from lms_bridge.registries.files.writing import written
from lms_bridge.store.engine import alone
from lms_bridge.store.many import within
from lms_bridge.store.schema import completions, deliveries, upload_rows, uploads
from lms_bridge.uploads.entries import Entry, Unfit, cells, entries
from lms_bridge.uploads.states import IN_FORCE, Event, RowState, UploadState


class Made(msgspec.Struct, frozen=True):
    """An upload that was just made."""

    number: int
    rows: int
    content: bytes


def make(db: Connection, name: str, layout: Layout, *, by: str, now: dt.datetime) -> Made | None:
    """The next upload for ``[registry.NAME]``; None if nothing is to be exported.

    What the form cannot take is left out, and put before a person by its step. What a worker
    has at this moment comes into the next one.
    """
    only_one_at(db, name)
    remote = f"registry.{name}"
    number = _next_number(db, name)
    listed: list[tuple[Entry, list[Cell]]] = []
    unfit: list[int] = []
    for entry in entries(db, within(deliveries.c.id, _candidates(db, remote, layout))):
        try:
            row = cells(layout, remote, entry, batch=number, row=len(listed) + 1)
        except (Unfit, msgspec.ValidationError):
            unfit.append(entry.delivery_id)
        else:
            listed.append((entry, row))
    if unfit:
        db.execute(update(deliveries).where(within(deliveries.c.id, unfit)).values(due_at=now))
    if not listed:
        return None
    content = written(
        layout.settings,
        layout.headings,
        [row for _, row in listed],
        layout.number_formats(),
        now,
    )
    made = uploads.insert().values(
        registry=name,
        number=number,
        state=UploadState.MADE,
        format=layout.settings.format,
        headings=layout.headings,
        content=content,
        history=msgspec.to_builtins([Event("made", now, by)]),
        made_at=now,
    )
    upload_id = db.execute(made.returning(uploads.c.id)).scalar_one()
    _list(db, upload_id, number, name, listed, now)
    return Made(number, len(listed), content)


def only_one_at(db: Connection, name: str) -> None:
    """Wait until nobody else is at the uploads of ``[registry.NAME]``."""
    alone(db, f"uploads of {name}")


def to_be_exported(remote: str) -> Any:
    """That a delivery waits for the next upload."""
    in_upload = exists().where(
        upload_rows.c.delivery_id == deliveries.c.id, upload_rows.c.state.in_(IN_FORCE)
    )
    return (
        (deliveries.c.remote == remote)
        & (deliveries.c.step == "record")
        & (deliveries.c.state == State.DELEGATED)
        & (deliveries.c.reason_code == "to_be_exported")
        & ~in_upload
    )


def _candidates(db: Connection, remote: str, layout: Layout) -> list[int]:
    stands = exists().where(
        completions.c.id == deliveries.c.completion_id, completions.c.withdrawn_at.is_(None)
    )
    query = (
        select(deliveries.c.id)
        .where(to_be_exported(remote), stands)
        .order_by(deliveries.c.id)
        .limit(layout.settings.most_rows)
        .with_for_update(skip_locked=True)
    )
    return list(db.execute(query).scalars())


def _next_number(db: Connection, name: str) -> int:
    last = select(func.max(uploads.c.number)).where(uploads.c.registry == name)
    return (db.execute(last).scalar() or 0) + 1


def _list(
    db: Connection,
    upload_id: int,
    number: int,
    name: str,
    listed: list[tuple[Entry, list[Cell]]],
    now: dt.datetime,
) -> None:
    db.execute(
        upload_rows.insert(),
        [
            {
                "upload_id": upload_id,
                "position": position,
                "delivery_id": entry.delivery_id,
                "state": RowState.LISTED,
                "cells": [cell.shown for cell in row],
                "training": msgspec.to_builtins(entry.training),
                "changed_at": now,
            }
            for position, (entry, row) in enumerate(listed, start=1)
        ],
    )
    about = {"remote": f"registry.{name}", "name": name, "batch": number}
    db.execute(
        _IN_UPLOAD,
        [
            {
                "of": entry.delivery_id,
                # From here on the file may be uploaded at any time, so it is in doubt.
                "pages": {**entry.progress, "sent_at": now.isoformat()},
                "details": Reason(
                    "in_upload", row=position, delivery=entry.delivery_id, **about
                ).details,
                "at": now,
            }
            for position, (entry, _) in enumerate(listed, start=1)
        ],
    )


_IN_UPLOAD = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of"))
    .values(
        progress=bindparam("pages"),
        reason_code="in_upload",
        reason_details=bindparam("details"),
        changed_at=bindparam("at"),
    )
)
