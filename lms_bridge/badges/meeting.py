"""Whether somebody meets a rule, since when, and what is missing. Pure.

Each condition is met from the day on on which it was met first, and stays met: who gathered 20 JP
in one year has gathered them, whatever comes after. Several together are met when the last of
them was; so it does not matter in what order the evidence arrives here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from lms_bridge.badges.badge import Rule, months_after
from lms_bridge.catalogue.course import Family


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody has learned, as far as rules ask about it."""

    on: dt.date
    """the last day"""
    hours: int
    completion_id: int = 0
    """0: it is known from a registry only"""
    course: str = ""
    """key; empty for what is known from a registry only, and for whoever taught"""
    kind: int = 0
    families: frozenset[Family] = frozenset()
    competencies: Mapping[str, int] = {}
    """by name, the level to which it develops them"""
    score: float | None = None
    """share of the score range, 0 to 1"""
    in_question: bool = False
    """it was taken back, and HR has not decided"""


class Facts:
    """All that one person has learned."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.all: Sequence[Fact] = sorted(facts, key=attrgetter("on", "completion_id"))
        self.of_course: dict[str, list[Fact]] = defaultdict(list)
        for one in self.all:
            if one.course:
                self.of_course[one.course].append(one)

    def after(self, day: dt.date | None) -> Facts:
        """Only what was learned after `day`."""
        return self if day is None else Facts(one for one in self.all if one.on > day)

    def certain(self, *, but: Collection[int] = ()) -> Facts:
        """Without what is in question, save for the completions `but`."""
        if not any(one.in_question for one in self.all):
            return self
        return Facts(one for one in self.all if not one.in_question or one.completion_id in but)


class Met(msgspec.Struct, frozen=True):
    """That a rule is met."""

    on: dt.date
    """since then"""
    evidence: tuple[int, ...] = ()
    """the completions by which"""


class Finding(msgspec.Struct, frozen=True):
    """How somebody stands to a rule, and to each part of it."""

    rule: Rule
    met: Met | None
    have: int
    """courses, JP, parts, or the level"""
    need: int
    parts: tuple[Finding, ...] = ()

    @property
    def missing(self) -> int:
        """How much of what is needed is missing."""
        return 0 if self.met else max(self.need - self.have, 1)


def look(rule: Rule, facts: Facts, held: Mapping[str, Met], today: dt.date) -> Finding:
    """How somebody stands to `rule` who has learned `facts` and holds the badges `held`.

    Those are keys, each with the day since when, and by what.
    """
    if rule.course:
        return _course(rule, facts)
    if rule.badge:
        met = held.get(rule.badge)
        return Finding(rule, met, int(met is not None), 1)
    if rule.competency:
        return _level(rule, facts)
    if rule.hours is not None:
        return _hours(rule, rule.hours, facts, today)
    return _together(rule, tuple(look(part, facts, held, today) for part in rule.parts))


def _course(rule: Rule, facts: Facts) -> Finding:
    for one in facts.of_course.get(rule.course, ()):
        if rule.minimum_score is None or (one.score or 0) >= rule.minimum_score:
            return Finding(rule, _by([one]), 1, 1)
    return Finding(rule, None, 0, 1)


def _level(rule: Rule, facts: Facts) -> Finding:
    need, best = rule.level or 1, 0
    for one in facts.all:
        level = one.competencies.get(rule.competency, 0) if one.course else 0
        if level >= need:
            return Finding(rule, _by([one]), level, need)
        best = max(best, level)
    return Finding(rule, None, best, need)


def _hours(rule: Rule, need: int, facts: Facts, today: dt.date) -> Finding:
    """JP, gathered in all or in the best of the times that are allowed."""
    counted = [one for one in facts.all if one.hours and _counts(rule, one)]
    begins = begin_of(rule)
    gathered: list[Fact] = []
    for one in counted:
        gathered = [other for other in gathered if other.on >= begins(one.on)]
        gathered.append(one)
        have = sum(other.hours for other in gathered)
        if have >= need:
            return Finding(rule, _by(gathered), have, need)
    have = sum(one.hours for one in counted if one.on >= begins(today))
    return Finding(rule, None, have, need)


def _counts(rule: Rule, one: Fact) -> bool:
    if not one.completion_id and not rule.elsewhere:
        return False
    if rule.kinds and one.kind not in rule.kinds:
        return False
    if rule.families and one.families.isdisjoint(rule.families):
        return False
    return not rule.competencies or any(name in one.competencies for name in rule.competencies)


def begin_of(rule: Rule) -> Callable[[dt.date], dt.date]:
    """For a day, the first one of the time that ends with it."""
    within = rule.within
    if within == "total":
        return lambda day: dt.date.min
    if within == "year":
        return lambda day: dt.date(day.year, 1, 1)
    return lambda day: months_after(day, -within) + dt.timedelta(days=1)


def _together(rule: Rule, parts: tuple[Finding, ...]) -> Finding:
    need = len(parts) if rule.all else rule.at_least if rule.of and rule.at_least else 1
    found = sorted((part.met for part in parts if part.met), key=attrgetter("on"))
    if len(found) < need:
        return Finding(rule, None, len(found), need, parts)
    enough = found[:need]
    evidence = tuple(dict.fromkeys(each for one in enough for each in one.evidence))
    return Finding(rule, Met(enough[-1].on, evidence), len(found), need, parts)


def _by(facts: Sequence[Fact]) -> Met:
    return Met(facts[-1].on, tuple(one.completion_id for one in facts if one.completion_id))
