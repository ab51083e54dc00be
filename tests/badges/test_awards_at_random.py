"""Whatever happens in whatever order, awards come to what a simple look at the facts says.

The reference knows what each person has completed and which rules are in force, and nothing of
terms, notebooks or who was looked at when.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from contextlib import suppress
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lms_bridge.badges.badge import Badge, months_after
from lms_bridge.badges.facts import Reader
from lms_bridge.badges.meeting import Facts, look
from lms_bridge.config.settings import Delivery
from lms_bridge.deliveries import queue
from lms_bridge.deliveries.queue import Trace
from lms_bridge.errors import DeliveryError
from lms_bridge.people.identities import employee_of
from lms_bridge.people.merging import merge
from lms_bridge.reasons import Reason
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import employees, metadata
from lms_bridge.store.types import AnyRow
from lms_bridge.withdrawals import CannotDecide, Decision
from tests.badges.hall import LMS, Hall, badge
from tests.conftest import NOW, Clock
from tests.scene import course
from tests.trials import times

_ISSUED = {"issue": {"route": "cohort", "name": "Lencana", "cohort": "C"}}
_SETS = (
    [badge("a", "A"), badge("b", ["B", {"badge": "a"}])],
    [badge("a", "A", valid_months=12, **_ISSUED), badge("b", ["B", {"badge": "a"}], **_ISSUED)],
    [badge("a", {"any": ["A", "B"]}, valid_months=12, renewal="B", **_ISSUED)],
    [badge("a", {"hours": 16, "within": 12}, valid_months=6, **_ISSUED), badge("b", "B")],
    [badge("b", ["A", "B"], **_ISSUED)],
)
_CHANGED = (
    *("attempts", "awards", "badge_reviews", "badge_rules", "certificate_counters", "completions"),
    *("corrections", "courses", "deliveries", "employees", "identities", "postings", "remotes"),
    *("sightings", "withdrawals"),
)
_PEOPLE = (SITI, BUDI)


class Story:
    """What happens to badges, one thing after another, at random."""

    def __init__(self, store: Store, chance: Random) -> None:
        self.store, self.chance = store, chance
        self.hall = Hall(self.store, Clock(NOW))
        with self.store.writing() as db:  # of the example before
            for table in reversed(metadata.sorted_tables):
                if table.name in _CHANGED:
                    db.execute(table.delete())
        self.hall.offer(course("A", run="yearly", hours=8), course("B", run="yearly", hours=8))
        self.wanted: list[Badge] = []
        self.gone: dict[int, Any] = {}
        """by id, what was said of an award when it was revoked"""
        self.lost = False
        """whether something was taken back that somebody had earned a badge by"""
        self.hall.apply()

    def complete(self) -> None:
        nip = self.chance.choice(_PEOPLE)
        for _ in range(self.chance.randint(1, 3)):
            on = dt.date(2024, 1, 1) + dt.timedelta(days=self.chance.randint(0, 1000))
            key = self.chance.choice("AB")
            self.hall.complete(nip, key, on.isoformat(), run=str(on.year))

    def take_back(self) -> None:
        standing = [row.id for row in self.hall.completions() if row.withdrawn_at is None]
        if standing:
            self.lost = True
            self.hall.take_back(self.chance.choice(standing))

    def decide(self) -> None:
        gone = [row.id for row in self.hall.completions() if row.withdrawn_at is not None]
        if gone:
            self.lost = True
            with suppress(CannotDecide):
                what: Decision = self.chance.choice(("undo", "keep"))
                self.hall.decide(self.chance.choice(gone), what)

    def apply(self) -> None:
        self.wanted = self.chance.choice(_SETS)
        self.hall.apply(*self.wanted)

    def time_passes(self) -> None:
        self.hall.clock.forward(days=self.chance.choice((1, 200, 200, -3)))

    def deliver(self) -> None:
        remote, how = self.chance.choice((LMS, "registry.siasn")), self.chance.choice("yyynd")
        with self.store.writing() as db:
            work = queue.claim(
                db, remote, owner="x/x/1:1:a", now=self.hall.clock(), settings=Delivery()
            )
        if work is None:
            return
        if how == "y":
            self.hall.succeed(work)
            return
        doubt = {"awarded_at" if remote == LMS else "sent_at": self.hall.clock().isoformat()}
        progress = {**work.progress, **(doubt if how == "d" else {})}
        error = DeliveryError(Reason("internal_error"), retryable=how == "d")
        with self.store.writing() as db:
            queue.fail(
                db,
                work,
                error,
                Trace(progress),
                now=self.hall.clock(),
                chance=0.5,
                not_before=None,
                settings=Delivery(),
            )

    def merge(self) -> None:
        one, other = self.chance.sample(_PEOPLE, 2)
        self.lost = True
        with self.store.writing() as db:
            stays = employee_of(db, one, name="", now=self.hall.clock())
            merge(db, other, stays, now=self.hall.clock())

    def review(self) -> None:
        changed = self.hall.review()
        assert self.lost or not changed["revoked"], "nothing was taken back"
        if not self.hall.reviewing.has_work():
            self.lost = False
        for row in self.hall.awards():
            if row.revoked_at is not None:
                said = row._asdict()
                del said["employee_id"], said["term"]  # of one who turns out to be another
                assert self.gone.setdefault(row.id, said) == said

    def look(self) -> None:
        """Once everybody was looked at, it is as the reference says."""
        hall = self.hall
        with self.store.writing() as db:
            hall.reviewing.ask_for_everybody(db)
        self.review()
        with self.store.writing() as db:
            hall.reviewing.ask_for_everybody(db)
        assert hall.review() == {}, "a second look changes nothing"
        today = hall.clock().date()
        live: dict[tuple[int, str], list[AnyRow]] = defaultdict(list)
        for row in hall.awards():
            self._deliveries_agree(row)
            if row.revoked_at is None:
                live[row.employee_id, row.badge_key].append(row)
        for several in live.values():
            terms = sorted(several, key=lambda row: row.earned_on)
            assert len({row.earned_on for row in terms}) == len(terms), "one term, two awards"
            before = [None, *(row.earned_on for row in terms)]
            assert [row.counts_after for row in terms] == before[:-1]
            # What lasts for ever is the last.
            assert all(row.expires_on is not None for row in terms[:-1])
        valid = {
            (employee_id, key)
            for (employee_id, key), several in live.items()
            if any(row.expires_on is None or row.expires_on > today for row in several)
        }
        with self.store.reading() as db:
            everybody = db.execute(select(employees.c.id)).scalars().all()
            known = Reader(db, self.wanted).read(everybody)
        for employee_id, facts in known.items():
            for one in self.wanted:
                if self._is_due(one, facts, live[employee_id, one.key], employee_id, live, today):
                    assert (employee_id, one.key) in valid, f"{employee_id} meets {one.key}"

    def _is_due(
        self,
        one: Badge,
        facts: Facts,
        mine: list[AnyRow],
        employee_id: int,
        live: dict[tuple[int, str], list[AnyRow]],
        today: dt.date,
    ) -> bool:
        """Whether the badge has to be there and valid: the rule is met by what is recent enough."""
        if one.needs or any(row.expires_on is None for row in mine):
            return False
        last = max((row.earned_on for row in mine), default=None)
        met = look(one.rule_of(renewal=bool(mine)), facts.certain().after(last), {}, today).met
        if met is None:
            return False
        return not one.valid_months or months_after(met.on, one.valid_months) > today

    def _deliveries_agree(self, row: AnyRow) -> None:
        states = dict(step.split() for step in self.hall.steps(row))
        if row.revoked_at is not None and states.get("badge") == "done":
            assert states.get("revoke") in ("waiting", "running", "blocked"), states
        if row.revoked_at is None:
            assert states.get("revoke") in (None, "cancelled"), states


_STEPS = (
    *(Story.complete,) * 6,
    *(Story.take_back, Story.decide, Story.apply, Story.time_passes) * 2,
    *(Story.deliver,) * 4,
    *(Story.review, Story.look) * 2,
)


@settings(max_examples=times(0.2), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_awards_come_to_what_the_facts_say(store: Store, seed: int) -> None:
    story = Story(store, Random(seed))
    story.apply()
    for _ in range(25):
        story.chance.choice(_STEPS)(story)
    story.look()
    story.merge()
    story.look()
