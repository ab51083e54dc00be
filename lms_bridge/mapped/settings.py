"""What every system that is described in TOML can have said of it; docs/simpeg.md explains it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, TypeAlias

import msgspec

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


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: no other names than the ones it declares."""


class Condition(Table, frozen=True, kw_only=True):
    """Something that is so of an answer, or of a row in it, or not."""

    where: str = ""
    """path in the answer of the value that is looked at"""
    equals: str | int | bool | tuple[str | int | bool, ...] | None = None
    contains: tuple[str, ...] = ()
    """words of which one is in the value; without `where`, in the answer as a whole"""
    filled: bool | None = None
    """whether there is a value at all, and not an empty one; without `where`, the answer itself"""


class Rule(Condition, frozen=True, kw_only=True):
    """What an answer means if all that is said here is so; the first rule that fits decides."""

    means: Means
    status: tuple[Status, ...] = ()
    """HTTP statuses; left out: any"""


class Request(Table, frozen=True, kw_only=True):
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


class Auth(Table, frozen=True, kw_only=True):
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


class Pages(Table, frozen=True, kw_only=True):
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


class Listing(Request, frozen=True, kw_only=True):
    """Reading a list."""

    rows: str = ""
    """path of the list; empty: the answer as a whole"""
    pages: Pages | None = None


USUAL: tuple[Rule, ...] = (
    Rule(means="credentials", status=(401, 403)),
    Rule(means="none", status=(404,)),
    Rule(means="refused", status=(400, 409, 422)),
    # Not 503: whatever stands behind the one that says so may still carry a write out.
    Rule(means="retry", status=(429,)),
    Rule(means="success", status=(200, 201, 204)),
)
"""how an answer is understood where the configuration has no rules"""

DATES = ("%d-%m-%Y", "%Y-%m-%d", "%d/%m/%Y")
"""patterns in which dates are read, where the configuration has none"""
MESSAGES = (
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
"""paths of a system's own words, where the configuration has none"""


class Ground(Protocol):
    """What the templates of a request stand on: the settings of a system, as far as they matter."""

    @property
    def url(self) -> str: ...
    @property
    def auth(self) -> Auth: ...
    @property
    def keys(self) -> Mapping[str, Secret]: ...
    @property
    def constants(self) -> Mapping[str, Scalar]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def enumerations(self) -> Mapping[str, Mapping[str, Scalar]]: ...


class Described(Ground, Protocol):
    """The settings of a system that is described in TOML, whatever else it has."""

    @property
    def dates(self) -> tuple[str, ...]: ...
    @property
    def messages(self) -> tuple[str, ...]: ...
    @property
    def answers(self) -> tuple[Rule, ...]: ...
