"""The JP of each employee and year, kept as sums, so that nobody has to add up a whole city.

What counts, and what is one training, says :mod:`lms_bridge.people.hours` alone. Here its answer is
kept for each person, and made anew by the job ``count_hours`` when something of it has changed
(:mod:`lms_bridge.people.changed`). Whoever asks before that gets what it comes to now, worked out
on the spot; or, if that is of too many people, is told how many sums are still being counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from lms_bridge.people import gathering
from lms_bridge.people.changed import HOURS
from lms_bridge.people.hours import Hours, Learned
from lms_bridge.store.many import among
from lms_bridge.store.schema import yearly_hours, yearly_trainings

NONE = Hours(0, 0, 0)
_NOTED = HOURS.table
_AT_ONCE = 500
"""people who are worked out on the spot in one query"""


class Part(NamedTuple):
    """What somebody learned in a year in one course; or elsewhere, of one kind."""

    year: int
    course_id: int
    """0: elsewhere"""
    kind: int
    """``jenisDiklatId`` of what was learned elsewhere, 0 if that is not known; else 0"""


class Sum(NamedTuple):
    """How many trainings, and how many JP they are."""

    trainings: int
    hours: int


def count(db: Connection, people: Collection[int]) -> None:
    """Add up the JP of `people`, and keep that in place of what was kept before."""
    hours: list[dict[str, Any]] = []
    trainings: list[dict[str, Any]] = []
    for who, every in gathering.trainings(db, people).items():
        parts = parts_of(every)
        for year, one in _by_year(parts).items():
            hours.append(
                {"employee_id": who, "year": year, "ours": one.ours, "elsewhere": one.elsewhere}
            )
        trainings += [
            {"employee_id": who, **part._asdict(), **one._asdict()} for part, one in parts.items()
        ]
    for table, rows in ((yearly_hours, hours), (yearly_trainings, trainings)):
        db.execute(delete(table).where(among(table.c.employee_id, people)))
        if rows:
            db.execute(table.insert(), rows)


def parts_of(every: Sequence[Learned]) -> Mapping[Part, Sum]:
    """What the trainings of one person come to; those of which no year is known are left out."""
    found: dict[Part, Sum] = {}
    for one in every:
        if one.counts and one.year is not None:
            kind = 0 if one.course_id else one.kind or 0
            part = Part(one.year, one.course_id or 0, kind)
            before = found.get(part, Sum(0, 0))
            found[part] = Sum(before.trainings + 1, before.hours + (one.hours or 0))
    return found


def how_many_to_count(db: Connection) -> int:
    """Of how many people the sums are not what they are to be."""
    return HOURS.how_many(db)


def hours(db: Connection, year: int) -> Mapping[int, Hours]:
    """The JP of `year` by employee, of those who have any.

    They are true: whose sums are being counted are worked out here, however many these are.
    """
    table = yearly_hours
    query = select(table.c.employee_id, table.c.ours, table.c.elsewhere)
    known = {
        who: Hours(ours, elsewhere, ours + elsewhere)
        for who, ours, elsewhere in db.execute(query.where(table.c.year == year))
    }
    for who, parts in on_the_spot(db, noted(db)):
        mine = _by_year(parts).get(year)
        if mine is None:
            known.pop(who, None)
        else:
            known[who] = mine
    return known


def noted(db: Connection, most: int | None = None) -> list[int]:
    """Whose sums are being counted; at most so many."""
    return list(db.scalars(select(_NOTED.c.employee_id).limit(most)))


def on_the_spot(db: Connection, people: Sequence[int]) -> Iterator[tuple[int, Mapping[Part, Sum]]]:
    """What `people` have learned, as it is now and not as it was last counted."""
    for start in range(0, len(people), _AT_ONCE):
        some = people[start : start + _AT_ONCE]
        for who, every in gathering.trainings(db, some).items():
            yield who, parts_of(every)


def _by_year(parts: Mapping[Part, Sum]) -> Mapping[int, Hours]:
    ours: dict[int, int] = defaultdict(int)
    total: dict[int, int] = defaultdict(int)
    for part, one in parts.items():
        total[part.year] += one.hours
        if part.course_id:
            ours[part.year] += one.hours
    return {year: Hours(ours[year], all_ - ours[year], all_) for year, all_ in total.items()}
