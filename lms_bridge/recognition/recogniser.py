"""Judging what has come in: the rules applied to the sightings that statements left behind.

A sighting is judged in one transaction with everything that follows from it: the
completion, its certificate number, its deliveries. Who is behind an account that is not
known yet is asked of the LMS outside of it (:mod:`~lms_bridge.recognition.asking`), after
which the sighting is judged again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, bindparam, update
from structlog.contextvars import bound_contextvars

from lms_bridge import completions
from lms_bridge.catalogue.course import Role
from lms_bridge.catalogue.courses import Shelf
from lms_bridge.catalogue.matching import Catalogue, CataloguedCourse
from lms_bridge.completions import Targets, Telling
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.step import Clock
from lms_bridge.events import journal
from lms_bridge.lms.base import Lms
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.people import erased, keys
from lms_bridge.people.identities import Known, resolve
from lms_bridge.people.lookup import Ask
from lms_bridge.reasons import Reason
from lms_bridge.recognition import confirming, dismissals, reading, rules, sightings, voiding
from lms_bridge.recognition.asking import Asker
from lms_bridge.recognition.belonging import Belonging
from lms_bridge.recognition.confirming import Confirmer
from lms_bridge.recognition.reading import Sighting
from lms_bridge.recognition.rules import Nothing, Waits
from lms_bridge.recognition.seen import Seen
from lms_bridge.store import schema
from lms_bridge.store.engine import Store, in_dialects, may_pass
from xapi import Actor, Agent, vocabulary

log = structlog.get_logger(__name__)

_BATCH = 100
"""sightings judged in one transaction; a longer one would keep the web service waiting"""
_FAILED_AGAIN = dt.timedelta(hours=1)
_NEW = reading.first(_BATCH, sightings.IS_NEW)


class Recogniser:
    """Judges the sightings of a store by the rules of `settings`."""

    def __init__(
        self, store: Store, settings: Settings, lms: Mapping[str, Lms], *, clock: Clock
    ) -> None:
        self._store = store
        self._rules = settings.recognition
        self._clock = clock
        self._belonging = Belonging(settings)
        self._asker = Asker(store, settings, lms, clock=clock)
        self._confirmer = Confirmer(store, settings, lms, clock=clock)
        self._zone = ZoneInfo(settings.time_zone)
        self._targets = Targets.of(settings)
        self._shelf = Shelf()

    def run(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Judge everything that is new, or until `go_on` says no; how many came to which state."""
        counts: Counter[str] = Counter()
        with self._store.writing() as db:
            sightings.judge_due(db, self._clock())
        while self._judge_some(counts) or self._asker.ask() or self._confirmer.confirm():
            if not go_on(counts.total()):
                break
        return counts

    def judge(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Judge what is new without asking any LMS, or until `go_on` says no.

        For whoever has just mended what things waited for, and looks at the screen.
        """
        counts: Counter[str] = Counter()
        while self._judge_some(counts) and go_on(counts.total()):
            pass
        return counts

    def _judge_some(self, counts: Counter[str]) -> int:
        told: list[tuple[str, int]] = []
        with self._store.writing() as db:
            sightings.hold(db)
            self._belonging.learn(db)
            sightings.see_what_came(db, most=_BATCH)
            batch = reading.read(db, _NEW)
            catalogue = self._shelf.catalogue(db)
            for one in batch:
                values = self._judge_safely(db, one, catalogue)
                counts[str(values["state"])] += 1
                if completion_id := values.get("completion_id"):
                    told.append((one.statement_id, completion_id))
        for statement, completion_id in told:
            log.info("completion told", completion=completion_id, statement=statement)
        return len(batch)

    def _judge_safely(
        self, db: Connection, one: Sighting, catalogue: Catalogue
    ) -> Mapping[str, Any]:
        """Judge the sighting; its columns as they are then.

        A defect of ours in judging one statement must not keep the others waiting.
        """
        try:
            with bound_contextvars(statement=one.statement_id), db.begin_nested():
                values = self._judged(db, one, catalogue)
                _write(db, one, values)
                journal.note_waiting(db, [one.id], values, self._clock())
                before = one.completion_id
                if before is not None and values.get("completion_id", before) != before:
                    completions.withdraw(db, before, Reason("retold"), self._clock())
        except Exception as error:
            if may_pass(error):  # it is the database's trouble, and all are judged once more
                raise
            log.exception("could not judge a statement", statement=one.statement_id)
            now = self._clock()
            reason = Reason("judging_failed", statement=one.statement_id)
            values = sightings.waits(reason, now + _FAILED_AGAIN) | {"decided_at": now}
            _write(db, one, values)
            journal.note_waiting(db, [one.id], values, now)
        return values

    def _judged(self, db: Connection, one: Sighting, catalogue: Catalogue) -> dict[str, Any]:
        """The columns of the sighting as it is judged now, after what follows from it is done."""
        seen = one.see(self._rules.course_events)
        actor = one.actor(seen)
        lms = self._belonging.lms_of(one.sender, seen)
        verdict = rules.judge(seen, rules=self._rules, catalogue=catalogue, lms=lms)
        shown = {
            "verb": seen.verb,
            "object_id": seen.object_id,
            "external_id": seen.external_id,
            "short_id": seen.short_id,
            "course_id": verdict.course.id if verdict.course else None,
            "course_name": seen.name,
            "actor": keys.of_actor(actor),
            "actor_name": actor.name or "",
            "completed_at": seen.completed_at,
            "decided_at": self._clock(),
            "due_at": None,
        }
        if one.sender == BRIDGE:
            return shown | sightings.is_none(Reason("own_statement"))
        if seen.verb == vocabulary.VOIDED:
            by = keys.label(actor) if isinstance(actor, Agent) else actor.name or "?"
            reason = voiding.take_back(db, seen.object_id, one, by=by, now=self._clock())
            return shown | sightings.is_none(reason)
        if isinstance(verdict, Nothing):
            return shown | sightings.is_none(verdict.reason)
        if voided := voiding.taken_back(db, one):
            return shown | sightings.is_none(voided)
        course = verdict.course.course if verdict.course else None
        if overstepped := self._belonging.overstepped(one.sender, seen, actor, course):
            return shown | sightings.waits(overstepped)
        if isinstance(verdict, Waits):
            return shown | dismissals.waits(db, verdict.reason, course=seen.object_id)
        return shown | self._completed(db, one, seen, actor, verdict.course, lms)

    def _completed(
        self,
        db: Connection,
        one: Sighting,
        seen: Seen,
        actor: Actor,
        entry: CataloguedCourse,
        lms: str,
    ) -> dict[str, Any]:
        """Who completed it? Their completion, or why it cannot be recorded yet."""
        if one.role == "learner":
            _see_instructors(db, one, len(seen.instructors))
        if nothing := rules.earns(entry.course, one.role, actor, seen):
            return sightings.is_none(nothing)
        if not isinstance(actor, Agent):
            return sightings.waits(Reason("group_actor"))
        now = self._clock()
        who = resolve(db, actor, realms=self._belonging.realms, lms=lms, now=now)
        if isinstance(who, Ask):
            return sightings.asks(Reason("lookup_waiting", actor=keys.label(actor), lms=who.lms))
        if isinstance(who, Reason) and who.code == erased.ERASED:
            return sightings.is_of_nobody(who)
        if isinstance(who, Reason):
            return dismissals.waits(db, who, actor=keys.of_actor(actor) or "")
        if self._belonging.confirms(one.sender) and one.reason_code != confirming.CONFIRMED:
            return confirming.to_be_confirmed(one, lms)
        completion_id = completions.record(
            db,
            self._telling(one, seen, entry, who, lms),
            targets=self._targets,
            zone=self._zone,
            now=now,
        )
        return sightings.is_recognised(completion_id)

    def _telling(
        self, one: Sighting, seen: Seen, entry: CataloguedCourse, who: Known, lms: str
    ) -> Telling:
        role: Role = "learner" if one.role == "learner" else "instructor"
        return Telling(
            who=who,
            entry=entry,
            role=role,
            run=rules.run_of(
                seen,
                entry.course,
                zone=self._zone,
                registration_is_run=self._belonging.registration_is_run(one.sender, seen),
            ),
            completed_at=seen.completed_at,
            time_source=seen.time_source,
            score=seen.score,
            told_by=lms,
        )


def _see_instructors(db: Connection, one: Sighting, how_many: int) -> None:
    """Leave a sighting for each instructor of the statement, to be judged like the learner's."""
    rows = [
        {"statement_seq": one.statement_seq, "role": "instructor", "position": position}
        for position in range(how_many)
    ]
    if rows:
        db.execute(_new_sightings(db), rows)


@in_dialects
def _new_sightings(insert: Any) -> Any:
    return insert(schema.sightings).on_conflict_do_nothing()


# Made once: each sighting is written with it, and making it takes longer than the writing.
_UPDATE = update(schema.sightings).where(schema.sightings.c.id == bindparam("sighting"))


def _write(db: Connection, one: Sighting, values: dict[str, Any]) -> None:
    db.execute(_UPDATE, {"sighting": one.id, **values})
