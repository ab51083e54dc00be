"""What a run is about: the whole city, or a part of it."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from lms_bridge.jobs.base import JobFailed
from lms_bridge.people.identities import known_by_nip
from lms_bridge.people.units import people_in
from lms_bridge.reconciling.findings import Finding


class Nobody(JobFailed):
    """Nobody is known in the unit, or under the NIP, that was named."""

    def __init__(self) -> None:
        super().__init__("nobody is known there")


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the city; what is empty does not narrow it."""

    unit: str = ""
    """the units with that id, or with that in their names, and those below"""
    nip: str = ""
    course: str = ""
    """key of a course of the catalogue"""
    registry: str = ""
    lms: str = ""
    fresh: bool = False
    """whether every history is read now, however new the last reading is"""

    @property
    def reads_now(self) -> bool:
        """Whether histories are read now: of one person always, for that is soon done."""
        return self.fresh or bool(self.nip)

    def people(self, db: Connection) -> set[int] | None:
        """The employees that it is about; None: all. Raises :exc:`Nobody`."""
        found: set[int] | None = None
        if self.unit:
            found = people_in(db, self.unit)
        if self.nip:
            known = known_by_nip(db, self.nip)
            mine = set() if known is None else {known}
            found = mine if found is None else found & mine
        if found is not None and not found:
            raise Nobody
        return found

    def covers(self, finding: Finding, people: set[int] | None) -> bool:
        """Whether it is about what was found."""
        return (people is None or finding.employee_id in people) and (
            self.course in ("", finding.course)
        )

    @property
    def registries_too(self) -> bool:
        """Whether registries are looked at; an LMS that is named by itself is looked at alone."""
        return not self.lms or bool(self.registry)

    @property
    def lms_too(self) -> bool:
        """The same for LMSs."""
        return not self.registry or bool(self.lms)
