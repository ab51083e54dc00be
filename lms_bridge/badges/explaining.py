"""Rules in words, and what somebody has met of one and what is missing.

For the command line, the learner's page and the criteria that a credential states.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.badges import in_force
from lms_bridge.badges.badge import Badge, Rule, kind_names
from lms_bridge.badges.facts import Reader
from lms_bridge.badges.in_force import Version
from lms_bridge.badges.meeting import Facts, Finding, Met, look
from lms_bridge.i18n import gettext, mark
from lms_bridge.store.schema import awards, courses
from lms_bridge.store.types import AnyRow


class Names(msgspec.Struct, frozen=True):
    """What courses and badges are called, by their keys."""

    courses: Mapping[str, str]
    badges: Mapping[str, str]

    @classmethod
    def read(cls, db: Connection) -> Names:
        """As the catalogue has them now."""
        rows = db.execute(select(courses.c.key, courses.c.content))
        return cls(
            {row.key: row.content.get("name", row.key) for row in rows},
            {one.badge.key: one.badge.name for one in in_force.current(db)},
        )


class Line(msgspec.Struct, frozen=True):
    """One condition of a rule, in words, and how somebody stands to it."""

    depth: int
    """0 for the rule as a whole, 1 for its parts, …"""
    text: str
    met_on: dt.date | None
    have: int
    need: int
    missing: str
    """what is missing, in words; empty if it is met"""


class Explanation(msgspec.Struct, frozen=True):
    """How somebody stands to a badge."""

    badge: Badge
    earned_on: dt.date | None
    """when they earned it, if they have it, be it expired"""
    last_day: dt.date | None
    """on which it is valid; None: it does not expire"""
    has_expired: bool
    is_in_question: bool
    """something that it rests on was taken back, and HR has not decided"""
    finding: Finding
    """how they stand to the rule as it is now; to the renewal, if they have it and it expires"""

    def lines(self, names: Names, language: str) -> list[Line]:
        """The conditions, one below the other."""
        return list(_lines(self.finding, names, language, 0))


def words(rule: Rule, names: Names, language: str) -> str:
    """A single condition, or how several are put together, in words."""
    say = partial(_say, language)
    if rule.course:
        name = names.courses.get(rule.course, rule.course)
        if rule.minimum_score is None:
            return say(mark("complete “%(course)s”"), course=name)
        score = f"{rule.minimum_score * 100:g}"
        return say(
            mark("complete “%(course)s” with at least %(score)s of 100"), course=name, score=score
        )
    if rule.badge:
        return say(
            mark("hold the badge “%(badge)s”"), badge=names.badges.get(rule.badge, rule.badge)
        )
    if rule.competency:
        return say(
            mark("develop “%(competency)s” to level %(level)s or further"),
            competency=rule.competency,
            level=rule.level or 1,
        )
    if rule.hours is not None:
        return " ".join(
            [
                say(mark("%(hours)s JP"), hours=rule.hours),
                *_hours_words(rule, language),
                _time(rule, language),
            ]
        ).strip()
    if rule.all:
        return say(mark("all of these"))
    if rule.any:
        return say(mark("one of these"))
    return say(mark("at least %(count)s of these"), count=rule.at_least)


def criteria(badge: Badge, names: Names, language: str) -> list[str]:
    """What has to be met for the badge, one line for each condition, set in by its depth."""
    return [
        f"{'  ' * depth}- {text}" for depth, text in _conditions(badge.rule_of(), names, language)
    ]


def explain(
    db: Connection, employee_id: int, *, today: dt.date, keys: Collection[str] = ()
) -> list[Explanation]:
    """How the employee stands to each badge in force, or to those with these `keys`."""
    versions = in_force.current(db)
    facts = Reader(db, [one.badge for one in versions]).read([employee_id])[employee_id]
    mine = select(awards).where(awards.c.employee_id == employee_id, awards.c.revoked_at.is_(None))
    last = {row.badge_key: row for row in db.execute(mine.order_by(awards.c.earned_on))}
    held = {
        key: Met(row.earned_on, tuple(row.evidence))
        for key, row in last.items()
        if not _has_expired(row, today)
    }
    doubtful = {one.completion_id for one in facts.all if one.in_question}
    return [
        Explanation(
            badge=version.badge,
            earned_on=row.earned_on if row else None,
            last_day=row.expires_on - dt.timedelta(days=1) if row and row.expires_on else None,
            has_expired=bool(row and _has_expired(row, today)),
            is_in_question=bool(row and doubtful.intersection(row.evidence)),
            finding=_finding(version, facts.certain(), held, row, today),
        )
        for version in versions
        for row in [last.get(version.badge.key)]
        if not keys or version.badge.key in keys
    ]


def _has_expired(row: AnyRow, today: dt.date) -> bool:
    return row.expires_on is not None and row.expires_on <= today


def _finding(
    version: Version, facts: Facts, held: Mapping[str, Met], last: AnyRow | None, today: dt.date
) -> Finding:
    renewal = last is not None and last.expires_on is not None
    counted = facts.after(last.earned_on) if last and renewal else facts
    return look(version.badge.rule_of(renewal=renewal), counted, held, today)


def _lines(finding: Finding, names: Names, language: str, depth: int) -> Iterator[Line]:
    yield Line(
        depth=depth,
        text=words(finding.rule, names, language),
        met_on=finding.met.on if finding.met else None,
        have=finding.have,
        need=finding.need,
        missing=_missing(finding, language),
    )
    for part in finding.parts:
        yield from _lines(part, names, language, depth + 1)


def _missing(finding: Finding, language: str) -> str:
    """What is missing where it can be counted."""
    if finding.met:
        return ""
    rule = finding.rule
    if rule.hours is not None:
        text = mark("%(count)s JP missing")
    elif rule.competency:
        text = mark("level %(have)s so far") if finding.have else mark("not begun")
    elif rule.parts:
        text = mark("%(count)s missing")
    else:
        text = mark("not yet")
    return gettext(text, language) % {"count": finding.missing, "have": finding.have}


def _conditions(
    rule: Rule, names: Names, language: str, depth: int = 0
) -> Iterator[tuple[int, str]]:
    yield depth, words(rule, names, language)
    for part in rule.parts:
        yield from _conditions(part, names, language, depth + 1)


def _hours_words(rule: Rule, language: str) -> Sequence[str]:
    """Of what the JP have to be."""
    found = []
    if rule.kinds:
        found.append(_say(language, mark("of %(kinds)s"), kinds=kind_names(rule.kinds)))
    if rule.families:
        families = ", ".join(rule.families)
        found.append(_say(language, mark("of %(families)s training"), families=families))
    if rule.competencies:
        several = ", ".join(rule.competencies)
        found.append(_say(language, mark("that develop %(competencies)s"), competencies=several))
    if rule.elsewhere:
        found.append(_say(language, mark("(also from elsewhere)")))
    return found


def _time(rule: Rule, language: str) -> str:
    """In what time they have to be gathered."""
    if rule.within == "total":
        return ""
    if rule.within == "year":
        return _say(language, mark("in one calendar year"))
    return _say(language, mark("within %(months)s months"), months=rule.within)


def _say(language: str, text: str, **details: object) -> str:
    return gettext(text, language) % details
