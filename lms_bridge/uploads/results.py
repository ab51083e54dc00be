"""The result file of a registry: what it says of each row of an upload.

Its rows are known by columns that both files have, usually those with the NIP and the number of
the certificate. Everything that is wrong with it is told at once, by line, column and rule, and
then nothing of it counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.i18n import mark
from lms_bridge.objections import Objected, Objection
from lms_bridge.registries.files.layout import Layout, known_as
from lms_bridge.store.schema import upload_rows, uploads
from lms_bridge.store.types import AnyRow
from lms_bridge.tables import TableError
from lms_bridge.uploads.following import follow, lock
from lms_bridge.uploads.making import only_one_at
from lms_bridge.uploads.marking import find, listed, note
from lms_bridge.uploads.resultfile import Line
from lms_bridge.uploads.states import IN_FORCE, OPEN, CannotDo, Event, RowState, UploadState


class Verdict(msgspec.Struct, frozen=True):
    """What the result file says of one row of the upload."""

    line: int
    position: int
    state: RowState
    result_id: str = ""
    message: str = ""
    is_new: bool = True
    """whether it was not known before"""


class Told(msgspec.Struct, frozen=True):
    """What a result file says."""

    verdicts: list[Verdict]
    untold: int
    """rows of the upload of which it says nothing"""


def tell(
    db: Connection, name: str, number: int, lines: Sequence[Line], layout: Layout, source: str
) -> Told:
    """What the `lines` say of the upload. Raises :exc:`TableError` and :exc:`CannotDo`."""
    upload = find(db, name, number)
    if upload.state == UploadState.DISCARDED:
        raise CannotDo(
            mark("batch %(number)s of registry.%(name)s was discarded"), number=number, name=name
        )
    if not layout.match():
        raise CannotDo(
            mark("nothing says by which columns a row is known; set %(setting)s"),
            setting=f"registry.{name}.results.match",
        )
    mine = select(upload_rows).where(upload_rows.c.upload_id == upload.id)
    rows = list(db.execute(mine.order_by(upload_rows.c.position)))
    index = _index(rows, upload.headings, layout)
    problems: list[Objection] = []
    verdicts: dict[int, Verdict] = {}
    for line in lines:
        try:
            row = _row(line, index, number, layout)
            before = verdicts.get(row.position)
            if before:
                same = mark("It tells of the same row as line %(other)s.")
                raise Objected(same, other=before.line)
            verdicts[row.position] = _judged(db, line, row, layout)
        except Objected as error:
            problems.append(error.objection.in_line(line.line))
    if problems:
        raise TableError(source, problems)
    return Told(sorted(verdicts.values(), key=lambda one: one.position), len(rows) - len(verdicts))


def apply(
    db: Connection,
    name: str,
    number: int,
    lines: Sequence[Line],
    layout: Layout,
    source: str,
    *,
    by: str,
    now: dt.datetime,
) -> Told:
    """Let the completions follow what the `lines` say. Raises what :func:`tell` raises."""
    only_one_at(db, name)
    upload = find(db, name, number)
    ids = listed(db, upload.id)
    lock(db, ids)
    told = tell(db, name, number, lines, layout, source)
    if told.verdicts:
        db.execute(
            _JUDGE,
            [
                {
                    "in_upload": upload.id,
                    "at_position": one.position,
                    "judged": one.state,
                    "called": one.result_id or None,
                    "words": one.message or None,
                    "at": now,
                }
                for one in told.verdicts
            ],
        )
    left = select(upload_rows.c.id).where(
        upload_rows.c.upload_id == upload.id, upload_rows.c.state == RowState.LISTED
    )
    answered = db.execute(left.limit(1)).first() is None
    note(
        db,
        upload,
        Event("results", now, by, source),
        state=UploadState.ANSWERED if answered else UploadState.UPLOADED,
        uploaded_on=upload.uploaded_on or now.date(),
    )
    if upload.state in OPEN:  # it is known by now that it was uploaded, with all that is in it
        follow(db, ids, now)
    else:
        follow(db, [ids[one.position - 1] for one in told.verdicts if one.is_new], now)
    return told


def _index(
    rows: Sequence[AnyRow], headings: Sequence[str], layout: Layout
) -> dict[tuple[str, ...], list[AnyRow]]:
    """The rows of the upload by what they are known by, as its own form had the headings."""
    places = {known_as(heading): place for place, heading in enumerate(headings)}
    missing = [heading for heading in layout.match() if known_as(heading) not in places]
    if missing:
        raise CannotDo(
            mark("the batch was made without the column “%(heading)s”, so its rows are not known"),
            heading=missing[0],
        )
    chosen = [places[known_as(heading)] for heading in layout.match()]
    index: dict[tuple[str, ...], list[AnyRow]] = {}
    for row in rows:
        index.setdefault(tuple(_compared(row.cells[place]) for place in chosen), []).append(row)
    return index


def _compared(text: str) -> str:
    """A value as it is compared: an NIP may come back in groups, a number in capitals."""
    return "".join(text.split()).casefold()


def _row(
    line: Line, index: Mapping[tuple[str, ...], list[AnyRow]], number: int, layout: Layout
) -> AnyRow:
    """The row of the upload that the `line` tells of. Raises :exc:`.Objected`."""
    by = layout.match()
    values = [line.value(heading) for heading in by]
    for heading, value in zip(by, values, strict=True):
        if not value:
            raise Objected(
                mark("It is empty, so it is not known of which row this tells."), field=heading
            )
    found = index.get(tuple(map(_compared, values)), [])
    which = ", ".join(by)
    if not found:
        none = mark("Batch %(number)s has no row with these values.")
        raise Objected(none, field=which, number=number)
    if len(found) > 1:
        raise Objected(
            mark("Batch %(number)s has several such rows: %(rows)s."),
            field=which,
            number=number,
            rows=", ".join(str(row.position) for row in found),
        )
    return found[0]


def _judged(db: Connection, line: Line, row: AnyRow, layout: Layout) -> Verdict:
    """What the `line` says. Raises :exc:`.Objected`."""
    results = layout.settings.results
    message, result_id = line.value(results.message), line.value(results.id)
    if results.state:
        said = known_as(line.value(results.state))
        if said in map(known_as, results.accepted):
            state = RowState.ACCEPTED
        elif said in map(known_as, results.refused):
            state = RowState.REFUSED
        else:
            raise Objected(
                mark(
                    "“%(value)s” is neither one of the words of results.accepted nor of"
                    " results.refused."
                ),
                field=results.state,
                value=said,
            )
    else:
        state = RowState.REFUSED if message else RowState.ACCEPTED
    _check(db, row, state)
    if state == RowState.REFUSED:
        result_id = ""
    result_id = result_id or ((row.result_id or "") if state == RowState.ACCEPTED else "")
    was = (row.state, row.result_id or "", row.message or "")
    return Verdict(
        line.line,
        row.position,
        state,
        result_id,
        message,
        is_new=was != (state, result_id, message),
    )


def _check(db: Connection, row: AnyRow, state: RowState) -> None:
    """That the row may become so after what it was. Raises :exc:`.Objected`."""
    if row.state == RowState.REMOVED:
        removed = mark("Row %(row)s has been removed from the registry since.")
        raise Objected(removed, row=row.position)
    if row.state in IN_FORCE or state == RowState.REFUSED:
        return
    other = (
        select(uploads.c.number)
        .join(upload_rows, upload_rows.c.upload_id == uploads.c.id)
        .where(
            upload_rows.c.delivery_id == row.delivery_id,
            upload_rows.c.id != row.id,
            upload_rows.c.state.in_(IN_FORCE),
        )
    )
    if (later := db.execute(other).scalar()) is not None:
        raise Objected(
            mark(
                "Row %(row)s was refused before, and its completion is in batch %(later)s now; it"
                " would be there twice."
            ),
            row=row.position,
            later=later,
        )


_JUDGE = (
    update(upload_rows)
    .where(
        upload_rows.c.upload_id == bindparam("in_upload"),
        upload_rows.c.position == bindparam("at_position"),
    )
    .values(
        state=bindparam("judged"),
        result_id=bindparam("called"),
        message=bindparam("words"),
        changed_at=bindparam("at"),
    )
)
