"""The job ``refresh_employees``: names, units and status as the registry has them now."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import structlog
from sqlalchemy import select, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries.record_step import remember_employee
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.base import JobFailed, Progress, patiently, side_by_side
from lms_bridge.registries.base import Registry, RegistryEmployee
from lms_bridge.store.schema import employees

log = structlog.get_logger(__name__)

_FRESH = dt.timedelta(hours=12)
"""who was looked up this recently is not looked up again, so that a broken-off run goes on"""


class RefreshEmployees:
    """Looks every known employee up in every registry, the longest unseen first."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Always: only the registry can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Refresh everybody who was not refreshed just now."""
        counts: Counter[str] = Counter()
        query = (
            select(employees.c.id, employees.c.nip)
            .where(
                employees.c.refreshed_at.is_(None) | (employees.c.refreshed_at < utc_now() - _FRESH)
            )
            .order_by(employees.c.refreshed_at.nulls_first(), employees.c.id)
        )
        with self._bridge.store.reading() as db:
            people = [(row.id, row.nip) for row in db.execute(query)]
        for registry in self._bridge.registries.values():
            self._refresh(registry, people, counts, progress)
        return counts

    def _refresh(
        self,
        registry: Registry,
        people: list[tuple[int, str]],
        counts: Counter[str],
        progress: Progress,
    ) -> None:
        concurrency = self._bridge.settings.registry[registry.name].concurrency

        def look_up(person: tuple[int, str]) -> RegistryEmployee | DeliveryError | None:
            try:
                return patiently(registry.find_employee, person[1])
            except DeliveryError as error:
                if error.remote_wide:
                    raise JobFailed(error.reason.sentence()) from error
                return error

        answers = side_by_side(look_up, people, concurrency=concurrency)
        for number, ((employee_id, _), answer) in enumerate(answers, start=1):
            if isinstance(answer, DeliveryError):
                log.warning("could not refresh", employee=employee_id, reason=str(answer))
                counts["failed"] += 1
            elif answer is None:
                self._unknown(employee_id)
                counts["not_in_registry"] += 1
            else:
                with self._bridge.store.writing() as db:
                    remember_employee(db, employee_id, registry.name, answer, utc_now())
                counts["refreshed"] += 1
            progress(number, len(people))

    def _unknown(self, employee_id: int) -> None:
        with self._bridge.store.writing() as db:
            db.execute(
                update(employees)
                .where(employees.c.id == employee_id)
                .values(refreshed_at=utc_now())
            )
