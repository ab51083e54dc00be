"""Recording a completion in a registry: list, match, and only then write.

The registries know no idempotency key and check for no duplicates (registry facts,
section 5), and they commit a row and then time out. So a row is written only after the
person's history has been read and holds none that is ours; what is about to be sent is
written down before; and after an answer that did not come, nothing is done until the row
must have appeared if it ever will (``settle_seconds``), when the history is read again.

Entries of its notebook:

``sent_at``, ``sent``
    when the row was sent, and what it said: by that it is looked up, whatever the course
    says meanwhile. They stand there for as long as the row may have been written.
``given_up_at``
    when nobody waited for the answer any more; from then on the time to settle is counted.
    Where it is missing the worker was cut off, and the next attempt counts from its own
    beginning, for only then is it sure that nothing more is sent.
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
        self._let_settle(notebook)
        employee = self._employee(work, notebook)
        training, others = training_of(work), self._others(work)
        for sought in _sought(training, notebook):
            rows = self._registry.trainings_of(employee, sought.kind)
            if row := match(sought, rows, others):
                found = notebook.time("sent_at") is None
                return _recorded(row.id, sought, notebook, found=found)
        notebook.strike("given_up_at")
        notebook.note(sent_at=self._clock(), sent=msgspec.to_builtins(training))
        try:
            row_id = self._registry.record(employee, training)
        except DeliveryError as error:
            if error.outcome_unknown:
                notebook.enter(given_up_at=self._clock())
            else:
                notebook.strike("sent_at", "sent")
            raise
        return _recorded(row_id, training, notebook, found=False)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        given_up_at = notebook.time("given_up_at")
        return given_up_at + self._settle if given_up_at else None

    def _let_settle(self, notebook: Notebook) -> None:
        """Go on only if what was sent before, and not answered, can be looked up by now."""
        if notebook.time("sent_at") is None:
            return
        now = self._clock()
        if notebook.time("given_up_at") is None:
            notebook.enter(given_up_at=now)
        settled = self.not_before(notebook)
        if settled and now < settled:
            remaining = (settled - now).total_seconds()
            raise DeliveryError(Reason("settling"), retryable=True, retry_after=remaining)

    def _employee(self, work: Work, notebook: Notebook) -> RegistryEmployee:
        if known := known_employee(work, self._registry.name):
            return known
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


def _sought(training: Training, notebook: Notebook) -> list[Training]:
    """What to look for: what was sent before, and what the completion is now."""
    sent = notebook.get("sent")
    before = [msgspec.convert(sent, Training)] if sent else []
    return before + [training] * (training not in before)


def _recorded(row_id: str, training: Training, notebook: Notebook, *, found: bool) -> Outcome:
    notebook.strike("sent_at", "sent", "given_up_at")
    return Outcome(row_id, found=found, recorded=msgspec.to_builtins(training))


def recorded_training(work: Work) -> Training:
    """What the registry was told, or was found to have, when the delivery was done."""
    recorded = work.progress.get("recorded")
    return msgspec.convert(recorded, Training) if recorded else training_of(work)


def training_of(work: Work) -> Training:
    """The completion of `work` as the registry takes it now."""
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


def known_employee(work: Work, registry: str) -> RegistryEmployee | None:
    """What `registry` said of the employee before, if that was by the NIP they have now."""
    stored = work.registry_refs.get(registry)
    known = msgspec.convert(stored, RegistryEmployee) if stored else None
    return known if known and known.nip == work.nip else None


def forget_employee(db: Connection, employee_id: int, registry: str, now: dt.datetime) -> None:
    """The registry does not know the employee (any more): what it said before does not count."""
    known = select(employees.c.registry_refs).where(employees.c.id == employee_id)
    refs = dict(db.execute(known.with_for_update()).scalar_one())
    refs.pop(registry, None)
    db.execute(
        update(employees)
        .where(employees.c.id == employee_id)
        .values(registry_refs=refs, refreshed_at=now)
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
