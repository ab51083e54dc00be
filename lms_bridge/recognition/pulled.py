"""Completions that were not told but asked for: who they are of, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import Connection, select

from lms_bridge import completions
from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.completions import AsRecorded, Targets, Telling
from lms_bridge.config.settings import Recognition, Settings
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.events import journal
from lms_bridge.lms.base import CourseCompletion, LmsCourse, LmsUser
from lms_bridge.people import erased, keys
from lms_bridge.people.identities import Known, known_by_nip, learn, linked, realms_of
from lms_bridge.people.lookup import Answers, Ask, in_parts, nip_of
from lms_bridge.reasons import Reason
from lms_bridge.recognition import dismissals, rules
from lms_bridge.recognition.sightings import (
    SightingState,
    hold,
    is_none,
    is_recognised,
    waiting_accounts,
)
from lms_bridge.store import schema
from lms_bridge.store.engine import Store, insert
from xapi import vocabulary

log = structlog.get_logger(__name__)


class Pulled(msgspec.Struct, frozen=True):
    """The LMS says that somebody has completed a course of the catalogue."""

    lms: str
    course: LmsCourse
    activity: str
    """the id of the LMS's course in statements"""
    entry: CataloguedCourse
    completion: CourseCompletion
    as_recorded: AsRecorded | None = None
    """what a registry has of it already"""

    def key(self, run: str) -> str:
        """By which what was seen of that run of the course is known again."""
        return ":".join((self.lms, self.course.id, self.completion.user.id, run))

    @property
    def ask(self) -> Ask:
        """The question whose account it is."""
        user_id = self.completion.user.id
        return Ask(keys.of_lms_account(self.lms, user_id), self.lms, "id", user_id)


def can_be_pulled(course: Course, recognition: Recognition) -> bool:
    """Whether the LMS's "completed" says all that the course asks.

    It knows neither the registration or session of a course that counts each, nor the score,
    nor who the instructor was; and it is no other verb.
    """
    return (
        course.run in ("once", "yearly")
        and course.minimum_score is None
        and course.hours > 0
        and vocabulary.COMPLETED in (course.verbs or recognition.verbs)
    )


class Kept(NamedTuple):
    """What a pulled completion came to."""

    state: str
    """of its sighting"""
    completion_id: int | None


class PulledIntake:
    """Takes pulled completions in, like those of statements."""

    def __init__(self, store: Store, settings: Settings, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._zone = ZoneInfo(settings.time_zone)
        self._realms = realms_of(settings)
        self._targets = Targets.of(settings)

    def take(
        self, some: Sequence[Pulled], look: Callable[[Sequence[Ask]], Answers]
    ) -> Counter[str]:
        """Find out with `look` whose they are, and keep them; how many came to which state.

        Raises :exc:`~lms_bridge.errors.DeliveryError` when the LMS as a whole fails.
        """
        counts: Counter[str] = Counter()
        told: list[tuple[int, str]] = []

        def keep(db: Connection, one: Pulled, who: Known | Reason) -> None:
            kept = self.keep(db, one, who)
            counts[kept.state] += 1
            if kept.completion_id is not None:
                told.append((kept.completion_id, one.lms))

        failed = self.each(some, look, keep)
        for completion_id, lms in told:
            log.info("completion told", completion=completion_id, lms=lms)
        if failed:
            counts["failed"] += len(failed)
        return counts

    def identify(
        self, some: Sequence[Pulled], look: Callable[[Sequence[Ask]], Answers]
    ) -> dict[str, Known | Reason]:
        """Find out with `look` whose they are, by account, and keep no more than that.

        Raises :exc:`~lms_bridge.errors.DeliveryError` when the LMS as a whole fails.
        """
        found: dict[str, Known | Reason] = {}

        def keep(_db: Connection, one: Pulled, who: Known | Reason) -> None:
            found[one.completion.user.id] = who

        return self.each(some, look, keep) | found

    def each(
        self,
        some: Sequence[Pulled],
        look: Callable[[Sequence[Ask]], Answers],
        keep: Callable[[Connection, Pulled, Known | Reason], None],
    ) -> dict[str, Known | Reason]:
        """Call `keep` for each, in the transaction in which it is learned whose it is.

        Returns why the LMS could not say so, by account, of those of whom it could not. Raises
        :exc:`~lms_bridge.errors.DeliveryError` when the LMS as a whole fails.
        """
        failed: dict[str, Known | Reason] = {}
        pulled = {one.ask: one for one in some}
        with self._store.writing() as db:
            hold(db)
            for ask, one in list(pulled.items()):
                known = linked(db, one.lms, one.completion.user, realms=self._realms)
                if known is not None:
                    keep(db, pulled.pop(ask), known)
        for part, answers in in_parts(look, list(pulled)):
            if isinstance(answers, DeliveryError):
                if answers.remote_wide:
                    raise answers
                log.warning("look-up failed", lms=part[0].lms, reason=answers.reason.sentence())
                failed |= {pulled[ask].completion.user.id: answers.reason for ask in part}
                continue
            with self._store.writing() as db:
                hold(db)
                for ask, answer in answers.items():
                    who = learn(db, ask, answer, realms=self._realms, now=self._clock())
                    keep(db, pulled[ask], who)
        return failed

    def is_settled(
        self, db: Connection, lms: str, entry: CataloguedCourse
    ) -> Callable[[str], bool]:
        """Whether of a user of `lms`, by id, nothing is to be asked that is not known already."""
        run = rules.run_at(self._clock(), entry.course, zone=self._zone)
        settled = completions.settled_users(db, entry.id, lms, run=run)
        waiting = waiting_accounts(db, entry.id)
        return lambda user_id: (
            user_id in settled and keys.of_lms_account(lms, user_id) not in waiting
        )

    def whose(self, db: Connection, lms: str, user: LmsUser) -> Known | None:
        """Whose account that is, as far as it is known without asking the LMS."""
        if known := linked(db, lms, user, realms=self._realms):
            return known
        nip = nip_of(user)
        employee_id = known_by_nip(db, nip) if nip else None
        return Known(employee_id, lms, user.id) if employee_id is not None else None

    def knows(self, db: Connection, pulled: Pulled, who: Known | None) -> bool:
        """Whether the bridge has seen `pulled` before, or knows the completion from elsewhere.

        Also if that is one that waits for a person, or was taken back.
        """
        completed_at = pulled.completion.completed_at or self._clock()
        run = rules.run_at(completed_at, pulled.entry.course, zone=self._zone)
        table = schema.sightings
        seen = select(table.c.id).where(table.c.pull_key == pulled.key(run))
        if db.execute(seen).first() is not None:
            return True
        return who is not None and completions.is_known(db, self._telling(db, pulled, who))

    def _telling(self, db: Connection, pulled: Pulled, who: Known) -> Telling:
        """What `pulled` tells of the employee.

        Where the LMS does not say when it was, a completion of a course that counts each year
        is not taken for one of this year if one is known already.
        """
        one, entry = pulled.completion, pulled.entry
        completed_at = one.completed_at or self._clock()
        run = rules.run_at(completed_at, entry.course, zone=self._zone)
        if run and one.completed_at is None:
            run = completions.latest_run(db, who.employee_id, entry.id) or run
        return Telling(
            who=who,
            entry=entry,
            role="learner",
            run=run,
            completed_at=completed_at,
            time_source="criteria" if one.completed_at else "bridge",
            told_by=pulled.lms,
            as_recorded=pulled.as_recorded,
        )

    def keep(self, db: Connection, pulled: Pulled, who: Known | Reason) -> Kept:
        """Leave a sighting of `pulled`, with all that follows from it; what it came to."""
        if isinstance(who, Reason) and who.code == erased.ERASED:
            return Kept(SightingState.NONE, None)  # and nothing is left of having asked
        now, one, entry = self._clock(), pulled.completion, pulled.entry
        telling = None if isinstance(who, Reason) else self._telling(db, pulled, who)
        completed_at = telling.completed_at if telling else one.completed_at or now
        run = telling.run if telling else rules.run_at(completed_at, entry.course, zone=self._zone)
        shown = {
            "verb": vocabulary.COMPLETED,
            "object_id": pulled.activity,
            "course_id": entry.id,
            "course_name": entry.course.name,
            "actor": pulled.ask.key,
            "actor_name": one.user.full_name,
            "completed_at": completed_at,
            "decided_at": now,
        }
        completion_id = None
        if isinstance(who, Reason):
            values = shown | dismissals.waits(db, who, actor=pulled.ask.key)
        else:
            assert telling is not None
            if taken_back := completions.taken_back(db, telling):
                values = shown | is_none(taken_back)
            else:
                completion_id = completions.record(
                    db, telling, targets=self._targets, zone=self._zone, now=now
                )
                values = shown | is_recognised(completion_id)
        self._write(db, pulled.key(run), values)
        return Kept(str(values["state"]), completion_id)

    def _write(self, db: Connection, pull_key: str, values: dict[str, Any]) -> None:
        table = schema.sightings
        before = db.execute(
            select(table.c.completion_id).where(table.c.pull_key == pull_key)
        ).scalar()
        kept = db.execute(
            insert(db, table)
            .values(pull_key=pull_key, **values)
            .on_conflict_do_update(index_elements=["pull_key"], set_=values)
            .returning(table.c.id)
        ).scalar_one()
        journal.note_waiting(db, [kept], values, self._clock())
        if before is not None and before != values.get("completion_id", before):
            completions.withdraw(db, before, Reason("retold"), self._clock())
