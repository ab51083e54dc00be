"""Who was told of whom over xAPI, for the log of who looked at whose data.

Whoever may read only what they have sent themselves leaves no entry: they are told nothing new.
Nobody waits until the entry is written. That is done a moment later, for all that were told
meanwhile; what a process that is killed in that moment told last is missing.
"""

from __future__ import annotations

import datetime as dt
import threading
from typing import NamedTuple

import structlog
from sqlalchemy import select

from lms_bridge.accounts.accesses import AGAIN, Looks
from lms_bridge.accounts.audit import Actor
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.people import keys
from lms_bridge.store.schema import identities
from webhook.access import Grant
from xapi import Account, Agent

log = structlog.get_logger(__name__)

_FLUSH_SECONDS = 0.5
_AGAIN_SECONDS = 5.0
"""after which it is tried again where nothing could be written"""
_REMEMBERED = 10_000


class _Look(NamedTuple):
    sender: str
    address: str
    agent: str
    """of whom; empty: of many"""


class Readers:
    """Senders and credentials that read what `bridge` has, in this process."""

    def __init__(self, bridge: Bridge) -> None:
        self._store = bridge.store
        self._looks = Looks(bridge.store, clock=utc_now)
        self._lock = threading.Lock()
        self._noted: dict[_Look, dt.datetime] = {}
        self._waiting: dict[_Look, None] = {}

    def note(self, grant: Grant, address: str, agent: str | None) -> None:
        """They are shown statements of that `agent`, an :func:`~xapi.actor_key`, or of many."""
        now, look = utc_now(), _Look(grant.name, address, agent or "")
        with self._lock:
            last = self._noted.get(look)
            if last is not None and now - last < AGAIN:
                return
            if len(self._noted) >= _REMEMBERED:
                self._noted.clear()
            self._noted[look] = now
            is_first = not self._waiting
            self._waiting[look] = None
        if is_first:
            self._flush_after(_FLUSH_SECONDS)

    def flush(self) -> None:
        """Write down all that is waiting; what cannot be written waits on."""
        with self._lock:
            looks, self._waiting = self._waiting, {}
        if not looks or self._store.is_closed:
            return
        try:
            shown = [(_reader(look), self._employee(look.agent)) for look in looks]
            self._looks.note_all(shown, "list", list="statements")
        except Exception:
            log.exception("could not write down who was told of whom")
            with self._lock:
                self._waiting = looks | self._waiting
            self._flush_after(_AGAIN_SECONDS)

    def _employee(self, agent: str) -> int | None:
        """Who that is, if it is known."""
        actor = _actor(agent)
        key = keys.of_actor(actor) if actor else None
        if key is None:
            return None
        with self._store.glancing() as db:
            return db.scalar(select(identities.c.employee_id).where(identities.c.key == key))

    def _flush_after(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self.flush)
        timer.daemon = True
        timer.start()


def _reader(look: _Look) -> Actor:
    return Actor(name=f"lrs:{look.sender}", role="lrs", address=look.address)


def _actor(key: str) -> Agent | None:
    kind, _, value = key.partition(":")
    if kind == "account":
        page, _, name = value.partition("|")
        return Agent(account=Account(home_page=page, name=name))
    return Agent(mbox=value) if kind == "mbox" else None
