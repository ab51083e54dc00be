"""The job ``reconcile``: LMS, bridge and registries, held against each other.

What is found is kept as a numbered run, for people to decide about
(:mod:`lms_bridge.reconciling`). A row or a badge that was confirmed once and is gone is put
before a person besides; nothing is written or sent again by itself, for somebody may have
removed it on purpose.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import lifecycle
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.jobs.asking import asking
from lms_bridge.jobs.badges import Badges
from lms_bridge.jobs.base import JobFailed, Progress, Stopped, side_by_side
from lms_bridge.jobs.read_histories import Person
from lms_bridge.lms.base import Lms
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.reconciling import keeping
from lms_bridge.reconciling.comparing import LABELS
from lms_bridge.reconciling.findings import Finding, Kind
from lms_bridge.reconciling.keeping import Found
from lms_bridge.reconciling.lms_side import LmsSide
from lms_bridge.reconciling.registry_side import Busy, Looked, RegistrySide
from lms_bridge.reconciling.scope import Scope
from lms_bridge.reconciling.sides import Mine
from lms_bridge.registries.base import Registry
from lms_bridge.store.many import among
from lms_bridge.store.schema import deliveries, findings

log = structlog.get_logger(__name__)

_WHOLE = Scope()


class Reconcile:
    """Compares the whole city, or what `scope` says, and keeps what is amiss."""

    exclusive = True

    def __init__(self, bridge: Bridge, scope: Scope = _WHOLE, *, by: str = "lms-bridge") -> None:
        self._bridge = bridge
        self._store = bridge.store
        self._scope = scope
        self._by = by
        self._people: set[int] | None = None
        self._oldest: dt.datetime | None = None
        self.run_id = 0
        """the number of the run, once it has begun"""

    def has_work(self) -> bool:
        """Always: only the others can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Compare; the trouble of one remote stops no other.

        Raises :exc:`~lms_bridge.reconciling.scope.Nobody`.
        """
        scope, counts, failures = self._scope, Counter[str](), list[str]()
        shown = {name: value for name, value in msgspec.to_builtins(scope).items() if value}
        with self._store.writing() as db:
            self._people = scope.people(db)
            self.run_id = keeping.begin(db, shown, by=self._by, now=utc_now())
        outcome = "failed"
        try:
            for look in self._looks():
                try:
                    look(counts, progress)
                except JobFailed as failure:
                    failures.append(str(failure))
            outcome = "failed" if failures else "done"
        except Stopped:
            outcome = "stopped"
            raise Stopped(counts) from None
        finally:
            with self._store.writing() as db:
                keeping.finish(
                    db,
                    self.run_id,
                    outcome,
                    counts,
                    error="; ".join(failures),
                    oldest_reading=self._oldest,
                    now=utc_now(),
                )
        if failures:
            raise JobFailed("; ".join(failures), counts)
        return counts

    def _looks(self) -> Iterable[Callable[[Counter[str], Progress], None]]:
        scope, narrow = self._scope, self._people is not None
        for registry in self._bridge.registries.values() if scope.registries_too else ():
            if scope.registry in ("", registry.name):
                yield partial(self._compare, registry)
        for lms in self._bridge.lms.values() if scope.lms_too else ():
            if scope.lms in ("", lms.name):
                yield partial(self._ask, lms)
                if not narrow and not scope.course:
                    yield Badges(self._bridge, lms).run

    # --- registries

    def _compare(self, registry: Registry, counts: Counter[str], progress: Progress) -> None:
        side = RegistrySide(self._bridge, registry, clock=utc_now, fresh=self._scope.reads_now)

        def look(person: Person) -> Looked | DeliveryError | Busy | None:
            try:
                return side.look(person)
            except (DeliveryError, Busy) as error:
                return error
            except Exception:
                log.exception("could not compare", remote=side.remote, employee=person.id)
                return DeliveryError(Reason("internal_error"), retryable=True)

        total = None if self._people is None else len(self._people)
        concurrency = self._bridge.settings.remote(side.remote).concurrency
        with asking(self._bridge, side.remote) as asked:
            answers = side_by_side(look, side.people(self._people), concurrency=concurrency)
            for number, (person, answer) in enumerate(answers, start=1):
                if isinstance(answer, DeliveryError):
                    if not isinstance(answer, NotNow):  # else nobody has failed
                        counts["failed"] += 1
                    log.warning(
                        "could not compare",
                        remote=side.remote,
                        employee=person.id,
                        reason=str(answer),
                    )
                    asked.failed(answer, f"employee {person.id}")
                elif answer is None:
                    counts["not_in_registry"] += 1
                    asked.answered()
                elif isinstance(answer, Busy):
                    counts["busy"] += 1
                else:
                    self._take(side, answer, counts)
                    asked.answered()
                progress(number, total)

    def _take(self, side: RegistrySide, looked: Looked, counts: Counter[str]) -> None:
        """Keep what was found about one person, unless something has happened meanwhile."""
        if not self._is_as_before(side, looked):
            with self._store.writing() as db:
                if not side.keep(db, looked):
                    counts["busy"] += 1
                    return
                self._put(db, side, looked, counts)
        counts["compared"] += 1
        self._oldest = min(self._oldest or looked.read_at, looked.read_at)

    def _put(
        self, db: Connection, side: RegistrySide, looked: Looked, counts: Counter[str]
    ) -> None:
        for one, reason in _verdicts(side.remote, looked):
            _put_down(db, one, reason)
        mine = (findings.c.employee_id == looked.person.id) & (findings.c.remote == side.remote)
        wanted = [one for one in looked.findings if self._scope.covers(one, self._people)]
        keeping.put(db, self.run_id, Found(looked.findings, wanted), mine)
        counts.update(f"{one.kind}_found" for one in wanted)

    def _is_as_before(self, side: RegistrySide, looked: Looked) -> bool:
        """Whether there is nothing to write: nothing is amiss, and nothing was."""
        if looked.histories is not None or looked.findings or _told_of(looked):
            return False
        with self._store.reading() as db:
            return not keeping.any_unsettled(db, looked.person.id, side.remote)

    # --- LMSs

    def _ask(self, lms: Lms, counts: Counter[str], progress: Progress) -> None:
        side = LmsSide(self._bridge, lms, clock=utc_now)
        entries = side.courses(self._scope.course)
        if not entries:
            return
        with asking(self._bridge, side.remote) as asked:
            for number, entry in enumerate(entries, start=1):
                try:
                    found = side.look(entry, counts, self._people)
                except DeliveryError as error:
                    counts["failed"] += 1
                    asked.failed(error, entry.course.key)
                    continue
                asked.answered()
                mine = (findings.c.course_key == entry.course.key) & (
                    findings.c.remote == side.remote
                )
                if self._people is not None:  # nobody else was asked about
                    mine &= among(findings.c.employee_id, list(self._people))
                wanted = [one for one in found if self._scope.covers(one, self._people)]
                with self._store.writing() as db:
                    keeping.put(db, self.run_id, Found(found, wanted), mine)
                counts.update(f"{one.kind}_found" for one in wanted)
                progress(number, len(entries))


def _told_of(looked: Looked) -> bool:
    """Whether it is said of a delivery of theirs that its row differs."""
    return any(one.record and one.record.reason == "row_differs" for one in looked.mine)


def _verdicts(remote: str, looked: Looked) -> Iterable[tuple[Mine, Reason]]:
    """What is to be said of each row that was confirmed."""
    found = {
        one.completion_id: one
        for one in looked.findings
        if one.kind in (Kind.VANISHED, Kind.DIFFERING) and one.completion_id
    }
    linkable = {one.completion_id for one in looked.findings if one.kind == Kind.EXTRA}
    for mine in looked.mine:
        record = mine.record
        if record is None or record.state != State.DONE or not mine.stands:
            continue
        finding = found.get(mine.id)
        vanished = finding is not None and finding.kind == Kind.VANISHED
        if vanished or mine.id in linkable:
            yield (
                mine,
                Reason("row_vanished", remote=remote, row=mine.row_id, delivery=record.id),
            )
        elif finding is not None:
            yield mine, _differs(remote, finding)
        elif record.reason == "row_differs":
            yield mine, Reason("done")


def _differs(remote: str, finding: Finding) -> Reason:
    fields: dict[str, Any] = finding.details["fields"]
    field, (theirs, ours) = next(iter(fields.items()))
    return Reason(
        "row_differs",
        remote=remote,
        row=finding.row_id,
        field=LABELS[field],
        theirs=theirs,
        ours=ours,
    )


def _put_down(db: Connection, one: Mine, reason: Reason) -> None:
    """Keep what was found, unless something has happened to the delivery meanwhile."""
    assert one.record is not None
    if reason.code != "done":
        log.warning("not as recorded", delivery=one.record.id, reason=reason.sentence())
    vanished = reason.code == "row_vanished"
    db.execute(
        update(deliveries)
        .where(
            deliveries.c.id == one.record.id,
            deliveries.c.state.in_(lifecycle.sources("diverge")),
            deliveries.c.fence == one.record.fence,
        )
        .values(
            state=lifecycle.leads_to("diverge") if vanished else State.DONE,
            changed_at=utc_now(),
            **reason_columns(reason),
        )
    )
