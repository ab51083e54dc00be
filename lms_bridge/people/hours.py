"""What somebody has learned, each training once, and the JP of a year.

A training may be known from several places: as a completion of ours, as the row that was
recorded of it, as the row that another registry has of it, as one that somebody typed in by
hand. Here they become one :class:`Learned` each. Pure.

- A row belongs to a completion if a delivery brought about the row with that id.
- Otherwise two are the same if they have the same certificate number *and* the same name or last
  day: quite other trainings have the same number by mistake (registry facts, section 5).
- In two different places they are also the same by the same name, days and organiser, if not both
  have a certificate number. Within one registry they are not: two sessions on one day are two.
- What was taken back does not count, and neither does its row, unless HR decided to keep it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from lms_bridge.deliveries import matching

# Each text is compared with many others, and many people have learned the same.
key = lru_cache(maxsize=50_000)(matching.key)


class Ours(msgspec.Struct, frozen=True, kw_only=True):
    """A completion of ours."""

    id: int
    course_id: int | None = None
    name: str
    organiser: str
    certificate_number: str
    hours: int
    starts: dt.date
    ends: dt.date
    withdrawn: bool = False
    kept: bool = False
    """whether HR has decided that the registry keeps it although it was taken back"""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row that a registry has."""

    registry: str
    history: str
    id: str
    name: str
    organiser: str
    certificate_number: str
    hours: int | None = None
    starts: dt.date | None = None
    ends: dt.date | None = None
    year: int | None = None
    kind: int | None = None
    """``jenisDiklatId``"""
    document: bool | None = None
    completion_id: int | None = None
    """the completion of ours that it is, by a delivery"""


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """A training of somebody, with every place that it is known from."""

    name: str
    organiser: str
    certificate_number: str
    hours: int | None
    starts: dt.date | None
    ends: dt.date | None
    year: int | None
    """in which it counts: that of the last day"""
    kind: int | None
    """``jenisDiklatId`` as a registry has it"""
    completion_id: int | None
    """None: it is known from registries only"""
    course_id: int | None = None
    """of the completion"""
    rows: tuple[Row, ...]
    counts: bool
    """not, if it was taken back"""


class Hours(msgspec.Struct, frozen=True):
    """JP of a year."""

    ours: int
    elsewhere: int
    """of trainings that only a registry tells of"""
    total: int


def gather(ours: Iterable[Ours], rows: Iterable[Row]) -> list[Learned]:
    """All that is known of one person, each training once, the latest first."""
    groups = [_Group(one) for one in ours]
    by_id = {group.ours.id: group for group in groups if group.ours}
    alone: list[Row] = []
    for row in rows:
        if row.completion_id is None:
            alone.append(row)
        elif row.completion_id in by_id:  # else it is shown with the completion's own year
            by_id[row.completion_id].rows.append(row)
    for row in alone:
        group = next((group for group in groups if group.has(row)), None)
        if group is None:
            group = _Group(None)
            groups.append(group)
        group.rows.append(row)
    found = [group.learned() for group in groups]
    return sorted(found, key=_when, reverse=True)


def hours_of(learned: Sequence[Learned], year: int) -> Hours:
    """The JP of `year`."""
    mine = [one for one in learned if one.counts and one.year == year]
    ours = sum(one.hours or 0 for one in mine if one.completion_id is not None)
    total = sum(one.hours or 0 for one in mine)
    return Hours(ours, total - ours, total)


class _Group:
    """One training while it is put together."""

    def __init__(self, ours: Ours | None) -> None:
        self.ours = ours
        self.rows: list[Row] = []

    @property
    def counts(self) -> bool:
        return self.ours is None or not self.ours.withdrawn or self.ours.kept

    def has(self, row: Row) -> bool:
        """Whether `row` is this training as well; one that was taken back is no other's."""
        if not self.counts:
            return False
        apart = all(other.registry != row.registry for other in self.rows)
        known: list[Ours | Row] = [*([self.ours] if self.ours else []), *self.rows]
        return any(_same(one, row, apart=apart) for one in known)

    def learned(self) -> Learned:
        first: Ours | Row = self.ours or self.rows[0]
        hours = first.hours
        if self.ours is None:
            hours = max((row.hours for row in self.rows if row.hours is not None), default=None)
        years = (row.year for row in self.rows if row.year)
        return Learned(
            name=first.name,
            organiser=first.organiser,
            certificate_number=first.certificate_number,
            hours=hours,
            starts=first.starts,
            ends=first.ends,
            year=self.ours.ends.year if self.ours else next(years, None),
            kind=next((row.kind for row in self.rows if row.kind), None),
            completion_id=self.ours.id if self.ours else None,
            course_id=self.ours.course_id if self.ours else None,
            rows=tuple(self.rows),
            counts=self.counts,
        )


def _same(one: Ours | Row, row: Row, *, apart: bool) -> bool:
    numbers = key(one.certificate_number), key(row.certificate_number)
    same_name = key(one.name) == key(row.name) != ""
    same_end = one.ends is not None and one.ends == row.ends
    if all(numbers):
        return numbers[0] == numbers[1] and (same_name or same_end)
    organisers = {key(one.organiser), key(row.organiser)} - {""}
    return apart and same_name and same_end and one.starts == row.starts and len(organisers) < 2


def _when(one: Learned) -> tuple[int, dt.date, str]:
    last = one.ends or one.starts
    year = one.year or (last.year if last else 0)
    return year, last or dt.date(max(year, 1), 1, 1), one.name
