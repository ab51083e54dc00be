"""The job ``refresh_employees``: who is where, and which work units there are."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import structlog
from sqlalchemy import or_, select

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries.registered import forget_employee, remember_employee
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.asking import asking
from lms_bridge.jobs.base import Progress, in_each, patiently, side_by_side
from lms_bridge.people import units
from lms_bridge.people.erased import IS_SOMEBODY
from lms_bridge.registries.base import ListsUnits, Registry, RegistryEmployee
from lms_bridge.store.schema import employees

log = structlog.get_logger(__name__)

_FRESH = dt.timedelta(hours=12)
"""who was looked up this recently is not looked up again, so that a broken-off run goes on"""

Person = tuple[int, str]
"""the employee's id and NIP"""


class RefreshEmployees:
    """Looks every known employee up in every registry, the longest unseen first."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Always: only the registry can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Refresh who was not refreshed just now; one registry in trouble stops no other."""
        stale = or_(
            employees.c.refreshed_at.is_(None), employees.c.refreshed_at < utc_now() - _FRESH
        )
        query = select(employees.c.id, employees.c.nip).where(stale, IS_SOMEBODY)
        with self._bridge.store.reading() as db:
            rows = db.execute(query.order_by(employees.c.refreshed_at.nulls_first(), "id"))
            people = [(row.id, row.nip) for row in rows]
        counts: Counter[str] = Counter()

        def refresh(registry: Registry) -> None:
            if isinstance(registry, ListsUnits):
                self._refresh_units(registry.name, registry, counts)
            if people:
                self._refresh(registry, people, counts, progress)

        in_each(self._bridge.registries.values(), refresh, counts)
        return counts

    def _refresh(
        self, registry: Registry, people: list[Person], counts: Counter[str], progress: Progress
    ) -> None:
        remote = f"registry.{registry.name}"

        def look_up(person: Person) -> RegistryEmployee | DeliveryError | None:
            try:
                return patiently(registry.find_employee, person[1])
            except DeliveryError as error:
                return error

        concurrency = self._bridge.settings.remote(remote).concurrency
        with asking(self._bridge, remote) as asked:
            answers = side_by_side(look_up, people, concurrency=concurrency)
            for number, ((employee_id, _), answer) in enumerate(answers, start=1):
                counts[self._take(registry.name, employee_id, answer)] += 1
                if isinstance(answer, DeliveryError):
                    asked.failed(answer, f"employee {employee_id}")
                else:
                    asked.answered()
                progress(number, len(people))

    def _refresh_units(self, name: str, registry: ListsUnits, counts: Counter[str]) -> None:
        """Keep the work units; a registry that tells none of them is asked about people anyway."""
        with asking(self._bridge, f"registry.{name}"):
            try:
                listed = patiently(registry.units)
            except DeliveryError as error:
                # Also an address that is not there: not every way to SIASN has this one.
                if error.remote_wide and error.reason.code != "unreadable_answer":
                    raise
                log.warning("could not read the work units", registry=name, reason=str(error))
                counts["failed"] += 1
                return
        with self._bridge.store.writing() as db:
            counts.update(units.put(db, name, listed, now=utc_now()))

    def _take(
        self, registry: str, employee_id: int, answer: RegistryEmployee | DeliveryError | None
    ) -> str:
        """Keep what the registry said of one employee; as what it counts."""
        if isinstance(answer, DeliveryError):
            log.warning("could not refresh", employee=employee_id, reason=str(answer))
            return "failed"
        with self._bridge.store.writing() as db:
            if answer is None:
                forget_employee(db, employee_id, registry, utc_now())
                return "not_in_registry"
            remember_employee(db, employee_id, registry, answer, utc_now())
            return "refreshed"
