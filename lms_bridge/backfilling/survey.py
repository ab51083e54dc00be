"""The survey of a backfill: what the LMS holds, and what of it the registry has.

Nothing becomes a completion by it, and nothing is sent to anybody. What it learns is who the
accounts are, as the look-up of any account does, and the histories of the people, which are kept as
the job ``read_histories`` keeps them.

It goes course by course, then person by person, and may be broken off and gone on with: a course
that was asked about is not asked about again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import ColumnElement, Connection, or_, select, update

from lms_bridge.backfilling import entries
from lms_bridge.backfilling.classifying import Rows, Sought, Verdict
from lms_bridge.backfilling.entries import BackfillState, EntryState, Kind
from lms_bridge.bridge import Bridge
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.catalogue.matching import CataloguedCourse
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.asking import asking
from lms_bridge.jobs.base import JobFailed, Progress, patiently, side_by_side
from lms_bridge.jobs.pull_completions import ask_for
from lms_bridge.jobs.read_histories import Person, whole_history
from lms_bridge.lms.base import Lms
from lms_bridge.lms.finding import found_courses
from lms_bridge.people import history
from lms_bridge.people.erased import ERASED
from lms_bridge.people.history import Whose
from lms_bridge.people.identities import Known
from lms_bridge.people.lookup import look_up
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.recognition.pulled import Pulled, PulledIntake, can_be_pulled
from lms_bridge.reconciling import sides
from lms_bridge.reconciling.likeness import Likeness
from lms_bridge.reconciling.registry_side import FRESH_ENOUGH, RegistrySide
from lms_bridge.registries.base import KeepsHistories, RecordedTraining, Registry
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import backfill_entries
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)

_AT_ONCE = 100


class Survey:
    """Surveys what `lms` holds for the backfill with that `number`."""

    def __init__(self, bridge: Bridge, lms: Lms, number: int, *, clock: Clock) -> None:
        self._bridge = bridge
        self._store = bridge.store
        self._lms = lms
        self._number = number
        self._clock = clock
        self._zone = ZoneInfo(bridge.settings.time_zone)
        self._intake = PulledIntake(bridge.store, bridge.settings, clock=clock)
        with self._store.reading() as db:
            self._catalogue = current_catalogue(db)
        self._likeness = Likeness(entry.course for entry in self._catalogue.courses)

    def run(self, progress: Progress) -> Counter[str]:
        """Survey what was not surveyed yet; how much of what was found.

        Raises :exc:`~lms_bridge.jobs.base.JobFailed`, after which it may be gone on with.
        """
        with self._store.reading() as db:
            backfill = entries.get(db, self._number)
        counts = Counter(backfill.counts)
        wanted, since = backfill.scope.get("courses") or (), backfill.scope.get("since")
        least = dt.date.fromisoformat(since) if since else None
        todo = [
            entry
            for entry in askable(self._bridge, self._lms)
            if (not wanted or entry.course.key in wanted)
            and entry.course.key not in backfill.surveyed
        ]
        failures: list[str] = []
        with asking(self._bridge, f"lms.{self._lms.name}") as asked:
            for done, entry in enumerate(todo):
                progress(done, len(todo))
                try:
                    self._ask(entry, least, counts)
                except DeliveryError as error:
                    failures.append(f"{entry.course.key}: {error.reason.sentence()}")
                    asked.failed(error, entry.course.key)
                    continue
                asked.answered()
        for registry in self._bridge.registries.values():
            if isinstance(registry, KeepsHistories):
                self._hold_against(registry, counts, progress)
        with self._store.writing() as db:
            state = BackfillState.SURVEYING if failures else BackfillState.PLANNED
            now = entries.get(db, self._number).state
            if now in (BackfillState.GOING, BackfillState.PAUSED):  # what is new joins the rest
                state = now
            entries.change(db, self._number, state=state, counts=dict(+counts))
        if failures:
            raise JobFailed("; ".join(failures), counts)
        return counts

    # --- the LMS

    def _ask(self, entry: CataloguedCourse, least: dt.date | None, counts: Counter[str]) -> None:
        """Who has completed the course, of whom the bridge knows nothing."""
        with self._store.reading() as db:
            settled = self._intake.is_settled(db, self._lms.name, entry)

        def is_settled(user_id: str) -> bool:
            known = settled(user_id)
            asked["known"] += known
            return known

        found: list[Pulled] = []
        asked: Counter[str] = Counter()
        for course in patiently(lambda: list(found_courses(self._lms, entry.course))):
            found += ask_for(
                self._lms,
                entry,
                course,
                is_settled,
                concurrency=self._bridge.settings.lms[self._lms.name].concurrency,
                counts=asked,
            )
        for start in range(0, len(found), _AT_ONCE):
            self._keep(entry, found[start : start + _AT_ONCE], least, asked)
        counts.update({what: asked[what] for what in ("failed", "known", "found", "too_old")})
        with self._store.writing() as db:
            before = entries.get(db, self._number).surveyed
            entries.change(
                db, self._number, surveyed=[*before, entry.course.key], counts=dict(+counts)
            )

    def _keep(
        self,
        entry: CataloguedCourse,
        some: Sequence[Pulled],
        least: dt.date | None,
        counts: Counter[str],
    ) -> None:
        wanted = [one for one in some if not self._is_before(one, least)]
        counts["too_old"] += len(some) - len(wanted)
        look = partial(look_up, self._lms, told=[one.completion.user for one in wanted])
        whose = self._intake.identify(wanted, partial(patiently, look))
        badges = self._badges(entry, wanted)
        with self._store.writing() as db:
            for one in wanted:
                who = whose.get(one.completion.user.id)
                if isinstance(who, Reason) and who.code == ERASED:
                    continue
                if self._intake.knows(db, one, who if isinstance(who, Known) else None):
                    counts["known"] += 1
                    continue
                counts["found"] += 1
                self._put(db, one, who, badges.get(one.completion.user.id))

    def _is_before(self, one: Pulled, least: dt.date | None) -> bool:
        at = one.completion.completed_at
        return bool(least and at and at.astimezone(self._zone).date() < least)

    def _badges(self, entry: CataloguedCourse, some: Sequence[Pulled]) -> Mapping[str, bool]:
        """By account, whether the LMS shows the badge of the course already."""
        award = entry.course.badge
        if award is None or not self._lms.abilities.shows_badges:
            return {}

        def has(one: Pulled) -> bool | None:
            try:
                return patiently(self._lms.find_badge, one.completion.user.id, award) is not None
            except DeliveryError as error:
                if error.remote_wide:
                    raise
                return None

        concurrency = self._bridge.settings.lms[self._lms.name].concurrency
        looked = side_by_side(has, some, concurrency=concurrency)
        return {one.completion.user.id: found for one, found in looked if found is not None}

    def _put(
        self, db: Connection, one: Pulled, who: Known | Reason | None, has_badge: bool | None
    ) -> None:
        known = isinstance(who, Known)
        reason = who if isinstance(who, Reason) else None
        values: dict[str, Any] = {
            "name": one.completion.user.full_name,
            "employee_id": who.employee_id if isinstance(who, Known) else None,
            "completed_at": one.completion.completed_at,
            "kind": Kind.NEW if known else Kind.NOBODYS,
            "state": EntryState.DUE if known else EntryState.TO_DECIDE,
            "has_badge": has_badge,
            "changed_at": self._clock(),
            **reason_columns(reason),
        }
        new = insert(db, backfill_entries).values(
            backfill_id=self._number,
            course_key=one.entry.course.key,
            lms_course=one.course.id,
            lms_user=one.completion.user.id,
            **values,
        )
        key = ["backfill_id", "course_key", "lms_course", "lms_user"]
        # Not what a person has decided about, or what was taken in.
        open_still = backfill_entries.c.decided_by.is_(None) & (
            backfill_entries.c.state != EntryState.TAKEN
        )
        db.execute(new.on_conflict_do_update(index_elements=key, set_=values, where=open_still))

    # --- registries

    def _hold_against(self, registry: Registry, counts: Counter[str], progress: Progress) -> None:
        """What of it the registry has."""
        with self._store.reading() as db:
            mine = select(backfill_entries.c.employee_id).where(
                _IS_TO_BE_HELD, backfill_entries.c.backfill_id == self._number
            )
            people = sorted(db.execute(mine.distinct()).scalars())
        if not people:
            return
        remote = f"registry.{registry.name}"
        side = RegistrySide(self._bridge, registry, clock=self._clock)
        concurrency = self._bridge.settings.remote(remote).concurrency

        def read(person: Person) -> Sequence[RecordedTraining] | DeliveryError | None:
            try:
                return self._read(registry, person)
            except DeliveryError as error:
                return error

        with asking(self._bridge, remote) as asked:
            answers = side_by_side(read, side.people(people), concurrency=concurrency)
            for done, (person, answer) in enumerate(answers, start=1):
                if isinstance(answer, DeliveryError):
                    counts["unread"] += 1
                    self._unread(person.id, answer.reason)
                    asked.failed(answer, f"employee {person.id}")
                else:
                    asked.answered()
                    self._classify(registry, person.id, answer)
                progress(done, len(people))

    def _read(self, registry: Registry, person: Person) -> Sequence[RecordedTraining] | None:
        """The rows of the person, as they were read lately or are read now; None: not known there.

        Raises :exc:`~lms_bridge.errors.DeliveryError`.
        """
        assert isinstance(registry, KeepsHistories)
        whose = Whose(person.id, registry.name)
        with self._store.reading() as db:
            kept = history.kept(db, whose)
        if kept is not None and kept.read_at > self._clock() - FRESH_ENOUGH:
            return kept.rows
        found = whole_history(registry, registry.histories, person)
        if found is None:
            return None
        with self._store.writing() as db:
            history.keep(db, whose, found[1], self._clock())
        return [row for rows in found[1].values() for row in rows]

    def _classify(
        self, registry: Registry, employee_id: int, read: Sequence[RecordedTraining] | None
    ) -> None:
        """Judge what was found of a person by the rows that the registry has of them."""
        remote = f"registry.{registry.name}"
        if read is None:
            self._unread(employee_id, Reason("backfill_not_in_registry", remote=remote))
            return
        courses = {entry.course.key: entry.course for entry in self._catalogue.courses}
        with self._store.writing() as db:
            mine = select(backfill_entries).where(
                _IS_TO_BE_HELD,
                backfill_entries.c.backfill_id == self._number,
                backfill_entries.c.employee_id == employee_id,
            )
            found = [
                row
                for row in db.execute(mine.order_by(backfill_entries.c.completed_at))
                if row.course_key in courses
            ]
            taken = {one.row_id for one in sides.load(db, employee_id, remote) if one.row_id}
            rows = Rows(read, taken, self._likeness)
            sought = [Sought(courses[row.course_key], row.completed_at) for row in found]
            verdicts = rows.look(sought, self._zone)
            for row, verdict in zip(found, verdicts, strict=True):
                self._judge(db, row, registry.name, verdict)

    def _judge(self, db: Connection, row: AnyRow, registry: str, verdict: Verdict | None) -> None:
        values: dict[str, Any] = {"kind": Kind.NEW, "state": EntryState.DUE}
        if verdict is None:
            if row.kind == Kind.NEW:  # it could be asked before
                return
        elif verdict.is_it:
            values = {"kind": Kind.THERE, "state": EntryState.DUE}
        else:
            values = {"kind": Kind.CONFLICT, "state": EntryState.TO_DECIDE}
        reason = None
        if verdict:
            values |= {"registry": registry, "row": as_json(verdict.row)}
            if not verdict.is_it:
                reason = _may_be(registry, verdict.row)
        self._change(db, backfill_entries.c.id == row.id, **values, **reason_columns(reason))

    def _unread(self, employee_id: int, reason: Reason) -> None:
        """It is not known what the registry has of the person: nothing is taken in blindly."""
        mine = backfill_entries.c.employee_id == employee_id
        with self._store.writing() as db:
            values = {"kind": Kind.UNREAD, "state": EntryState.TO_DECIDE, **reason_columns(reason)}
            self._change(db, mine & _IS_TO_BE_HELD, **values)

    def _change(self, db: Connection, which: ColumnElement[bool], **values: Any) -> None:
        db.execute(
            update(backfill_entries)
            .where(which, backfill_entries.c.backfill_id == self._number)
            .values(changed_at=self._clock(), **values)
        )


def askable(bridge: Bridge, lms: Lms) -> list[CataloguedCourse]:
    """The courses of the catalogue of which `lms` can be asked who has completed them."""
    with bridge.store.reading() as db:
        catalogue = current_catalogue(db)
    return [
        entry
        for entry in catalogue.courses
        if lms.abilities.tells_completions
        and entry.course.lms in ("", lms.name)
        and can_be_pulled(entry.course, bridge.settings.recognition)
    ]


def as_json(row: RecordedTraining) -> dict[str, Any]:
    """What a row says, as it is kept."""
    found: dict[str, Any] = msgspec.to_builtins(row)
    return {name: value for name, value in found.items() if value not in (None, "")}


def _may_be(registry: str, row: RecordedTraining) -> Reason:
    days = "–".join(str(day) for day in dict.fromkeys((row.starts, row.ends)) if day)
    return Reason(
        "backfill_conflict",
        remote=f"registry.{registry}",
        name=row.name or row.certificate_number or "–",
        days=days or "–",
        hours="–" if row.hours is None else row.hours,
        number=row.certificate_number or "–",
    )


# What no registry was found to have, and no person has decided about.
_IS_TO_BE_HELD = backfill_entries.c.decided_by.is_(None) & or_(
    (backfill_entries.c.kind == Kind.NEW) & (backfill_entries.c.state == EntryState.DUE),
    backfill_entries.c.kind == Kind.UNREAD,
)
