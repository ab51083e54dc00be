"""Carrying out everything that is due, for each remote with its own crew of threads."""

from __future__ import annotations

import copy
import datetime as dt
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection

from lms_bridge.config.settings import Delivery
from lms_bridge.deliveries import leases, queue
from lms_bridge.deliveries.crew import Crew, Shift, Write, each_in_turn, threads_for
from lms_bridge.deliveries.performing import Finish, Note, Performed, Performer
from lms_bridge.deliveries.step import Clock, Step
from lms_bridge.deliveries.work import Work
from lms_bridge.manners.hours import Hours
from lms_bridge.manners.shares import Share
from lms_bridge.store.engine import Store
from lms_bridge.store.group_commit import GroupCommit

log = structlog.get_logger(__name__)

_PULSE_SECONDS = 1.0
_PATIENCE_SECONDS = 10.0
"""for a place at a remote where all are taken, of whoever wants a single delivery carried out"""

GoOn = Callable[[int], bool]
"""asked now and then, with how many deliveries came to an end: whether to take more"""


class Worker:
    """Carries out the deliveries of some remotes, as the process `owner`."""

    def __init__(
        self,
        store: Store,
        steps: Mapping[tuple[str, str], Step],
        *,
        concurrency: Mapping[str, int],
        settings: Delivery,
        owner: str,
        clock: Clock,
        chance: Callable[[], float] = random.random,
        hours: Mapping[str, Hours] | None = None,
        shares: Mapping[str, Share] | None = None,
    ) -> None:
        self._store = store
        self._performer = Performer(steps, settings, clock=clock, chance=chance)
        self._concurrency = concurrency
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._held: set[int] = set()
        self._only: int | None = None
        self._counting = threading.Lock()
        self._hours = hours or {}
        self._shares = shares or {}
        self._at: Counter[str] = Counter()
        """how many are under way at each remote"""

    def has_work(self) -> bool:
        """Whether :meth:`drain` would find something to do now."""
        with self._store.reading() as db:
            now = self._clock()
            if leases.is_anything_abandoned(db, now=now):
                return True
            ready = self._with_work(db, now)
        return any(self._may_be_at(remote) for remote in ready)

    def drain(self, go_on: GoOn = lambda _done: True) -> Counter[str]:
        """Carry out everything that is due, or until `go_on` says no; how many came to which end.

        Nothing new is taken then, and what is under way is finished.
        """
        counts: Counter[str] = Counter()
        self._ask_for_places()
        self._take_over()
        shift = Shift(sum(map(threads_for, self._concurrency.values())))
        commits = GroupCommit[Write, Any](
            self._store,
            each_in_turn,
            # What a remote has confirmed should not have to be looked up there again only
            # because the database was restarted at that moment.
            patience_seconds=self._settings.lease_seconds,
            name="deliveries",
        )
        crews = [
            Crew(self, remote, size, shift=shift, commits=commits, counts=counts)
            for remote, size in self._concurrency.items()
        ]
        ended = threading.Event()
        pulse = threading.Thread(
            target=self._beat, args=[shift, ended, counts, go_on], name="pulse", daemon=True
        )
        pulse.start()
        for crew in crews:
            crew.start()
        try:
            for crew in crews:
                crew.join()
        finally:
            shift.end()
            for crew in crews:
                crew.join()
            ended.set()
            pulse.join()
            commits.close()
        for crew in crews:
            crew.check()
        return counts

    def carry_out(self, delivery: int, remote: str) -> Counter[str]:
        """Carry out one delivery of `remote`, if it is due now, and no other.

        It is done as by :meth:`drain`, by whichever of all processes takes it first.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._may_be_at(remote) and time.monotonic() < deadline:
            time.sleep(_PULSE_SECONDS / 2)
        alone = copy.copy(self)
        alone._at = Counter()
        alone._concurrency = {remote: 1}
        alone._held = set()
        alone._only = delivery
        return alone.drain()

    # --- what a crew asks of its foreman

    def claim(self, db: Connection, remote: str) -> Work | None:
        if not self._is_open(remote, self._clock()) or not self._has_room(remote):
            return None
        return queue.claim(
            db,
            remote,
            owner=self._owner,
            now=self._clock(),
            settings=self._settings,
            only=self._only,
        )

    def perform(self, work: Work, write: Note) -> Performed:
        return self._performer.perform(work, write)

    def put_back(self, work: Work) -> Performed:
        return self._performer.put_back(work)

    def stumble(self, work: Work) -> Finish:
        return self._performer.stumble(work)

    def keep(self, work: Work) -> None:
        self._held.add(work.delivery_id)
        with self._counting:
            self._at[work.remote] += 1

    def let_go(self, work: Work) -> None:
        self._held.discard(work.delivery_id)
        with self._counting:
            self._at[work.remote] -= 1

    def _with_work(self, db: Connection, now: dt.datetime) -> list[str]:
        remotes = [name for name in self._concurrency if self._is_open(name, now)]
        return queue.with_work(db, remotes, now=now)

    def _ask_for_places(self) -> None:
        """Have some wherever something is due, before anybody takes a delivery."""
        if not self._shares:
            return
        with self._store.reading() as db:
            ready = self._with_work(db, self._clock())
        for remote in ready:
            self._may_be_at(remote)

    def _may_be_at(self, remote: str) -> bool:
        """Whether other processes leave this one a place at `remote`, where it has work."""
        share = self._shares.get(remote)
        return share is None or share.ensure() > 0

    def _has_room(self, remote: str) -> bool:
        """Whether a delivery that is taken now would not wait long for a place."""
        share = self._shares.get(remote)
        if share is None:
            return True
        places = share.want()
        return places > 0 and self._at[remote] <= threads_for(places)

    def _is_open(self, remote: str, now: dt.datetime) -> bool:
        hours = self._hours.get(remote)
        return hours is None or hours.are_now(now)

    # --- while they work

    def _beat(
        self, shift: Shift, ended: threading.Event, counts: Counter[str], go_on: GoOn
    ) -> None:
        """Renew the leases, take over what others have dropped, and end the shift in time."""
        between = self._settings.lease_seconds / 3
        renew_at = time.monotonic() + between
        while not ended.wait(min(_PULSE_SECONDS, between)):
            try:
                if time.monotonic() >= renew_at:
                    renew_at = time.monotonic() + between
                    self._take_over()
                with shift.lock:
                    done = counts.total()
                if not go_on(done):
                    shift.end()
            except Exception:
                log.exception("could not renew leases; others may take the work over")

    def _take_over(self) -> None:
        now = self._clock()
        with self._store.writing() as db:
            leases.renew(
                db,
                self._owner,
                list(self._held),
                now=now,
                lease_seconds=self._settings.lease_seconds,
            )
            leases.release_abandoned(db, now=now)
