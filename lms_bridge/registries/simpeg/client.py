"""A registry that is described in TOML: the verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from lms_bridge.checks import Check
from lms_bridge.deliveries import matching
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.http.client import HttpClient
from lms_bridge.http.surroundings import ALONE, Surroundings
from lms_bridge.http.trouble import outcome_unknown, unreadable
from lms_bridge.mapped import listing
from lms_bridge.mapped.api import Api
from lms_bridge.mapped.reading import at, first, listed
from lms_bridge.mapped.requests import Prepared
from lms_bridge.mapped.templates import UPLOAD
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import (
    Document,
    RecordedTraining,
    RegistryEmployee,
    Training,
)
from lms_bridge.registries.simpeg.check import checks
from lms_bridge.registries.simpeg.fields import TO_FIND
from lms_bridge.registries.simpeg.reading import nip_of, person
from lms_bridge.registries.simpeg.settings import SimpegSettings
from lms_bridge.registries.simpeg.shelves import Shelf, Shelves

STRUCTURAL = 1
_LOOK_AFTER = 3600.0
"""seconds after which it is looked whether a person has deleted or corrected a row"""


class Simpeg:
    """The registry ``[registry.NAME]`` with ``type = "simpeg"``. Threads may share it.

    >>> simpeg = Simpeg("simpeg", settings)
    >>> employee = simpeg.find_employee("198703152010012001")
    >>> simpeg.record(employee, training)
    '4711'
    """

    def __init__(
        self, name: str, settings: SimpegSettings, surroundings: Surroundings = ALONE
    ) -> None:
        self.name = name
        self._settings = settings
        http = HttpClient(settings, surroundings.gate)
        self._api = Api(f"registry.{name}", settings, http, surroundings.note_token)
        self._lookup = Prepared(settings.employee, settings, TO_FIND)
        zone = ZoneInfo(settings.time_zone) if settings.time_zone else surroundings.zone
        self._shelves = Shelves(settings, zone)

    def find_employee(self, nip: str) -> RegistryEmployee | None:
        asked = self._settings.employee
        judged = self._api.ask(asked, self._lookup, {"nip": nip})
        if judged.means == "none":
            return None
        found: Any = at(judged.body, asked.found)
        people = [found] if isinstance(found, dict) else listed(found)
        if people == []:
            return None
        if people and asked.fields.nip and len(people) > 1:
            people = [one for one in people if nip_of(first(one, asked.fields.nip)) == nip]
            if len({person(one, asked.fields, nip).person_id for one in people}) == 1:
                people = people[:1]  # a line for each post that the person has
        if not people or len(people) > 1:
            raise self._unreadable(
                f'there is no one person at “{asked.found}”; a rule with means = "none" says'
                " what the answer is where there is nobody"
            )
        employee = person(people[0], asked.fields, nip)
        # A record written for the wrong person is the one mistake that cannot be seen later.
        if employee.nip != nip or not employee.person_id:
            raise self._unreadable("it brought another person or no id")
        return employee

    def trainings_of(self, employee: RegistryEmployee, kind: int) -> list[RecordedTraining]:
        shelf = self._shelf(kind)
        values = {**_person(employee), "kind": kind}
        rows = listing.of(self._api, shelf.history.read, shelf.read, values)
        return [shelf.rows.read(row) for row in rows]

    def record(
        self, employee: RegistryEmployee, training: Training, document: Document | None = None
    ) -> str:
        shelf = self._shelf(training.kind, training.name)
        asked = shelf.history.record
        if (
            training.kind == STRUCTURAL
            and not training.structural_training
            and "structural_training" in shelf.record.names()
        ):
            raise DeliveryError(
                Reason("course_lacks", field="structural_training", course=training.name),
                retryable=False,
            )
        values = self._handed_in(shelf, employee, training, document)
        before = None if asked.id else self._ids(employee, training.kind)
        written = self._api.write(asked, shelf.record, values)
        if before is not None:
            return self._new_row(employee, training, before)
        row_id = written.named(asked.id)
        if not row_id:
            raise outcome_unknown(self._api.remote, "it says success and not under which id")
        return row_id

    @property
    def changes_rows(self) -> bool:
        return self._shelves.any_changes()

    def change(
        self,
        employee: RegistryEmployee,
        row_id: str,
        training: Training,
        document: Document | None = None,
    ) -> None:
        shelf = self._shelf(training.kind, training.name)
        asked = shelf.history.change
        if asked is None or shelf.change is None:
            said = f"{training.certificate_number}, {training.hours} JP,"
            what = f"{said} {training.starts} – {training.ends}"
            raise DeliveryError(
                Reason("correct_by_hand", remote=self._api.remote, row=row_id, what=what),
                retryable=False,
                look_after=_LOOK_AFTER,
            )
        values = self._handed_in(shelf, employee, training, document)
        written = self._api.write(asked, shelf.change, {**values, "row_id": row_id})
        if asked.id and written.named(asked.id) not in ("", row_id):
            # It has happened to others that a change made a second row (registry facts, 5).
            raise outcome_unknown(self._api.remote, "it says that it wrote another row")

    @property
    def takes_documents(self) -> bool:
        return self._settings.documents and self._shelves.any_keeps()

    @property
    def most_document_bytes(self) -> int:
        return self._settings.most_document_bytes

    def takes_document_of(self, kind: int) -> bool:
        shelf = self._shelves.of(kind)
        return self._settings.documents and shelf is not None and shelf.document is not None

    def wants_document(self, kind: int) -> bool:
        shelf = self._shelves.of(kind)
        return self._settings.documents and shelf is not None and shelf.brings_document

    def attach(self, employee: RegistryEmployee, kind: int, row_id: str, document: Document) -> str:
        shelf = self._shelf(kind)
        asked = shelf.history.document
        assert asked is not None, "takes_document_of was asked before"
        assert shelf.document is not None
        values = {**_person(employee), "kind": kind, "row_id": row_id, **_document(document)}
        return self._api.write(asked, shelf.document, values).named(asked.name)

    def remove(self, employee: RegistryEmployee, kind: int, row_id: str) -> None:
        shelf = self._shelf(kind)
        asked = shelf.history.remove
        if asked is None or shelf.remove is None:
            raise DeliveryError(
                Reason("removal_by_hand", remote=self._api.remote, row=row_id),
                retryable=False,
                look_after=_LOOK_AFTER,
            )
        values = {**_person(employee), "kind": kind, "row_id": row_id}
        self._api.delete(asked, shelf.remove, values)

    def check(self) -> Iterator[Check]:
        return checks(self, self._api, self._settings, self.histories)

    @property
    def histories(self) -> Mapping[str, int]:
        return self._shelves.kinds()

    def _shelf(self, kind: int, course: str = "") -> Shelf:
        shelf = self._shelves.of(kind)
        if shelf is None:
            raise DeliveryError(
                Reason("kind_not_taken", remote=self._api.remote, kind=kind), retryable=False
            )
        return shelf

    def _handed_in(
        self,
        shelf: Shelf,
        employee: RegistryEmployee,
        training: Training,
        document: Document | None,
    ) -> dict[str, Any]:
        """What a row is filled with; its certificate is handed in, where that comes first.

        If the row fails after that, it is handed in again: nothing refers to the first one.
        """
        values = {**_person(employee), **_training(training), **_document(document), UPLOAD: None}
        asked = shelf.history.upload
        if asked and shelf.upload and document:
            values[UPLOAD] = self._api.write(asked, shelf.upload, values).named(asked.id)
            if not values[UPLOAD]:
                raise outcome_unknown(self._api.remote, "it took the certificate and gave no name")
        return values

    def _ids(self, employee: RegistryEmployee, kind: int) -> set[str]:
        return {row.id for row in self.trainings_of(employee, kind)}

    def _new_row(self, employee: RegistryEmployee, training: Training, before: set[str]) -> str:
        """The id of the row that was just written, of which the answer told nothing.

        Only a row that was not there before can be it; the person's other rows are others'.
        """
        try:
            rows = self.trainings_of(employee, training.kind)
        except NotNow as error:
            raise NotNow(error.reason, until=error.until, outcome_unknown=True) from None
        except DeliveryError as error:
            raise outcome_unknown(self._api.remote, error.reason.what()) from None
        new = [row for row in rows if row.id not in before]
        row = matching.match(training, new, matching.Ours())
        if row is None:
            raise outcome_unknown(self._api.remote, "it says success, and no new row is listed")
        return row.id

    def _unreadable(self, error: str) -> DeliveryError:
        return unreadable(self._api.remote, error)


def _person(employee: RegistryEmployee) -> dict[str, Any]:
    return {
        "nip": employee.nip,
        "person_id": employee.person_id,
        "employee_name": employee.name,
        "unit_id": employee.unit_id,
        "unit_name": employee.unit_name,
        "status": employee.status,
    }


def _training(training: Training) -> dict[str, Any]:
    return {name: getattr(training, name) for name in training.__struct_fields__}


def _document(document: Document | None) -> dict[str, Any]:
    """The certificate, where there is one; what is to be filled with none is left out."""
    return {"document": document, "document_name": document.name if document else ""}
