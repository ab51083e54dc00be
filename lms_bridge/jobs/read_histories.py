"""The job ``read_histories``: the training history and IP-ASN of everybody, as they are there."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import and_, exists, or_, select

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries.registered import known_as, remember_employee
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.jobs.asking import asking
from lms_bridge.jobs.base import Progress, in_each, patiently, side_by_side
from lms_bridge.people import history
from lms_bridge.people.erased import IS_SOMEBODY
from lms_bridge.people.history import Whose
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import (
    KeepsHistories,
    ProfessionalityIndex,
    RatesEmployees,
    RecordedTraining,
    Registry,
    RegistryEmployee,
)
from lms_bridge.store.many import among
from lms_bridge.store.schema import employees, history_readings, history_rows

log = structlog.get_logger(__name__)

_FRESH = dt.timedelta(hours=12)
"""whose history was read this recently is not read again, so that a broken-off run goes on"""
_PEOPLE_AT_ONCE = 200


class Person(NamedTuple):
    """Somebody to be read, and what is known of them at the registry."""

    id: int
    nip: str
    known: RegistryEmployee | None
    had_rows: bool


class Read(NamedTuple):
    """What was read of somebody."""

    employee: RegistryEmployee
    histories: Mapping[str, Sequence[RecordedTraining]]
    rating: ProfessionalityIndex | DeliveryError | None
    rates: bool
    """whether the registry computes IP-ASN at all"""


class ReadHistories:
    """Reads every known employee's history in every registry, the longest unread first."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Always: only the registry can tell."""
        return True

    def run(self, progress: Progress) -> Counter[str]:
        """Read who was not read just now; one registry in trouble stops no other."""
        with self._bridge.store.writing() as db:
            history.forget_other_registries(db, list(self._bridge.registries), utc_now())
        return self._in_all(None, progress)

    def read_person(self, employee_id: int) -> Counter[str]:
        """Read one employee's history now, whenever it was read last. Raises :exc:`JobFailed`."""
        return self._in_all(employee_id, lambda done, total: None)

    def _in_all(self, only: int | None, progress: Progress) -> Counter[str]:
        counts: Counter[str] = Counter()

        def read(registry: Registry) -> None:
            if not isinstance(registry, KeepsHistories):
                return
            ids = self._stale(registry.name) if only is None else [only]
            if ids:
                self._read_all(registry, registry.histories, ids, counts, progress)

        in_each(self._bridge.registries.values(), read, counts)
        return counts

    def _read_all(
        self,
        registry: Registry,
        histories: Mapping[str, int],
        ids: Sequence[int],
        counts: Counter[str],
        progress: Progress,
    ) -> None:
        remote = f"registry.{registry.name}"

        def read(person: Person) -> Read | DeliveryError | None:
            try:
                return _read(registry, histories, person)
            except DeliveryError as error:
                return error
            except Exception:
                log.exception("could not read a history", remote=remote, employee=person.id)
                return DeliveryError(Reason("internal_error"), retryable=True)

        concurrency = self._bridge.settings.remote(remote).concurrency
        with asking(self._bridge, remote) as asked:
            people = self._people(registry.name, ids)
            answers = side_by_side(read, people, concurrency=concurrency)
            for number, (person, answer) in enumerate(answers, start=1):
                if not isinstance(answer, NotNow):  # else nobody has failed
                    counts[self._take(registry.name, person, answer, counts)] += 1
                if isinstance(answer, DeliveryError):
                    asked.failed(answer, f"employee {person.id}")
                else:
                    asked.answered()
                progress(number, len(ids))

    def _take(
        self,
        registry: str,
        person: Person,
        answer: Read | DeliveryError | None,
        counts: Counter[str],
    ) -> str:
        """Keep what was read of one employee, or why it could not be; as what it counts."""
        whose, now = Whose(person.id, registry), utc_now()
        with self._bridge.store.writing() as db:
            # Locked, and looked for: meanwhile HR may have said that it is somebody else.
            mine = select(employees.c.id).where(employees.c.id == person.id)
            if db.execute(mine.with_for_update()).first() is None:
                return "failed"
            if isinstance(answer, DeliveryError):
                log.warning("could not read a history", employee=person.id, reason=str(answer))
                history.keep_failure(db, whose, answer.reason, now)
                return "failed"
            if answer is None:
                nobody = Reason("nobody_there", remote=f"registry.{registry}", nip=person.nip)
                log.warning("could not read a history", employee=person.id, reason=str(nobody))
                history.keep_failure(db, whose, nobody, now)
                return "not_in_registry"
            if answer.employee != person.known:
                remember_employee(db, person.id, registry, answer.employee, now)
            history.keep(db, whose, answer.histories, now)
            if isinstance(answer.rating, DeliveryError):
                log.warning("could not read IP-ASN", employee=person.id, reason=str(answer.rating))
                counts["ip_asn_failed"] += 1
            elif answer.rates:
                history.keep_rated(db, whose, answer.rating, now)
        return "read"

    def _stale(self, registry: str) -> Sequence[int]:
        """The employees to be read, the longest untried first; who failed is tried each time."""
        tried = history_readings.c.tried_at
        due = or_(
            tried.is_(None),
            tried < utc_now() - _FRESH,
            history_readings.c.reason_code.is_not(None),
        )
        mine = and_(
            history_readings.c.employee_id == employees.c.id,
            history_readings.c.registry == registry,
        )
        query = (
            select(employees.c.id)
            .outerjoin(history_readings, mine)
            .where(due, IS_SOMEBODY)
            .order_by(tried.nulls_first(), employees.c.id)
        )
        with self._bridge.store.reading() as db:
            return db.scalars(query).all()

    def _people(self, registry: str, ids: Sequence[int]) -> Iterator[Person]:
        """Who they are, read a few at a time."""
        had_rows = exists().where(
            history_rows.c.employee_id == employees.c.id, history_rows.c.registry == registry
        )
        columns = (employees.c.id, employees.c.nip, employees.c.registry_refs)
        for start in range(0, len(ids), _PEOPLE_AT_ONCE):
            some = ids[start : start + _PEOPLE_AT_ONCE]
            query = select(*columns, had_rows.label("had_rows")).where(among(employees.c.id, some))
            with self._bridge.store.reading() as db:
                found = {row.id: row for row in db.execute(query)}
            for row in (found[each] for each in some if each in found):
                known = known_as(row.nip, row.registry_refs, registry)
                yield Person(row.id, row.nip, known, bool(row.had_rows))


def whole_history(
    registry: Registry, histories: Mapping[str, int], person: Person
) -> tuple[RegistryEmployee, Mapping[str, Sequence[RecordedTraining]]] | None:
    """Somebody's history, whole; None if the registry knows nobody with the NIP."""
    employee = person.known or patiently(registry.find_employee, person.nip)
    if employee is None:
        return None
    rows = {
        name: patiently(registry.trainings_of, employee, kind) for name, kind in histories.items()
    }
    # "Not found" is what some say of an empty history and of a person who has left alike.
    if person.had_rows and person.known and not any(rows.values()):
        employee = patiently(registry.find_employee, person.nip)
        if employee is None:
            return None
    return employee, rows


def _read(registry: Registry, histories: Mapping[str, int], person: Person) -> Read | None:
    """All that is read of somebody; None if the registry knows nobody with the NIP."""
    found = whole_history(registry, histories, person)
    if found is None:
        return None
    employee, rows = found
    if not isinstance(registry, RatesEmployees):
        return Read(employee, rows, None, rates=False)
    return Read(employee, rows, _rated(registry, employee), rates=True)


def _rated(
    registry: RatesEmployees, employee: RegistryEmployee
) -> ProfessionalityIndex | DeliveryError | None:
    """IP-ASN, or why it could not be read, which does not cost the history."""
    try:
        return patiently(registry.professionality_of, employee)
    except DeliveryError as error:
        # An unreadable answer may be that of a gateway that has no such way.
        if error.remote_wide and error.reason.code != "unreadable_answer":
            raise
        return error
