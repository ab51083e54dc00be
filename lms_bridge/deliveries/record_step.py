"""Recording a completion in a registry: list, match, and only then write.

The registries know no idempotency key and check for no duplicates (registry facts,
section 5), and they commit a row and then time out. So a row is written only after the
person's history has been read and holds none that is ours; the intention is written down
before the row is sent; and after an answer that did not come, nothing is done until the
row must have appeared if it ever will (``settle_seconds``), when the history is read again.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.deliveries.matching import Ours, match
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import Registry, RegistryEmployee, Training
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, deliveries, employees


class RecordStep:
    """The step "record" at one registry."""

    def __init__(
        self, registry: Registry, store: Store, *, clock: Clock, settle_seconds: float
    ) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._settle = dt.timedelta(seconds=settle_seconds)

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        settled = self.not_before(notebook)
        if settled and self._clock() < settled:
            raise DeliveryError(Reason("settling"), retryable=True, outcome_unknown=True)
        employee = self._employee(work, notebook)
        training = training_of(work)
        rows = self._registry.trainings_of(employee, training.kind)
        if row := match(training, rows, self._others(work)):
            found = notebook.time("sent_at") is None
            notebook.strike("sent_at")
            return Outcome(row.id, found=found)
        notebook.note(sent_at=self._clock().isoformat())
        try:
            row_id = self._registry.record(employee, training)
        except DeliveryError as error:
            if not error.outcome_unknown:
                notebook.strike("sent_at")
            raise
        notebook.strike("sent_at")
        return Outcome(row_id, found=False)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        sent_at = notebook.time("sent_at")
        return sent_at + self._settle if sent_at else None

    def _employee(self, work: Work, notebook: Notebook) -> RegistryEmployee:
        known = work.registry_refs.get(self._registry.name)
        if known:
            return msgspec.convert(known, RegistryEmployee)
        employee = self._registry.find_employee(work.nip)
        if employee is None:
            raise DeliveryError(
                Reason("employee_not_in_registry", remote=work.remote, nip=work.nip),
                retryable=False,
            )
        now, name = self._clock(), self._registry.name
        notebook.also(lambda db: remember_employee(db, work.employee_id, name, employee, now))
        return employee

    def _others(self, work: Work) -> Ours:
        """What the person's other completions have, or may be about to get, in this registry."""
        query = (
            select(deliveries.c.result_id, completions.c.certificate_number)
            .join(completions, deliveries.c.completion_id == completions.c.id)
            .where(
                completions.c.employee_id == work.employee_id,
                deliveries.c.remote == work.remote,
                deliveries.c.step == "record",
                completions.c.id != work.completion_id,
            )
        )
        with self._store.reading() as db:
            rows = db.execute(query).all()
        return Ours(
            ids=frozenset(row.result_id for row in rows if row.result_id),
            numbers=frozenset(row.certificate_number for row in rows),
        )


def training_of(work: Work) -> Training:
    """The completion of `work` as the registry takes it."""
    course = work.course
    return Training(
        name=course.name,
        organiser=course.organiser,
        kind=course.kind,
        hours=work.hours,
        certificate_number=work.certificate_number,
        starts=work.starts,
        ends=work.ends,
        structural_training=course.structural_training,
    )


def remember_employee(
    db: Connection, employee_id: int, registry: str, employee: RegistryEmployee, now: dt.datetime
) -> None:
    """Keep what the registry says of the employee, as little as the bridge needs."""
    known = select(employees.c.registry_refs).where(employees.c.id == employee_id)
    refs = dict(db.execute(known.with_for_update()).scalar_one())
    refs[registry] = msgspec.to_builtins(employee)
    db.execute(
        update(employees)
        .where(employees.c.id == employee_id)
        .values(
            registry_refs=refs,
            name=employee.name or employees.c.name,
            unit_id=employee.unit_id,
            unit_name=employee.unit_name,
            status=employee.status,
            refreshed_at=now,
        )
    )
