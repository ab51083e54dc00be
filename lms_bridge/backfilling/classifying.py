"""Whether a registry has a completion already, or a row that may be it. Pure.

The bridge has given no certificate number yet, so a row is told by the name of the course, its
organiser and its days; one that looks like the course and says something else is for a person to
decide about, for it may be the same training, typed in with other days, or another one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from lms_bridge.catalogue.course import STRUCTURAL, Course
from lms_bridge.deliveries.matching import Ours, match
from lms_bridge.reconciling.likeness import Likeness
from lms_bridge.registries.base import RecordedTraining, Training


class Sought(NamedTuple):
    """A completion that a registry may have."""

    course: Course
    completed_at: dt.datetime | None
    """None: the LMS does not say"""

    def training(self, zone: dt.tzinfo) -> Training | None:
        """What it would be recorded as; None if it cannot be said when it was."""
        if self.completed_at is None:
            return None
        starts, ends = self.course.days(self.completed_at, zone)
        return Training(
            name=self.course.name,
            organiser=self.course.organiser,
            kind=self.course.kind,
            hours=self.course.hours,
            certificate_number="",
            starts=starts,
            ends=ends,
            structural_training=self.course.structural_training,
        )


class Verdict(NamedTuple):
    """The row that a registry has of it, or that may be it."""

    row: RecordedTraining
    is_it: bool


class Rows:
    """The rows that one registry has of a person, each of which is one completion at the most."""

    def __init__(
        self, rows: Iterable[RecordedTraining], taken: Collection[str], likeness: Likeness
    ) -> None:
        self._free = {row.id: row for row in rows if row.id not in taken}
        self._likeness = likeness

    def look(self, sought: Sequence[Sought], zone: dt.tzinfo) -> list[Verdict | None]:
        """For each of `sought`, what the registry has; rows that are certain are given first."""
        verdicts: list[Verdict | None] = [self._certain(one, zone) for one in sought]
        return [
            verdict or self._possible(one, zone)
            for one, verdict in zip(sought, verdicts, strict=True)
        ]

    def _certain(self, one: Sought, zone: dt.tzinfo) -> Verdict | None:
        training = one.training(zone)
        if training is None:
            return None
        row = match(training, self._of_history(one.course), Ours())
        return Verdict(self._free.pop(row.id), is_it=True) if row else None

    def _possible(self, one: Sought, zone: dt.tzinfo) -> Verdict | None:
        """A row that looks like the course; of one that counts each year, only of that year."""
        training = one.training(zone)
        ends = training.ends if training else None
        for row in self._of_history(one.course):
            if not self._is_like(row, one.course):
                continue
            if one.course.run == "yearly" and _year(row.ends) != _year(ends):
                continue
            return Verdict(self._free.pop(row.id), is_it=False)
        return None

    def _of_history(self, course: Course) -> list[RecordedTraining]:
        structural = course.kind == STRUCTURAL
        return [
            row
            for row in self._free.values()
            if row.kind is None or (row.kind == STRUCTURAL) == structural
        ]

    def _is_like(self, row: RecordedTraining, course: Course) -> bool:
        if course.kind == STRUCTURAL:
            return bool(row.structural_training) and (
                row.structural_training == course.structural_training
            )
        return self._likeness.course_of(row) == course.key


def _year(day: dt.date | None) -> int | None:
    return day.year if day else None
