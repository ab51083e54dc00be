"""The steps of a delivery to a registry that takes files: nothing is sent, it is looked.

What is to be done is a person's; the steps say what, and find out when it has been done. They
are asked again as soon as somebody has done something to their row, and now and then besides.

Entries of the notebook:

``sent_at``
    since when the completion is in an upload: from then on the registry may have it.
``refused_row``
    the row of which it was said that the registry refused it; tried again, it is exported anew.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.files.layout import Layout
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries
from lms_bridge.uploads.entries import Unfit, cells, entries
from lms_bridge.uploads.following import Row, follow, newest_rows, refusal
from lms_bridge.uploads.states import RowState, UploadState

_LOOK_AFTER = 30 * 86_400.0
"""seconds; whoever does something to a row has its delivery looked at, at once"""


class _LookStep:
    """What both steps have in common."""

    def __init__(self, name: str, layout: Layout, store: Store, *, clock: Clock) -> None:
        self._name = name
        self._layout = layout
        self._store = store
        self._clock = clock

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return None

    def _newest(self, delivery: int | None, notebook: Notebook) -> Row | None:
        """The newest row of the delivery; if it changes before the end, it is looked at anew."""
        if delivery is None:
            return None
        with self._store.reading() as db:
            seen = newest_rows(db, [delivery]).get(delivery)

        def look_again(db: Connection) -> None:
            if newest_rows(db, [delivery]).get(delivery) != seen:
                follow(db, [delivery], self._clock())

        notebook.also(look_again)
        return seen

    def _left_to_a_person(self, code: str, work: Work, row: Row | None = None) -> DeliveryError:
        details = {"batch": row.number, "row": row.position} if row else {}
        return DeliveryError(
            Reason(
                code,
                remote=work.remote,
                name=self._name,
                completion=work.completion_id,
                delivery=work.delivery_id,
                **details,
            ),
            retryable=False,
            look_after=_LOOK_AFTER,
        )


class ListStep(_LookStep):
    """The step "record" at one registry."""

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        row = self._newest(work.delivery_id, notebook)
        if row and row.is_in_force:
            if self._is_there(row):
                notebook.strike("sent_at")
                return Outcome(row.row_id, found=False, recorded=row.training)
            code = "upload_unanswered" if row.upload_state == UploadState.UPLOADED else "in_upload"
            raise self._left_to_a_person(code, work, row)
        notebook.strike("sent_at")
        if not work.is_wanted:
            raise DeliveryError(Reason("withdrawn"), retryable=False)
        if row and row.state == RowState.REFUSED and notebook.get("refused_row") != row.id:
            notebook.enter(refused_row=row.id)
            raise DeliveryError(refusal(work.remote, row, work.delivery_id), retryable=False)
        self._check(work)
        raise self._left_to_a_person("to_be_exported", work)

    def _is_there(self, row: Row) -> bool:
        if row.state == RowState.ACCEPTED:
            return True
        was_uploaded = row.upload_state in (UploadState.UPLOADED, UploadState.ANSWERED)
        return was_uploaded and self._layout.settings.done_when == "uploaded"

    def _check(self, work: Work) -> None:
        """That the form takes the completion; else somebody hears of it before it is exported."""
        with self._store.reading() as db:
            (entry,) = entries(db, deliveries.c.id == work.delivery_id)
        try:
            cells(self._layout, work.remote, entry)
        except Unfit as unfit:
            raise DeliveryError(unfit.reason, retryable=False) from None


class UnlistStep(_LookStep):
    """The step "unrecord" at one registry."""

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        if not work.is_wanted:
            raise DeliveryError(Reason("told_again"), retryable=False)
        query = select(deliveries.c.id).where(
            deliveries.c.completion_id == work.completion_id,
            deliveries.c.remote == work.remote,
            deliveries.c.step == "record",
        )
        with self._store.reading() as db:
            listed = db.execute(query).scalar()
        row = self._newest(listed, notebook)
        if row and row.is_in_force:
            raise self._left_to_a_person("upload_to_remove", work, row)
        removed = msgspec.to_builtins(row.training) if row else None
        return Outcome(row.row_id if row else "", removed=removed)
