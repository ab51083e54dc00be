"""Taking people and rows out of answers, by the paths that the configuration gives."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from lms_bridge.http.values import number, text, year
from lms_bridge.mapped.dates import reader
from lms_bridge.mapped.reading import first
from lms_bridge.mapped.settings import Scalar
from lms_bridge.mapped.templates import OTHER
from lms_bridge.registries.base import RecordedTraining, RegistryEmployee
from lms_bridge.registries.simpeg.settings import History, PersonFields, SimpegSettings


def nip_of(value: Any) -> str:
    """A NIP as it is compared: people print it in groups."""
    return "".join(text(value).split())


def person(data: Mapping[str, Any], fields: PersonFields, nip: str) -> RegistryEmployee:
    """The person with that `nip` as an answer has them."""
    return RegistryEmployee(
        nip=nip_of(first(data, fields.nip)) if fields.nip else nip,
        person_id=text(first(data, fields.person_id)) if fields.person_id else nip,
        name=text(first(data, fields.name)),
        unit_id=text(first(data, fields.unit_id)),
        unit_name=text(first(data, fields.unit_name)),
        status=text(first(data, fields.status)),
    )


class Rows:
    """Reads the rows of one history."""

    def __init__(self, history: History, settings: SimpegSettings, zone: dt.tzinfo) -> None:
        self._fields = history.read.fields
        self._only = history.kinds[0] if len(history.kinds) == 1 else None
        self._date = reader(settings.dates, zone)
        self._kinds = _backwards(settings.enumerations.get(self._fields.kind_words))
        self._structural = _backwards(settings.enumerations.get(self._fields.structural_words))

    def read(self, row: Mapping[str, Any]) -> RecordedTraining:
        """`row` as it was read; what was left empty is None or ""."""
        fields = self._fields
        starts = self._date(first(row, fields.starts))
        said = text(first(row, fields.kind))
        kind = number(self._kinds.get(said.casefold(), "") if self._kinds else said)
        structural = text(first(row, fields.structural_training))
        if self._structural:
            structural = self._structural.get(structural.casefold(), "")
        read = RecordedTraining(
            id=text(first(row, fields.id)),
            name=text(first(row, fields.name)),
            organiser=text(first(row, fields.organiser)),
            certificate_number=text(first(row, fields.certificate_number)),
            hours=number(first(row, fields.hours)),
            starts=starts,
            ends=self._date(first(row, fields.ends)) or starts,
            kind=self._only or kind,
            structural_training=structural,
            year=year(first(row, fields.year)),
            document=first(row, fields.document) is not None if fields.document else None,
        )
        return read if fields.id else _named(read)


def _named(row: RecordedTraining) -> RecordedTraining:
    """A row without an id, under a name made of what it says; it changes when the row does."""
    said = (row.certificate_number, row.name, str(row.starts), str(row.ends))
    made = hashlib.sha256("\n".join(said).encode("utf-8", "replace")).hexdigest()[:24]
    return msgspec.structs.replace(row, id=f"row-{made}")


def _backwards(words: Mapping[str, Scalar] | None) -> dict[str, str]:
    """By word, the value; of several values that share a word, the first."""
    found: dict[str, str] = {}
    for value, word in (words or {}).items():
        if value != OTHER:
            found.setdefault(str(word).strip().casefold(), value)
    return found
