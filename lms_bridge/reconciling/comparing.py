"""One person at one registry: what the bridge says, held against the rows. Pure.

A row is accounted for by the completion whose delivery brought it about. What is left over is
looked at for what it may be: the row of a completion that has none, a second one of a completion
that has one, that of a completion that was taken back, or one that only looks like a course of
ours. What a worker is still at is no finding, and neither is a row that it may have to do with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lms_bridge.catalogue.course import STRUCTURAL
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.matching import Difference, Ours, differences, key, match
from lms_bridge.reasons import Reason
from lms_bridge.reconciling.findings import Finding, Kind, Repair
from lms_bridge.reconciling.likeness import Likeness
from lms_bridge.reconciling.sides import Mine
from lms_bridge.registries.base import RecordedTraining, Training

LABELS = {
    "name": "namaKursus",
    "organiser": "institusiPenyelenggara",
    "certificate_number": "nomorSertipikat",
    "hours": "JP",
    "starts": "tanggalMulai",
    "ends": "tanggalSelesai",
    "kind": "jenisDiklatId",
    "structural_training": "latihanStrukturalId",
}
"""what the fields are called where HR sees them, in either language"""
_TAKEN_OVER = {"hours", "starts", "ends", "certificate_number"}
"""what a completion itself says; the rest is its course's"""


class About(msgspec.Struct, frozen=True):
    """What is known of the registry, and of when its rows were first seen."""

    remote: str
    employee_id: int
    likeness: Likeness
    changes_rows: bool = True
    documented: Callable[[int], bool] = lambda kind: False
    """whether rows of that kind get their certificate in a step of its own"""
    seen_at: Mapping[str, dt.datetime | None] = {}


def compare(mine: Sequence[Mine], rows: Sequence[RecordedTraining], about: About) -> list[Finding]:
    """What is amiss, in the order of the completions and then of the rows."""
    return list(_Comparison(mine, rows, about).findings())


class _Comparison:
    def __init__(
        self, mine: Sequence[Mine], rows: Sequence[RecordedTraining], about: About
    ) -> None:
        self._mine = mine
        self._about = about
        self._rows = {row.id: row for row in rows}
        owned = {one.row_id for one in mine}
        self._free = {row_id: row for row_id, row in self._rows.items() if row_id not in owned}

    def findings(self) -> Iterator[Finding]:
        # What a worker is at, or HR has decided to keep, first: its rows are no one else's.
        for one in self._mine:
            if one.kept or any(step.is_open for step in one.steps.values()):
                self._set_aside(one)
        for one in self._mine:
            if one.stands:
                yield from self._of_standing(one)
        for one in self._mine:
            if not one.stands and not one.kept:
                yield from self._of_withdrawn(one)
        for row in list(self._free.values()):
            if course := self._about.likeness.course_of(row):
                reason = self._reason("found_stray", row, course=course)
                yield self._finding(Kind.EXTRA, None, row, reason, course=course)

    # --- a completion that stands

    def _of_standing(self, one: Mine) -> Iterator[Finding]:
        record = one.record
        if record is None:
            yield self._linkable(one) or self._unrecorded(one)
        elif record.is_open:
            return
        elif record.state == State.DONE or record.reason == "row_vanished":
            row = self._rows.get(record.result_id)
            if row is not None and record.state == State.DONE:
                yield from self._of_row(one, row)
            elif row is not None:
                reason = self._reason("found_back", row, completion=one.id)
                yield self._finding(Kind.UNRECORDED, one, row, reason, Repair.LINK)
            elif record.result_id:
                yield self._linkable(one) or self._vanished(one)
        elif linkable := self._linkable(one):
            yield linkable

    def _of_row(self, one: Mine, row: RecordedTraining) -> Iterator[Finding]:
        yield from self._doubles(one, row)
        if any(step.is_open for name, step in one.steps.items() if name != "document"):
            return
        if differing := self._differing(one, row):
            yield differing
        elif self._about.documented(one.said.kind) and self._lacks_document(one, row):
            reason = self._reason("found_undocumented", row)
            yield self._finding(Kind.UNDOCUMENTED, one, row, reason, Repair.UPLOAD)

    def _linkable(self, one: Mine) -> Finding | None:
        """A row that is the completion, and was not written for it."""
        row = self._take(one)
        if row is None:
            return None
        reason = self._reason("found_linkable", row, completion=one.id)
        return self._finding(Kind.EXTRA, one, row, reason, Repair.LINK)

    def _unrecorded(self, one: Mine) -> Finding:
        reason = Reason("found_unrecorded", remote=self._about.remote, completion=one.id)
        return self._finding(Kind.UNRECORDED, one, None, reason, Repair.RECORD)

    def _vanished(self, one: Mine) -> Finding:
        reason = Reason("found_vanished", remote=self._about.remote, row=one.row_id)
        return self._finding(Kind.VANISHED, one, None, reason, Repair.RECORD, row_id=one.row_id)

    def _doubles(self, one: Mine, row: RecordedTraining) -> Iterator[Finding]:
        while other := self._take(one):
            reason = self._reason("found_double", other, completion=one.id, ours=row.id)
            # Only if it is known that ours is the later, and nothing hangs on it.
            repairs = [Repair.UNDOUBLE] if self._is_later(one, other) else []
            yield self._finding(
                Kind.DOUBLE, one, other, reason, *repairs, kept=_said(other), ours=_said(row)
            )

    def _is_later(self, one: Mine, other: RecordedTraining) -> bool:
        """Whether the bridge wrote its row after `other` was there, and it is nobody else's."""
        seen = self._about.seen_at.get(other.id)
        record = one.record
        assert record is not None
        return (
            seen is not None
            and not record.was_found
            and seen < record.begun_at
            and sum(each.row_id == record.result_id for each in self._mine) == 1
        )

    def _differing(self, one: Mine, row: RecordedTraining) -> Finding | None:
        """Not what the catalogue says otherwise by now: that is for a correction."""
        if not _differences(one.said, row):
            return None
        found = _differences(one.training, row)
        if not found:
            return None
        told = "; ".join(f"{LABELS[each.field]} {each.theirs} ≠ {each.ours}" for each in found)
        reason = self._reason("found_differing", row, what=told)
        record, correct = one.record, one.steps.get("correct")
        assert record is not None
        repairs = []
        if (
            self._about.changes_rows
            and not record.was_found
            and not (correct and correct.state == State.BLOCKED)
            and match(one.said, [row], Ours())
            and _same_history(row, one.training)
        ):
            repairs.append(Repair.CORRECT)
        if {each.field for each in found} <= _TAKEN_OVER:
            repairs.append(Repair.TAKE_OVER)
        fields = {each.field: [str(each.theirs), str(each.ours)] for each in found}
        return self._finding(Kind.DIFFERING, one, row, reason, *repairs, fields=fields)

    def _lacks_document(self, one: Mine, row: RecordedTraining) -> bool:
        document = one.steps.get("document")
        if document is None:
            return not row.document
        return document.state == State.DONE and row.document is False

    # --- a completion that was taken back

    def _of_withdrawn(self, one: Mine) -> Iterator[Finding]:
        while row := self._take(one):
            reason = self._reason("found_of_withdrawn", row, completion=one.id)
            yield self._finding(Kind.EXTRA, one, row, reason)

    # --- rows

    def _set_aside(self, one: Mine) -> None:
        while self._take(one):
            pass

    def _take(self, one: Mine) -> RecordedTraining | None:
        """A row that nobody accounts for and that is `one`; it is accounted for by now."""
        others = Ours(
            frozenset(each.row_id for each in self._mine if each is not one and each.row_id),
            frozenset(each.training.certificate_number for each in self._mine if each is not one),
        )
        for training in dict.fromkeys((one.said, one.training)):
            free = [row for row in self._free.values() if _same_history(row, training)]
            if row := match(training, free, others):
                return self._free.pop(row.id)
        return None

    # --- words

    def _reason(self, code: str, row: RecordedTraining, **details: Any) -> Reason:
        name = row.name or row.certificate_number or "–"
        return Reason(code, remote=self._about.remote, row=row.id, name=name, **details)

    def _finding(
        self,
        kind: Kind,
        one: Mine | None,
        row: RecordedTraining | None,
        reason: Reason,
        *repairs: Repair,
        course: str = "",
        row_id: str = "",
        **details: Any,
    ) -> Finding:
        return Finding(
            kind=kind,
            remote=self._about.remote,
            reason=reason,
            repairs=repairs,
            employee_id=self._about.employee_id,
            completion_id=one.id if one else None,
            course=one.course if one else course,
            row_id=row.id if row else row_id,
            details=details,
        )


def _differences(training: Training, row: RecordedTraining) -> list[Difference]:
    """Where the row says something else; how a text is written does not count."""
    return [
        one
        for one in differences(training, row)
        if not isinstance(one.ours, str) or key(str(one.theirs)) != key(one.ours)
    ]


def _same_history(row: RecordedTraining, training: Training) -> bool:
    """Whether the row is in the history that the training belongs to, as far as it says."""
    return row.kind is None or (row.kind == STRUCTURAL) == (training.kind == STRUCTURAL)


def _said(row: RecordedTraining) -> dict[str, Any]:
    """What a row says, as JSON can say it."""
    return {name: str(value) for name, value in msgspec.structs.asdict(row).items() if value}
