"""The settings of ``[registry.NAME]`` with ``type = "simpeg"``; docs/simpeg.md explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from lms_bridge.config.problems import Problem
from lms_bridge.config.remote import RegistrySettings, Seconds
from lms_bridge.config.secrets import Secret

Path: TypeAlias = str | tuple[str, ...]
"""where something stands in an answer: ``data.pegawai.nip``; of several the first that is filled"""
HEADER = "header"
"""before the name of a header and a colon, where an id may stand in one"""
Scalar: TypeAlias = str | int
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Way = Literal["none", "basic", "bearer", "oauth2", "login"]
Means = Literal["success", "none", "refused", "retry", "credentials"]
Status = Annotated[int, msgspec.Meta(ge=100, le=599)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: no other names than the ones it declares."""


class Rule(_Table, frozen=True, kw_only=True):
    """What an answer means if all that is said here is so; the first rule that fits decides."""

    means: Means
    status: tuple[Status, ...] = ()
    """HTTP statuses; left out: any"""
    where: str = ""
    """path in the answer of the value that is looked at"""
    equals: str | int | bool | tuple[str | int | bool, ...] | None = None
    contains: tuple[str, ...] = ()
    """words of which one is in the value; without `where`, in the answer as a whole"""
    filled: bool | None = None
    """whether there is a value at all, and not an empty one; without `where`, the answer itself"""


class Request(_Table, frozen=True, kw_only=True):
    """One request; every text in it is a template."""

    method: Method = "GET"
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    send: Literal["json", "form", "multipart"] = "json"
    """what the body is sent as"""
    body: dict[str, Any] = {}
    answers: tuple[Rule, ...] = ()
    """rules of this request, asked before those of the registry"""


class Login(Request, frozen=True, kw_only=True):
    """Having a token issued, by a request of the registry's own kind."""

    method: Method = "POST"
    token: Path
    """path of the token in the answer, or ``cookie:NAME``"""
    expires: Path = ""
    """path of the seconds for which it is good, or of the time when it ends; empty: not said"""

    @property
    def cookie(self) -> str:
        """The name of the cookie that is the token; empty if none is."""
        kind, _, name = self.token.partition(":") if isinstance(self.token, str) else ("", "", "")
        return name if kind == "cookie" else ""


class Auth(_Table, frozen=True, kw_only=True):
    """How the bridge signs in; keys in a header, a query, a path or a body are templates."""

    way: Way = "none"
    username: Secret | None = None
    password: Secret | None = None
    token: Secret | None = None
    token_url: str = ""
    client_id: Secret | None = None
    client_secret: Secret | None = None
    scope: str = ""
    credentials_in: Literal["header", "body"] = "header"
    """where client id and secret stand in the request for a token"""
    login: Login | None = None
    header: str = "Authorization"
    """empty: the token goes only where a template has ``{token}``"""
    scheme: str = "Bearer"
    """the word before the token; empty: the token alone"""


class PersonFields(_Table, frozen=True, kw_only=True):
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


class RowFields(_Table, frozen=True, kw_only=True):
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


class Pages(_Table, frozen=True, kw_only=True):
    """A list that comes page by page."""

    query: str = "page"
    """parameter that asks for a page"""
    first: Annotated[int, msgspec.Meta(ge=0, le=1)] = 1
    step: Annotated[int, msgspec.Meta(ge=1)] = 1
    """by how much the parameter grows: 1 counts pages, the rows of a page count rows"""
    last: str = ""
    """path of the number of the last page"""
    next: str = ""
    """path of the address of the next page, where the pages have no numbers; without either:
    until a page has no rows"""


class Reading(Request, frozen=True, kw_only=True):
    """Reading the rows that a person has."""

    rows: str = ""
    """path of the list; empty: the answer as a whole"""
    fields: RowFields
    pages: Pages | None = None


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


class History(_Table, frozen=True, kw_only=True):
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


USUAL: tuple[Rule, ...] = (
    Rule(means="credentials", status=(401, 403)),
    Rule(means="none", status=(404,)),
    Rule(means="refused", status=(400, 409, 422)),
    # Not 503: whatever stands behind the one that says so may still carry a write out.
    Rule(means="retry", status=(429,)),
    Rule(means="success", status=(200, 201, 204)),
)
"""how an answer is understood where the configuration has no rules"""


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
    dates: tuple[str, ...] = ("%d-%m-%Y", "%Y-%m-%d", "%d/%m/%Y")
    """patterns in which dates are read"""
    messages: tuple[str, ...] = (
        "message",
        "Message",
        "messages",
        "pesan",
        "msg",
        "keterangan",
        "detail",
        "error_description",
        "hint",
        "errors",
        "ModelState",
        "error",
    )
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
