"""What an award rests on, in words for people who see the badge in the LMS.

An LMS need not know the training: it may have been done elsewhere, and stand in the personnel
record only. Moodle keeps evidence of such prior learning, which no web service can put there; so it
is named in the note of the rating that brings the badge about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from lms_bridge.badges.badge import Badge, Rule
from lms_bridge.badges.meeting import begin_of
from lms_bridge.people import gathering
from lms_bridge.people.hours import Learned
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, badge_rules, completions, courses
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert

MOST = 10
"""trainings that are named"""


def rests_on(db: Connection, award_id: int) -> tuple[str, ...]:
    """The trainings that count for the award, the latest of those from elsewhere first.

    >>> rests_on(db, 7)
    ('Literasi Digital ASN (LITDIG/2026/00007)', 'Diklat PIM IV, LAN, 2019-05-17')
    """
    query = select(awards, badge_rules.c.content).join(
        badge_rules, awards.c.rule_id == badge_rules.c.id
    )
    award = db.execute(query.where(awards.c.id == award_id)).one()
    done = _completed(db, award)
    named = [f"{row.content.get('name', '')} ({row.certificate_number})" for row in done]
    hours = sum(row.hours for row in done)
    return (*named, *dict.fromkeys(_elsewhere(db, award, hours)))[:MOST]


def _completed(db: Connection, award: AnyRow) -> Sequence[AnyRow]:
    query = (
        select(completions.c.certificate_number, completions.c.hours, courses.c.content)
        .join(courses, completions.c.course_id == courses.c.id)
        .where(among(completions.c.id, award.evidence))
        .order_by(completions.c.id)
    )
    return db.execute(query).all()


def _elsewhere(db: Connection, award: AnyRow, hours: int) -> Iterator[str]:
    """What makes up, with `hours` JP of completions, for a rule that counts it."""
    rules = [rule for rule in convert(award.content, Badge).rules if rule.elsewhere]
    if not rules:
        return
    known = gathering.trainings(db, [award.employee_id])[award.employee_id]
    for rule in rules:
        counted = [one for one in known if _counts(rule, one, award)]
        if hours + sum(one.hours or 0 for one in counted) >= (rule.hours or 0):
            for one in counted:
                yield ", ".join(filter(None, (one.name, one.organiser, str(one.ends))))


def _counts(rule: Rule, one: Learned, award: AnyRow) -> bool:
    if one.completion_id is not None or not (one.counts and one.hours and one.ends):
        return False
    if award.counts_after and one.ends <= award.counts_after:
        return False
    if rule.kinds and one.kind not in rule.kinds:
        return False
    earned_on: dt.date = award.earned_on
    return begin_of(rule)(earned_on) <= one.ends <= earned_on
