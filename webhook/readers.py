"""Who was told of whom over xAPI, for the log of who looked at whose data.

Whoever may read only what they have sent themselves leaves no entry: they are told nothing new.
"""

from __future__ import annotations

import datetime as dt
import threading

from sqlalchemy import select

from lms_bridge.accounts.accesses import AGAIN, Looks
from lms_bridge.accounts.audit import Actor
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.people import keys
from lms_bridge.store.schema import identities
from webhook.access import Grant
from xapi import Account, Agent

_REMEMBERED = 10_000


class Readers:
    """Senders and credentials that read what `bridge` has, in this process."""

    def __init__(self, bridge: Bridge) -> None:
        self._store = bridge.store
        self._looks = Looks(bridge.store, clock=utc_now)
        self._lock = threading.Lock()
        self._noted: dict[tuple[str, str, str], dt.datetime] = {}

    def note(self, grant: Grant, address: str, agent: str | None) -> None:
        """They are shown statements of that `agent`, an :func:`~xapi.actor_key`, or of many.

        Returns after the commit; whom they were shown within ten minutes costs no query.
        """
        now, which = utc_now(), (grant.name, address, agent or "")
        with self._lock:
            last = self._noted.get(which)
            if last is not None and now - last < AGAIN:
                return
            if len(self._noted) >= _REMEMBERED:
                self._noted.clear()
        actor = Actor(name=f"lrs:{grant.name}", role="lrs", address=address)
        self._looks.note(actor, "list", self._employee(agent), list="statements")
        with self._lock:
            self._noted[which] = now

    def _employee(self, agent: str | None) -> int | None:
        """Who that is, if it is known."""
        actor = _actor(agent) if agent else None
        key = keys.of_actor(actor) if actor else None
        if key is None:
            return None
        with self._store.glancing() as db:
            return db.scalar(select(identities.c.employee_id).where(identities.c.key == key))


def _actor(key: str) -> Agent | None:
    kind, _, value = key.partition(":")
    if kind == "account":
        page, _, name = value.partition("|")
        return Agent(account=Account(home_page=page, name=name))
    return Agent(mbox=value) if kind == "mbox" else None
