"""Judging what has come in: the rules applied to the sightings that statements left behind.

A sighting is judged in one transaction with everything that follows from it: the
completion, its certificate number, its deliveries. Who is behind an account that is not
known yet is asked of the LMS outside of it (:mod:`~lms_bridge.recognition.asking`), after
which the sighting is judged again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, select, update

from lms_bridge import completions
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.catalogue.matching import Catalogue
from lms_bridge.completions import Targets, Telling, reason_columns
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.step import Clock
from lms_bridge.lms.base import Lms
from lms_bridge.people import identities
from lms_bridge.people.identities import Ask, Known
from lms_bridge.reasons import Reason
from lms_bridge.recognition import reading, rules
from lms_bridge.recognition.asking import Asker
from lms_bridge.recognition.reading import Sighting
from lms_bridge.recognition.rules import Completed
from lms_bridge.recognition.sightings import SightingState, reconsider_due
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import sightings, statements
from xapi import Actor, Group, actor_key, vocabulary

log = structlog.get_logger(__name__)

_BATCH = 100
"""sightings judged in one transaction; a longer one would keep the web service waiting"""


class Recogniser:
    """Judges the sightings of a store by the rules of `settings`."""

    def __init__(
        self, store: Store, settings: Settings, lms: Mapping[str, Lms], *, clock: Clock
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._asker = Asker(store, settings, lms, clock=clock)
        self._zone = ZoneInfo(settings.time_zone)
        self._events = frozenset(settings.recognition.course_events)
        self._senders = {sender.name: sender for sender in settings.senders}
        self._realms = identities.realms_of(settings)
        self._targets = Targets(tuple(settings.registry), tuple(settings.lms))

    def run(self) -> Counter[str]:
        """Judge everything that is new; how many sightings came to which state."""
        counts: Counter[str] = Counter()
        with self._store.writing() as db:
            reconsider_due(db, self._clock())
        while self._judge_some(counts) or self._asker.ask():
            pass
        return counts

    def _judge_some(self, counts: Counter[str]) -> int:
        new = sightings.c.state == SightingState.NEW
        with self._store.writing() as db:
            batch = reading.read(db, new, limit=_BATCH, events=self._events)
            catalogue = current_catalogue(db)
            for one in batch:
                values = self._judged(db, one, catalogue)
                counts[values["state"]] += 1
                db.execute(update(sightings).where(sightings.c.id == one.id).values(**values))
        return len(batch)

    def _judged(self, db: Connection, one: Sighting, catalogue: Catalogue) -> dict[str, Any]:
        """The columns of the sighting as it is judged now.

        A defect of ours in judging one statement must not keep the others waiting.
        """
        try:
            with db.begin_nested():
                return self._judge(db, one, catalogue)
        except Exception:
            log.exception("could not judge a statement", statement=one.statement_id)
            return _waits(Reason("judging_failed", statement=one.statement_id))

    def _judge(self, db: Connection, one: Sighting, catalogue: Catalogue) -> dict[str, Any]:
        seen = one.seen
        values: dict[str, Any] = {
            "verb": seen.verb,
            "object_id": seen.object_id,
            "course_name": seen.name,
            "completed_at": seen.completed_at,
            "completion_id": None,
            "decided_at": self._clock(),
            "due_at": None,
            **_actor(one.actor),
        }
        verdict = rules.judge(
            seen,
            rules=self._settings.recognition,
            catalogue=catalogue,
            lms=self._lms_of(one.sender),
        )
        if isinstance(verdict, Completed):
            return values | (self._voided(db, one) or self._completed(db, one, verdict))
        if verdict.code == "voiding":
            self._void(db, one)
        return values | (_waits(verdict) if verdict.code == "unknown_course" else _none(verdict))

    def _completed(self, db: Connection, one: Sighting, verdict: Completed) -> dict[str, Any]:
        """Who completed it? Their completion, or why it cannot be recorded yet."""
        earners = rules.people(one.seen, verdict.course.course)
        self._see_instructors(db, one, earners)
        actor = next(
            (who for role, place, who in earners if (role, place) == (one.role, one.position)), None
        )
        if actor is None:
            code = "learner_earns_nothing" if one.role == "learner" else "no_such_earner"
            return _none(Reason(code))
        if isinstance(actor, Group):
            return _waits(Reason("group_actor"))
        lms, now = self._lms_of(one.sender), self._clock()
        who = identities.resolve(db, actor, realms=self._realms, sender_lms=lms, now=now)
        if isinstance(who, Ask):
            reason = Reason("lookup_waiting", actor=identities.label(actor), lms=who.lms)
            return {"state": SightingState.ASKING, **reason_columns(reason)}
        if isinstance(who, Reason):
            return _waits(who)
        completion_id = completions.record(
            db,
            self._telling(one, verdict, who, lms),
            targets=self._targets,
            zone=self._zone,
            now=now,
        )
        return {
            "state": SightingState.RECOGNISED,
            "completion_id": completion_id,
            **reason_columns(None),
        }

    def _telling(self, one: Sighting, verdict: Completed, who: Known, lms: str) -> Telling:
        sender = self._senders.get(one.sender)
        meant = sender.registration_is_run if sender else None
        return Telling(
            who=who,
            entry=verdict.course,
            role="instructor" if one.role == "instructor" else "learner",
            run=rules.run_of(
                one.seen,
                verdict.course.course,
                zone=self._zone,
                registration_is_run=not one.seen.from_logstore if meant is None else meant,
            ),
            completed_at=one.seen.completed_at,
            time_source=one.seen.time_source,
            score=one.seen.score,
            lms=lms,
        )

    def _see_instructors(
        self, db: Connection, one: Sighting, earners: Sequence[tuple[str, int, Actor]]
    ) -> None:
        """Leave a sighting for each instructor who earns hours by the same statement."""
        rows = [
            {"statement_seq": one.statement_seq, "role": role, "position": place}
            for role, place, _ in earners
            if role == "instructor" and one.role == "learner"
        ]
        if rows:
            db.execute(insert(db, sightings).on_conflict_do_nothing(), rows)

    def _voided(self, db: Connection, one: Sighting) -> dict[str, Any] | None:
        """That the statement does not count, if its own sender took it back."""
        by = db.execute(
            select(statements.c.id)
            .join(sightings, sightings.c.statement_seq == statements.c.seq)
            .where(
                sightings.c.verb == vocabulary.VOIDED,
                sightings.c.object_id == one.statement_id,
                statements.c.sender == one.sender,
            )
            .limit(1)
        ).scalar()
        return _none(Reason("voided", by=by)) if by else None

    def _void(self, db: Connection, one: Sighting) -> None:
        """Take back what the voided statement told; one of another sender stays."""
        told = db.execute(
            select(sightings.c.id, sightings.c.completion_id)
            .join(statements, sightings.c.statement_seq == statements.c.seq)
            .where(statements.c.id == one.seen.object_id.lower(), statements.c.sender == one.sender)
        ).all()
        voided = {"completion_id": None, "due_at": None}
        voided |= _none(Reason("voided", by=one.statement_id))
        for row in told:
            db.execute(update(sightings).where(sightings.c.id == row.id).values(**voided))
            if row.completion_id is not None:
                completions.withdraw(db, row.completion_id, self._clock())

    def _lms_of(self, name: str) -> str:
        sender = self._senders.get(name)
        return self._settings.lms_of(sender.lms if sender else "")


def _actor(actor: Actor | None) -> dict[str, Any]:
    if actor is None:
        return {}
    return {"actor": actor_key(actor), "actor_name": actor.name or ""}


def _waits(reason: Reason) -> dict[str, Any]:
    return {"state": SightingState.ATTENTION, **reason_columns(reason)}


def _none(reason: Reason) -> dict[str, Any]:
    return {"state": SightingState.NONE, **reason_columns(reason)}
