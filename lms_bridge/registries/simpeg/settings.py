"""The settings of ``[registry.NAME]`` with ``type = "simpeg"``; docs/simpeg.md explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec

from lms_bridge.config.problems import Problem
from lms_bridge.config.remote import RegistrySettings, Seconds
from lms_bridge.config.secrets import Secret
from lms_bridge.mapped.settings import (
    DATES,
    MESSAGES,
    USUAL,
    Auth,
    Listing,
    Method,
    Path,
    Request,
    Rule,
    Scalar,
    Table,
)


class PersonFields(Table, frozen=True, kw_only=True):
    """Where it stands what the registry says of a person, below `found`."""

    nip: Path
    """left empty: the answer does not repeat the NIP"""
    person_id: Path = ""
    """the registry's key of the person; left empty: the NIP"""
    name: Path = ""
    unit_id: Path = ""
    unit_name: Path = ""
    status: Path = ""


class Lookup(Request, frozen=True, kw_only=True):
    """Finding a person by NIP."""

    found: str = ""
    """path of the person, or of a list of people; empty: the answer as a whole"""
    fields: PersonFields


class RowFields(Table, frozen=True, kw_only=True):
    """Where it stands what a row of a history says."""

    id: Path = ""
    """left empty: its rows have no id, and are known by what they say"""
    name: Path
    organiser: Path = ""
    certificate_number: Path = ""
    hours: Path = ""
    starts: Path = ""
    ends: Path = ""
    kind: Path = ""
    kind_words: str = ""
    """the enumeration by which the kind is written"""
    structural_training: Path = ""
    structural_words: str = ""
    year: Path = ""
    document: Path = ""
    """what is filled if a certificate is kept with the row; left out: it does not say"""


class Reading(Listing, frozen=True, kw_only=True):
    """Reading the rows that a person has."""

    fields: RowFields


class Recording(Request, frozen=True, kw_only=True):
    """Writing a row."""

    method: Method = "POST"
    id: Path
    """path of the new row's id, or ``header:NAME``; empty: it is not said, and looked up in the
    list"""


class Removing(Request, frozen=True, kw_only=True):
    """Deleting a row."""

    method: Method = "DELETE"


class Changing(Request, frozen=True, kw_only=True):
    """Changing a row; what is not said of it is as in `record`."""

    method: Method = "POST"
    id: Path = ""
    """path of the id that the answer names; another one than that of the row is no success"""


class Attaching(Request, frozen=True, kw_only=True):
    """Keeping the certificate with a row."""

    method: Method = "POST"
    send: Literal["json", "form", "multipart"] = "multipart"
    name: Path = ""
    """path of what the registry calls the document; left out: it does not say"""


class Uploading(Request, frozen=True, kw_only=True):
    """Handing in the certificate before its row, which then names it as ``{upload}``."""

    method: Method = "POST"
    send: Literal["json", "form", "multipart"] = "multipart"
    id: Path
    """path of what the registry calls it"""


class History(Table, frozen=True, kw_only=True):
    """A list in which the registry keeps trainings of some kinds."""

    kinds: tuple[Annotated[int, msgspec.Meta(ge=1, le=25)], ...] = ()
    """``jenisDiklatId``; left out: all that are of no other history"""
    read: Reading
    record: Recording
    remove: Removing | None = None
    """left out: rows are deleted by hand"""
    change: Changing | None = None
    """left out: rows are corrected by hand"""
    document: Attaching | None = None
    """left out: certificates are not sent by a request of their own"""
    upload: Uploading | None = None
    """left out: certificates are not handed in before their rows"""


class SimpegSettings(
    RegistrySettings,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="simpeg",
):
    """A registry in TOML alone."""

    profile: str = ""
    """a kind of API that is known; what stands in the configuration is laid over it"""
    url: str
    auth: Auth = Auth()
    keys: dict[str, Secret] = msgspec.field(default_factory=dict)
    """secrets that templates name as ``{keys.NAME}``"""
    constants: dict[str, Scalar] = msgspec.field(default_factory=dict)
    """what templates name as ``{constants.NAME}``"""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    """sent with each request"""
    query: dict[str, str] = msgspec.field(default_factory=dict)
    enumerations: dict[str, dict[str, Scalar]] = msgspec.field(default_factory=dict)
    """by NAME, what a value is called there; ``*`` is any other"""
    dates: tuple[str, ...] = DATES
    """patterns in which dates are read"""
    messages: tuple[str, ...] = MESSAGES
    """paths of the registry's own words"""
    answers: tuple[Rule, ...] = USUAL
    employee: Lookup
    histories: dict[str, History]
    check_nip: Secret | None = None
    documents: bool = True
    """whether certificates are sent there, where a request for it is described"""
    most_document_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 1_000_000
    settle_seconds: Seconds = 120

    @classmethod
    def completed(
        cls, table: Mapping[str, Any], complain: Callable[[str, str], None]
    ) -> Mapping[str, Any]:
        """`table` laid over the profile that it names; `change` takes after `record`."""
        from lms_bridge.registries.simpeg import profiles

        return profiles.with_changes(profiles.completed(table, complain))

    def disagreements(self, path: str) -> Iterator[Problem]:
        """What is wrong with settings whose single values are right."""
        from lms_bridge.registries.simpeg import agreement

        return agreement.disagreements(self, path)

    def given_tokens(self) -> Mapping[str, Secret]:
        """The token of ``way = "bearer"``."""
        token = self.auth.token
        return {"auth.token": token} if self.auth.way == "bearer" and token else {}
