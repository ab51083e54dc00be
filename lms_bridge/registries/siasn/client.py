"""WS SIASN as a registry: the verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.http.surroundings import ALONE, Surroundings
from lms_bridge.http.trouble import outcome_unknown, unreadable
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import (
    Document,
    ProfessionalityIndex,
    RecordedTraining,
    RegistryEmployee,
    Training,
    UnitList,
)
from lms_bridge.registries.siasn import professionality, rows, units
from lms_bridge.registries.siasn.api import Api
from lms_bridge.registries.siasn.check import checks
from lms_bridge.registries.siasn.settings import SiasnSettings


class Siasn:
    """The registry ``[registry.NAME]`` with ``type = "siasn"``. Threads may share it.

    >>> siasn = Siasn("siasn", settings)
    >>> employee = siasn.find_employee("198703152010012001")
    >>> siasn.record(employee, training)
    '8ae482898d2f4a1f018d30b1a5c01f2e'
    """

    def __init__(
        self, name: str, settings: SiasnSettings, surroundings: Surroundings = ALONE
    ) -> None:
        self.name = name
        self._settings = settings
        self._api = Api(name, settings, surroundings)

    def find_employee(self, nip: str) -> RegistryEmployee | None:
        verdict = self._api.get(f"/pns/data-utama/{quote(nip, safe='')}")
        if verdict.kind == "none":
            return None
        data = verdict.data
        if isinstance(data, list) and len(data) == 1:
            data = data[0]
        if not isinstance(data, dict):
            raise unreadable(self._api.remote, "data-utama brought no person")
        employee = rows.employee(data)
        # A record written for the wrong person is the one mistake that cannot be seen later.
        if not _may_be(employee.nip, nip) or not employee.person_id:
            raise unreadable(self._api.remote, "data-utama brought another person or no id")
        # Whoever got another number is known here by the one that was asked for.
        return msgspec.structs.replace(employee, nip=nip)

    def trainings_of(self, employee: RegistryEmployee, kind: int) -> list[RecordedTraining]:
        verdict = self._api.get(rows.history_path(quote(employee.nip, safe=""), kind))
        found: Any = verdict.data if verdict.kind == "success" else []
        found = [] if found is None else found
        # A row left out here could be ours, and would be written a second time.
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise unreadable(self._api.remote, "the training history is no list of rows")
        return [rows.read(row, kind) for row in found]

    def record(self, employee: RegistryEmployee, training: Training) -> str:
        if training.kind == rows.STRUCTURAL and not training.structural_training:
            raise DeliveryError(
                Reason("course_lacks", field="structural_training", course=training.name),
                retryable=False,
            )
        body = rows.written(employee, training, self._settings.instansi_id)
        verdict = self._api.post(rows.save_path(training.kind), body)
        row_id = rows.new_id(verdict.data, training.kind)
        if not row_id:
            raise outcome_unknown(self._api.remote, "it says success and not under which id")
        return row_id

    @property
    def changes_rows(self) -> bool:
        return True

    def change(self, employee: RegistryEmployee, row_id: str, training: Training) -> None:
        """By the call that writes a new row, with the id in it (registry facts, section 5)."""
        kind = training.kind
        verdict = self._api.get(rows.row_path(kind, quote(row_id, safe="")))
        body = rows.written(employee, training, self._settings.instansi_id)
        body |= {"id": row_id, "path": rows.documents_of(verdict.data)}
        verdict = self._api.post(rows.save_path(kind), body)
        if rows.new_id(verdict.data, kind) not in ("", row_id):
            # It has happened to others that a change made a second row (section 5).
            raise outcome_unknown(self._api.remote, "it says that it wrote another row")

    def remove(self, employee: RegistryEmployee, kind: int, row_id: str) -> None:
        self._api.delete(rows.delete_path(kind, quote(row_id, safe="")))

    @property
    def histories(self) -> Mapping[str, int]:
        return rows.HISTORIES

    def professionality_of(self, employee: RegistryEmployee) -> ProfessionalityIndex | None:
        verdict = self._api.get(f"/pns/nilaiipasn/{quote(employee.nip, safe='')}")
        if verdict.kind == "none":
            return None
        try:
            return professionality.read(verdict.data, employee.nip)
        except ValueError as error:
            raise unreadable(self._api.remote, str(error)) from None

    def units(self) -> UnitList:
        return units.read_all(self._api)

    @property
    def takes_documents(self) -> bool:
        return self._settings.documents

    @property
    def most_document_bytes(self) -> int:
        return self._settings.most_document_bytes

    def takes_document_of(self, kind: int) -> bool:
        return self._settings.documents

    def attach(self, employee: RegistryEmployee, kind: int, row_id: str, document: Document) -> str:
        settings = self._settings
        structural = kind == rows.STRUCTURAL
        verdict = self._api.upload(
            "/upload-dok-rw",
            {
                "id_riwayat": row_id,
                "id_ref_dokumen": settings.diklat_document
                if structural
                else settings.kursus_document,
            },
            document,
        )
        return rows.document_name(verdict.data)

    def check(self) -> Iterator[Check]:
        return checks(self, self._api, self._settings)


def _may_be(told: str, asked: str) -> bool:
    """Whether it is one person who is asked for by one NIP, and shown with another.

    The number of a PPPK changes with the formation; the date of birth and the sex in it stay
    (registry facts, section 8).
    """
    if len(told) != len(asked):
        return False
    return told == asked or (told[:8], told[14:15]) == (asked[:8], asked[14:15])
