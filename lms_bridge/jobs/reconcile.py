"""The job ``reconcile``: what the bridge believes, held against what the others say.

A row or a badge that was confirmed once and is gone is put before a person; nothing is
written or sent again by itself, for somebody may have removed it on purpose.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, select, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.catalogue.course import STRUCTURAL
from lms_bridge.deliveries import lifecycle, work
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.record_step import training_of
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.base import JobFailed, Progress, patiently, side_by_side
from lms_bridge.lms.base import Lms
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.registries.base import RecordedTraining, Registry, RegistryEmployee, Training
from lms_bridge.store.schema import completions, deliveries

log = structlog.get_logger(__name__)


class Reconcile:
    """Looks up every delivery that is done."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Always: only the others can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Compare every row and badge that was confirmed."""
        counts: Counter[str] = Counter()
        for registry in self._bridge.registries.values():
            remote = f"registry.{registry.name}"
            self._compare(
                remote, lambda people, r=registry: self._rows(r, people), counts, progress
            )
        for lms in self._bridge.lms.values():
            remote = f"lms.{lms.name}"
            self._compare(remote, lambda people, p=lms: self._badges(p, people), counts, progress)
        return counts

    def _compare(self, remote: str, look: Any, counts: Counter[str], progress: Progress) -> None:
        with self._bridge.store.reading() as db:
            people = _by_person(db, remote)
        concurrency = self._bridge.settings.remote(remote).concurrency
        answers = side_by_side(look, people.values(), concurrency=concurrency)
        for number, (_, findings) in enumerate(answers, start=1):
            for one, reason in findings:
                counts["as_recorded" if reason is None else reason.code] += 1
                if reason is not None:
                    self._put_before_a_person(one, reason)
            progress(number, len(people))

    def _rows(
        self, registry: Registry, works: list[tuple[Work, str]]
    ) -> list[tuple[Work, Reason | None]]:
        """What the registry says of one person's rows."""
        known = works[0][0].registry_refs.get(registry.name)
        try:
            employee = (
                msgspec.convert(known, RegistryEmployee)
                if known
                else patiently(registry.find_employee, works[0][0].nip)
            )
            if employee is None:
                return []
            rows: dict[str, RecordedTraining] = {}
            for kind in {one.course.kind for one, _ in works}:
                found = patiently(registry.trainings_of, employee, kind)
                rows |= {row.id: row for row in found}
        except DeliveryError as error:
            return self._not_asked(error)
        return [
            (one, _difference(one, row_id, rows.get(row_id), training_of(one)))
            for one, row_id in works
        ]

    def _badges(self, lms: Lms, works: list[tuple[Work, str]]) -> list[tuple[Work, Reason | None]]:
        """What the LMS says of one person's badges."""
        found: list[tuple[Work, Reason | None]] = []
        for one, _ in works:
            award = one.course.badge
            if award is None or not one.lms_user_id:
                continue
            try:
                badge = patiently(lms.find_badge, one.lms_user_id, award)
            except DeliveryError as error:
                return self._not_asked(error)
            gone = Reason("badge_vanished", remote=one.remote, badge=award.name)
            found.append((one, None if badge else gone))
        return found

    def _not_asked(self, error: DeliveryError) -> list[tuple[Work, Reason | None]]:
        if error.remote_wide:
            raise JobFailed(error.reason.sentence()) from error
        log.warning("could not compare", reason=error.reason.sentence())
        return []

    def _put_before_a_person(self, one: Work, reason: Reason) -> None:
        reason = Reason(reason.code, **{**reason.details, "delivery": one.delivery_id})
        vanished = reason.code == "row_vanished"
        state = lifecycle.after(State.DONE, "diverge") if vanished else State.DONE
        log.warning("not as recorded", delivery=one.delivery_id, reason=reason.sentence())
        with self._bridge.store.writing() as db:
            db.execute(
                update(deliveries)
                .where(deliveries.c.id == one.delivery_id, deliveries.c.state == State.DONE)
                .values(state=state, changed_at=utc_now(), **reason_columns(reason))
            )


def _by_person(db: Connection, remote: str) -> dict[int, list[tuple[Work, str]]]:
    query = (
        select(deliveries.c.id, deliveries.c.result_id, completions.c.employee_id)
        .join(completions, deliveries.c.completion_id == completions.c.id)
        .where(deliveries.c.remote == remote, deliveries.c.state == State.DONE)
        .order_by(completions.c.employee_id, deliveries.c.id)
    )
    people: dict[int, list[tuple[Work, str]]] = {}
    for row in db.execute(query).all():
        one = work.load(db, row.id, started_at=utc_now())
        people.setdefault(row.employee_id, []).append((one, row.result_id))
    return people


def _difference(
    one: Work, row_id: str, row: RecordedTraining | None, ours: Training
) -> Reason | None:
    if row is None:
        return Reason("row_vanished", remote=one.remote, row=row_id)
    # The list of structural trainings keeps no name (registry facts, section 2).
    name = "" if ours.kind == STRUCTURAL else row.name
    for field, theirs, mine in (
        ("JP", row.hours, ours.hours),
        ("tanggalSelesai", row.ends, ours.ends),
        ("namaKursus", name, ours.name),
    ):
        if theirs not in (None, "") and theirs != mine:
            return Reason(
                "row_differs", remote=one.remote, row=row_id, field=field, theirs=theirs, ours=mine
            )
    return None
