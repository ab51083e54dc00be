"""Which employee an account of an LMS is, for somebody who stands at the door.

Resolved as the actor of a statement is (:mod:`lms_bridge.people.identities`): by what HR said, by
what is known, and else by asking the LMS; never by a name. What is learned so serves the statements
that waited for it as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy import Connection

from lms_bridge.config.settings import Settings
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import Lms, UserField
from lms_bridge.people import identities, keys
from lms_bridge.people import nip as nips
from lms_bridge.people.erased import ERASED, Erased
from lms_bridge.people.identities import Known
from lms_bridge.people.lookup import Ask, look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition import sightings
from lms_bridge.store.engine import Store
from xapi import Account, Agent

log = structlog.get_logger(__name__)


class NobodyKnown(Exception):
    """It is not known who that is; `code` is that of a reason, or "silent" if the LMS is."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Finder:
    """Finds out who somebody is. Threads may share it."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        lms: Callable[[], Mapping[str, Lms]],
        *,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._store = store
        self._settings = settings
        self._lms = lms
        self._clock = clock
        self._realms = identities.realms_of(settings)

    def by_field(self, lms: str, field: UserField, value: str) -> int:
        """The employee whose account at `lms` has that value. Raises :exc:`NobodyKnown`."""
        if field == "number":
            return self._by_nip(value)
        key = {
            "id": keys.of_lms_account(lms, value),
            "username": keys.of_account(self._home_page(lms), value),
            "email": keys.of_address(value),
        }[field]
        return self._resolved(
            lambda db: (
                identities.known_by(db, key, now=self._clock()) or Ask(key, lms, field, value)
            )
        )

    def by_account(self, lms: str, name: str) -> int:
        """The employee whose account has that name in statements of `lms`.

        Raises :exc:`NobodyKnown`.
        """
        actor = Agent(account=Account(home_page=self._home_page(lms), name=name))
        return self._resolved(
            lambda db: identities.resolve(
                db, actor, realms=self._realms, lms=lms, now=self._clock()
            )
        )

    def _home_page(self, lms: str) -> str:
        settings = self._settings.lms[lms]
        return str(settings.home_page or settings.url)

    def _by_nip(self, value: str) -> int:
        nip = nips.normalise(value)
        if nip is None:
            raise NobodyKnown("invalid_nip" if value.strip() else "account_without_nip")
        with self._store.writing() as db:
            sightings.hold(db)
            try:
                return identities.employee_of(db, nip, name="", now=self._clock())
            except Erased:
                raise NobodyKnown(ERASED) from None

    def _resolved(self, resolve: Callable[[Connection], Known | Ask | Reason]) -> int:
        with self._store.writing() as db:
            sightings.hold(db)
            found = resolve(db)
        if isinstance(found, Ask):
            found = self._asked(found)
        if isinstance(found, Reason):
            raise NobodyKnown(found.code)
        return found.employee_id

    def _asked(self, ask: Ask) -> Known | Reason:
        try:
            answer = look_up(self._lms()[ask.lms], [ask])[ask]
        except DeliveryError as error:
            log.warning("the LMS did not say who a learner is", reason=error.reason.sentence())
            raise NobodyKnown("silent") from None
        with self._store.writing() as db:
            sightings.hold(db)
            found = identities.learn(db, ask, answer, realms=self._realms, now=self._clock())
            if isinstance(found, Known):
                sightings.judge_moved(db, [ask.key])
            return found
