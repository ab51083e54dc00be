"""Looking at one person in one registry: by what was read lately, or by reading it now.

What was read lately is good enough to see that nothing is amiss. Before anything is said to be
amiss the person is read anew; and it is believed only if nothing has happened to their
deliveries while that was done, for otherwise a row that a worker has just written would look
like a stranger's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, select

from lms_bridge.bridge import Bridge
from lms_bridge.catalogue.courses import current_catalogue
from lms_bridge.deliveries.papers import comes_with_the_row
from lms_bridge.deliveries.registered import known_as, remember_employee
from lms_bridge.deliveries.step import Clock
from lms_bridge.jobs.base import patiently
from lms_bridge.jobs.read_histories import Person, whole_history
from lms_bridge.people import history
from lms_bridge.people.erased import IS_SOMEBODY
from lms_bridge.people.history import Whose
from lms_bridge.reconciling import sides
from lms_bridge.reconciling.comparing import About, compare
from lms_bridge.reconciling.findings import Finding
from lms_bridge.reconciling.likeness import Likeness
from lms_bridge.reconciling.sides import Mine
from lms_bridge.registries.base import (
    ChangesRows,
    KeepsHistories,
    RecordedTraining,
    Registry,
    RegistryEmployee,
)
from lms_bridge.store.many import among
from lms_bridge.store.schema import employees, history_rows

FRESH_ENOUGH = dt.timedelta(hours=26)
"""how old a reading may be to be gone by: read_histories reads everybody once a day"""
_TRIES = 3
"""to look at a person while nothing happens to their deliveries"""
_PEOPLE_AT_ONCE = 200


class Looked(NamedTuple):
    """What a look at one person came to."""

    person: Person
    mine: list[Mine]
    """what the bridge said of them while it was looked"""
    rows: Sequence[RecordedTraining]
    findings: list[Finding]
    read_at: dt.datetime
    """when the history was read that it goes by"""
    employee: RegistryEmployee | None = None
    histories: Mapping[str, Sequence[RecordedTraining]] | None = None
    """what was read, if it was read now and is the whole history"""


class RegistrySide:
    """One registry, and how it is looked at. Threads may share it."""

    def __init__(
        self, bridge: Bridge, registry: Registry, *, clock: Clock, fresh: bool = False
    ) -> None:
        self.registry = registry
        self.remote = f"registry.{registry.name}"
        self._store = bridge.store
        self._clock = clock
        self._fresh = fresh
        self._documented = self.remote in bridge.documented
        with self._store.reading() as db:
            catalogue = current_catalogue(db)
        self._likeness = Likeness(entry.course for entry in catalogue.courses)

    def people(self, ids: Iterable[int] | None = None) -> Iterator[Person]:
        """The employees with those `ids`, or all, read a few at a time."""
        wanted = None if ids is None else sorted(ids)
        last = 0
        while True:
            which: list[ColumnElement[bool]] = [employees.c.id > last, IS_SOMEBODY]
            if wanted is not None:
                some, wanted = wanted[:_PEOPLE_AT_ONCE], wanted[_PEOPLE_AT_ONCE:]
                if not some:
                    return
                which = [among(employees.c.id, some), IS_SOMEBODY]
            with self._store.reading() as db:
                found = list(self._persons(db, which))
            yield from found
            if wanted is None:
                if not found:
                    return
                last = found[-1].id

    def look(self, person: Person) -> Looked | None:
        """What is amiss with `person`; None if the registry knows nobody with the NIP.

        Raises :exc:`~lms_bridge.errors.DeliveryError`, and :exc:`Busy`.
        """
        if not self._fresh and (looked := self._by_what_was_read(person)):
            return looked
        return self.look_now(person)

    def look_now(self, person: Person) -> Looked | None:
        """The same, whenever the person was read last."""
        for _ in range(_TRIES):
            with self._store.reading() as db:
                mine = sides.load(db, person.id, self.remote)
            began = self._clock()
            found = self._read(person, mine)
            if found is None:
                return None
            employee, histories, rows = found
            with self._store.reading() as db:
                if sides.load(db, person.id, self.remote) != mine:
                    continue
                before = history.kept(db, Whose(person.id, self.registry.name))
            seen = before.seen_at if before else {}
            amiss = compare(mine, rows, self._about(person, seen))
            return Looked(person, mine, rows, amiss, began, employee, histories)
        raise Busy(person)

    def keep(self, db: Connection, looked: Looked) -> bool:
        """Keep what was read; False, and nothing is kept, if something has happened since."""
        person = looked.person
        # Locked, and looked for: meanwhile HR may have said that it is somebody else.
        mine = select(employees.c.id).where(employees.c.id == person.id)
        if db.execute(mine.with_for_update()).first() is None:
            return False
        if sides.load(db, person.id, self.remote) != looked.mine:
            return False
        if looked.employee and looked.employee != person.known:
            remember_employee(db, person.id, self.registry.name, looked.employee, self._clock())
        if looked.histories is not None:
            whose = Whose(person.id, self.registry.name)
            history.keep(db, whose, looked.histories, looked.read_at)
        return True

    def _by_what_was_read(self, person: Person) -> Looked | None:
        """By the history as it is kept, if that is new enough and shows nothing amiss."""
        with self._store.reading() as db:
            kept = history.kept(db, Whose(person.id, self.registry.name))
            if kept is None or kept.read_at < self._clock() - FRESH_ENOUGH:
                return None
            mine = sides.load(db, person.id, self.remote)
        changed = sides.changed_at(mine)
        if changed is not None and changed >= kept.read_at:
            return None
        if compare(mine, kept.rows, self._about(person, kept.seen_at)):
            return None
        return Looked(person, mine, kept.rows, [], kept.read_at)

    def _read(
        self, person: Person, mine: Sequence[Mine]
    ) -> (
        tuple[
            RegistryEmployee,
            Mapping[str, Sequence[RecordedTraining]] | None,
            list[RecordedTraining],
        ]
        | None
    ):
        if isinstance(self.registry, KeepsHistories):
            # Who has left may have an empty history, and none of their rows has vanished.
            had_rows = person.had_rows or any(one.row_id for one in mine)
            asked = person._replace(had_rows=had_rows)
            found = whole_history(self.registry, self.registry.histories, asked)
            if found is None:
                return None
            employee, histories = found
            return employee, histories, [row for rows in histories.values() for row in rows]
        known = person.known or patiently(self.registry.find_employee, person.nip)
        if known is None:
            return None
        by_id: dict[str, RecordedTraining] = {}
        for kind in sorted({kind for one in mine for kind in (one.said.kind, one.training.kind)}):
            rows = patiently(self.registry.trainings_of, known, kind)
            by_id |= {row.id: row for row in rows}
        return known, None, list(by_id.values())

    def _about(self, person: Person, seen_at: Mapping[str, dt.datetime | None]) -> About:
        registry = self.registry
        return About(
            remote=self.remote,
            employee_id=person.id,
            likeness=self._likeness,
            changes_rows=isinstance(registry, ChangesRows) and registry.changes_rows,
            documented=self._gets_document,
            seen_at=seen_at,
        )

    def _gets_document(self, kind: int) -> bool:
        return self._documented and not comes_with_the_row(self.registry, kind)

    def _persons(self, db: Connection, which: list[ColumnElement[bool]]) -> Iterator[Person]:
        name = self.registry.name
        had_rows = exists().where(
            history_rows.c.employee_id == employees.c.id, history_rows.c.registry == name
        )
        query = (
            select(employees.c.id, employees.c.nip, employees.c.registry_refs, had_rows)
            .where(*which)
            .order_by(employees.c.id)
            .limit(_PEOPLE_AT_ONCE)
        )
        for row in db.execute(query):
            known = known_as(row.nip, row.registry_refs, name)
            yield Person(row.id, row.nip, known, bool(row[3]))


class Busy(Exception):
    """Workers are at the deliveries of the person all the time."""

    def __init__(self, person: Person) -> None:
        super().__init__(f"employee {person.id}")
