"""A hall in which people complete courses, and badges are awarded.

>>> hall.apply(badge("dasar", ["A", "B"]))
>>> hall.complete(SITI, "A", "2026-03-01")
>>> hall.review()
>>> hall.held(SITI)
{'dasar': '2026-03-01'}
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, select

from lms_bridge import completions as completion
from lms_bridge import withdrawals
from lms_bridge.badges import in_force
from lms_bridge.badges.badge import Badge
from lms_bridge.badges.in_force import Difference
from lms_bridge.badges.reviewing import Reviewing
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue.course import Course
from lms_bridge.completions import Targets, Telling
from lms_bridge.config.settings import Delivery, Settings
from lms_bridge.deliveries import queue
from lms_bridge.deliveries.queue import Trace
from lms_bridge.deliveries.step import Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.people.identities import Known, employee_of
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import awards, completions, courses, deliveries
from lms_bridge.store.types import AnyRow
from lms_bridge.withdrawals import Decision
from tests.conftest import Clock
from tests.scene import course

JAKARTA = ZoneInfo("Asia/Jakarta")
LMS = "lms.moodle"
VOIDED = Reason("taken_back", by="admin", sender="moodle", statement="?")
SETTINGS = Settings(lms={"moodle": MoodleSettings(url="https://moodle.example", token="env:T")})  # type: ignore[arg-type]


def badge(key: str, rule: Any, **more: Any) -> Badge:
    """A badge as it stands in the configuration; of several texts all are needed."""
    rule = {"all": rule} if isinstance(rule, list) else rule
    return msgspec.convert({"key": key, "name": f"Lencana {key}", "rule": rule, **more}, Badge)


class Hall:
    """People, the courses that they complete, and the badges that they get."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.reviewing = Reviewing(store, SETTINGS, clock=clock)
        self._targets = Targets(("siasn",), ("moodle",))

    def offer(self, *offered: Course) -> None:
        """Put courses into the catalogue."""
        with self.store.writing() as db:
            catalogue.put(db, offered, source="csv", now=self.clock())

    def apply(self, *wanted: Badge) -> Difference:
        """Put these badges in force, and everybody up for review."""
        named = {rule.course for one in wanted for rule in one.rules if rule.course}
        with self.store.reading() as db:
            known = set(db.execute(select(courses.c.key)).scalars())
        self.offer(*(course(key) for key in sorted(named - known)))
        with self.store.writing() as db:
            difference = in_force.put(db, wanted, by="ani", now=self.clock())
            self.reviewing.ask_for_everybody(db)
        return difference

    def complete(self, nip: str, key: str, on: str, *, run: str = "", **more: Any) -> int:
        """Somebody completes a course, at noon; the number of the completion."""
        with self.store.writing() as db:
            return self.telling(db, nip, key, on, run=run, **more)

    def telling(
        self, db: Connection, nip: str, key: str, on: str, *, run: str = "", **more: Any
    ) -> int:
        """The same in a transaction that has not ended."""
        found = catalogue.current_catalogue(db).courses
        entry = next((one for one in found if one.course.key == key), None)
        if entry is None:
            catalogue.put(db, [course(key)], source="csv", now=self.clock())
            found = catalogue.current_catalogue(db).courses
            entry = next(one for one in found if one.course.key == key)
        at = dt.datetime.combine(dt.date.fromisoformat(on), dt.time(12), JAKARTA)
        values: dict[str, Any] = {
            "who": Known(employee_of(db, nip, name="", now=self.clock())),
            "entry": entry,
            "role": "learner",
            "run": run,
            "completed_at": at,
            "time_source": "learner",
            "told_by": "moodle",
        }
        return completion.record(
            db, Telling(**values | more), targets=self._targets, zone=JAKARTA, now=self.clock()
        )

    def take_back(self, completion_id: int) -> None:
        """Its statement is voided."""
        with self.store.writing() as db:
            assert completion.withdraw(db, completion_id, VOIDED, self.clock())

    def decide(self, completion_id: int, what: Decision) -> None:
        """HR decides about one that was taken back."""
        with self.store.writing() as db:
            withdrawals.decide(db, [completion_id], what, by="ani", now=self.clock())

    def review(self) -> Counter[str]:
        """Look at everybody who is to be looked at."""
        return self.reviewing.run()

    # --- deliveries

    def taken(self, remote: str = LMS) -> Work:
        """A worker takes the next delivery."""
        with self.store.writing() as db:
            work = queue.claim(
                db, remote, owner="elsewhere/x/1:1:a", now=self.clock(), settings=Delivery()
            )
        assert work is not None, "nothing is due"
        return work

    def succeed(self, work: Work) -> None:
        """The remote confirms it."""
        with self.store.writing() as db:
            queue.succeed(db, work, Outcome("one"), Trace(work.progress), now=self.clock())

    def deliver_all(self, remote: str) -> None:
        """All that is due there succeeds."""
        with self.store.reading() as db:
            mine = select(deliveries.c.id).where(
                deliveries.c.remote == remote, deliveries.c.state == "waiting"
            )
            many = len(db.execute(mine).all())
        for _ in range(many):
            self.succeed(self.taken(remote))

    def steps(self, award: AnyRow) -> list[str]:
        """Each step of the award and its state."""
        query = select(deliveries).where(deliveries.c.award_id == award.id)
        with self.store.reading() as db:
            rows = db.execute(query.order_by(deliveries.c.id)).all()
        return [f"{row.step} {row.state}" for row in rows]

    # --- for looking at

    def completions(self) -> Sequence[AnyRow]:
        with self.store.reading() as db:
            return db.execute(select(completions).order_by(completions.c.id)).all()

    def awards(self) -> Sequence[AnyRow]:
        with self.store.reading() as db:
            return db.execute(select(awards).order_by(awards.c.id)).all()

    def award(self) -> AnyRow:
        """The only one."""
        (only,) = self.awards()
        return only

    def held(self) -> dict[str, str]:
        """By badge, when it was earned, where it was not revoked."""
        return {
            row.badge_key: row.earned_on.isoformat()
            for row in self.awards()
            if row.revoked_at is None
        }
