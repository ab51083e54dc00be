"""Who would get which badge if the configuration were put in force: a look before anything is done.

Nothing is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, func, select

from lms_bridge.badges import in_force, reviews
from lms_bridge.badges.badge import Badge, in_order
from lms_bridge.badges.facts import Reader
from lms_bridge.badges.in_force import InForce
from lms_bridge.badges.terms import Person
from lms_bridge.store.engine import Store
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, employees
from lms_bridge.store.types import AnyRow

_AT_ONCE = 500


class Named(msgspec.Struct, frozen=True):
    """Somebody who would get a badge."""

    name: str
    nip: str
    unit: str
    earned_on: dt.date


class Preview(msgspec.Struct, frozen=True):
    """What would become of one badge."""

    badge: Badge
    change: str
    """"new" or "changed" """
    have_it: int
    """how many have it now; they keep it"""
    would_get_it: int
    """how many would"""
    people: list[Named]
    """some of those, the earliest first"""


def preview(
    store: Store,
    wanted: Sequence[Badge],
    *,
    today: dt.date,
    most_people: int = 10,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> list[Preview]:
    """What would become of each new or changed badge of `wanted`, with so many people named.

    Raises :exc:`~lms_bridge.badges.in_force.CannotApply`.
    """
    with store.reading() as db:
        in_force.check(db, wanted)
        difference = in_force.compare(db, wanted)
        anew = difference.judged_anew
        ordered = in_order(wanted)
        rules = in_force.as_if(db, ordered)
        reader = Reader(db, rules.versions.values())
        new = {badge.key for badge in difference.new}
        found: dict[str, list[tuple[dt.date, int]]] = {key: [] for key in anew}
        total = reviews.how_many_may_have_badges(db)
        done = 0
        for people in _everybody(db) if anew else ():
            for person in _settled(db, reader, people, rules, today):
                for key in anew.intersection(one.badge_key for one in person.new):
                    days = [one.earned_on for one in person.new if one.badge_key == key]
                    found[key].append((max(days), person.employee_id))
            done += len(people)
            progress(done, total)
        return [
            Preview(
                badge,
                "new" if badge.key in new else "changed",
                _how_many_have(db, badge.key),
                len(found[badge.key]),
                [_person(db, *one) for one in sorted(found[badge.key])[:most_people]],
            )
            for badge in ordered
            if badge.key in anew
        ]


def _settled(
    db: Connection, reader: Reader, people: Sequence[int], rules: InForce, today: dt.date
) -> Iterator[Person]:
    """Each of `people` with the awards that they would have."""
    known: dict[int, list[AnyRow]] = {each: [] for each in people}
    mine = select(awards).where(among(awards.c.employee_id, people)).order_by(awards.c.id)
    for row in db.execute(mine):
        known[row.employee_id].append(row)
    for employee_id, facts in reader.read(people).items():
        person = Person(employee_id, facts, known[employee_id])
        person.settle(rules, today)
        yield person


def _everybody(db: Connection) -> Iterator[Sequence[int]]:
    """Everybody who may have earned anything, some at a time."""
    last = 0
    while people := reviews.who_may_have_badges(db, after=last, most=_AT_ONCE):
        yield people
        last = people[-1]


def _person(db: Connection, earned_on: dt.date, employee_id: int) -> Named:
    row = db.execute(
        select(employees.c.name, employees.c.nip, employees.c.unit_name).where(
            employees.c.id == employee_id
        )
    ).one()
    return Named(row.name, row.nip, row.unit_name, earned_on)


def _how_many_have(db: Connection, key: str) -> int:
    mine = select(func.count(awards.c.employee_id.distinct())).where(
        awards.c.badge_key == key, awards.c.revoked_at.is_(None)
    )
    return db.execute(mine).scalar_one()
