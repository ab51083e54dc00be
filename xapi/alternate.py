"""The alternate request syntax: any request as a POST with a form (Communication 1.3).

It was made for browsers that can neither use other methods than GET and POST nor set headers.
The query string has the intended method and nothing else; the form has the headers, the
parameters, and as ``content`` what would have been the body. It is part of 1.0.3 alone: to 2.0
``method`` is a parameter like any other that it does not know.

>>> request = unfolded("POST", [("method", "PUT")], {}, b"statementId=1&content=%7B%7D"
...     b"&X-Experience-API-Version=1.0.3&Content-Type=application%2Fjson")
>>> request.method, request.parameters, request.content
('PUT', [('statementId', '1')], b'{}')
>>> request.headers["content-type"]
'application/json'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from xapi.errors import InvalidRequest, RequestTooLarge
from xapi.negotiation import HEADER
from xapi.parameters import Pairs, pairs_in
from xapi.versions import Version, edition

_CLAUSE: Final = "Communication 1.3"
_TOO_LARGE: Final = "Communication 3.2"
_WITH_CONTENT: Final = frozenset({"PUT", "POST"})
_METHODS: Final = _WITH_CONTENT | {"GET", "HEAD", "DELETE"}
_HEADERS: Final = frozenset(
    {
        "authorization",
        "x-experience-api-version",
        "content-type",
        "content-length",
        "if-match",
        "if-none-match",
    }
)
"""the headers that can stand in the form; all others stand where headers do"""
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "text/plain", ""})
"""what the form itself may say that it is; the browsers that need this cannot say it right"""
_LONGEST_FIELD: Final = 16_384
"""how many characters a header or a parameter of the form may have"""


class Unfolded(NamedTuple):
    """The request that was meant."""

    method: str
    headers: dict[str, str]
    """by their names in lower case: those of the form, and of the request where it has none"""
    parameters: list[tuple[str, str]]
    content: bytes
    """what would have been the body; empty where there is none"""


def is_alternate(parameters: Pairs, version: str | None) -> bool:
    """Whether a request with these query parameters and this version header is a form.

    It is one by its ``method``, unless the header says that it is of another edition.
    """
    spoken = edition(version.strip()) if version else None
    return spoken is not Version.V2_0 and any(name == "method" for name, _ in parameters)


def unfolded(method: str, parameters: Pairs, headers: Mapping[str, str], form: bytes) -> Unfolded:
    """The request that is meant by a `method` with these query `parameters` and this `form`.

    Raises :exc:`InvalidRequest` for what does not keep to the syntax, and
    :exc:`RequestTooLarge` for more of it than any request needs. The request that comes
    out is yet to be held to the rules of its resource, like one that came straight.
    """
    intended = _intended_method(method, list(parameters))
    sent = {name.lower(): value for name, value in headers.items()}
    if sent.get("content-type", "").partition(";")[0].strip().lower() not in _FORMS:
        rule = 'is not "application/x-www-form-urlencoded", which a form is'
        raise _refused("header.Content-Type", sent["content-type"], rule)
    found = _fields(form)
    told = {name: value for name, value in found.items() if name in _HEADERS}
    content = found.pop("content", None)
    if intended in _WITH_CONTENT and content is None:
        rule = f'lacks the field "content", which a {intended} sends'
        raise _refused("form", list(found), rule)
    if intended not in _WITH_CONTENT and content is not None:
        raise _refused("form.content", content, f"is not what a {intended} sends")
    body = (content or "").encode()
    sent.pop("content-type", None)
    straight = {**sent, **told, "content-length": str(len(body))}
    _check_version(straight.get(HEADER.lower()))
    others = [(name, value) for name, value in found.items() if name not in told]
    return Unfolded(intended, straight, others, body)


def _intended_method(method: str, parameters: list[tuple[str, str]]) -> str:
    if method.upper() != "POST":
        rule = "is not POST, which every request in the alternate syntax is"
        raise _refused("method", method, rule)
    if len(parameters) != 1:
        rule = 'are not "method" alone; the form has all others'
        raise _refused("query", [name for name, _ in parameters], rule)
    [(_, intended)] = parameters
    if intended.upper() not in _METHODS:
        raise _refused("query.method", intended, f"is none of {', '.join(sorted(_METHODS))}")
    return intended.upper()


def _fields(form: bytes) -> dict[str, str]:
    """The fields of the form; those that are headers have no case, like all headers."""
    fields: dict[str, str] = {}
    for sent, value in pairs_in(form, "form"):
        name = sent.lower() if sent.lower() in _HEADERS else sent
        if name in _HEADERS and not (value.isascii() and value.isprintable()):
            raise _refused(f"form.{name}", value, "has a character that no header can have")
        if name in fields:
            raise _refused(f"form.{name}", value, "is given a second time")
        if name != "content" and len(value) > _LONGEST_FIELD:
            rule = f"characters of a field are more than the {_LONGEST_FIELD} that this LRS takes"
            raise RequestTooLarge(None, f"form.{name[:40]}", len(value), rule, _TOO_LARGE)
        fields[name] = value
    return fields


def _check_version(header: str | None) -> None:
    if header and edition(header.strip()) is Version.V2_0:
        rule = "is an edition that has no alternate request syntax"
        raise InvalidRequest(f"form.{HEADER}", header, rule, _CLAUSE, Version.V2_0)


def _refused(path: str, value: Any, rule: str) -> InvalidRequest:
    return InvalidRequest(path, value, rule, _CLAUSE)
