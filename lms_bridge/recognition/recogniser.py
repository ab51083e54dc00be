"""Judging what has come in: the rules applied to the sightings that statements left behind.

A sighting is judged in one transaction with everything that follows from it: the
completion, its certificate number, its deliveries. Only the LMS is asked outside of it,
for many accounts at once (:meth:`Recogniser.ask`), after which the sightings are judged
again with what it said.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import Connection, select, update

from lms_bridge import completions
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.catalogue.matching import Catalogue
from lms_bridge.completions import Targets, Telling, reason_columns
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import Lms
from lms_bridge.people import identities
from lms_bridge.people.identities import Ask, Known
from lms_bridge.people.lookup import Found, look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition import rules
from lms_bridge.recognition.seen import Seen, see
from lms_bridge.recognition.sightings import SightingState, reconsider_due
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import sightings, statements
from lms_bridge.store.types import AnyRow
from xapi import Agent, Group, actor_key, parse_statement, vocabulary

log = structlog.get_logger(__name__)

_BATCH = 100
_ASK_AT_ONCE = 500
_LMS_PAUSE = dt.timedelta(seconds=30)

# What an administrator of the LMS may mend there, without telling the bridge.
_MENDED_IN_THE_LMS = frozenset(
    {
        "account_missing",
        "account_without_nip",
        "invalid_nip",
        "shared_nip",
        "suspended_account",
        "accounts_ambiguous",
        "lookup_blind",
    }
)


class Sighting(msgspec.Struct, frozen=True):
    """A sighting with its statement, read again."""

    id: int
    role: str
    position: int
    statement_id: str
    statement_seq: int
    sender: str
    seen: Seen


class Recogniser:
    """Judges the sightings of a store by the rules of `settings`."""

    def __init__(
        self, store: Store, settings: Settings, lms: Mapping[str, Lms], *, clock: Clock
    ) -> None:
        self._store = store
        self._settings = settings
        self._lms = lms
        self._clock = clock
        self._zone = ZoneInfo(settings.time_zone)
        self._senders = {sender.name: sender for sender in settings.senders}
        self._realms = identities.realms_of(settings)
        self._targets = Targets(tuple(settings.registry), tuple(settings.lms))

    def run(self) -> Counter[str]:
        """Judge everything that is new; how many sightings came to which state."""
        counts: Counter[str] = Counter()
        with self._store.writing() as db:
            reconsider_due(db, self._clock())
        while (judged := self._judge_some(counts)) or self._ask_some():
            log.debug("judged", sightings=judged)
        return counts

    def _judge_some(self, counts: Counter[str]) -> int:
        with self._store.writing() as db:
            batch = self._read(
                db,
                select(sightings.c.id)
                .where(sightings.c.state == SightingState.NEW)
                .order_by(sightings.c.id)
                .limit(_BATCH),
            )
            catalogue = current_catalogue(db)
            for one in batch:
                values = self._judge(db, one, catalogue)
                counts[values["state"]] += 1
                db.execute(update(sightings).where(sightings.c.id == one.id).values(**values))
        return len(batch)

    def _judge(self, db: Connection, one: Sighting, catalogue: Catalogue) -> dict[str, Any]:
        """The columns of the sighting `one` as it is judged now."""
        now = self._clock()
        lms = self._sender_lms(one.sender)
        seen = one.seen
        values: dict[str, Any] = {
            "verb": seen.verb,
            "object_id": seen.object_id,
            "course_name": seen.name,
            "completed_at": seen.completed_at,
            "completion_id": None,
            "decided_at": now,
            "due_at": None,
        }
        verdict = self._voided(db, one) or rules.judge(
            seen, rules=self._settings.recognition, catalogue=catalogue, lms=lms
        )
        if isinstance(verdict, Reason):
            if verdict.code == "voiding":
                self._void(db, one, now)
            waits = verdict.code == "unknown_course"
            state = SightingState.ATTENTION if waits else SightingState.NONE
            return values | _actor(seen.actor) | {"state": state, **reason_columns(verdict)}
        earners = rules.people(seen, verdict.course.course)
        self._see_instructors(db, one, earners)
        actor = next(
            (who for role, place, who in earners if (role, place) == (one.role, one.position)), None
        )
        if actor is None:
            code = "learner_earns_nothing" if one.role == "learner" else "no_such_earner"
            return values | _actor(seen.actor) | _none(Reason(code))
        values |= _actor(actor)
        if isinstance(actor, Group):
            return values | _waits(Reason("group_actor"))
        who = identities.resolve(db, actor, realms=self._realms, sender_lms=lms, now=now)
        if isinstance(who, Ask):
            waiting = Reason("lookup_waiting", actor=identities.label(actor), lms=f"lms.{who.lms}")
            return values | {"state": SightingState.ASKING, **reason_columns(waiting)}
        if isinstance(who, Reason):
            return values | _waits(who)
        completion_id = completions.record(
            db,
            self._telling(one, verdict, who, lms),
            targets=self._targets,
            zone=self._zone,
            now=now,
        )
        return values | {
            "state": SightingState.RECOGNISED,
            "completion_id": completion_id,
            **reason_columns(None),
        }

    def _telling(self, one: Sighting, verdict: rules.Completed, who: Known, lms: str) -> Telling:
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
        self, db: Connection, one: Sighting, earners: list[tuple[rules.Role, int, Agent | Group]]
    ) -> None:
        rows = [
            {"statement_seq": one.statement_seq, "role": role, "position": place, "state": "new"}
            for role, place, _ in earners
            if role == "instructor" and one.role == "learner"
        ]
        if rows:
            db.execute(insert(db, sightings).on_conflict_do_nothing(), rows)

    def _voided(self, db: Connection, one: Sighting) -> Reason | None:
        """Why the statement does not count, if its own sender took it back."""
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
        return Reason("voided", by=by) if by else None

    def _void(self, db: Connection, one: Sighting, now: dt.datetime) -> None:
        """Take back what the voided statement told; a statement of another sender stays."""
        told = db.execute(
            select(sightings.c.id, sightings.c.completion_id)
            .join(statements, sightings.c.statement_seq == statements.c.seq)
            .where(statements.c.id == one.seen.object_id, statements.c.sender == one.sender)
        ).all()
        for row in told:
            db.execute(
                update(sightings)
                .where(sightings.c.id == row.id)
                .values(
                    completion_id=None, due_at=None, **_none(Reason("voided", by=one.statement_id))
                )
            )
            if row.completion_id is not None:
                completions.withdraw(db, row.completion_id, now)

    def _ask_some(self) -> int:
        """Ask the LMSs who some accounts are; how many sightings can be judged again."""
        now = self._clock()
        with self._store.reading() as db:
            batch = self._read(
                db,
                select(sightings.c.id)
                .where(
                    sightings.c.state == SightingState.ASKING,
                    sightings.c.due_at.is_(None) | (sightings.c.due_at <= now),
                )
                .order_by(sightings.c.id)
                .limit(_ASK_AT_ONCE),
            )
        asked: dict[str, dict[str, Ask]] = {}
        keys: dict[str, list[int]] = {}
        ready: list[int] = []
        with self._store.writing() as db:
            for one in batch:
                actor = self._asked_about(one)
                who = (
                    identities.resolve(
                        db,
                        actor,
                        realms=self._realms,
                        sender_lms=self._sender_lms(one.sender),
                        now=now,
                    )
                    if isinstance(actor, Agent)
                    else None
                )
                if isinstance(who, Ask):
                    asked.setdefault(who.lms, {})[who.key] = who
                    keys.setdefault(who.key, []).append(one.id)
                else:
                    ready.append(one.id)
            _set(db, ready, state=SightingState.NEW)
        return len(ready) + sum(
            self._ask(lms, list(asks.values()), keys) for lms, asks in asked.items()
        )

    def _asked_about(self, one: Sighting) -> Agent | Group | None:
        if one.role == "learner":
            return one.seen.actor
        return (
            one.seen.instructors[one.position] if one.position < len(one.seen.instructors) else None
        )

    def _ask(self, lms: str, asks: list[Ask], keys: Mapping[str, list[int]]) -> int:
        """Ask `lms`, and set the sightings of what it could tell to be judged again."""
        remote, now = f"lms.{lms}", self._clock()
        everything = [number for ask in asks for number in keys[ask.key]]
        breaker = self._settings.delivery.breaker
        with self._store.writing() as db:
            usable = health.may_claim(db, remote, now=now, policy=breaker)
        answers: Mapping[str, Found | Reason] | None = None
        error: DeliveryError | None = None
        if usable:
            try:
                answers = look_up(self._lms[lms], asks)
            except DeliveryError as raised:
                error = raised
        with self._store.writing() as db:
            if answers is None:
                if error is not None:
                    health.note_failure(
                        db,
                        remote,
                        error.reason,
                        now=now,
                        policy=breaker,
                        certain=not error.retryable,
                    )
                    log.warning("look-up failed", remote=remote, reason=error.reason.sentence())
                _set(db, everything, due_at=now + _LMS_PAUSE)
                return 0
            health.note_success(db, remote, now=now)
            judged_again = 0
            for key, answer in answers.items():
                if isinstance(answer, Found):
                    self._learn(db, lms, key, answer, now)
                    _set(db, keys[key], state=SightingState.NEW, due_at=None)
                    judged_again += len(keys[key])
                else:
                    _set(db, keys[key], decided_at=now, **self._unanswered(answer, now))
        return judged_again

    def _learn(self, db: Connection, lms: str, key: str, found: Found, now: dt.datetime) -> None:
        employee_id = identities.employee_of(db, found.nip, name=found.user.full_name, now=now)
        identities.remember(
            db, key, employee_id, source="lms", now=now, lms=lms, lms_user_id=found.user.id
        )

    def _unanswered(self, reason: Reason, now: dt.datetime) -> dict[str, Any]:
        values = _waits(reason)
        if reason.code in _MENDED_IN_THE_LMS:
            hours = self._settings.recognition.ask_again_hours
            values["due_at"] = now + dt.timedelta(hours=hours)
        return values

    def _sender_lms(self, name: str) -> str:
        sender = self._senders.get(name)
        return self._settings.lms_of(sender.lms if sender else "")

    def _read(self, db: Connection, ids: Any) -> list[Sighting]:
        query = (
            select(
                sightings.c.id,
                sightings.c.role,
                sightings.c.position,
                statements.c.seq,
                statements.c.id.label("statement_id"),
                statements.c.sender,
                statements.c.stored,
                statements.c.raw,
            )
            .join(statements, sightings.c.statement_seq == statements.c.seq)
            .where(sightings.c.id.in_(ids.scalar_subquery()))
            .order_by(sightings.c.id)
        )
        return [self._sighting(row) for row in db.execute(query)]

    def _sighting(self, row: AnyRow) -> Sighting:
        return Sighting(
            id=row.id,
            role=row.role,
            position=row.position,
            statement_id=row.statement_id,
            statement_seq=row.seq,
            sender=row.sender,
            seen=see(
                parse_statement(row.raw),
                stored=row.stored,
                events=self._events,
            ),
        )

    @property
    def _events(self) -> frozenset[str]:
        return frozenset(self._settings.recognition.course_events)


def _actor(actor: Agent | Group) -> dict[str, Any]:
    return {"actor": actor_key(actor), "actor_name": actor.name or ""}


def _waits(reason: Reason) -> dict[str, Any]:
    return {"state": SightingState.ATTENTION, **reason_columns(reason)}


def _none(reason: Reason) -> dict[str, Any]:
    return {"state": SightingState.NONE, **reason_columns(reason)}


def _set(db: Connection, ids: list[int], **values: Any) -> None:
    if ids:
        db.execute(update(sightings).where(sightings.c.id.in_(ids)).values(**values))
