"""What people have learned, read from the database as far as rules ask about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, and_, select

from lms_bridge import withdrawals as taking_back
from lms_bridge.badges.badge import Badge
from lms_bridge.badges.meeting import Fact, Facts
from lms_bridge.catalogue.course import Course, Family
from lms_bridge.people import gathering
from lms_bridge.store.many import among
from lms_bridge.store.schema import completions, courses, withdrawals
from lms_bridge.typed import convert


class _About(NamedTuple):
    """What a course is to rules."""

    key: str
    kind: int
    families: frozenset[Family]
    competencies: Mapping[str, int]


class Reader:
    """Reads what people have learned; keeps what it knows of courses for one transaction."""

    def __init__(self, db: Connection, badges: Iterable[Badge]) -> None:
        self._db = db
        self._courses: dict[int, _About] = {}
        self._elsewhere = any(rule.elsewhere for badge in badges for rule in badge.rules)
        """whether anybody asks about training that only a registry tells of"""

    def read(self, people: Collection[int]) -> Mapping[int, Facts]:
        """All that `people` have learned, by employee."""
        found: dict[int, list[Fact]] = defaultdict(list)
        for employee_id, fact in self._completed(people):
            found[employee_id].append(fact)
        if self._elsewhere:
            for employee_id, trainings in gathering.trainings(self._db, people).items():
                found[employee_id] += (
                    Fact(on=one.ends, hours=one.hours, kind=one.kind or 0)
                    for one in trainings
                    if one.completion_id is None and one.counts and one.ends and one.hours
                )
        return {employee_id: Facts(found.get(employee_id, ())) for employee_id in people}

    def _completed(self, people: Collection[int]) -> Iterator[tuple[int, Fact]]:
        """Completions that stand, and those about which HR has not decided, or to keep them."""
        rows = self._db.execute(_COMPLETED.where(among(completions.c.employee_id, people))).all()
        self._know({row.course_id for row in rows})
        for row in rows:
            in_question = row.withdrawn_at is not None and row.decision is None
            if row.decision == "undo" or (in_question and not row.is_undecided):
                continue
            about = self._courses[row.course_id]
            learner = row.role == "learner"
            yield (
                row.employee_id,
                Fact(
                    on=row.ends,
                    hours=row.hours,
                    completion_id=row.id,
                    course=about.key if learner else "",
                    kind=about.kind,
                    families=about.families,
                    competencies=about.competencies,
                    score=row.score,
                    in_question=in_question,
                ),
            )

    def _know(self, course_ids: Collection[int]) -> None:
        new = [each for each in course_ids if each not in self._courses]
        if not new:
            return
        query = select(courses.c.id, courses.c.key, courses.c.content).where(
            among(courses.c.id, new)
        )
        for row in self._db.execute(query):
            self._courses[row.id] = _about(row.key, row.content)


def _about(key: str, content: object) -> _About:
    try:
        course = convert(content, Course)
    except msgspec.ValidationError:  # an earlier version let it in, and this one would not
        return _About(key, 0, frozenset(), {})
    levels: dict[str, int] = {}
    for one in course.competencies:
        levels[one.name] = max(one.level, levels.get(one.name, 0))
    return _About(key, course.kind, course.families, levels)


_withdrawal = withdrawals.alias()
_COMPLETED = (
    select(
        completions.c.id,
        completions.c.employee_id,
        completions.c.course_id,
        completions.c.role,
        completions.c.ends,
        completions.c.hours,
        completions.c.score,
        completions.c.withdrawn_at,
        _withdrawal.c.decision,
        (completions.c.withdrawn_at.is_not(None) & taking_back.is_undecided()).label(
            "is_undecided"
        ),
    )
    .outerjoin(
        _withdrawal,
        and_(
            _withdrawal.c.completion_id == completions.c.id,
            _withdrawal.c.ended_at.is_(None),
        ),
    )
    .order_by(completions.c.id)
)
