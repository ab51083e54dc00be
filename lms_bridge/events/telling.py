"""Telling each target what it has not been told, one event after the other.

An event that is not taken is offered again, ever more rarely
(:mod:`lms_bridge.deliveries.breaker`), and those after it wait, so that they arrive in order; why,
and what to do, shows like that of any other outside system. A person may skip one
(``lms-bridge events skip``).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import msgspec
import structlog
from sqlalchemy import Connection

from lms_bridge.checks import Check
from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import health
from lms_bridge.deliveries.breaker import Health
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.events import journal
from lms_bridge.events.journal import Event
from lms_bridge.events.kinds import PING
from lms_bridge.events.payload import data_of
from lms_bridge.events.settings import EventTarget
from lms_bridge.http.client import HttpClient
from lms_bridge.i18n import mark
from lms_bridge.lms.hook.sending import Hook
from lms_bridge.reasons import Reason
from lms_bridge.store import marks
from lms_bridge.store.engine import Store, alone, may_pass

log = structlog.get_logger(__name__)

_AT_ONCE = 100
"""events that are looked at before the mark is moved over those that are not wanted"""
_LOOK_SECONDS = 1.0
MOST_COUNTED = 1000

GoOn = Callable[[int], bool]


class Tellers:
    """All targets of a bridge."""

    def __init__(self, store: Store, tellers: Sequence[Teller], *, clock: Clock) -> None:
        self._store = store
        self._all = tellers
        self._clock = clock
        self._tidied_at: dt.datetime | None = None

    def has_work(self) -> bool:
        """Whether something is to be told to a target that can be used."""
        now = self._clock()
        with self._store.reading() as db:
            usable = [
                one.remote
                for one in self._all
                if health.read(db, one.remote, now=now).may_be_used(now)
            ]
            return bool(usable) and journal.is_any(db, usable)

    def tell(self, go_on: GoOn = lambda _done: True) -> Counter[str]:
        """Tell all of it, or until `go_on` says no; how many events were told and refused."""
        with self._store.writing() as db:
            while journal.arrange(db):
                pass
        counts: Counter[str] = Counter()
        stopping: list[bool] = []
        with ThreadPoolExecutor(max(1, len(self._all)), "events") as pool:
            working = [pool.submit(one.tell, lambda: bool(stopping)) for one in self._all]
            while wait(working, _LOOK_SECONDS).not_done:
                if not stopping and not go_on(0):
                    stopping.append(True)
        for each in working:
            counts.update(each.result())
        self._tidy()
        return counts

    def _tidy(self) -> None:
        now = self._clock()
        if self._tidied_at is None or now - self._tidied_at > dt.timedelta(hours=1):
            self._tidied_at = now
            with self._store.writing() as db:
                journal.forget(db, now=now)


class Teller:
    """Tells one target."""

    def __init__(
        self, store: Store, settings: EventTarget, *, policy: Breaker, clock: Clock
    ) -> None:
        self.remote = settings.remote
        self._store = store
        self._settings = settings
        self._policy = policy
        self._clock = clock
        self._hook = Hook(settings.remote, settings, HttpClient(settings), clock)

    def tell(self, is_over: Callable[[], bool] = lambda: False) -> Counter[str]:
        """Tell what it has not been told, until it does not take one."""
        counts: Counter[str] = Counter()
        while not is_over():
            with self._store.reading() as db:
                since = marks.read_through(db, self.remote)
                some = journal.following(db, since, limit=_AT_ONCE)
            if not some:
                break
            wanted = next((one for one in some if self._wants(one)), None)
            if wanted is None:
                self._move(since, some[-1].place)
                continue
            told = self._tell(wanted, since)
            counts["told" if told else "block"] += 1
            if not told:
                break
        return +counts

    def check(self) -> Iterator[Check]:
        """Prove address and signature by an event that tells nothing."""
        subject = f"{self.remote}: webhook"
        try:
            self.ping()
        except DeliveryError as error:
            yield Check.that_failed(subject, error.reason)
            return
        took = mark("It took a webhook of the type %(type)s.")
        yield Check(subject, "ok", took, details={"type": PING})

    def ping(self) -> None:
        """Send an event that tells nothing. Raises :exc:`~lms_bridge.errors.DeliveryError`."""
        try:
            self._hook.send(PING, f"ping_{uuid.uuid4()}", self._clock(), {})
        except DeliveryError as error:
            raise self._refused(error) from None

    def _wants(self, event: Event) -> bool:
        return not self._settings.types or event.type in self._settings.types

    def _tell(self, event: Event, since: int) -> bool:
        """Whether it took the event."""
        begun_at = self._clock()
        if not self._may(begun_at):
            return False
        try:
            with self._store.reading() as db:
                data = data_of(db, event, include_nip=self._settings.include_nip)
            self._hook.send(event.type, event.public_id, event.at, data)
        except DeliveryError as error:
            self._failed(self._refused(error), begun_at)
            return False
        except Exception as error:
            if may_pass(error):
                raise
            # A defect of ours in telling one event must not spin, nor keep the others from it.
            log.exception("could not tell an event", remote=self.remote, event=event.public_id)
            reason = Reason("internal_error")
            self._failed(DeliveryError(reason, retryable=False, remote_wide=True), begun_at)
            return False
        self._move(since, event.place, begun_at=begun_at)
        return True

    def _move(self, since: int, through: int, *, begun_at: dt.datetime | None = None) -> None:
        """It has all up to that place, unless somebody has skipped or another told meanwhile."""
        with self._store.writing() as db:
            alone(db, self.remote)
            if marks.read_through(db, self.remote) == since:
                marks.move(db, self.remote, through)
            if begun_at is not None:
                health.note_success(db, self.remote, now=self._clock(), begun_at=begun_at)

    def _may(self, now: dt.datetime) -> bool:
        with self._store.reading() as db:
            known = health.read(db, self.remote, now=now)
        if not known.is_down:
            return True
        with self._store.writing() as db:
            return health.may_claim(db, self.remote, now=now, policy=self._policy)

    def _refused(self, error: DeliveryError) -> DeliveryError:
        """`error`, said of an event: what is refused keeps the others waiting."""
        reason = error.reason
        if reason.code == "lms_request_refused":
            message = reason.details.get("message", "")
            name = self._settings.name
            reason = Reason("event_refused", remote=self.remote, name=name, message=message)
        return DeliveryError(
            reason,
            retryable=error.retryable,
            remote_wide=True,
            retry_after=error.retry_after,
        )

    def _failed(self, error: DeliveryError, begun_at: dt.datetime) -> None:
        with self._store.writing() as db:
            worse = health.note_failure(
                db,
                self.remote,
                error.reason,
                now=self._clock(),
                policy=self._policy,
                certain=True,  # it waits at once, for the same event is the next to be told
                retry_after=error.retry_after,
                begun_at=begun_at,
            )
        if worse.went_down:
            log.warning("remote is down", remote=self.remote, reason=error.reason.sentence())


# --- where it stands ----------------------------------------------------------------------------


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a target has been told."""

    name: str
    remote: str
    health: Health
    waiting: int
    """events that it is still to be told, :data:`MOST_COUNTED` at the most"""
    since: dt.datetime | None
    """when the first of them happened"""


def standing(db: Connection, targets: Iterable[EventTarget], *, now: dt.datetime) -> list[Standing]:
    """How far each of `targets` has been told."""
    found = []
    for one in targets:
        some = journal.waiting(db, one.remote, one.types, most=MOST_COUNTED)
        found.append(
            Standing(
                name=one.name,
                remote=one.remote,
                health=health.read(db, one.remote, now=now),
                waiting=len(some),
                since=some[0].at if some else None,
            )
        )
    return found


def skip(db: Connection, target: EventTarget, *, now: dt.datetime) -> Event | None:
    """Do not tell `target` the next event, and try the one after it at once; None if none is."""
    journal.arrange(db)
    alone(db, target.remote)
    some = journal.waiting(db, target.remote, target.types, most=1)
    if not some:
        return None
    marks.move(db, target.remote, some[0].place)
    health.reset(db, target.remote, now=now)
    return some[0]
