"""Asking the LMS who is behind the accounts of sightings, outside of any transaction.

Many accounts are asked about at once. What the LMS tells is remembered as an identity, and
the sightings that waited for it are judged again; what it cannot tell waits for a person,
and is asked again some hours later, since it may have been mended in the LMS meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import Connection, update

from lms_bridge.completions import reason_columns
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import Lms
from lms_bridge.people import identities
from lms_bridge.people.identities import Ask
from lms_bridge.people.lookup import Found, look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition import reading
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import sightings
from xapi import Agent

log = structlog.get_logger(__name__)

_AT_ONCE = 500
_PAUSE = dt.timedelta(seconds=30)

# What an administrator of the LMS may mend there, without telling the bridge.
_MENDED_IN_THE_LMS = frozenset(
    {
        "account_missing",
        "account_without_nip",
        "accounts_ambiguous",
        "invalid_nip",
        "lookup_blind",
        "shared_nip",
        "suspended_account",
    }
)


class Asker:
    """Asks the LMSs of a bridge."""

    def __init__(
        self, store: Store, settings: Settings, lms: Mapping[str, Lms], *, clock: Clock
    ) -> None:
        self._store = store
        self._settings = settings
        self._lms = lms
        self._clock = clock
        self._senders = {sender.name: sender for sender in settings.senders}
        self._realms = identities.realms_of(settings)

    def ask(self) -> int:
        """Ask about some of the sightings that wait for it; how many can be judged again."""
        asks, waiting, ready = self._collect()
        return ready + sum(
            self._ask(lms, list(about.values()), waiting) for lms, about in asks.items()
        )

    def _collect(self) -> tuple[dict[str, dict[str, Ask]], dict[str, list[int]], int]:
        """What to ask of each LMS, the sightings by key, and how many need no asking any more."""
        now = self._clock()
        due = (sightings.c.state == SightingState.ASKING) & (
            sightings.c.due_at.is_(None) | (sightings.c.due_at <= now)
        )
        asks: dict[str, dict[str, Ask]] = {}
        waiting: dict[str, list[int]] = {}
        ready: list[int] = []
        events = frozenset(self._settings.recognition.course_events)
        with self._store.writing() as db:
            for one in reading.read(db, due, limit=_AT_ONCE, events=events):
                who = None
                if isinstance(one.actor, Agent):
                    who = identities.resolve(
                        db,
                        one.actor,
                        realms=self._realms,
                        sender_lms=self._lms_of(one.sender),
                        now=now,
                    )
                if isinstance(who, Ask):
                    asks.setdefault(who.lms, {})[who.key] = who
                    waiting.setdefault(who.key, []).append(one.id)
                else:
                    ready.append(one.id)
            _set(db, ready, state=SightingState.NEW)
        return asks, waiting, len(ready)

    def _ask(self, lms: str, asks: list[Ask], waiting: Mapping[str, list[int]]) -> int:
        remote, now = f"lms.{lms}", self._clock()
        breaker = self._settings.delivery.breaker
        with self._store.writing() as db:
            usable = health.may_claim(db, remote, now=now, policy=breaker)
        answers: Mapping[str, Found | Reason] = {}
        error: DeliveryError | None = None
        if usable:
            try:
                answers = look_up(self._lms[lms], asks)
            except DeliveryError as raised:
                error = raised
        with self._store.writing() as db:
            if error is not None:
                log.warning("look-up failed", remote=remote, reason=error.reason.sentence())
                health.note_failure(
                    db, remote, error.reason, now=now, policy=breaker, certain=not error.retryable
                )
            elif usable:
                health.note_success(db, remote, now=now)
            if not answers:
                everything = [number for ask in asks for number in waiting[ask.key]]
                _set(db, everything, due_at=now + _PAUSE)
            return sum(
                self._take(db, lms, key, answer, waiting[key], now)
                for key, answer in answers.items()
            )

    def _take(
        self,
        db: Connection,
        lms: str,
        key: str,
        answer: Found | Reason,
        waiting: list[int],
        now: dt.datetime,
    ) -> int:
        """Take in what the LMS said of one account; how many sightings can be judged again."""
        if isinstance(answer, Found):
            name, user_id = answer.user.full_name, answer.user.id
            employee_id = identities.employee_of(db, answer.nip, name=name, now=now)
            identities.remember(
                db, key, employee_id, source="lms", now=now, lms=lms, lms_user_id=user_id
            )
            _set(db, waiting, state=SightingState.NEW, due_at=None)
            return len(waiting)
        again = None
        if answer.code in _MENDED_IN_THE_LMS:
            again = now + dt.timedelta(hours=self._settings.recognition.ask_again_hours)
        _set(
            db,
            waiting,
            state=SightingState.ATTENTION,
            due_at=again,
            decided_at=now,
            **reason_columns(answer),
        )
        return 0

    def _lms_of(self, name: str) -> str:
        sender = self._senders.get(name)
        return self._settings.lms_of(sender.lms if sender else "")


def _set(db: Connection, ids: list[int], **values: Any) -> None:
    if ids:
        db.execute(update(sightings).where(sightings.c.id.in_(ids)).values(**values))
