"""Taking people and rows out of answers, by the paths that the configuration gives."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from lms_bridge.registries.base import RecordedTraining, RegistryEmployee
from lms_bridge.registries.simpeg.dates import reader
from lms_bridge.registries.simpeg.settings import (
    History,
    Path,
    PersonFields,
    Scalar,
    SimpegSettings,
)
from lms_bridge.registries.simpeg.templates import OTHER
from lms_bridge.registries.values import number, text, year


def at(value: Any, path: str) -> Any:
    """What stands in `value` at `path`; None if there is nothing of the kind.

    >>> at({"data": [{"nip": "1"}]}, "data.0.nip")
    '1'
    """
    while path:
        if isinstance(value, Mapping) and path in value:
            return value[path]  # a name with dots in it, such as @odata.nextLink
        name, _, path = path.partition(".")
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def first(value: Any, path: Path) -> Any:
    """What stands at the first of several paths at which something stands."""
    for one in (path,) if isinstance(path, str) else path:
        if one and is_filled(found := at(value, one)):
            return found
    return None


def is_filled(value: Any) -> bool:
    """Whether there is a value at all, and not an empty one; 0 and false are values."""
    return not (value is None or (isinstance(value, str | list | dict) and not value))


def listed(value: Any) -> list[Mapping[str, Any]] | None:
    """`value` as a list of rows; None if it is none.

    PHP makes an object of a list whose numbers have gaps: {"0": {…}, "2": {…}}.
    """
    if isinstance(value, dict) and value and all(name.isdecimal() for name in value):
        value = list(value.values())
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return value
    return None


def parameters_of(value: Any, name: str) -> dict[str, str]:
    """The parameters that ask for the next page, as an answer has it: an address with them in it,
    or the value of the parameter `name`; none if there is no further page.

    Of an address only they count: behind a proxy, frameworks name another host, and it gets no
    token of ours.

    >>> parameters_of("http://10.0.0.7/api/diklat?halaman=2", "")
    {'halaman': '2'}
    """
    if value is False or not is_filled(value):
        return {}
    asked = str(value)
    return dict(parse_qsl(asked.partition("?")[2])) if "?" in asked else {name: asked}


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
