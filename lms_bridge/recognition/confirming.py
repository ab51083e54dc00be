"""Asking the LMS whether it has a completion that somebody told of, before it is recorded.

That is for a sender with ``confirm = true``: whoever has its password can then make up no
completion that the LMS does not have as well. The LMS is asked outside of any transaction. While it
is down, nothing is recorded and nothing is lost: it is asked again. Where it says no, it is asked
again for a while, for Moodle may complete a course some minutes after the act; then it is shown to
a person, and still asked now and then.

What the LMS can confirm is that this account has completed this course. A score, a session and who
taught are the sender's word alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import Connection, and_, select

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.events import journal
from lms_bridge.lms.base import CourseCompletion, Lms, LmsUser
from lms_bridge.lms.finding import found_courses
from lms_bridge.people.identities import Known, resolve
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.recognition import reading, rules, sightings
from lms_bridge.recognition.belonging import Belonging
from lms_bridge.recognition.reading import Sighting
from lms_bridge.recognition.seen import Seen
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from xapi import Agent, InvalidStatement

log = structlog.get_logger(__name__)

CONFIRMED = "confirmed"
PATIENCE = dt.timedelta(hours=1)
"""how long after it was told of the LMS may come to have a completion"""
_AT_ONCE = 50
_PAUSE = dt.timedelta(minutes=2)
_TO_BE_CONFIRMED = reading.first(
    _AT_ONCE, and_(sightings.IS_TO_BE_ASKED, sightings.IS_ABOUT_A_COMPLETION)
)


def to_be_confirmed(one: Sighting, lms: str) -> dict[str, Any]:
    """The columns of a sighting whose completion the LMS is to be asked for."""
    if one.role != "learner":
        reason = Reason("cannot_be_confirmed", lms=lms, why="it does not say who taught")
        return sightings.waits(reason)
    return sightings.asks(Reason("confirmation_waiting", lms=lms))


class _Asked(msgspec.Struct, frozen=True):
    """What is asked of the LMS."""

    id: int
    seen: Seen
    course: Course
    user_id: str
    nip: str


class Confirmer:
    """Asks the LMSs of a bridge."""

    def __init__(
        self, store: Store, settings: Settings, lms: Mapping[str, Lms], *, clock: Clock
    ) -> None:
        self._store = store
        self._lms = lms
        self._clock = clock
        self._events = settings.recognition.course_events
        self._breaker = settings.delivery.breaker
        self._ask_again = dt.timedelta(hours=settings.recognition.ask_again_hours)
        self._zone = ZoneInfo(settings.time_zone)
        self._belonging = Belonging(settings)

    def confirm(self) -> int:
        """Ask for some of the completions that wait for it; how many can be judged again."""
        ready, asked = self._collect()
        return ready + sum(self._ask(lms, some) for lms, some in asked.items())

    def _collect(self) -> tuple[int, dict[str, list[_Asked]]]:
        """How many need not be asked for any more, and what to ask of each LMS."""
        now = self._clock()
        asked: dict[str, list[_Asked]] = {}
        ready: list[int] = []
        with self._store.writing() as db:
            sightings.hold(db)
            waiting = reading.read(db, _TO_BE_CONFIRMED, {"by": now})
            if waiting:
                self._belonging.learn(db)
                by_id = {one.id: one.course for one in current_catalogue(db).courses}
            for one in waiting:
                found = self._asked(db, one, by_id, now)
                if found is None:
                    ready.append(one.id)  # judging it again says what is so now
                else:
                    asked.setdefault(found[0], []).append(found[1])
            sightings.answer(db, ready, state=SightingState.NEW)
        return len(ready), asked

    def _asked(
        self, db: Connection, one: Sighting, courses: Mapping[int, Course], now: dt.datetime
    ) -> tuple[str, _Asked] | None:
        try:
            seen = one.see(self._events)
        except InvalidStatement:
            return None
        actor, lms = one.actor(seen), self._belonging.lms_of(one.sender, seen)
        number = db.scalar(
            select(schema.sightings.c.course_id).where(schema.sightings.c.id == one.id)
        )
        course = courses.get(number or 0)
        if lms not in self._lms or course is None or not isinstance(actor, Agent):
            return None
        who = resolve(db, actor, realms=self._belonging.realms, lms=lms, now=now)
        if not isinstance(who, Known) or not self._belonging.confirms(one.sender):
            return None
        employees = schema.employees
        nip = db.scalar(select(employees.c.nip).where(employees.c.id == who.employee_id)) or ""
        user_id = who.lms_user_id if who.lms == lms else ""
        return lms, _Asked(one.id, seen, course, user_id, nip)

    def _ask(self, name: str, some: Sequence[_Asked]) -> int:
        """Ask one LMS; how many sightings can be judged again."""
        remote, now, ready = f"lms.{name}", self._clock(), 0
        with self._store.writing() as db:
            if not health.may_claim(db, remote, now=now, policy=self._breaker):
                sightings.answer(db, [one.id for one in some], due_at=now + _PAUSE)
                return 0
        for one in some:
            wide = False
            try:
                says = self._says(self._lms[name], name, one)
            except DeliveryError as error:
                wide = error.remote_wide
                says = self._note_failure(name, error)
            with self._store.writing() as db:
                sightings.hold(db)
                sightings.answer(db, [one.id], **says)
                if wide:
                    sightings.answer(db, [each.id for each in some], due_at=now + _PAUSE)
                else:
                    health.note_success(db, remote, now=now)
                journal.note_waiting(db, [one.id], says, now)
            ready += says["state"] == SightingState.NEW
            if wide:
                break
        return ready

    def _says(self, lms: Lms, name: str, one: _Asked) -> dict[str, Any]:
        """What becomes of a sighting by the answer of the LMS."""
        now, why = self._clock(), "it does not tell who has completed what"
        if lms.abilities.tells_completions:
            # By the marks of the catalogue: of what the statement says, any may be made up.
            courses, user = list(found_courses(lms, one.course)), _user(lms, one)
            why = f"it shows no such {'account' if courses else 'course'}"
            if courses and user:
                return self._judged(name, one, [lms.completion_of(each, user) for each in courses])
        reason = Reason("cannot_be_confirmed", lms=name, why=why)
        return sightings.waits(reason, now + self._ask_again)

    def _judged(
        self, name: str, one: _Asked, found: Sequence[CourseCompletion | None]
    ) -> dict[str, Any]:
        now = self._clock()
        if any(each and self._same_run(each.completed_at, one) for each in found):
            return {"state": SightingState.NEW, "due_at": None} | reason_columns(Reason(CONFIRMED))
        if now - one.seen.received_at < PATIENCE:
            return sightings.asks(Reason("confirmation_waiting", lms=name), now + _PAUSE)
        return sightings.waits(Reason("not_confirmed", lms=name), now + self._ask_again)

    def _same_run(self, completed_at: dt.datetime | None, one: _Asked) -> bool:
        """Whether the time that the LMS tells, if it does, is of the year that is counted."""
        if completed_at is None:
            return True
        told = rules.run_at(one.seen.completed_at, one.course, zone=self._zone)
        return told == rules.run_at(completed_at, one.course, zone=self._zone)

    def _note_failure(self, name: str, error: DeliveryError) -> dict[str, Any]:
        now, remote = self._clock(), f"lms.{name}"
        log.warning("could not confirm a completion", remote=remote, reason=error.reason.sentence())
        if error.remote_wide:
            with self._store.writing() as db:
                certain = not error.retryable
                health.note_failure(
                    db, remote, error.reason, now=now, policy=self._breaker, certain=certain
                )
        reason = Reason("confirmation_failed", lms=name, why=error.reason.what())
        return sightings.asks(reason, now + _PAUSE)


def _user(lms: Lms, one: _Asked) -> LmsUser | None:
    """The account, as the LMS numbers it; None if it shows none, or several."""
    if one.user_id:
        return LmsUser(one.user_id, "", "")
    if "number" not in lms.abilities.finds_users_by or not one.nip:
        return None
    found = [user for user in lms.find_users("number", [one.nip]) if not user.suspended]
    return found[0] if len(found) == 1 else None
