"""Asking the LMS who is behind the accounts of sightings, outside of any transaction.

Many accounts are asked about at once. What the LMS tells is remembered as an identity, and
the sightings that waited for it are judged again; what it cannot tell waits for a person,
and is asked again some hours later, since it may have been mended in the LMS meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias

import structlog
from sqlalchemy import Connection, and_

from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.events import journal
from lms_bridge.lms.base import Lms
from lms_bridge.people import erased
from lms_bridge.people.identities import learn, resolve
from lms_bridge.people.lookup import Answers, Ask, in_parts, look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition import dismissals, reading, sightings
from lms_bridge.recognition.belonging import Belonging
from lms_bridge.recognition.reading import Sighting
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.engine import Store
from xapi import Agent, InvalidStatement

log = structlog.get_logger(__name__)

_AT_ONCE = 500
_TO_BE_ASKED = reading.first(
    _AT_ONCE,
    and_(sightings.IS_TO_BE_ASKED, ~sightings.IS_ABOUT_A_COMPLETION),
)
_PAUSE = dt.timedelta(seconds=30)
"""until an LMS that could not be reached is asked again"""
_PAUSE_AFTER_REFUSAL = dt.timedelta(minutes=10)

Waiting: TypeAlias = dict[Ask, list[int]]
"""the sightings that wait for the answer to each question"""


class Asker:
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
        self._belonging = Belonging(settings)

    def ask(self) -> int:
        """Ask about some of the sightings that wait for it; how many can be judged again."""
        ready, waiting = self._collect()
        return ready + sum(self._ask(lms, about) for lms, about in waiting.items())

    def _collect(self) -> tuple[int, dict[str, Waiting]]:
        """How many need no asking any more, and what to ask of each LMS about the others."""
        now = self._clock()
        waiting: dict[str, Waiting] = {}
        ready: list[int] = []
        with self._store.writing() as db:
            sightings.hold(db)
            self._belonging.learn(db)
            for one in reading.read(db, _TO_BE_ASKED, {"by": now}):
                ask = self._ask_about(db, one, now)
                if ask is None:
                    ready.append(one.id)
                else:
                    waiting.setdefault(ask.lms, {}).setdefault(ask, []).append(one.id)
            sightings.answer(db, ready, state=SightingState.NEW)
        return len(ready), waiting

    def _ask_about(self, db: Connection, one: Sighting, now: dt.datetime) -> Ask | None:
        try:
            seen = one.see(self._events)
        except InvalidStatement:
            return None  # judging it again will say so
        actor, lms = one.actor(seen), self._belonging.lms_of(one.sender, seen)
        if not isinstance(actor, Agent):
            return None
        who = resolve(db, actor, realms=self._belonging.realms, lms=lms, now=now)
        return who if isinstance(who, Ask) else None

    def _ask(self, lms: str, waiting: Waiting) -> int:
        """Ask one LMS; how many sightings can be judged again."""
        remote, now = f"lms.{lms}", self._clock()
        with self._store.writing() as db:
            if not health.may_claim(db, remote, now=now, policy=self._breaker):
                sightings.answer(db, _all(waiting, list(waiting)), due_at=now + _PAUSE)
                return 0
        ready = 0
        for part, answer in in_parts(partial(look_up, self._lms[lms]), list(waiting)):
            with self._store.writing() as db:
                sightings.hold(db)
                if isinstance(answer, DeliveryError):
                    self._note_failure(db, remote, part, waiting, answer)
                else:
                    health.note_success(db, remote, now=now)
                    ready += self._take(db, answer, waiting, now)
        return ready

    def _take(self, db: Connection, answers: Answers, waiting: Waiting, now: dt.datetime) -> int:
        """Take in what the LMS said; how many sightings can be judged again."""
        ready: list[int] = []
        learned: list[str] = []
        for ask, answer in answers.items():
            who = learn(db, ask, answer, realms=self._belonging.realms, now=now)
            if isinstance(who, Reason) and who.code == erased.ERASED:
                sightings.answer(db, waiting[ask], decided_at=now, **sightings.is_of_nobody(who))
            elif isinstance(who, Reason):
                blind = who.code == "lookup_blind"  # of the whole LMS, and of no account
                again_at = now + (_PAUSE_AFTER_REFUSAL if blind else self._ask_again)
                waits = dismissals.waits(db, who, actor=ask.key, until=again_at)
                sightings.answer(db, waiting[ask], decided_at=now, **waits)
                journal.note_waiting(db, waiting[ask], waits, now)
            else:
                learned.append(ask.key)
                ready += waiting[ask]
        sightings.answer(db, ready, state=SightingState.NEW, due_at=None)
        return len(ready) + sightings.judge_moved(db, learned)

    def _note_failure(
        self,
        db: Connection,
        remote: str,
        part: Sequence[Ask],
        waiting: Waiting,
        error: DeliveryError,
    ) -> None:
        """Nobody was told: the sightings wait, and show why."""
        now, why = self._clock(), error.reason.what()
        log.warning("look-up failed", remote=remote, reason=error.reason.sentence())
        if error.remote_wide:
            certain = not error.retryable
            health.note_failure(
                db, remote, error.reason, now=now, policy=self._breaker, certain=certain
            )
        else:
            health.note_success(db, remote, now=now)  # it answered, if only to refuse
        again_at = now + (_PAUSE if error.remote_wide else _PAUSE_AFTER_REFUSAL)
        for ask in part:
            reason = Reason("lookup_failed", lms=ask.lms, actor=ask.value, why=why)
            sightings.answer(db, waiting[ask], **sightings.asks(reason, again_at))


def _all(waiting: Waiting, asks: Sequence[Ask]) -> list[int]:
    return [number for ask in asks for number in waiting[ask]]
