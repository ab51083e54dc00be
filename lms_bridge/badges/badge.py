"""A badge and the rule by which it is earned.

A rule is one of a few plain conditions, or several of them together::

    "PKA-2026"                                    this course
    { course = "PKA-2026", minimum_score = 0.8 }  with that share of the score range
    { competency = "Integritas", level = 3 }      a course that develops it so far, or further
    { hours = 20, families = ["teknis"], within = "year" }
    { badge = "literasi-dasar" }                  another badge
    { all = ["A", "B", { hours = 20 }] }
    { any = ["A", "B"] }
    { at_least = 2, of = ["A", "B", "C"] }
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, cast

import msgspec

from lms_bridge.catalogue.course import KINDS, Competency, Family
from lms_bridge.lms.base import BadgeAward

Within = Literal["total", "year"] | Annotated[int, msgspec.Meta(ge=1, le=600)]
"""in all, in one calendar year, or in so many months in a row"""

_CONDITIONS = ("course", "badge", "competency", "hours", "all", "any", "of")
_DEEPEST = 10


class Rule(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What has to be met: one condition, or several together.

    A text among the parts is the key of a course. Raises :exc:`ValueError`, naming the rule that
    is broken.
    """

    course: str = ""
    """key of a course that has to be completed"""
    minimum_score: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """with `course`: the share of the score range"""

    badge: str = ""
    """key of another badge that has to be held: a prerequisite"""

    competency: str = ""
    """name of a competency that completed courses develop, as the catalogue says"""
    level: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    """with `competency`: at least to this level; 1 if left out"""

    hours: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    """so many JP"""
    kinds: tuple[Annotated[int, msgspec.Meta(ge=1, le=25)], ...] = ()
    """with `hours`: only of these ``jenisDiklatId``"""
    families: tuple[Family, ...] = ()
    """with `hours`: only of courses of these competency families"""
    competencies: tuple[str, ...] = ()
    """with `hours`: only of courses that develop one of these competencies"""
    within: Within = "total"
    """with `hours`: the time in which they have to be gathered"""
    elsewhere: bool = False
    """with `hours`: whether training counts that only a registry tells of"""

    all: tuple[Rule | str, ...] = ()
    any: tuple[Rule | str, ...] = ()
    of: tuple[Rule | str, ...] = ()
    at_least: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """with `of`: how many of them"""

    def __post_init__(self) -> None:
        for field in ("all", "any", "of"):
            # Once, for each is looked at for everybody.
            parts = tuple(map(as_rule, getattr(self, field)))
            msgspec.structs.force_setattr(self, field, parts)
        named = [field for field in _CONDITIONS if getattr(self, field)]
        if len(named) != 1:
            given = " and ".join(named) or "none"
            raise ValueError(f"a rule has exactly one of {', '.join(_CONDITIONS)}; it has {given}")
        for field, needs in (
            ("minimum_score", "course"),
            ("level", "competency"),
            ("kinds", "hours"),
            ("families", "hours"),
            ("competencies", "hours"),
            ("elsewhere", "hours"),
            ("at_least", "of"),
        ):
            if getattr(self, field) and named != [needs]:
                raise ValueError(f"{field} only goes with {needs}")
        if self.within != "total" and named != ["hours"]:
            raise ValueError("within only goes with hours")
        if self.elsewhere and (self.families or self.competencies):
            raise ValueError(
                "elsewhere does not go with families and competencies, which a registry does not"
                " tell of"
            )
        if self.of and not (self.at_least and self.at_least <= len(self.of)):
            raise ValueError(f"of needs at_least, 1 to {len(self.of)}")
        if _depth(self) > _DEEPEST:
            raise ValueError(f"a rule may be {_DEEPEST} deep, and no deeper")

    @property
    def parts(self) -> Sequence[Rule]:
        """The rules that it puts together; none if it is a single condition."""
        return cast(tuple[Rule, ...], self.all or self.any or self.of)

    def walk(self) -> Iterator[Rule]:
        """It and all in it."""
        yield self
        for part in self.parts:
            yield from part.walk()


class Badge(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A badge of the catalogue (``[[badges]]``).

    Raises :exc:`ValueError`, naming the rule that is broken.
    """

    key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    """the catalogue's own short name of it"""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    competency: Competency | None = None
    """what whoever holds it can do, and at which level"""
    rule: Rule | str
    renewal: Rule | str | None = None
    """what has to be met anew, after it was earned, to hold it longer; left out: the rule again"""
    valid_months: Annotated[int, msgspec.Meta(ge=0, le=600)] = 0
    """how long it is valid; 0: for ever"""
    lms: str = ""
    """the LMS that issues it as well; empty: the only one"""
    issue: BadgeAward | None = None
    """how that LMS is brought to issue it; left out: no LMS does"""
    image: str = ""
    """PNG or SVG file; empty: one is drawn"""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "rule", as_rule(self.rule))
        if self.renewal is not None:
            msgspec.structs.force_setattr(self, "renewal", as_rule(self.renewal))
        if self.name.strip() != self.name:
            raise ValueError("name has white space around it")
        if self.renewal is not None and not self.valid_months:
            raise ValueError("renewal needs valid_months: what never expires needs none")
        if self.issue:
            self.issue.check()

    def rule_of(self, *, renewal: bool = False) -> Rule:
        """What it is earned by, the first time or again."""
        return cast(Rule, self.renewal if renewal and self.renewal is not None else self.rule)

    @property
    def rules(self) -> list[Rule]:
        """Everything that decides whether somebody gets it, each condition by itself."""
        found = list(self.rule_of().walk())
        return found + (list(self.rule_of(renewal=True).walk()) if self.renewal else [])

    @property
    def needs(self) -> frozenset[str]:
        """The keys of the badges that have to be held before."""
        return frozenset(one.badge for one in self.rules if one.badge)

    def expires(self, earned_on: dt.date) -> dt.date | None:
        """The first day on which it is no longer valid, if it was earned on that day."""
        return months_after(earned_on, self.valid_months) if self.valid_months else None


def as_rule(rule: Rule | str) -> Rule:
    """`rule`, of which a mere text is the key of a course."""
    return Rule(course=rule) if isinstance(rule, str) else rule


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or earlier; the last of the month where it has none such.

    >>> months_after(dt.date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError


def in_order(badges: Sequence[Badge]) -> list[Badge]:
    """The badges so that each comes after those that it needs.

    Raises :exc:`ValueError` if some need each other, or one that is not there.
    """
    by_key = {badge.key: badge for badge in badges}
    ordered: dict[str, Badge] = {}

    def put(badge: Badge, way: tuple[str, ...]) -> None:
        if badge.key in way:
            circle = " → ".join((*way[way.index(badge.key) :], badge.key))
            raise ValueError(f"these badges need each other: {circle}")
        for key in sorted(badge.needs):
            if key not in by_key:
                raise ValueError(f"badge {badge.key} needs {key}, and there is no such badge")
            if key not in ordered:
                put(by_key[key], (*way, badge.key))
        ordered[badge.key] = badge

    for badge in badges:
        if badge.key not in ordered:
            put(badge, ())
    return list(ordered.values())


def kind_names(kinds: Sequence[int]) -> str:
    """What the registry calls those kinds of training."""
    return ", ".join(KINDS[kind] for kind in kinds)


def _depth(rule: Rule) -> int:
    return 1 + max(map(_depth, rule.parts), default=0)
