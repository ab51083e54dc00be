"""Carrying errands out, in the order in which they were asked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

import structlog

from lms_bridge.bridge import Bridge
from lms_bridge.errands import asking
from lms_bridge.errands.asking import Errand, Kind
from lms_bridge.jobs.base import GoOn, JobFailed
from lms_bridge.reasons import Reason
from lms_bridge.reconciling import looking
from lms_bridge.reconciling.findings import FindingState, Repair

log = structlog.get_logger(__name__)

Ended: TypeAlias = Iterable[tuple[Errand, Reason | None]]
"""errands, each as it ends, with why it came to nothing"""


class Carrying:
    """Carries out what is asked of one bridge."""

    def __init__(self, bridge: Bridge, *, clock: Callable[[], dt.datetime]) -> None:
        self._bridge = bridge
        self._store = bridge.store
        self._clock = clock

    def run(self, go_on: GoOn) -> Counter[str]:
        """Do all of it, for as long as `go_on` says so; how much came to something."""
        counts, last = Counter[str](), 0
        with self._store.writing() as db:
            asking.forget(db, self._clock())
        while True:
            with self._store.reading() as db:
                some = asking.open_ones(db, after=last)
            if not some:
                return counts
            for _, alike in groupby(some, key=_together):
                these = list(alike)
                for errand, why in self._carry_out(these):
                    counts["not_done" if why else errand.kind] += 1
                    with self._store.writing() as db:
                        asking.end(db, errand.id, why, self._clock())
                    if not go_on(counts.total()):
                        return counts
            last = some[-1].id

    def _carry_out(self, these: Sequence[Errand]) -> Ended:
        """Do those that belong together. One that is in trouble costs no other its turn."""
        work = self._work[these[0].kind]
        left = {one.id: one for one in these}
        try:
            for errand, why in work(these):
                del left[errand.id]
                yield errand, why
        except Exception:
            log.exception("an errand could not be carried out", errands=list(left))
            yield from ((one, Reason("internal_error")) for one in left.values())

    @property
    def _work(self) -> Mapping[Kind, Callable[[Sequence[Errand]], Ended]]:
        return {
            Kind.REPAIR: self._repair,
            Kind.HISTORY: self._read,
            Kind.REPORT: self._report,
        }

    def _report(self, these: Sequence[Errand]) -> Ended:
        from lms_bridge.errands import reporting  # loads all that reports are made of

        for one in these:
            yield one, reporting.carry_out(self._store, self._bridge.settings, one, self._clock)

    def _repair(self, these: Sequence[Errand]) -> Ended:
        from lms_bridge.reconciling.repairing import Order, Repairs  # loads what calls others

        of_finding = {one.subject: one for one in these}
        with self._store.reading() as db:
            lines = list(looking.lines(db, ids=list(of_finding)))
        first = these[0]
        how = Repair(first.details["how"])
        order = Order(first.asked_by, first.details["why"], how)
        for result in Repairs(self._bridge, clock=self._clock).carry_out(lines, order):
            errand = of_finding.pop(result.finding.id)
            # Where another was quicker, or it was cut off after it was done, it is done.
            over = result.state in (FindingState.APPROVED, FindingState.REPAIRED)
            yield errand, None if over else result.why
        yield from ((one, Reason("finding_gone")) for one in of_finding.values())

    def _read(self, these: Sequence[Errand]) -> Ended:
        from lms_bridge.jobs.read_histories import ReadHistories  # loads what calls others

        for one in these:
            try:
                ReadHistories(self._bridge).read_person(one.subject)
            except JobFailed as failure:
                yield one, Reason("other", text=str(failure))
            else:
                yield one, None  # why it could not be read stands with the reading


def _together(one: Errand) -> tuple[str, ...]:
    """By which errands are carried out at once: repairs that were approved alike."""
    if one.kind is Kind.REPAIR:
        return (one.kind, one.asked_by, one.details["how"], one.details["why"])
    return (one.kind, str(one.id))
