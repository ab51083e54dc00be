"""Looking at one course in one LMS: who has completed it, of whom the bridge knows nothing.

Asked as :mod:`lms_bridge.jobs.pull_completions` asks, and only about those whose completion is
not known beyond doubt; nothing is taken in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Connection

from lms_bridge.bridge import Bridge
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.deliveries.step import Clock
from lms_bridge.jobs.base import patiently
from lms_bridge.jobs.pull_completions import ask_for
from lms_bridge.lms.base import Lms, LmsUser
from lms_bridge.lms.finding import found_courses
from lms_bridge.people.lookup import look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition.pulled import Pulled, PulledIntake, can_be_pulled
from lms_bridge.reconciling.findings import Finding, Kind, Repair

TAKEN_IN = "recognised"


class LmsSide:
    """One LMS, and how it is asked."""

    def __init__(self, bridge: Bridge, lms: Lms, *, clock: Clock) -> None:
        self.remote = f"lms.{lms.name}"
        self._lms = lms
        self._store = bridge.store
        self._settings = bridge.settings
        self._intake = PulledIntake(bridge.store, bridge.settings, clock=clock)

    def courses(self, key: str = "") -> list[CataloguedCourse]:
        """The courses of the catalogue that it can be asked about, or the one with that key."""
        with self._store.reading() as db:
            catalogue = current_catalogue(db)
        return [
            entry
            for entry in catalogue.courses
            if self._lms.abilities.tells_completions
            and entry.course.lms in ("", self._lms.name)
            and key in ("", entry.course.key)
            and can_be_pulled(entry.course, self._settings.recognition)
        ]

    def look(
        self, entry: CataloguedCourse, counts: Counter[str], people: set[int] | None = None
    ) -> list[Finding]:
        """Who has completed the course, and the bridge knows nothing of it.

        Only those of the employees `people`, if they are given.

        Raises :exc:`~lms_bridge.errors.DeliveryError`.
        """

        def is_wanted(user: LmsUser) -> bool:
            if people is None:
                return True
            with self._store.reading() as db:
                who = self._intake.whose(db, self._lms.name, user)
            return who is not None and who.employee_id in people

        concurrency = self._settings.lms[self._lms.name].concurrency
        found: list[Finding] = []
        for course in patiently(lambda: list(found_courses(self._lms, entry.course))):
            with self._store.reading() as db:
                is_settled = self._intake.is_settled(db, self._lms.name, entry)
            for pulled in ask_for(
                self._lms,
                entry,
                course,
                is_settled,
                concurrency=concurrency,
                counts=counts,
                is_wanted=is_wanted,
            ):
                with self._store.reading() as db:
                    found += self._finding(db, pulled)
        return found

    def look_again(self, finding_course: str, course_id: str, user_id: str) -> Pulled | None:
        """What the LMS says now of one account in one course; None: not completed, or gone."""
        entries = self.courses(finding_course)
        if not entries:
            return None
        course = patiently(self._lms.find_course, course_id=course_id)
        users: list[LmsUser] = patiently(self._lms.find_users, "id", [user_id])
        if course is None or len(users) != 1:
            return None
        completion = patiently(self._lms.completion_of, course, users[0])
        if completion is None:
            return None
        activity = self._lms.activity_of(course)
        return Pulled(self._lms.name, course, activity, entries[0], completion)

    def is_known(self, pulled: Pulled) -> bool:
        """Whether the bridge knows of it by now."""
        with self._store.reading() as db:
            who = self._intake.whose(db, pulled.lms, pulled.completion.user)
            return self._intake.knows(db, pulled, who)

    def take_in(self, pulled: Pulled) -> str:
        """Take it in like anything that is pulled; the state that it comes to."""
        told = [pulled.completion.user]
        counts = self._intake.take([pulled], lambda asks: patiently(look_up, self._lms, asks, told))
        return next((state for state, count in counts.items() if count), "failed")

    def _finding(self, db: Connection, pulled: Pulled) -> Iterator[Finding]:
        who = self._intake.whose(db, pulled.lms, pulled.completion.user)
        if self._intake.knows(db, pulled, who):
            return
        one, course = pulled.completion, pulled.entry.course
        reason = Reason("found_untold", lms=self.remote, course=course.name)
        yield Finding(
            kind=Kind.UNTOLD,
            remote=self.remote,
            reason=reason,
            repairs=(Repair.TAKE_IN,),
            employee_id=who.employee_id if who else None,
            course=course.key,
            details={
                "course": pulled.course.id,
                "user": one.user.id,
                "who": one.user.full_name,
                "completed_at": one.completed_at.isoformat() if one.completed_at else "",
            },
        )
