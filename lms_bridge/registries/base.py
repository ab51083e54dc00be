"""What the bridge asks of a personnel registry, in the domain's words.

A registry is a class with these few verbs. To add one, add a folder beside
:mod:`lms_bridge.registries.siasn` and name its class in :mod:`lms_bridge.registries`;
nothing else changes. Deciding whether a row that is listed is ours, and what to do after
an unknown outcome, is *not* the registry's: see :mod:`lms_bridge.deliveries.record_step`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from lms_bridge.checks import Check
from lms_bridge.document import Document as Document


class RegistryEmployee(msgspec.Struct, frozen=True):
    """A person as the registry has them; the minimum a bridge needs (registry facts, section 6)."""

    nip: str
    person_id: str
    """the registry's own key of the person (SIASN: ``id`` of data-utama), opaque"""
    name: str
    unit_id: str = ""
    unit_name: str = ""
    status: str = ""
    """as the registry words it, e.g. ``Aktif``, ``PPPK Aktif``, ``Pensiun``"""


class Training(msgspec.Struct, frozen=True):
    """What one completion is to a registry: the row to be written."""

    name: str
    organiser: str
    kind: int
    """``jenisDiklatId``, 1 to 25; 1 (structural) belongs to another list than the rest"""
    hours: int
    """JP, lesson hours"""
    certificate_number: str
    starts: dt.date
    ends: dt.date
    structural_training: str = ""
    """``latihanStrukturalId``, asked for with kind 1 only"""


class RecordedTraining(msgspec.Struct, frozen=True):
    """A row of somebody's training history as read back; what was left empty is None or ""."""

    id: str
    name: str
    organiser: str
    certificate_number: str
    hours: int | None = None
    starts: dt.date | None = None
    ends: dt.date | None = None
    kind: int | None = None
    structural_training: str = ""
    """``latihanStrukturalId``; a structural training has no other name in its row"""
    year: int | None = None
    """as the row says it by itself, which is all that it says of the time if it has no dates"""
    document: bool | None = None
    """whether its certificate is kept with it; None: the row does not say"""


class RegistryUnit(msgspec.Struct, frozen=True):
    """A work unit as the registry has it."""

    id: str
    name: str
    parent_id: str = ""
    """of the unit above it; empty at the top"""


class UnitList(msgspec.Struct, frozen=True):
    """The work units that were listed."""

    units: tuple[RegistryUnit, ...]
    whole: bool = True
    """whether these are all; if not, one that is missing may be there all the same"""


class ProfessionalityIndex(msgspec.Struct, frozen=True):
    """IP-ASN as the registry computed it (registry facts, section 7); None: it does not say."""

    total: float | None = None
    qualification: float | None = None
    competence: float | None = None
    performance: float | None = None
    discipline: float | None = None
    as_of: dt.date | None = None
    """when it was computed"""


class Registry(Protocol):
    """One personnel registry. Every verb may raise :exc:`lms_bridge.errors.DeliveryError`."""

    name: str
    """as configured, e.g. ``siasn`` for ``[registry.siasn]``"""

    def find_employee(self, nip: str) -> RegistryEmployee | None:
        """The employee with that 18-digit `nip`, or None if the registry says it has none."""

    def trainings_of(self, employee: RegistryEmployee, kind: int) -> Sequence[RecordedTraining]:
        """The rows of the history that a training of `kind` belongs to, ours and others'."""

    def record(self, employee: RegistryEmployee, training: Training) -> str:
        """Write `training` as a new row and return the registry's id of it.

        Writes without looking: the caller has listed and matched before. Raises a
        DeliveryError with `outcome_unknown` when the row may have been written all the same.
        """

    def remove(self, employee: RegistryEmployee, kind: int, row_id: str) -> None:
        """Delete the row with that id from the history that a training of `kind` belongs to.

        Deletes without looking: the caller has seen that the row is there and is ours, and
        looks afterwards whether it is gone. Raises a DeliveryError with `outcome_unknown`
        when the row may have been deleted all the same.
        """

    def check(self) -> Iterator[Check]:
        """Prove address, credentials and permissions one by one, writing nothing."""


@runtime_checkable
class KeepsHistories(Protocol):
    """A registry of which the whole training history of a person can be read.

    Besides being a :class:`Registry`; so are those below. One that has none of it, such as
    one that only takes files, does not have the verb.
    """

    @property
    def histories(self) -> Mapping[str, int]:
        """A kind of training by the name of the history that it belongs to, for each history."""


@runtime_checkable
class ListsUnits(Protocol):
    """A registry that tells which work units there are."""

    def units(self) -> UnitList:
        """All work units, as a tree."""


@runtime_checkable
class RatesEmployees(Protocol):
    """A registry that computes IP-ASN."""

    def professionality_of(self, employee: RegistryEmployee) -> ProfessionalityIndex | None:
        """The index of the employee, or None if it was never computed."""


@runtime_checkable
class ChangesRows(Protocol):
    """A registry in which a row can be changed."""

    @property
    def changes_rows(self) -> bool:
        """Whether it really can, as it is configured."""

    def change(self, employee: RegistryEmployee, row_id: str, training: Training) -> None:
        """Make the row with that id say `training`; its documents stay.

        Changes without looking: the caller has seen that the row is there and is ours. To do it
        twice does no harm. Raises a DeliveryError with `outcome_unknown` when it may have been
        changed all the same.
        """


@runtime_checkable
class TakesDocuments(Protocol):
    """A registry that keeps the certificate with the row of a training.

    Besides being a :class:`Registry`. One that is not told to does not have the verb, or has
    ``takes_documents`` false.
    """

    @property
    def takes_documents(self) -> bool:
        """Whether it is to get them."""

    @property
    def most_document_bytes(self) -> int:
        """How large a document may be."""

    def takes_document_of(self, kind: int) -> bool:
        """Whether it gets them with rows of the history that a training of `kind` belongs to."""

    def attach(self, employee: RegistryEmployee, kind: int, row_id: str, document: Document) -> str:
        """Keep `document` with the row of that id, in place of one that is there.

        Returns the registry's name of it; empty if it gives none. To do it twice does no harm.
        Raises a DeliveryError with `outcome_unknown` when it may have been kept all the same.
        """


@runtime_checkable
class TakesDocumentsAtOnce(Protocol):
    """A registry that takes the certificate in the request that writes or changes the row.

    Besides being a :class:`Registry`; `record` and `change` are those verbs with one thing more.
    """

    def wants_document(self, kind: int) -> bool:
        """Whether a row of the history that a training of `kind` belongs to comes with it."""

    @property
    def most_document_bytes(self) -> int:
        """How large a document may be."""

    def record(
        self, employee: RegistryEmployee, training: Training, document: Document | None = None
    ) -> str:
        """Write `training` as a new row, with its certificate."""

    def change(
        self,
        employee: RegistryEmployee,
        row_id: str,
        training: Training,
        document: Document | None = None,
    ) -> None:
        """Make the row with that id say `training`, and have that certificate if it is sent one."""
