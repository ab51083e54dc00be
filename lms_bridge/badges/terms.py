"""What somebody's awards should be, by what they have learned. Pure.

The awards of one badge are its *terms*, one after the other: the first is earned by the badge's
rule, each other by its renewal, with what was learned after the one before it. So a term rests on
the ones before it too. Each term is held to the badge as it was when it was earned.

What never expires was earned as early as is known. What does keeps its day for as long as that
by which it was earned stands: that something older is found would else take from somebody what they
have, and may have shown to others.

What was taken back, and about which HR has not decided, counts for the awards that rest on it
already, and for no other.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from lms_bridge.badges.badge import Badge, Rule
from lms_bridge.badges.in_force import InForce, Version
from lms_bridge.badges.meeting import Facts, Met, look
from lms_bridge.certificates.certificate import new_public_id
from lms_bridge.reasons import Reason
from lms_bridge.store.types import AnyRow

_EARNED = ("earned_on", "expires_on", "counts_after", "completion_id", "evidence")


class Award(msgspec.Struct, kw_only=True):
    """An award that was not revoked, while it is looked at; one without an id is new."""

    id: int | None
    employee_id: int
    badge_key: str
    term: int
    rule_id: int
    counts_after: dt.date | None
    """the day of the term before it; None: it is the first"""
    earned_on: dt.date
    expires_on: dt.date | None
    completion_id: int | None
    evidence: list[int]
    public_id: str

    def is_valid(self, day: dt.date) -> bool:
        """Whether it has not expired by that day."""
        return self.expires_on is None or self.expires_on > day

    def earned(self) -> dict[str, Any]:
        """What it says of its having been earned."""
        return {name: getattr(self, name) for name in _EARNED}

    def take(self, earned: Mapping[str, Any]) -> None:
        """Say that it was earned so."""
        for name, value in earned.items():
            setattr(self, name, value)


class Person:
    """What one person has learned, and the awards that they have.

    >>> person.settle(rules, today)
    >>> person.new, person.revoked, person.corrected
    """

    def __init__(self, employee_id: int, facts: Facts, rows: Sequence[AnyRow]) -> None:
        self.employee_id = employee_id
        self.new: list[Award] = []
        self.revoked: list[tuple[Award, Reason]] = []
        self.live: dict[str, list[Award]] = defaultdict(list)
        """by badge, those that stand, the earliest first"""
        self._facts = facts
        self._before: dict[int, Mapping[str, Any]] = {}
        self._terms: dict[str, int] = defaultdict(int)
        for row in rows:
            self._terms[row.badge_key] = max(self._terms[row.badge_key], row.term)
            if row.revoked_at is None:
                one = Award(**{name: getattr(row, name) for name in Award.__struct_fields__})
                self.live[row.badge_key].append(one)
                self._before[row.id] = one.earned()
        for several in self.live.values():
            several.sort(key=_in_time)

    @property
    def corrected(self) -> list[Award]:
        """Those that turn out to be earned on another day, or by other completions."""
        return [
            one
            for several in self.live.values()
            for one in several
            if one.id is not None and one.earned() != self._before[one.id]
        ]

    def settle(self, rules: InForce, today: dt.date) -> None:
        """Bring the awards in line with what was learned."""
        had = {key for key, several in self.live.items() if several}
        # First all that no longer holds, so that nothing new rests on it; each may rest on others.
        for _ in range(len(self._before) + 1):
            moved = [self._hold(key, rules.versions, today) for key in list(self.live)]
            if not any(moved):
                break
        for version in rules.current:
            self._earn(version, today)
        for key in had:
            self._keep_days(key)

    def held_on(self, day: dt.date) -> dict[str, Met]:
        """The badges that are held on `day` or will be, each with the day since when, by what."""
        found: dict[str, Met] = {}
        for key, several in self.live.items():
            for one in several:
                if one.is_valid(day):
                    found[key] = Met(one.earned_on, tuple(one.evidence))
                    break
        return found

    def _hold(self, key: str, versions: Mapping[int, Badge], today: dt.date) -> bool:
        """Hold the terms of a badge to its rules; whether anything is otherwise by that."""
        before = self.live[key]
        standing: list[Award] = []
        moved = False
        for one in before:
            badge = versions.get(one.rule_id)
            if badge is None:  # not readable by this version, so not for it to judge
                standing.append(one)
                continue
            last = standing[-1] if standing else None
            twice = last is not None and (one.counts_after is None or last.expires_on is None)
            rule = badge.rule_of(renewal=last is not None)
            facts = self._facts.certain(but=one.evidence)
            met = None
            if badge.valid_months:
                met = self._met(rule, _own(facts, one), one.earned_on, last, today)
            met = met or self._met(rule, facts, one.earned_on, last, today)
            if met is None:
                why = Reason("award_twice" if twice else "award_unmet")
                self.revoked.append((one, why))
                continue
            earned = _earned(badge, met, last)
            moved |= one.earned() != earned
            one.take(earned)
            standing.append(one)
        self.live[key] = standing
        return moved or len(standing) < len(before)

    def _earn(self, version: Version, today: dt.date) -> None:
        """Add the terms that are due."""
        badge, key = version.badge, version.badge.key
        live, facts, held = self.live[key], self._facts.certain(), self.held_on(today)
        while not live or live[-1].expires_on is not None:
            last = live[-1] if live else None
            rule = badge.rule_of(renewal=last is not None)
            now = look(rule, _after(facts, last), held, today).met
            met = self._met(rule, facts, now.on, last, today) if now else None
            if met is None:
                return
            self._terms[key] += 1
            one = Award(
                id=None,
                employee_id=self.employee_id,
                badge_key=key,
                term=self._terms[key],
                rule_id=version.id,
                public_id=new_public_id(),
                **_earned(badge, met, last),
            )
            live.append(one)
            self.new.append(one)

    def _met(
        self, rule: Rule, facts: Facts, day: dt.date, last: Award | None, today: dt.date
    ) -> Met | None:
        """When and by what the rule of a term after `last` is met, by badges held at that time.

        `day` is about when. A badge that has expired since was held all the same.
        """
        if last is not None and last.expires_on is None:
            return None  # what never expires has no other term
        facts = _after(facts, last)
        while True:
            met = look(rule, facts, self.held_on(day), today).met
            if met is None or (last is not None and met.on <= last.earned_on):
                return None
            if met.on == day:
                return met
            day = met.on  # the later, the fewer are held: it comes to an end

    def _keep_days(self, key: str) -> None:
        """Let awards that were moved have their own day again where another has it now."""
        live = self.live[key]
        for _ in live:
            for old in [*live, *(one for one, _ in self.revoked if one.badge_key == key)]:
                if old.id is not None and (other := self._who_has_day_of(old, live)):
                    self._swap(old, other)

    def _who_has_day_of(self, old: Award, live: Collection[Award]) -> Award | None:
        assert old.id is not None
        day = self._before[old.id]["earned_on"]
        stands = any(one is old for one in live)
        if stands and old.earned_on == day:
            return None
        return next(
            (
                one
                for one in live
                if one.earned_on == day
                and one.rule_id == old.rule_id
                and (one.id is None or self._before[one.id]["earned_on"] != day)
            ),
            None,
        )

    def _swap(self, old: Award, other: Award) -> None:
        """`old` becomes the term that `other` is, and the other way round."""
        live = self.live[old.badge_key]
        mine, theirs = old.earned(), other.earned()
        old.take(theirs)
        other.take(mine)
        for place, (one, why) in enumerate(self.revoked):
            if one is old:
                live[[each is other for each in live].index(True)] = old
                del self.revoked[place]
                if other.id is None:
                    self.new = [each for each in self.new if each is not other]
                else:
                    self.revoked.append((other, why))
                break
        live.sort(key=_in_time)


def _in_time(one: Award) -> tuple[dt.date, int]:
    return one.earned_on, one.id or 0


def _after(facts: Facts, last: Award | None) -> Facts:
    return facts.after(last.earned_on) if last else facts


def _own(facts: Facts, one: Award) -> Facts:
    """Those by which the award was earned."""
    return Facts(
        each
        for each in facts.all
        if (each.completion_id in one.evidence if each.completion_id else each.on <= one.earned_on)
    )


def _earned(badge: Badge, met: Met, last: Award | None) -> dict[str, Any]:
    """What an award says of its having been earned."""
    return {
        "earned_on": met.on,
        "expires_on": badge.expires(met.on),
        "counts_after": last.earned_on if last else None,
        "completion_id": met.evidence[-1] if met.evidence else None,
        "evidence": list(met.evidence),
    }
