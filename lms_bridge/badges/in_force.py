"""Which badges are in force, and how the configuration differs from that.

What the configuration says of a badge takes effect when somebody *applies* it, after a look at who
would get it: a slip of the pen in a rule would else hand out a badge to thousands. A badge that was
earned stays with whoever earned it, by the rule of that day, when its rule is changed or the badge
is taken out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, func, select, update

from lms_bridge.badges.badge import Badge, in_order
from lms_bridge.store.schema import badge_rules, courses
from lms_bridge.typed import convert

log = structlog.get_logger(__name__)


class Version(msgspec.Struct, frozen=True):
    """A badge as it was put in force."""

    id: int
    badge: Badge


class InForce(msgspec.Struct, frozen=True):
    """The badges in force, and all that there have been."""

    current: list[Version]
    """each after those that it needs"""
    versions: Mapping[int, Badge]
    """every version that there has been, by its number"""


class Shelf:
    """The badges of a database at hand, read anew only when they have changed."""

    def __init__(self) -> None:
        self._state: object = None
        self._badges = InForce([], {})

    def badges(self, db: Connection) -> InForce:
        """The badges as they are now."""
        state = db.execute(_STATE).one()
        if state != self._state:
            self._badges, self._state = InForce(current(db), _versions(db)), state
        return self._badges


class Difference(msgspec.Struct, frozen=True):
    """How the configuration differs from what is in force."""

    new: tuple[Badge, ...] = ()
    changed: tuple[Badge, ...] = ()
    ended: tuple[str, ...] = ()
    """keys"""

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.ended)

    @property
    def judged_anew(self) -> frozenset[str]:
        """The keys of the badges that somebody may get by it."""
        return frozenset(badge.key for badge in (*self.new, *self.changed))


class CannotApply(Exception):
    """The badges contradict each other or the catalogue; nothing was changed."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def current(db: Connection) -> list[Version]:
    """The badges in force, each after those that it needs."""
    rows = db.execute(select(badge_rules).where(badge_rules.c.ended_at.is_(None)))
    versions = {row.key: Version(row.id, badge) for row in rows if (badge := read(row.content))}
    try:
        ordered = in_order([one.badge for one in versions.values()])
    except ValueError as error:  # one that it needs is not readable by this version
        log.error("the badges in force do not fit together", reason=str(error))
        return list(versions.values())
    return [versions[badge.key] for badge in ordered]


def as_if(db: Connection, wanted: Sequence[Badge]) -> InForce:
    """How it would be if the badges `wanted` were in force, each after those that it needs.

    Those that are not yet have numbers below 0.
    """
    known = {one.badge.key: one for one in current(db)}
    versions = [
        one if (one := known.get(badge.key)) and one.badge == badge else Version(-number, badge)
        for number, badge in enumerate(wanted, start=1)
    ]
    return InForce(versions, {**_versions(db), **{one.id: one.badge for one in versions}})


def _versions(db: Connection) -> Mapping[int, Badge]:
    rows = db.execute(select(badge_rules.c.id, badge_rules.c.content))
    return {row.id: badge for row in rows if (badge := read(row.content))}


# That one ended is told by how many have: the clock may have been set back in between.
_STATE = select(func.max(badge_rules.c.id), func.count(badge_rules.c.ended_at))


def compare(db: Connection, wanted: Iterable[Badge]) -> Difference:
    """How the badges `wanted` differ from those in force."""
    known = {one.badge.key: one.badge for one in current(db)}
    wanted = list(wanted)
    keys = {badge.key for badge in wanted}
    return Difference(
        new=tuple(badge for badge in wanted if badge.key not in known),
        changed=tuple(
            badge for badge in wanted if badge.key in known and known[badge.key] != badge
        ),
        ended=tuple(sorted(key for key in known if key not in keys)),
    )


def check(db: Connection, wanted: Sequence[Badge]) -> None:
    """See that `wanted` fit together and to the catalogue. Raises :exc:`CannotApply`."""
    problems = []
    try:
        in_order(wanted)
    except ValueError as error:
        problems.append(str(error))
    # Also one that was taken out of use: who completed it has.
    known = set(db.execute(select(courses.c.key)).scalars())
    for badge in wanted:
        named = {rule.course for rule in badge.rules if rule.course}
        problems += (
            f"badge {badge.key}: there is no course {key} in the catalogue"
            for key in sorted(named - known)
        )
    if problems:
        raise CannotApply(problems)


def put(db: Connection, wanted: Sequence[Badge], *, by: str, now: dt.datetime) -> Difference:
    """Put the badges `wanted` in force, and no others; what that changed.

    Raises :exc:`CannotApply`.
    """
    check(db, wanted)
    difference = compare(db, wanted)
    over = {*difference.ended, *(badge.key for badge in difference.changed)}
    if over:
        db.execute(
            update(badge_rules)
            .where(badge_rules.c.ended_at.is_(None), badge_rules.c.key.in_(over))
            .values(ended_at=now)
        )
    for badge in (*difference.new, *difference.changed):
        content = msgspec.to_builtins(badge)
        values = {"key": badge.key, "content": content, "applied_at": now, "applied_by": by}
        db.execute(badge_rules.insert().values(**values))
    if difference:
        log.info(
            "badges were put in force",
            new=[badge.key for badge in difference.new],
            changed=[badge.key for badge in difference.changed],
            ended=list(difference.ended),
            by=by,
        )
    return difference


def read(content: Any) -> Badge | None:
    """The badge of a row; None for one that this version does not understand."""
    try:
        return convert(content, Badge)
    except msgspec.ValidationError as error:
        log.error("a badge is not usable", badge=str(content)[:100], reason=str(error))
        return None
