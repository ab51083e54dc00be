"""Everything a step needs to know, loaded when it is claimed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from lms_bridge.badges.badge import Badge
from lms_bridge.badges.resting import rests_on
from lms_bridge.catalogue.course import Course
from lms_bridge.deliveries import standing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.whose import Whose
from lms_bridge.lms.base import BadgeAward
from lms_bridge.reasons import Reason
from lms_bridge.store.schema import (
    awards,
    badge_rules,
    completions,
    courses,
    deliveries,
    employees,
)
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed delivery, with its completion, its course and its employee.

    Or with an award instead of a completion: then `completion_id` is that by which the badge was
    earned (0 if none is known), and `content` is the badge's.
    """

    delivery_id: int
    fence: int
    step: str
    remote: str
    started_at: dt.datetime
    attempt: int
    failures: int
    effort_since: dt.datetime
    progress: Mapping[str, Any]
    completion_id: int
    award_id: int | None = None
    hours: int
    certificate_number: str
    starts: dt.date
    ends: dt.date
    lms_user_id: str
    content: Mapping[str, Any]
    employee_id: int
    nip: str
    registry_refs: Mapping[str, Any]
    withdrawn: bool = False
    """whether the completion has been taken back, or the award revoked"""
    rests_on: tuple[str, ...] = ()
    """the trainings that an award rests on, in words"""

    @property
    def whose(self) -> Whose:
        """Whose step it is."""
        if self.award_id is not None:
            return Whose(award_id=self.award_id)
        return Whose(self.completion_id)

    @property
    def is_wanted(self) -> bool:
        """Whether it is to be done; if not, it is only looked up what an attempt had set off."""
        return self.withdrawn == standing.is_undoing(self.step)

    @property
    def course(self) -> Course:
        """The course, as the catalogue has it now.

        Read only when it is asked for: a course that cannot be read (any more) is the trouble
        of its own deliveries, and not of whoever takes the next one from the queue.
        """
        return convert(self.content, Course)

    @property
    def badge(self) -> BadgeAward | None:
        """How the LMS is brought to issue the badge of the course, or the one that was earned."""
        if self.award_id is not None:
            return convert(self.content, Badge).issue
        return self.course.badge


def load(db: Connection, delivery_id: int, *, started_at: dt.datetime) -> Work:
    """The work of delivery `delivery_id`."""
    row = db.execute(_ONE, {"delivery": delivery_id}).one_or_none()
    if row is None:
        row = db.execute(_ONE_OF_AWARD, {"delivery": delivery_id}).one()
        work = _work_of_award(row, started_at)
        return msgspec.structs.replace(work, rests_on=rests_on(db, row.award_id))
    return _work(row, started_at)


class Confirmed(NamedTuple):
    """A delivery that is done: the id that the remote gave it, and what is said of it since."""

    work: Work
    result_id: str
    reason: Reason


def load_confirmed(
    db: Connection, which: ColumnElement[bool], *, now: dt.datetime
) -> list[Confirmed]:
    """Of the deliveries `which`, those that are done."""
    done = which & (deliveries.c.state == State.DONE)
    found = [(_work(row, now), row) for row in db.execute(_QUERY.where(done))]
    found += [(_work_of_award(row, now), row) for row in db.execute(_OF_AWARD.where(done))]
    found.sort(key=lambda pair: pair[0].delivery_id)
    return [
        Confirmed(work, row.result_id or "", Reason.stored(row.reason_code, row.reason_details))
        for work, row in found
    ]


def _work_of_award(row: AnyRow, started_at: dt.datetime) -> Work:
    return Work(
        **_claimed(row, started_at),
        completion_id=row.completion_id or 0,
        award_id=row.award_id,
        hours=0,
        certificate_number=f"{row.badge_key} {row.earned_on}",
        starts=row.earned_on,
        ends=row.earned_on,
        lms_user_id=row.lms_user_id if f"lms.{row.lms}" == row.remote else "",
        withdrawn=row.revoked_at is not None,
    )


def _work(row: AnyRow, started_at: dt.datetime) -> Work:
    return Work(
        **_claimed(row, started_at),
        completion_id=row.completion_id,
        hours=row.hours,
        certificate_number=row.certificate_number,
        starts=row.starts,
        ends=row.ends,
        lms_user_id=row.lms_user_id,
        withdrawn=row.withdrawn_at is not None,
    )


def _claimed(row: AnyRow, started_at: dt.datetime) -> dict[str, Any]:
    """What is told of either."""
    return {
        "delivery_id": row.delivery_id,
        "fence": row.fence,
        "step": row.step,
        "remote": row.remote,
        "started_at": started_at,
        "attempt": row.attempts,
        "failures": row.failures,
        "effort_since": row.effort_since,
        "progress": row.progress,
        "content": row.content,
        "employee_id": row.employee_id,
        "nip": row.nip,
        "registry_refs": row.registry_refs,
    }


_CLAIMED = (
    deliveries.c.id.label("delivery_id"),
    deliveries.c.fence,
    deliveries.c.step,
    deliveries.c.remote,
    deliveries.c.attempts,
    deliveries.c.failures,
    deliveries.c.effort_since,
    deliveries.c.progress,
    deliveries.c.result_id,
    deliveries.c.reason_code,
    deliveries.c.reason_details,
)
_QUERY = (
    select(
        *_CLAIMED,
        deliveries.c.completion_id,
        completions.c.hours,
        completions.c.certificate_number,
        completions.c.starts,
        completions.c.ends,
        completions.c.lms_user_id,
        completions.c.withdrawn_at,
        courses.c.content,
        completions.c.employee_id,
        employees.c.nip,
        employees.c.registry_refs,
    )
    .join(completions, deliveries.c.completion_id == completions.c.id)
    .join(courses, completions.c.course_id == courses.c.id)
    .join(employees, completions.c.employee_id == employees.c.id)
)
_ONE = _QUERY.where(deliveries.c.id == bindparam("delivery"))

_latest = badge_rules.alias()
_OF_AWARD = (
    select(
        *_CLAIMED,
        deliveries.c.award_id,
        awards.c.completion_id,
        awards.c.badge_key,
        awards.c.earned_on,
        awards.c.revoked_at,
        func.coalesce(completions.c.lms, "").label("lms"),
        func.coalesce(completions.c.lms_user_id, "").label("lms_user_id"),
        badge_rules.c.content,
        awards.c.employee_id,
        employees.c.nip,
        employees.c.registry_refs,
    )
    .join(awards, deliveries.c.award_id == awards.c.id)
    .join(employees, awards.c.employee_id == employees.c.id)
    .outerjoin(completions, awards.c.completion_id == completions.c.id)
    # How it is issued is told by the badge as it is now, not as it was when it was earned.
    .join(
        badge_rules,
        badge_rules.c.id
        == select(func.max(_latest.c.id))
        .where(_latest.c.key == awards.c.badge_key)
        .scalar_subquery(),
    )
)
_ONE_OF_AWARD = _OF_AWARD.where(deliveries.c.id == bindparam("delivery"))
