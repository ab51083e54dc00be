"""The job ``pull_completions``: what the LMS knows and no statement told.

Statements get lost: a receiver that is down for a minute loses them for good (Moodle
facts, section 5). So for each course of the catalogue the LMS is asked who has completed
it, and what is not known yet becomes a completion like any other.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from lms_bridge import completions
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.completions import Targets, Telling, reason_columns
from lms_bridge.deliveries import health
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.base import JobFailed, Progress, patiently, side_by_side
from lms_bridge.lms.base import CourseCompletion, Lms, LmsCourse
from lms_bridge.people import identities
from lms_bridge.people.identities import Ask, Known
from lms_bridge.people.lookup import Found, look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import sightings

log = structlog.get_logger(__name__)

_AT_ONCE = 100


class PullCompletions:
    """Asks every LMS who has completed the courses of the catalogue."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._zone = ZoneInfo(bridge.settings.time_zone)
        self._targets = Targets(tuple(bridge.settings.registry), tuple(bridge.settings.lms))

    def has_work(self) -> bool:
        """Always: only the LMS can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Pull the completions of every course from every LMS."""
        with self._bridge.store.reading() as db:
            catalogue = current_catalogue(db)
        todo = [
            (lms, entry)
            for lms in self._bridge.lms.values()
            for entry in catalogue.courses
            if entry.course.lms in ("", lms.name) and _pullable(entry)
        ]
        counts: Counter[str] = Counter(courses=len(todo))
        down: dict[str, str] = {}
        for number, (lms, entry) in enumerate(todo):
            progress(number, len(todo))
            if lms.name in down:
                continue
            try:
                counts += self._pull(lms, entry)
            except DeliveryError as error:
                log.warning(
                    "could not pull completions",
                    lms=lms.name,
                    course=entry.course.key,
                    reason=error.reason.sentence(),
                )
                counts["failed"] += 1
                if error.remote_wide and self._is_down(lms, error):
                    down[lms.name] = error.reason.sentence()
        progress(len(todo), len(todo))
        if down:
            raise JobFailed("; ".join(down.values()))
        return counts

    def _pull(self, lms: Lms, entry: CataloguedCourse) -> Counter[str]:
        counts: Counter[str] = Counter()
        course = patiently(_find, lms, entry)
        if course is None:
            counts["courses_not_found"] += 1
            return counts
        with self._bridge.store.reading() as db:
            known = frozenset(completions.known_users(db, entry.id, lms.name))
        participants = patiently(lambda: list(lms.participants_of(course)))
        asked = [user for user in participants if user.id not in known]
        counts["asked"] += len(asked)
        answers = side_by_side(
            lambda user: patiently(lms.completion_of, course, user),
            asked,
            concurrency=self._bridge.settings.lms[lms.name].concurrency,
        )
        pulled = (completion for _, completion in answers if completion)
        for some in _in_groups(pulled, _AT_ONCE):
            asks = [Ask(_key(lms, one), lms.name, "id", one.user.id) for one in some]
            people = patiently(look_up, lms, asks)
            with self._bridge.store.writing() as db:
                for one in some:
                    state = self._take(db, lms, course, entry, one, people[_key(lms, one)])
                    counts[state] += 1
        return counts

    def _take(
        self,
        db: Any,
        lms: Lms,
        course: LmsCourse,
        entry: CataloguedCourse,
        one: CourseCompletion,
        answer: Found | Reason,
    ) -> str:
        now = utc_now()
        completed_at = one.completed_at or now
        values: dict[str, Any] = {
            "object_id": f"{lms.home_page}/course/{course.id}",
            "course_name": entry.course.name,
            "actor": _key(lms, one),
            "actor_name": one.user.full_name,
            "completed_at": completed_at,
            "completion_id": None,
            "decided_at": now,
            "state": SightingState.ATTENTION,
        }
        if isinstance(answer, Reason):
            values |= reason_columns(answer)
        else:
            employee_id = identities.employee_of(db, answer.nip, name=one.user.full_name, now=now)
            who = Known(employee_id, lms.name, one.user.id)
            identities.remember(
                db,
                _key(lms, one),
                employee_id,
                source="lms",
                now=now,
                lms=lms.name,
                lms_user_id=one.user.id,
            )
            values["state"] = SightingState.RECOGNISED
            values["completion_id"] = completions.record(
                db,
                Telling(
                    who=who,
                    entry=entry,
                    role="learner",
                    run=self._run(entry, completed_at),
                    completed_at=completed_at,
                    time_source="criteria" if one.completed_at else "lms",
                    lms=lms.name,
                ),
                targets=self._targets,
                zone=self._zone,
                now=now,
            )
            values |= reason_columns(None)
        db.execute(
            insert(db, sightings)
            .values(pull_key=f"{lms.name}:{course.id}:{one.user.id}", **values)
            .on_conflict_do_update(index_elements=["pull_key"], set_=values)
        )
        return str(values["state"])

    def _run(self, entry: CataloguedCourse, completed_at: Any) -> str:
        if entry.course.run == "yearly":
            return str(completed_at.astimezone(self._zone).year)
        return ""

    def _is_down(self, lms: Lms, error: DeliveryError) -> bool:
        with self._bridge.store.writing() as db:
            known = health.note_failure(
                db,
                f"lms.{lms.name}",
                error.reason,
                now=utc_now(),
                policy=self._bridge.settings.delivery.breaker,
                certain=not error.retryable,
            )
        return known.state == "down"


def _pullable(entry: CataloguedCourse) -> bool:
    """Whether the LMS's "completed" says all that the course asks.

    It knows neither the registration or session of a course that counts each, nor the score,
    nor who the instructor was.
    """
    course = entry.course
    return course.run in ("once", "yearly") and course.minimum_score is None and course.hours > 0


def _find(lms: Lms, entry: CataloguedCourse) -> LmsCourse | None:
    course = entry.course
    for number in course.external_ids:
        if found := lms.find_course(number=number):
            return found
    for short_name in course.short_ids:
        if found := lms.find_course(short_name=short_name):
            return found
    for activity in course.activities:
        course_id = lms.course_id_of(activity)
        if course_id and (found := lms.find_course(course_id=course_id)):
            return found
    return None


def _key(lms: Lms, one: CourseCompletion) -> str:
    return f"lms:{lms.name}:{one.user.id}"


def _in_groups(
    items: Iterable[CourseCompletion], size: int
) -> Iterator[Sequence[CourseCompletion]]:
    source = iter(items)
    while group := list(itertools.islice(source, size)):
        yield group
