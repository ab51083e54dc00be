"""How many calls may be under way at an outside system, which all processes keep to together.

``concurrency`` of a remote is shared out on PostgreSQL. A process that has calls to make has a row
there: how many places it wants, and how many it has; that is renewed every second, and counts for
:data:`_LEASE_SECONDS` after that. What each may have is told by
:func:`~lms_bridge.manners.fair.fair`. Who has more gives it back as the calls end that are under
way; who has less takes what is free. So a call itself costs the database nothing, and a process
alone has all places.

A process that was killed or cut off gives up its places when its row has run out. It has begun
nothing for a while by then: it does not trust its own row as long as the others do.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterator

import structlog
from sqlalchemy import ColumnElement, Connection, delete, func, select

from lms_bridge.http import gate
from lms_bridge.manners.fair import fair
from lms_bridge.store.engine import Store, alone, insert
from lms_bridge.store.schema import shares

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 1.0
_LEASE_SECONDS = 10
_SURE_SECONDS = 7.0
_WANTED_SECONDS = 3.0
"""for how long somebody wants places who has said so once"""
_TURN_SECONDS = 10
_WAIT_SECONDS = 0.2


class Share:
    """What this process, the `owner`, has of the `places` at `remote`. Threads share it."""

    def __init__(self, store: Store, remote: str, places: int, owner: str) -> None:
        self.places = places
        self._store = store
        self._remote = remote
        self._owner = owner
        self._changed = threading.Condition()
        self._renewing = threading.Lock()
        self._has = 0
        self._sure_until = 0.0
        self._under_way = 0
        self._waiting = 0
        self._wanted_until = 0.0

    @property
    def has(self) -> int:
        """How many calls of this process may be under way now."""
        return self._has if time.monotonic() < self._sure_until else 0

    def want(self) -> int:
        """There is more to do than one call; how many may be under way now."""
        self._wanted_until = time.monotonic() + _WANTED_SECONDS
        return self.has

    def ensure(self) -> int:
        """The same, having asked the others if there are none yet."""
        if not self.want():
            self.renew()
        return self.has

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Have a place inside the block, after having waited for one.

        Raises :exc:`~lms_bridge.http.gate.Ended` when this thread is to end.
        """
        waited = self._enter()
        try:
            if waited:
                gate.make_sure()
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def renew(self) -> None:
        """Say what is wanted, and take or give back what is too little or much."""
        with self._renewing:
            begun = time.monotonic()
            with self._changed:
                wants = self._wants(begun)
                if not wants and not self._has:
                    return
            with self._store.writing() as db:
                alone(db, f"places at {self._remote}")
                has = self._agreed(db, wants)
            with self._changed:
                self._has, self._sure_until = has, begun + _SURE_SECONDS
                self._changed.notify_all()

    def leave(self) -> None:
        """Give up all places, at the end of the process."""
        if self._has:
            with self._store.writing() as db:
                db.execute(delete(shares).where(self._is_mine))
            self._has = 0

    def _wants(self, now: float) -> int:
        many = self.places if now < self._wanted_until else 0
        return min(self.places, max(many, self._under_way + self._waiting))

    def _agreed(self, db: Connection, wants: int) -> int:
        """Write down what this process wants and has from now on; the latter."""
        here = shares.c.remote == self._remote
        found: dt.datetime = db.execute(select(func.clock_timestamp())).scalar_one()
        now = found.astimezone(dt.UTC)
        db.execute(delete(shares).where(here, shares.c.until < now))
        query = select(shares).where(here, shares.c.owner != self._owner)
        others = db.execute(query.order_by(shares.c.owner)).all()
        everyone = sorted([*((row.owner, row.wants) for row in others), (self._owner, wants)])
        turn = int(now.timestamp() // _TURN_SECONDS)
        mine = fair(self.places, [each for _, each in everyone], turn=turn)
        taken: int = sum(row.has for row in others)
        free = max(0, self.places - taken)
        may = min(mine[everyone.index((self._owner, wants))], free)
        with self._changed:
            # Before the others can see it: none of what is given up is taken any more.
            has = max(may, self._under_way)
            self._has = min(self._has, has)
        if wants or has:
            values = {
                "wants": wants,
                "has": has,
                "until": now + dt.timedelta(seconds=_LEASE_SECONDS),
            }
            new = insert(db, shares).values(remote=self._remote, owner=self._owner, **values)
            mine_too = {"index_elements": ["remote", "owner"], "set_": values}
            db.execute(new.on_conflict_do_update(**mine_too))
        else:
            db.execute(delete(shares).where(self._is_mine))
        return has

    @property
    def _is_mine(self) -> ColumnElement[bool]:
        return (shares.c.remote == self._remote) & (shares.c.owner == self._owner)

    def _enter(self) -> bool:
        """Take a place; whether it was waited for."""
        with self._changed:
            if self._under_way < self.has:
                self._under_way += 1
                return False
            self._waiting += 1
        try:
            while True:
                gate.sleep(0)
                if not self.has:
                    self.renew()
                with self._changed:
                    if self._under_way >= self.has:
                        self._changed.wait(_WAIT_SECONDS)
                    if self._under_way < self.has:
                        self._under_way += 1
                        return True
        finally:
            with self._changed:
                self._waiting -= 1


class Shares:
    """All of them in one process, and the thread that renews them once one is used."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._each: dict[str, Share] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._beginning = threading.Lock()

    def at(self, remote: str, places: int) -> Share:
        """That of `remote`, where all processes together may have so many calls under way."""
        with self._beginning:
            if remote not in self._each:
                self._each[remote] = Share(self._store, remote, places, self._owner)
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="shares", daemon=True)
                self._thread.start()
            return self._each[remote]

    def close(self) -> None:
        """Give all of them up."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        for share in self._each.values():
            with contextlib.suppress(Exception):
                share.leave()

    def _renew(self) -> None:
        in_trouble: set[Share] = set()
        while not (self._over.wait(_EVERY_SECONDS) or self._store.is_closed):
            for share in list(self._each.values()):
                try:
                    share.renew()
                    in_trouble.discard(share)
                except Exception:
                    if share not in in_trouble and not self._store.is_closed:  # once, not each time
                        in_trouble.add(share)
                        log.exception("could not agree on the calls to a remote")
