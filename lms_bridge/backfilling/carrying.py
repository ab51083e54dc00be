"""Carrying a backfill out, entry by entry, at the pace that was set.

What is taken in becomes a completion like one that is pulled, and its deliveries follow by
themselves: they look before they write, so a row that is there is found and not written again, and
a badge that is there is not awarded again. To take an entry in twice makes one completion; so it
does not matter when a process dies.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, select

from lms_bridge.backfilling import entries
from lms_bridge.backfilling.entries import BackfillState, Entry, EntryState, Kind, Which
from lms_bridge.backfilling.survey import askable
from lms_bridge.bridge import Bridge
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.completions import AsRecorded
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.base import patiently
from lms_bridge.lms.base import CourseCompletion, Lms, LmsCourse, LmsUser
from lms_bridge.people.identities import Known
from lms_bridge.people.lookup import look_up
from lms_bridge.reasons import Reason
from lms_bridge.recognition.pulled import Pulled, PulledIntake
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.registries.base import RecordedTraining
from lms_bridge.store.schema import backfills
from lms_bridge.typed import convert

log = structlog.get_logger(__name__)

_AT_ONCE = 20
_DUE = Which(state=EntryState.DUE)


class _Turn(NamedTuple):
    """A backfill whose turn it is, and what of it is to be taken in now."""

    number: int
    lms: str
    some: list[Entry]


def is_due(db: Connection, now: dt.datetime) -> bool:
    """Whether an entry of any backfill is to be taken in by now."""
    due = select(backfills.c.id).where(
        backfills.c.state == BackfillState.GOING, backfills.c.next_at <= now
    )
    return db.execute(due.limit(1)).first() is not None


class Carrier:
    """Takes in what the backfills of a bridge have planned."""

    def __init__(self, bridge: Bridge, *, clock: Clock) -> None:
        self._bridge = bridge
        self._store = bridge.store
        self._clock = clock
        self._intake = PulledIntake(bridge.store, bridge.settings, clock=clock)

    def run(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Take in all that is due by now, or until `go_on` says no; how many came to what."""
        counts: Counter[str] = Counter()
        while turn := self._next():
            self._carry(turn, counts)
            if not go_on(counts.total()):
                break
        return counts

    def _next(self) -> _Turn | None:
        """What is due, as much as the pace allows by now."""
        now = self._clock()
        with self._store.writing() as db:
            due = select(backfills).where(
                backfills.c.state == BackfillState.GOING, backfills.c.next_at <= now
            )
            row = db.execute(due.order_by(backfills.c.next_at).limit(1)).one_or_none()
            if row is None:
                return None
            pause = dt.timedelta(hours=1 / row.per_hour)
            # What could not be done while no worker was there is not made up for at once.
            since = max(row.next_at, now - pause * _AT_ONCE)
            most = min(_AT_ONCE, 1 + int((now - since) / pause))
            some = list(entries.entries(db, row.id, _DUE, limit=most))
            if not some:
                entries.change(db, row.id, state=BackfillState.DONE, next_at=None)
                log.info("backfill done", backfill=row.id)
                return _Turn(row.id, row.lms, [])
            entries.change(db, row.id, next_at=since + pause * len(some))
        return _Turn(row.id, row.lms, some)

    def _carry(self, turn: _Turn, counts: Counter[str]) -> None:
        lms = self._bridge.lms.get(turn.lms)
        courses = {one.course.key: one for one in askable(self._bridge, lms)} if lms else {}
        for entry in turn.some:
            state = self._take(lms, courses.get(entry.course_key), entry)
            counts[state] += 1

    def _take(self, lms: Lms | None, course: CataloguedCourse | None, entry: Entry) -> EntryState:
        """Take one in; the state that it comes to."""
        if lms is None or course is None:
            return self._fail(entry, Reason("backfill_no_course"))
        pulled = _pulled(lms, course, entry)
        look = partial(look_up, lms, told=[pulled.completion.user])
        came_to = EntryState.LEFT

        def keep(db: Connection, one: Pulled, who: Known | Reason) -> None:
            nonlocal came_to
            if not entries.is_due(db, entry.id):
                return  # somebody has decided meanwhile
            state, completion_id = self._intake.keep(db, one, who)
            # Else it waits for a person like anything that is pulled, or was taken back meanwhile.
            taken = state == SightingState.RECOGNISED
            came_to = EntryState.TAKEN if taken else EntryState.FAILED
            why = None if taken else Reason("backfill_waits")
            entries.note(db, entry.id, came_to, why, self._clock(), completion_id=completion_id)

        try:
            failed = self._intake.each([pulled], partial(patiently, look), keep)
        except DeliveryError as error:
            return self._fail(entry, error.reason)
        except Exception:
            log.exception("could not take in", entry=entry.id)
            return self._fail(entry, Reason("internal_error"))
        for why in failed.values():
            return self._fail(entry, why if isinstance(why, Reason) else Reason("internal_error"))
        return came_to

    def _fail(self, entry: Entry, why: Reason) -> EntryState:
        with self._store.writing() as db:
            if entries.is_due(db, entry.id):
                entries.note(db, entry.id, EntryState.FAILED, why, self._clock())
        return EntryState.FAILED


def _pulled(lms: Lms, course: CataloguedCourse, entry: Entry) -> Pulled:
    there = LmsCourse(id=entry.lms_course, name=course.course.name)
    user = LmsUser(id=entry.lms_user, username="", full_name=entry.name, number=entry.nip)
    return Pulled(
        lms=lms.name,
        course=there,
        activity=lms.activity_of(there),
        entry=course,
        completion=CourseCompletion(user, entry.completed_at),
        as_recorded=_as_recorded(entry),
    )


def _as_recorded(entry: Entry) -> AsRecorded | None:
    """What the registry has of it, which the completion then says as well."""
    if entry.kind != Kind.THERE or not entry.row:
        return None
    row = _row(entry.row)
    if row.ends is None or row.hours is None:
        return None
    return AsRecorded(
        starts=row.starts or row.ends,
        ends=row.ends,
        hours=row.hours,
        certificate_number=row.certificate_number,
        registry=entry.registry,
        row_id=row.id,
    )


def _row(kept: Mapping[str, Any]) -> RecordedTraining:
    blank = {"name": "", "organiser": "", "certificate_number": ""}
    return convert({**blank, **kept}, RecordedTraining)
