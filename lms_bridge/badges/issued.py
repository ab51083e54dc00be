"""What was earned, as a credential has it: an award in the words of :mod:`lms_bridge.openbadges`.

Of each training that it rests on the credential tells course, organiser, JP and day, and does not
lead to its certificate: on that page is more than somebody who shows a badge wants to show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, func, select

from lms_bridge.badges import explaining, in_force
from lms_bridge.badges.badge import Badge as Rule
from lms_bridge.badges.explaining import Names
from lms_bridge.catalogue import competencies
from lms_bridge.openbadges.earned import Badge, Competency, Earned, Evidence, Picture
from lms_bridge.openbadges.status import LENGTH
from lms_bridge.openbadges.untrue import Untrue
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, badge_rules, completions, courses, employees
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)

STANDARD = "Standar Kompetensi Jabatan ASN (Permenpan RB 38/2017)"
"""the framework in which the government's competencies stand"""


class Issued:
    """What was earned, read from the database: `zone` is where days begin."""

    def __init__(self, *, zone: ZoneInfo, language: str, base: Path) -> None:
        self._zone = zone
        self._language = language
        self._base = base
        """the folder that the path of a picture starts from"""

    def find(self, db: Connection, public_id: str) -> Earned | None:
        """What has that public id."""
        query = (
            select(awards, employees.c.name, badge_rules.c.content)
            .join(employees, awards.c.employee_id == employees.c.id)
            .join(badge_rules, awards.c.rule_id == badge_rules.c.id)
        )
        row = db.execute(query.where(awards.c.public_id == public_id)).one_or_none()
        return self._earned(db, row) if row else None

    def badge(self, db: Connection, key: str) -> Badge | None:
        """The badge with that key, as it is or as it was last."""
        query = select(badge_rules.c.content).where(badge_rules.c.key == key)
        content = db.scalars(query.order_by(badge_rules.c.id.desc()).limit(1)).one_or_none()
        found = in_force.read(content) if content is not None else None
        return self._badge(db, found) if found else None

    def _earned(self, db: Connection, row: AnyRow) -> Earned | None:
        badge = in_force.read(row.content)
        if badge is None:
            return None
        return Earned(
            public_id=row.public_id,
            status_index=row.id,
            name=row.name,
            badge=self._badge(db, badge),
            earned_at=self._begin(row.earned_on),
            expires_at=self._begin(row.expires_on) if row.expires_on else None,
            revoked_at=row.revoked_at,
            evidence=tuple(_evidence(db, row.evidence)),
        )

    def _begin(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), self._zone)

    def _badge(self, db: Connection, badge: Rule) -> Badge:
        criteria = explaining.criteria(badge, _names(db, badge), self._language)
        if len(criteria) == 1:
            criteria = [criteria[0].removeprefix("- ")]
        return Badge(
            key=badge.key,
            name=badge.name,
            description=badge.description,
            criteria="\n".join(criteria),
            competencies=_competencies(badge),
            picture=self._picture(badge),
        )

    def _picture(self, badge: Rule) -> Picture | None:
        if not badge.image:
            return None
        from lms_bridge.openbadges.pictures import picture_at

        try:
            return picture_at(self._base / badge.image)
        except Untrue as error:  # lms-bridge check says so as well
            log.warning("a badge is drawn, for its own picture is unfit", reason=str(error))
            return None


def revoked_in(db: Connection, number: int) -> list[int] | None:
    """The places that are set in the status list with that `number`; None if there is no such."""
    first = number * LENGTH
    newest = db.scalar(select(func.max(awards.c.id))) or 0
    if number and first > newest:
        return None
    query = select(awards.c.id).where(awards.c.revoked_at.is_not(None))
    within = query.where(awards.c.id >= first, awards.c.id < first + LENGTH)
    return [each - first for each in db.scalars(within.order_by(awards.c.id))]


def _competencies(badge: Rule) -> tuple[Competency, ...]:
    if badge.competency is None:
        return ()
    name, level = badge.competency.name, badge.competency.level
    standard = competencies.find(name)
    if standard is None:
        return (Competency(name=name, level=level),)
    code = standard.id_number(level)
    return (Competency(name=standard.name, level=level, framework=STANDARD, code=code),)


def _names(db: Connection, badge: Rule) -> Names:
    """What the rule names, by its keys; not the whole catalogue, which may be large."""
    rules = list(badge.rule_of().walk())
    named = {one.course for one in rules if one.course}
    query = select(courses.c.key, courses.c.content).where(courses.c.key.in_(named))
    others = select(badge_rules.c.key, badge_rules.c.content).where(
        badge_rules.c.key.in_({one.badge for one in rules if one.badge})
    )
    return Names(
        {row.key: row.content.get("name", row.key) for row in db.execute(query)},
        {
            row.key: row.content.get("name", row.key)
            for row in db.execute(others.order_by(badge_rules.c.id))
        },
    )


def _evidence(db: Connection, ids: Iterable[int]) -> Iterable[Evidence]:
    """The trainings that an award rests on, in their order."""
    query = (
        select(completions.c.hours, completions.c.ends, courses.c.content)
        .join(courses, completions.c.course_id == courses.c.id)
        .where(among(completions.c.id, sorted(set(ids))))
        .order_by(completions.c.ends, completions.c.id)
    )
    for row in db.execute(query):
        yield Evidence(
            course=row.content.get("name", ""),
            organiser=row.content.get("organiser", ""),
            hours=row.hours,
            day=row.ends,
        )
