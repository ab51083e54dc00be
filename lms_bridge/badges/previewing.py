"""Who would get which badge if the configuration were put in force: a look before anything is done.

Nothing is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, func, select

from lms_bridge.badges import in_force
from lms_bridge.badges.badge import Badge, in_order
from lms_bridge.badges.facts import Reader
from lms_bridge.badges.meeting import Met, look
from lms_bridge.store.engine import Store
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, completions, employees

_AT_ONCE = 500


class Person(msgspec.Struct, frozen=True):
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
    people: list[Person]
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
        reader = Reader(db, ordered)
        new = {badge.key for badge in difference.new}
        found: dict[str, list[tuple[dt.date, int]]] = {key: [] for key in anew}
        total = db.execute(select(func.count(completions.c.employee_id.distinct()))).scalar_one()
        done = 0
        for people in _everybody(db) if anew else ():
            for employee_id, key, day in _would_get(db, reader, people, ordered, anew, today):
                found[key].append((day, employee_id))
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


def _would_get(
    db: Connection,
    reader: Reader,
    people: Sequence[int],
    ordered: Sequence[Badge],
    anew: frozenset[str],
    today: dt.date,
) -> Iterator[tuple[int, str, dt.date]]:
    """Employee, badge and day of each award that would be made."""
    live: dict[int, dict[str, dt.date]] = {each: {} for each in people}
    valid: dict[int, dict[str, Met]] = {each: {} for each in people}
    mine = select(awards).where(among(awards.c.employee_id, people), awards.c.revoked_at.is_(None))
    for row in db.execute(mine.order_by(awards.c.earned_on.desc())):
        live[row.employee_id][row.badge_key] = row.earned_on
        if row.expires_on is None or row.expires_on > today:
            valid[row.employee_id][row.badge_key] = Met(row.earned_on)
    for employee_id, facts in reader.read(people).items():
        held = valid[employee_id]
        for badge in ordered:
            if badge.key in live[employee_id]:
                continue
            met = look(badge.rule_of(), facts, held, today).met
            if met is None:
                continue
            expires = badge.expires(met.on)
            if expires is None or expires > today:
                held[badge.key] = met
            if badge.key in anew:
                yield employee_id, badge.key, met.on


def _everybody(db: Connection) -> Iterator[Sequence[int]]:
    """Everybody who has completed anything, some at a time."""
    last = 0
    while True:
        some = (
            select(completions.c.employee_id)
            .where(completions.c.employee_id > last)
            .distinct()
            .order_by(completions.c.employee_id)
            .limit(_AT_ONCE)
        )
        people = db.execute(some).scalars().all()
        if not people:
            return
        yield people
        last = people[-1]


def _person(db: Connection, earned_on: dt.date, employee_id: int) -> Person:
    row = db.execute(
        select(employees.c.name, employees.c.nip, employees.c.unit_name).where(
            employees.c.id == employee_id
        )
    ).one()
    return Person(row.name, row.nip, row.unit_name, earned_on)


def _how_many_have(db: Connection, key: str) -> int:
    mine = select(func.count(awards.c.employee_id.distinct())).where(
        awards.c.badge_key == key, awards.c.revoked_at.is_(None)
    )
    return db.execute(mine).scalar_one()
