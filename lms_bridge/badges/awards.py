"""Awards: that somebody has earned a badge, for how long, and by what.

:func:`review` looks at what a person has learned and brings their awards in line with it:

- a badge whose rule is met, and that they do not have, is awarded;
- one that expires is awarded again, as another *term*, when its renewal is met by what was
  learned after the day on which it was earned;
- an award that rests on something that was taken back, and that does not hold without it, is
  revoked. It is never given back: whoever comes to meet the rule again gets another.

What that is says :mod:`~lms_bridge.badges.terms`. An award is held to the rule by which it was
earned, whatever has become of the badge since. What was taken back after it had been delivered
counts until HR has decided, so that no badge is lost before a person had a look; and no badge is
given for it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import msgspec
import structlog
from sqlalchemy import Connection, func, select, update

from lms_bridge.badges.badge import Badge
from lms_bridge.badges.facts import Reader
from lms_bridge.badges.in_force import InForce
from lms_bridge.badges.terms import Award, Person
from lms_bridge.deliveries import planning, standing
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.whose import Whose
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, employees
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)


class Platforms(msgspec.Struct, frozen=True):
    """The LMSs that can issue a badge."""

    names: tuple[str, ...]

    def of(self, badge: Badge) -> str:
        """The one that issues `badge`; empty if none does."""
        if badge.issue is None:
            return ""
        if badge.lms:
            return badge.lms if badge.lms in self.names else ""
        return self.names[0] if len(self.names) == 1 else ""


class Reviewer:
    """Reviews people by the badges that are in force, in the transaction of `db`."""

    def __init__(
        self,
        db: Connection,
        rules: InForce,
        platforms: Platforms,
        *,
        today: dt.date,
        now: dt.datetime,
    ) -> None:
        self._db = db
        self._rules = rules
        self._platforms = platforms
        self._today = today
        self._now = now
        self._reader = Reader(db, rules.versions.values())
        self._new: list[Award] = []

    def review(self, people: Collection[int]) -> Counter[str]:
        """Bring the awards of `people` in line with what they have learned; what was changed."""
        counts: Counter[str] = Counter()
        there = select(employees.c.id).where(among(employees.c.id, people))
        people = list(self._db.execute(there).scalars())
        known: dict[int, list[AnyRow]] = defaultdict(list)
        mine = select(awards).where(among(awards.c.employee_id, people)).order_by(awards.c.id)
        for row in self._db.execute(mine):
            known[row.employee_id].append(row)
        reviewed = []
        for employee_id, facts in self._reader.read(people).items():
            person = Person(employee_id, facts, known[employee_id])
            person.settle(self._rules, self._today)
            for one, why in person.revoked:
                self._revoke(one, why)
            for one in person.corrected:
                self._db.execute(update(awards).where(awards.c.id == one.id).values(**one.earned()))
            self._new += person.new
            counts["revoked"] += len(person.revoked)
            counts["corrected"] += len(person.corrected)
            for one in person.new:
                before = any(other.id for other in person.live[one.badge_key])
                counts["renewed" if before or one.counts_after else "earned"] += 1
            reviewed.append(person)
        self._write_new()
        self._plan(reviewed)
        return +counts

    def _revoke(self, one: Award, why: Reason) -> None:
        self._db.execute(
            update(awards)
            .where(awards.c.id == one.id)
            .values(revoked_at=self._now, **reason_columns(why))
        )
        assert one.id is not None
        standing.align(self._db, Whose(award_id=one.id), self._now)
        log.info("badge revoked", award=one.id, badge=one.badge_key, reason=why.code)

    def _write_new(self) -> None:
        """Write the new awards, all at once: a rule that is put in force may make thousands."""
        if not self._new:
            return
        values = [{**msgspec.structs.asdict(one), "created_at": self._now} for one in self._new]
        for row in values:
            del row["id"]
        made = self._db.execute(
            awards.insert().returning(awards.c.id, sort_by_parameter_order=True), values
        )
        for one, number in zip(self._new, made.scalars(), strict=True):
            one.id = number
        self._new.clear()

    def _plan(self, people: Sequence[Person]) -> None:
        """Have the LMS issue what people have and is valid; what was planned before stays so."""
        for version in self._rules.current:
            lms = self._platforms.of(version.badge)
            if not lms:
                continue
            step = Planned("badge", f"lms.{lms}")
            mine = [
                (Whose(award_id=one.id), person.employee_id)
                for person in people
                for one in person.live[version.badge.key]
                if one.is_valid(self._today)
            ]
            planning.plan_for_all(self._db, mine, step, self._now)


def hand_over(db: Connection, former: int, employee_id: int) -> None:
    """The awards of `former` become the employee's, who was found to be the same person."""
    taken = select(awards.c.badge_key, func.max(awards.c.term)).where(
        awards.c.employee_id == employee_id
    )
    terms = dict(db.execute(taken.group_by(awards.c.badge_key)).all())
    theirs = select(awards.c.id, awards.c.badge_key).where(awards.c.employee_id == former)
    for row in db.execute(theirs.order_by(awards.c.id)).all():
        terms[row.badge_key] = terms.get(row.badge_key, 0) + 1
        values = {"employee_id": employee_id, "term": terms[row.badge_key]}
        db.execute(update(awards).where(awards.c.id == row.id).values(**values))
        planning.change_lanes(db, Whose(award_id=row.id), employee_id)
