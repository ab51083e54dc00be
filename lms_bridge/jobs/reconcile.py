"""The job ``reconcile``: what the bridge believes, held against what the others say.

A row or a badge that was confirmed once and is gone is put before a person; nothing is
written or sent again by itself, for somebody may have removed it on purpose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import structlog
from sqlalchemy import ColumnElement, Connection, Select, exists, func, select, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import lifecycle, work
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.matching import key
from lms_bridge.deliveries.record_step import recorded_training
from lms_bridge.deliveries.registered import known_employee
from lms_bridge.deliveries.standing import UNDONE_BY
from lms_bridge.deliveries.work import Confirmed
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.asking import asking
from lms_bridge.jobs.base import JobFailed, Progress, Stopped, patiently, side_by_side
from lms_bridge.lms.base import Lms
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.registries.base import RecordedTraining, Registry
from lms_bridge.store.schema import completions, deliveries

log = structlog.get_logger(__name__)

_PEOPLE_AT_ONCE = 200

Findings = list[tuple[Confirmed, Reason | None]]
"""what became of each delivery; None: it is as it was confirmed"""
Look = Callable[[Sequence[Confirmed]], Findings]
"""looks up all that was confirmed for one person"""


class Reconcile:
    """Looks up every delivery that is done."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Always: only the others can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Compare all that was confirmed; the trouble of one remote stops no other."""
        looks: dict[str, Look] = {}
        for registry in self._bridge.registries.values():
            looks[f"registry.{registry.name}"] = partial(_rows, registry)
        for lms in self._bridge.lms.values():
            looks[f"lms.{lms.name}"] = partial(_badges, lms)
        counts: Counter[str] = Counter()
        failures: list[str] = []
        for remote, look in looks.items():
            try:
                self._compare(remote, look, counts, progress)
            except JobFailed as failure:
                failures.append(str(failure))
            except Stopped:
                raise Stopped(counts) from None
        if failures:
            raise JobFailed("; ".join(failures), counts)
        return counts

    def _compare(self, remote: str, look: Look, counts: Counter[str], progress: Progress) -> None:
        with self._bridge.store.reading() as db:
            everybody = _people(remote).subquery()
            total = db.execute(select(func.count()).select_from(everybody)).scalar_one()
        if not total:
            return

        def safely(mine: Sequence[Confirmed]) -> Findings | DeliveryError:
            try:
                return look(mine)
            except DeliveryError as error:
                if error.remote_wide:
                    raise
                return error
            except Exception:
                log.exception("could not compare", remote=remote)
                return DeliveryError(Reason("internal_error"), retryable=True)

        concurrency = self._bridge.settings.remote(remote).concurrency
        with asking(self._bridge, remote):
            answers = side_by_side(safely, self._by_person(remote), concurrency=concurrency)
            for number, (mine, answer) in enumerate(answers, start=1):
                if isinstance(answer, DeliveryError):
                    log.warning("could not compare", remote=remote, reason=str(answer))
                    counts["failed"] += len(mine)
                else:
                    counts["not_compared"] += len(mine) - len(answer)
                    self._take(answer, counts)
                progress(number, total)

    def _by_person(self, remote: str) -> Iterator[list[Confirmed]]:
        """What was confirmed, person by person, read a few people at a time."""
        last = 0
        while True:
            with self._bridge.store.reading() as db:
                some = _people(remote).where(completions.c.employee_id > last)
                people = db.scalars(some.limit(_PEOPLE_AT_ONCE)).all()
                if not people:
                    return
                last = people[-1]
                mine = _compared(remote) & completions.c.employee_id.in_(people)
                confirmed = work.load_confirmed(db, mine, now=utc_now())
            by_person: dict[int, list[Confirmed]] = {}
            for one in confirmed:
                by_person.setdefault(one.work.employee_id, []).append(one)
            yield from by_person.values()

    def _take(self, findings: Findings, counts: Counter[str]) -> None:
        for one, reason in findings:
            counts["as_recorded" if reason is None else reason.code] += 1
            found = reason or Reason("done")
            if found != one.reason:
                with self._bridge.store.writing() as db:
                    _put_down(db, one, found)


def _people(remote: str) -> Select[int]:
    """The employees with anything confirmed at `remote`, in order."""
    mine = exists().where(
        deliveries.c.completion_id == completions.c.id,
        _compared(remote),
        deliveries.c.state == State.DONE,
    )
    people = select(completions.c.employee_id).where(mine).distinct()
    return people.order_by(completions.c.employee_id)


def _compared(remote: str) -> ColumnElement[bool]:
    """That a delivery brought something to `remote` that should be there."""
    return (deliveries.c.remote == remote) & deliveries.c.step.in_(UNDONE_BY)


def _rows(registry: Registry, mine: Sequence[Confirmed]) -> Findings:
    """What the registry says of one person's rows; nothing if it knows them no more."""
    first = mine[0].work
    employee = known_employee(first, registry.name) or patiently(registry.find_employee, first.nip)
    if employee is None:
        return []
    rows: dict[str, RecordedTraining] = {}
    for kind in {recorded_training(one.work).kind for one in mine}:
        rows |= {row.id: row for row in patiently(registry.trainings_of, employee, kind)}
    return [(one, _difference(one, rows.get(one.result_id))) for one in mine if one.result_id]


def _badges(lms: Lms, mine: Sequence[Confirmed]) -> Findings:
    """What the LMS says of one person's badges."""
    found: Findings = []
    for one in mine:
        award = one.work.course.badge
        account = one.work.progress.get("account") or one.work.lms_user_id
        if award is None or not account:
            continue
        gone = Reason("badge_vanished", remote=one.work.remote, badge=award.name)
        found.append((one, None if patiently(lms.find_badge, account, award) else gone))
    return found


def _difference(one: Confirmed, row: RecordedTraining | None) -> Reason | None:
    remote, ours = one.work.remote, recorded_training(one.work)
    if row is None:
        return Reason(
            "row_vanished", remote=remote, row=one.result_id, delivery=one.work.delivery_id
        )
    # The row of a structural training keeps another name (registry facts, section 2).
    name = "" if ours.structural_training else row.name
    for field, theirs, mine in (
        ("JP", row.hours, ours.hours),
        ("tanggalSelesai", row.ends, ours.ends),
        ("namaKursus", name, ours.name),
    ):
        if theirs not in (None, "") and key(str(theirs)) != key(str(mine)):
            return Reason(
                "row_differs",
                remote=remote,
                row=one.result_id,
                field=field,
                theirs=theirs,
                ours=mine,
            )
    return None


def _put_down(db: Connection, one: Confirmed, reason: Reason) -> None:
    """Keep what was found, unless something has happened to the delivery meanwhile."""
    if reason.code != "done":
        log.warning("not as recorded", delivery=one.work.delivery_id, reason=reason.sentence())
    vanished = reason.code == "row_vanished"
    db.execute(
        update(deliveries)
        .where(
            deliveries.c.id == one.work.delivery_id,
            deliveries.c.state.in_(lifecycle.sources("diverge")),
            deliveries.c.fence == one.work.fence,
        )
        .values(
            state=lifecycle.leads_to("diverge") if vanished else State.DONE,
            changed_at=utc_now(),
            **reason_columns(reason),
        )
    )
