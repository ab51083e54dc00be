"""The job ``pull_completions``: what the LMS knows and no statement told.

Statements get lost: a receiver that is down for a minute loses them for good (Moodle
facts, section 5). So for each course of the catalogue the LMS is asked who has completed
it, and what is not known yet becomes a completion like any other. What cannot be asked of
one participant, or of one course, keeps no other waiting.

An LMS that lists completions is asked for those since it was asked last (a mark says when that
was), and a little more; one that does not is asked of each participant.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import structlog

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.deliveries import health
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.base import JobFailed, Progress, patiently, side_by_side
from lms_bridge.lms.base import CourseCompletion, ListsCompletions, Lms, LmsCourse, LmsUser
from lms_bridge.lms.finding import found_courses
from lms_bridge.people.lookup import look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition import sightings
from lms_bridge.recognition.pulled import Pulled, PulledIntake, can_be_pulled
from lms_bridge.store import marks

log = structlog.get_logger(__name__)

_AT_ONCE = 100
OVERLAP = dt.timedelta(days=2)
"""so much more than the time since the last question is asked about: the LMS's clock may be wrong,
and a completion may be put down late"""


class PullCompletions:
    """Asks every LMS who has completed the courses of the catalogue."""

    exclusive = True

    def __init__(self, bridge: Bridge, *, clock: Clock = utc_now) -> None:
        self._bridge = bridge
        self._clock = clock
        self._store = bridge.store
        self._intake = PulledIntake(bridge.store, bridge.settings, clock=clock)

    def has_work(self) -> bool:
        """Always: only the LMS can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Pull the completions of every course from every LMS."""
        with self._store.writing() as db:
            sightings.hold(db)
            sightings.judge_doubted(db)
            catalogue = current_catalogue(db)
        todo = [
            (lms, entry)
            for lms in self._bridge.lms.values()
            for entry in catalogue.courses
            if lms.abilities.tells_completions
            and entry.course.lms in ("", lms.name)
            and can_be_pulled(entry.course, self._bridge.settings.recognition)
        ]
        counts: Counter[str] = Counter(courses=len(todo))
        down: dict[str, str] = {}
        for number, (lms, entry) in enumerate(todo):
            progress(number, len(todo))
            if lms.name not in down and (trouble := self._pull_safely(lms, entry, counts)):
                down[lms.name] = trouble.sentence()
        progress(len(todo), len(todo))
        if down:
            raise JobFailed("; ".join(down.values()))
        return counts

    def _pull_safely(
        self, lms: Lms, entry: CataloguedCourse, counts: Counter[str]
    ) -> Reason | None:
        """Pull one course from one LMS; why that LMS cannot be used at all, if so."""
        try:
            self._pull(lms, entry, counts)
        except DeliveryError as error:
            counts["failed"] += 1
            log.warning(
                "could not pull completions",
                lms=lms.name,
                course=entry.course.key,
                reason=error.reason.sentence(),
            )
            return error.reason if error.remote_wide and self._is_down(lms, error) else None
        except Exception:
            counts["failed"] += 1
            log.exception("pulling failed", lms=lms.name, course=entry.course.key)
            return None
        with self._store.writing() as db:
            health.note_success(db, f"lms.{lms.name}", now=self._clock())
        return None

    def _pull(self, lms: Lms, entry: CataloguedCourse, counts: Counter[str]) -> None:
        found = patiently(lambda: list(found_courses(lms, entry.course)))
        if not found:
            counts["courses_not_found"] += 1
        for course in found:
            self._pull_course(lms, entry, course, counts)

    def _pull_course(
        self, lms: Lms, entry: CataloguedCourse, course: LmsCourse, counts: Counter[str]
    ) -> None:
        begun_at, failed_before = self._clock(), counts["failed"]
        reader = mark_of(lms, entry, course)
        with self._store.reading() as db:
            is_settled = self._intake.is_settled(db, lms.name, entry)
            asked_at = marks.read_through(db, reader)
        since = dt.datetime.fromtimestamp(asked_at, dt.UTC) - OVERLAP if asked_at else None
        concurrency = self._bridge.settings.lms[lms.name].concurrency
        completed = list(
            ask_for(
                lms,
                entry,
                course,
                is_settled,
                concurrency=concurrency,
                counts=counts,
                since=since,
            )
        )
        for start in range(0, len(completed), _AT_ONCE):
            some = completed[start : start + _AT_ONCE]
            look = partial(look_up, lms, told=[one.completion.user for one in some])
            counts += self._intake.take(some, partial(patiently, look))
        if isinstance(lms, ListsCompletions) and counts["failed"] == failed_before:
            with self._store.writing() as db:
                marks.move(db, reader, int(begun_at.timestamp()))

    def _is_down(self, lms: Lms, error: DeliveryError) -> bool:
        with self._store.writing() as db:
            worse = health.note_failure(
                db,
                f"lms.{lms.name}",
                error.reason,
                now=self._clock(),
                policy=self._bridge.settings.delivery.breaker,
                certain=not error.retryable,
            )
        return worse.health.is_down


def ask_for(
    lms: Lms,
    entry: CataloguedCourse,
    course: LmsCourse,
    is_settled: Callable[[str], bool],
    *,
    concurrency: int,
    counts: Counter[str],
    is_wanted: Callable[[LmsUser], bool] = lambda _user: True,
    since: dt.datetime | None = None,
) -> Iterator[Pulled]:
    """Who has completed `course`, of those who are wanted and not settled.

    An LMS that lists completions need not list those before `since`. What fails for one is counted.
    """
    activity = lms.activity_of(course)
    if isinstance(lms, ListsCompletions):
        listing = lms
        for one in patiently(lambda: list(listing.completions_of(course, since))):
            if is_wanted(one.user) and not is_settled(one.user.id):
                counts["asked"] += 1
                yield Pulled(lms.name, course, activity, entry, one)
        return
    participants = patiently(lambda: list(lms.participants_of(course)))
    asked = [user for user in participants if is_wanted(user) and not is_settled(user.id)]
    counts["asked"] += len(asked)

    def status(user: LmsUser) -> CourseCompletion | DeliveryError | None:
        try:
            return patiently(lms.completion_of, course, user)
        except DeliveryError as error:
            if error.remote_wide:
                raise
            return error

    for user, answer in side_by_side(status, asked, concurrency=concurrency):
        if isinstance(answer, DeliveryError):
            counts["failed"] += 1
            log.warning(
                "could not ask for a completion",
                lms=lms.name,
                course=entry.course.key,
                user=user.id,
                reason=answer.reason.sentence(),
            )
        elif answer is not None:
            yield Pulled(lms.name, course, activity, entry, answer)


def mark_of(lms: Lms, entry: CataloguedCourse, course: LmsCourse) -> str:
    """Under which name it is kept when the LMS was last asked for the completions of `course`."""
    which = f"{lms.name} {entry.id} {course.id}"
    return f"pull:{hashlib.sha256(which.encode()).hexdigest()[:32]}"
