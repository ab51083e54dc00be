"""Mending what was found, once somebody has approved it.

Nothing is written to a registry here: a repair sets a delivery going, and that does the writing
with all its promises. Before, the person is looked at again, and their findings are made anew.
Only what is found again, to the letter, is repaired; and only if nothing has happened to the
deliveries since, which is seen in the transaction that sets them going and says so of the finding.
So a repair that is given twice, or cut off, is done once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection, select, update

from lms_bridge.bridge import Bridge
from lms_bridge.deliveries.step import Clock
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.asking import asking
from lms_bridge.jobs.base import JobFailed, side_by_side
from lms_bridge.reasons import Reason
from lms_bridge.reconciling.findings import Finding, FindingState, Repair
from lms_bridge.reconciling.going import Approval, Cannot, set_going
from lms_bridge.reconciling.lms_side import TAKEN_IN, LmsSide
from lms_bridge.reconciling.looking import Line
from lms_bridge.reconciling.registry_side import Busy, Looked, RegistrySide
from lms_bridge.store.many import among
from lms_bridge.store.schema import findings

log = structlog.get_logger(__name__)


class Result(msgspec.Struct, frozen=True):
    """What came, or would come, of the repair of one finding."""

    finding: Line
    repair: Repair | None
    """None: nothing is done, and `why` says why"""
    state: FindingState
    why: Reason | None = None


class Order(NamedTuple):
    """What somebody has approved."""

    by: str
    why: str
    how: Repair | None = None
    """which of several repairs; None: the only one"""
    dry_run: bool = False


class Repairs:
    """Repairs findings of one bridge."""

    def __init__(self, bridge: Bridge, *, clock: Clock) -> None:
        self._bridge = bridge
        self._store = bridge.store
        self._clock = clock

    def carry_out(self, lines: Sequence[Line], order: Order) -> Iterator[Result]:
        """Repair what those lines say, or with a dry run only say what would be done."""
        chosen: dict[str, list[tuple[Line, Repair]]] = {}
        for line in lines:
            choice = _choice(line, order.how)
            if isinstance(choice, Reason):
                yield _nothing(line, choice)
            else:
                chosen.setdefault(line.remote, []).append((line, choice))
        for remote, some in chosen.items():
            kind, _, name = remote.partition(".")
            known = self._bridge.registries if kind == "registry" else self._bridge.lms
            if name not in known:
                missing = Reason("remote_not_configured", remote=remote)
                yield from (_nothing(line, missing) for line, _ in some)
                continue
            try:
                with asking(self._bridge, remote):
                    if kind == "registry":
                        yield from self._in_registry(name, some, order)
                    else:
                        yield from self._in_lms(name, some, order)
            except JobFailed as failure:
                log.warning("could not look again", remote=remote, reason=str(failure))
                yield from (_nothing(line, Reason("other", text=str(failure))) for line, _ in some)

    # --- registries

    def _in_registry(
        self, name: str, some: Sequence[tuple[Line, Repair]], order: Order
    ) -> Iterator[Result]:
        side = RegistrySide(self._bridge, self._bridge.registries[name], clock=self._clock)
        ids = [line.id for line, _ in some]
        with self._store.reading() as db:
            query = select(findings.c.id, findings.c.employee_id, findings.c.fingerprint)
            kept = {row.id: row for row in db.execute(query.where(among(findings.c.id, ids)))}
        of_person: dict[int, list[tuple[Line, Repair]]] = {}
        for line, repair in some:
            of_person.setdefault(kept[line.id].employee_id, []).append((line, repair))

        def look(person: Any) -> Looked | Reason:
            try:
                looked = side.look_now(person)
            except Busy:
                return Reason("finding_busy")
            except DeliveryError as error:
                if error.remote_wide:
                    raise
                return error.reason
            return looked or Reason("nobody_there", remote=side.remote, nip=person.nip)

        concurrency = self._bridge.settings.remote(side.remote).concurrency
        people = side.people(of_person)
        for person, looked in side_by_side(look, people, concurrency=concurrency):
            mine = of_person[person.id]
            if isinstance(looked, Reason):
                yield from (_nothing(line, looked) for line, _ in mine)
                continue
            now_found = {one.fingerprint: one for one in looked.findings}
            pairs = [
                (line, repair, now_found.get(kept[line.id].fingerprint)) for line, repair in mine
            ]
            if order.dry_run:
                yield from (_would(line, repair, found) for line, repair, found in pairs)
            else:
                yield from self._of_person(side, looked, pairs, order)

    def _of_person(
        self,
        side: RegistrySide,
        looked: Looked,
        pairs: Sequence[tuple[Line, Repair, Finding | None]],
        order: Order,
    ) -> list[Result]:
        results = []
        with self._store.writing() as db:
            unchanged = side.keep(db, looked)
            for line, repair, found in pairs:
                if not unchanged:
                    results.append(_nothing(line, Reason("finding_busy")))
                elif not _is_open(db, line.id):
                    results.append(_nothing(line, Reason("finding_decided")))
                elif found is None or repair not in found.repairs:
                    if found is None:
                        _set(db, line.id, FindingState.GONE)
                    results.append(_would(line, repair, found))
                else:
                    results.append(self._approve(db, line, repair, found, looked, order))
        return results

    def _approve(
        self,
        db: Connection,
        line: Line,
        repair: Repair,
        found: Finding,
        looked: Looked,
        order: Order,
    ) -> Result:
        now = self._clock()
        try:
            delivery = set_going(db, repair, found, looked, self._correcting(order), now)
        except Cannot as cannot:
            return _nothing(line, cannot.reason)
        _set(db, line.id, FindingState.APPROVED, repair, order, now, delivery_id=delivery)
        log.info("repair approved", finding=line.id, repair=repair, by=order.by)
        return Result(line, repair, FindingState.APPROVED)

    def _correcting(self, order: Order) -> Approval:
        remotes = [f"registry.{name}" for name in self._bridge.settings.registry]
        return Approval(order.by, order.why, remotes)

    # --- LMSs

    def _in_lms(
        self, name: str, some: Iterable[tuple[Line, Repair]], order: Order
    ) -> Iterator[Result]:
        side = LmsSide(self._bridge, self._bridge.lms[name], clock=self._clock)
        for line, repair in some:
            about = line.details
            try:
                pulled = side.look_again(line.course, about["course"], about["user"])
                if pulled is None or side.is_known(pulled):
                    if not order.dry_run:
                        with self._store.writing() as db:
                            _set(db, line.id, FindingState.GONE)
                    yield _nothing(line, Reason("finding_gone"), FindingState.GONE)
                elif order.dry_run:
                    yield Result(line, repair, FindingState.OPEN)
                else:
                    came_to = side.take_in(pulled)
                    with self._store.writing() as db:
                        _set(db, line.id, FindingState.REPAIRED, repair, order, self._clock())
                    why = None if came_to == TAKEN_IN else Reason("taken_in_waits")
                    yield Result(line, repair, FindingState.REPAIRED, why)
            except DeliveryError as error:
                if error.remote_wide:
                    raise
                yield _nothing(line, error.reason)


def _choice(line: Line, how: Repair | None) -> Repair | Reason:
    """Which repair of the finding is meant, or why none is."""
    if line.state != FindingState.OPEN:
        return Reason("finding_decided")
    offered = [Repair(one) for one in line.repairs]
    if not offered:
        return Reason("finding_for_a_person")
    if how is None:
        return offered[0] if len(offered) == 1 else Reason("repair_to_be_chosen")
    return how if how in offered else Reason("repair_not_offered")


def _would(line: Line, repair: Repair, found: Finding | None) -> Result:
    if found is None:
        return _nothing(line, Reason("finding_gone"), FindingState.GONE)
    if repair not in found.repairs:
        return _nothing(line, Reason("repair_not_offered"))
    return Result(line, repair, FindingState.OPEN)


def _nothing(line: Line, why: Reason, state: FindingState | None = None) -> Result:
    return Result(line, None, state or FindingState(line.state), why)


def _is_open(db: Connection, finding_id: int) -> bool:
    mine = select(findings.c.state).where(findings.c.id == finding_id).with_for_update()
    return db.execute(mine).scalar() == FindingState.OPEN


def _set(
    db: Connection,
    finding_id: int,
    state: FindingState,
    repair: Repair | None = None,
    order: Order | None = None,
    now: dt.datetime | None = None,
    *,
    delivery_id: int | None = None,
) -> None:
    values: dict[str, Any] = {"state": state}
    if order is not None:
        values |= {"repair": repair, "delivery_id": delivery_id, "decided_at": now}
        values |= {"decided_by": order.by, "decided_why": order.why}
    mine = (findings.c.id == finding_id) & (findings.c.state == FindingState.OPEN)
    db.execute(update(findings).where(mine).values(**values))
