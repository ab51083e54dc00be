"""Sending to all targets what they have not got, each at its own pace.

For each target there is one thread, and one request at a time, so that it gets the statements in
their order: a reference after what it refers to, a voiding after what it voids. What is refused
is sent in halves until the statement at fault stands alone; that one is set apart, with what
the target said, and the others go on.

Whether a target can be used is known by the same rules as of any other outside system
(:mod:`lms_bridge.deliveries.breaker`). After a failure only one statement is sent: it burdens a
target that is just getting up the least, and if it is the statement that the target stumbles
over, one sees which.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import structlog

from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import health
from lms_bridge.deliveries.crew import Shift
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.forwarding.backlog import Backlog, Overtaken, how_many
from lms_bridge.forwarding.outgoing import Outgoing
from lms_bridge.forwarding.target import Lrs
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store, may_pass

log = structlog.get_logger(__name__)

MOST_REFUSED = 1000
"""of a target that refuses so many statements something else is wrong, and it is left alone"""
_LOOK_SECONDS = 1.0

Told = Callable[[str, int], None]
"""told what became of how many statements"""
IsOver = Callable[[], bool]
"""whether nothing more is to be begun"""


class Forwarders:
    """All targets of a bridge."""

    def __init__(self, forwarders: Sequence[Forwarder]) -> None:
        self._all = forwarders

    def has_work(self) -> bool:
        """Whether there is something to send to a target that can be used."""
        return any(one.has_work() for one in self._all)

    def drain(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Send until no target lacks anything or can be used, or until `go_on` says no.

        How many statements came to which end. What is under way is finished.
        """
        counts: Counter[str] = Counter()
        shift = Shift(len(self._all))

        def tell(what: str, number: int) -> None:
            with shift.lock:
                counts[what] += number

        def work(forwarder: Forwarder) -> None:
            bench = shift.bench()
            try:
                while True:
                    while not shift.is_over and forwarder.send_some(tell, lambda: shift.is_over):
                        pass
                    if not shift.rest(bench):
                        return
            finally:
                shift.end()

        with ThreadPoolExecutor(max(1, len(self._all)), "forward") as pool:
            working = [pool.submit(work, one) for one in self._all]
            while wait(working, _LOOK_SECONDS).not_done:
                with shift.lock:
                    done = counts.total()
                if not go_on(done):
                    shift.end()
        for one in working:
            one.result()
        return counts


class Forwarder:
    """Sends to one target."""

    def __init__(
        self, store: Store, lrs: Lrs, backlog: Backlog, *, most: int, policy: Breaker, clock: Clock
    ) -> None:
        self.lrs = lrs
        self._store = store
        self._backlog = backlog
        self._remote = lrs.remote
        self._most = most
        self._policy = policy
        self._clock = clock
        self._mark = 0

    def has_work(self) -> bool:
        """Whether there is something to send, and it can be used now."""
        now = self._clock()
        with self._store.reading() as db:
            known = health.read(db, self._remote, now=now)
            usable = known.paused is None and known.may_be_used(now)
            return usable and self._backlog.is_any(db)

    def send_some(self, tell: Told, is_over: IsOver) -> bool:
        """Send what fits into one request; whether there may be more to do now."""
        begun_at = self._clock()
        try:
            with self._store.reading() as db:
                known = health.read(db, self._remote, now=begun_at)
                batch = self._backlog.next(db, most=1 if known.failures else self._most)
                refused = how_many(db, self._remote, State.BLOCKED)
            if batch is None or known.paused is not None:
                return False
            if batch.outgoing and known.is_down and not self._may_probe():
                return False
            if batch.outgoing and refused >= MOST_REFUSED:
                reason = Reason("target_refuses_all", remote=self._remote, name=self.lrs.name)
                raise DeliveryError(reason, retryable=False, remote_wide=True)
            self._mark = batch.since
            self._send(batch.outgoing, batch.through, tell, is_over)
        except (Overtaken, _Over):
            return True
        except DeliveryError as error:
            self._failed(error, begun_at)
            return False
        except Exception as error:
            if may_pass(error):
                raise
            # A defect of ours at one target must not keep the statements from the others.
            log.exception("could not forward", remote=self._remote)
            reason = Reason("forwarding_failed", remote=self._remote)
            self._failed(DeliveryError(reason, retryable=True, remote_wide=True), begun_at)
            return False
        return True

    def _send(
        self, some: Sequence[Outgoing], through: int | None, tell: Told, is_over: IsOver
    ) -> None:
        """Send `some`, in halves if need be, and go on after `through`."""
        if is_over():
            raise _Over
        begun_at, refusal = self._clock(), None
        try:
            if some:
                self.lrs.send(some)
        except DeliveryError as error:
            if error.remote_wide:
                raise
            if len(some) > 1:
                half = len(some) // 2
                last = None if through is None else some[half - 1].seq
                self._send(some[:half], last, tell, is_over)
                self._send(some[half:], through, tell, is_over)
                return
            refusal = error.reason
        now = self._clock()
        with self._store.writing() as db:
            self._backlog.settle(db, some, refusal, since=self._mark, through=through, now=now)
            if some:
                health.note_success(db, self._remote, now=now, begun_at=begun_at)
        self._mark = self._mark if through is None else through
        if not some:
            return
        if refusal is not None:
            about = {"remote": self._remote, "statement": some[0].id}
            log.warning("statement refused", **about, reason=refusal.sentence())
        tell("forwarded" if refusal is None else "block", len(some))

    def _may_probe(self) -> bool:
        with self._store.writing() as db:
            return health.may_claim(db, self._remote, now=self._clock(), policy=self._policy)

    def _failed(self, error: DeliveryError, begun_at: dt.datetime) -> None:
        now = self._clock()
        with self._store.writing() as db:
            worse = health.note_failure(
                db,
                self._remote,
                error.reason,
                now=now,
                policy=self._policy,
                certain=not error.retryable,
                retry_after=error.retry_after,
                begun_at=begun_at,
            )
        if worse.went_down:
            log.warning("remote is down", remote=self._remote, reason=error.reason.sentence())


class _Over(Exception):
    """The work is to end."""
