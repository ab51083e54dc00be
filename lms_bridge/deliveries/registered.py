"""Who an employee is in a registry: asked once, kept, and forgotten when it is so no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.deliveries.step import Clock, Notebook
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.people import postings, service
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import RecordedTraining, Registry, RegistryEmployee
from lms_bridge.store.schema import employees
from lms_bridge.typed import convert


class Registered:
    """The employee of `work` in `registry`, asked for if that has not been done before.

    Raises :exc:`~lms_bridge.errors.DeliveryError` if the registry knows nobody with the NIP.
    """

    def __init__(self, registry: Registry, work: Work, notebook: Notebook, clock: Clock) -> None:
        self._registry = registry
        self._work = work
        self._notebook = notebook
        self._clock = clock
        known = known_employee(work, registry.name)
        self._may_have_left = known is not None
        self.employee = known or self._found()

    def history(self, kind: int) -> Sequence[RecordedTraining]:
        """The rows of the history that a training of `kind` belongs to.

        A registry says "not found" of an empty history and of a NIP that it does not know any
        more alike, and in that case the rows are under another one. So of somebody who was
        found some time ago, an empty history is believed only if they are still there.
        """
        rows = self._registry.trainings_of(self.employee, kind)
        if rows or not self._may_have_left:
            return rows
        before, self.employee = self.employee, self._found()
        self._may_have_left = False
        if self.employee.person_id == before.person_id:
            return rows
        return self._registry.trainings_of(self.employee, kind)

    def _found(self) -> RegistryEmployee:
        work, name, now = self._work, self._registry.name, self._clock()
        employee = self._registry.find_employee(work.nip)
        if employee is None:
            if self._may_have_left:
                self._notebook.also(lambda db: forget_employee(db, work.employee_id, name, now))
            raise DeliveryError(
                Reason("employee_not_in_registry", remote=work.remote, nip=work.nip),
                retryable=False,
            )
        self._notebook.also(lambda db: remember_employee(db, work.employee_id, name, employee, now))
        return employee


def known_employee(work: Work, registry: str) -> RegistryEmployee | None:
    """What `registry` said of the employee before, if that was by the NIP they have now."""
    return known_as(work.nip, work.registry_refs, registry)


def known_as(nip: str, refs: Mapping[str, Any], registry: str) -> RegistryEmployee | None:
    """What `registry` said before of who has that `nip`; `refs` is what is kept of that."""
    stored = refs.get(registry)
    known = convert(stored, RegistryEmployee) if stored else None
    return known if known and known.nip == nip else None


def forget_employee(db: Connection, employee_id: int, registry: str, now: dt.datetime) -> None:
    """The registry does not know the employee (any more): what it said before does not count."""
    refs = _refs(db, employee_id)
    refs.pop(registry, None)
    db.execute(_UPDATE, {"employee": employee_id, "registry_refs": refs, "refreshed_at": now})
    postings.note(db, employee_id, registry, "", "", now, left=True)


def remember_employee(
    db: Connection, employee_id: int, registry: str, employee: RegistryEmployee, now: dt.datetime
) -> None:
    """Keep what the registry says of the employee, as little as the bridge needs."""
    refs = _refs(db, employee_id)
    refs[registry] = msgspec.to_builtins(employee)
    told: dict[str, Any] = {
        "registry_refs": refs,
        "unit_id": employee.unit_id,
        "unit_name": employee.unit_name,
        "status": employee.status,
        "refreshed_at": now,
    }
    if employee.name:
        told["name"] = employee.name
    db.execute(_UPDATE, {"employee": employee_id, **told})
    left = service.standing(employee.status) in ("retired", "inactive")
    postings.note(db, employee_id, registry, employee.unit_id, employee.unit_name, now, left=left)


def _refs(db: Connection, employee_id: int) -> dict[str, Any]:
    return dict(db.execute(_REFS, {"employee": employee_id}).scalar_one())


# Made once, for most deliveries to a registry begin with somebody who is new there.
_MINE = employees.c.id == bindparam("employee")
_REFS = select(employees.c.registry_refs).where(_MINE).with_for_update()
_UPDATE = update(employees).where(_MINE)
