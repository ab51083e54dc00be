"""Awards: that somebody has earned a badge, for how long, and by what.

:func:`review` looks at what a person has learned and brings their awards in line with it:

- a badge whose rule is met, and that they do not have, is awarded;
- one that expires is awarded again, as another *term*, when its renewal is met by what was
  learned after the day on which it was earned;
- an award that rests on something that was taken back, and that does not hold without it, is
  revoked. It is never given back: whoever comes to meet the rule again gets another.

An award is held to the rule by which it was earned, whatever has become of the badge since.
What was taken back after it had been delivered counts until HR has decided, so that no badge is
lost before a person had a look.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, func, select, update

from lms_bridge.badges.badge import Badge
from lms_bridge.badges.facts import Reader
from lms_bridge.badges.in_force import InForce
from lms_bridge.badges.meeting import Facts, Met, look
from lms_bridge.certificates.certificate import new_public_id
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


class _Award(msgspec.Struct, kw_only=True):
    """An award that was not revoked, while it is looked at; one without an id is new."""

    id: int | None
    employee_id: int
    badge_key: str
    term: int
    rule_id: int
    counts_after: dt.date | None
    earned_on: dt.date
    expires_on: dt.date | None
    completion_id: int | None
    evidence: list[int]
    public_id: str

    def is_valid(self, today: dt.date) -> bool:
        return self.expires_on is None or self.expires_on > today


class _Person:
    """What one person has learned, and the awards that they have."""

    def __init__(self, employee_id: int, facts: Facts, rows: Sequence[AnyRow]) -> None:
        self.employee_id = employee_id
        self.facts = facts
        self.terms: dict[str, int] = defaultdict(int)
        """by badge, how often it was awarded"""
        self.live: dict[str, list[_Award]] = defaultdict(list)
        for row in rows:
            self.terms[row.badge_key] = max(self.terms[row.badge_key], row.term)
            if row.revoked_at is None:
                found = {name: getattr(row, name) for name in _Award.__struct_fields__}
                self.live[row.badge_key].append(_Award(**found))

    def held(self, today: dt.date) -> dict[str, Met]:
        """The badges that are valid today, each with the day since when, and by what."""
        found: dict[str, Met] = {}
        for key, several in self.live.items():
            valid = [one for one in several if one.is_valid(today)]
            if valid:
                first = min(valid, key=lambda one: one.earned_on)
                found[key] = Met(first.earned_on, tuple(first.evidence))
        return found


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
        self._new: list[_Award] = []

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
            person = _Person(employee_id, facts, known[employee_id])
            # First all that no longer holds, so that nothing new rests on it.
            while self._revoked_some(person, counts):
                pass
            self._award_what_is_met(person, counts)
            reviewed.append(person)
        self._write_new()
        self._plan(reviewed)
        return counts

    def _revoked_some(self, person: _Person, counts: Counter[str]) -> bool:
        """Revoke what no longer holds; whether anything did, on which others may have rested."""
        held = person.held(self._today)
        before = counts["revoked"]
        for key, several in person.live.items():
            person.live[key] = list(self._holding(several, person.facts, held, counts))
        return counts["revoked"] > before

    def _holding(
        self,
        several: Sequence[_Award],
        facts: Facts,
        held: Mapping[str, Met],
        counts: Counter[str],
    ) -> Iterator[_Award]:
        """Those of `several` awards that still hold; the others are revoked."""
        first: set[dt.date | None] = set()
        for one in several:
            badge = self._rules.versions.get(one.rule_id)
            if badge is None:  # not readable by this version, so not for it to judge
                yield one
                continue
            rule = badge.rule_of(renewal=one.counts_after is not None)
            met = look(rule, facts.after(one.counts_after), held, self._today).met
            if met is None:
                self._revoke(one, Reason("award_unmet"), counts)
            elif one.counts_after in first:  # two people were found to be one
                self._revoke(one, Reason("award_twice"), counts)
            else:
                first.add(one.counts_after)
                self._correct(one, badge, met, counts)
                yield one

    def _award_what_is_met(self, person: _Person, counts: Counter[str]) -> None:
        held = person.held(self._today)
        for version in self._rules.current:
            key = version.badge.key
            live = person.live[key]
            while met := self._earns(version.badge, live, person.facts, held):
                person.terms[key] += 1
                counts["renewed" if live else "earned"] += 1
                live.append(
                    _Award(
                        id=None,
                        employee_id=person.employee_id,
                        badge_key=key,
                        term=person.terms[key],
                        rule_id=version.id,
                        counts_after=max((one.earned_on for one in live), default=None),
                        public_id=new_public_id(),
                        **_earned(version.badge, met),
                    )
                )
                self._new.append(live[-1])
                if live[-1].is_valid(self._today):
                    held.setdefault(key, met)

    def _earns(
        self, badge: Badge, live: Sequence[_Award], facts: Facts, held: Mapping[str, Met]
    ) -> Met | None:
        """By what another award of the badge is due, beside those that are `live`."""
        if not live:
            return look(badge.rule_of(), facts, held, self._today).met
        if not badge.valid_months:
            return None
        last = max(one.earned_on for one in live)
        met = look(badge.rule_of(renewal=True), facts.after(last), held, self._today).met
        return met if met and met.on > last else None

    def _correct(self, one: _Award, badge: Badge, met: Met, counts: Counter[str]) -> None:
        """Note by what, and since when, the award is earned as far as is known now."""
        earned = _earned(badge, met)
        if all(getattr(one, name) == value for name, value in earned.items()):
            return
        counts["corrected"] += 1
        self._db.execute(update(awards).where(awards.c.id == one.id).values(**earned))
        for name, value in earned.items():
            setattr(one, name, value)

    def _revoke(self, one: _Award, why: Reason, counts: Counter[str]) -> None:
        self._db.execute(
            update(awards)
            .where(awards.c.id == one.id)
            .values(revoked_at=self._now, **reason_columns(why))
        )
        standing.align(self._db, Whose(award_id=one.id), self._now)
        counts["revoked"] += 1
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

    def _plan(self, people: Sequence[_Person]) -> None:
        """Have the LMS issue what people have; what was planned before stays as it is."""
        for version in self._rules.current:
            lms = self._platforms.of(version.badge)
            if not lms:
                continue
            step = Planned("badge", f"lms.{lms}")
            mine = [
                (Whose(award_id=one.id), person.employee_id)
                for person in people
                for one in person.live[version.badge.key]
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


def _earned(badge: Badge, met: Met) -> dict[str, Any]:
    """What an award says of its having been earned."""
    return {
        "earned_on": met.on,
        "expires_on": badge.expires(met.on),
        "completion_id": met.evidence[-1] if met.evidence else None,
        "evidence": list(met.evidence),
    }
