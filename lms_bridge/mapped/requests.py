"""Requests, made ready once and filled in each time."""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from lms_bridge.config.secrets import Secret
from lms_bridge.document import Document
from lms_bridge.mapped.dates import TemplateError
from lms_bridge.mapped.settings import Auth, Ground, Login, Request, Scalar
from lms_bridge.mapped.templates import (
    Filling,
    Template,
    Tree,
    Values,
    compiled,
    parse,
)

TO_LOG_IN = ("username", "password")
_TOKENED = ("bearer", "oauth2", "login")
"""the ways to sign in that have a token"""
_ADDRESS = re.compile(r"https?://[^/?#@{}\s]+(/|\?|\Z)")
_UNSENDABLE = ("\r", "\n", "\0")


class Filled(msgspec.Struct, frozen=True):
    """A request as it is sent, but for what signs it."""

    method: str
    url: str
    headers: Mapping[str, str]
    json: Any = None
    form: Mapping[str, str] | None = None
    body: bytes | None = None
    noted: Any = None
    """what may be seen of it, where that is not `json` or `form` as it stands"""


class Prepared:
    """A request with its templates made ready.

    `wrong` has what is wrong with it, by the name of the setting; then it cannot be filled.
    """

    def __init__(self, request: Request, settings: Ground, fields: Sequence[str]) -> None:
        self.wrong: list[tuple[str, str]] = []
        self._settings = settings
        self._method = request.method
        self._send = request.send
        # The login of a registry may be elsewhere than the rest of it.
        is_whole = bool(_ADDRESS.match(request.path))
        self._base = "" if is_whole else settings.url.rstrip("/")
        self._fields = (
            *fields,
            *(f"keys.{name}" for name in settings.keys),
            *(f"constants.{name}" for name in settings.constants),
            *(["token"] if settings.auth.way in _TOKENED else []),
        )
        self._path = self._text("path", request.path)
        if not (is_whole or request.path.startswith(("/", "?"))):
            self.wrong.append(("path", 'must begin with "/"; it is counted from url'))
        self._query = self._texts("query", {**settings.query, **request.query})
        self._headers = self._texts("headers", {**settings.headers, **request.headers})
        self._body = self._tree(request.body)
        if self._body and request.method == "GET":
            self.wrong.append(("body", "a GET has none; use query"))

    def names(self) -> set[str]:
        """The fields that it names."""
        fillings = [self._path, *self._query.values(), *self._headers.values()]
        found = {hole.field for filling in fillings for hole in filling.holes()}
        return found | {hole.field for hole in self._body.holes()} if self._body else found

    def with_query(self, parameters: Mapping[str, str]) -> Prepared:
        """It, with these parameters, which stand as they are."""
        other = copy.copy(self)
        stated = {name: Template([value], {}) for name, value in parameters.items()}
        other._query = {**self._query, **stated}
        return other

    def fill(self, values: Values) -> Filled:
        """It with `values`. Raises :exc:`~lms_bridge.mapped.templates.WordMissing`."""
        url = self._base + self._path.text(values, _escaped)
        query = {name: filled.text(values) for name, filled in self._query.items()}
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        headers = {"Accept": "application/json"} | {
            name: _one_line(filled.text(values)) for name, filled in self._headers.items()
        }
        if self._body is None:
            return Filled(self._method, url, headers)
        content, noted = self._body.fill(values), None
        if isinstance(document := values.get("document"), Document):
            told = {"document": f"({len(document.content)} bytes)"}
            noted = self._body.fill({**values, **told})
        if self._send == "json":
            return Filled(self._method, url, headers, json=content, noted=noted)
        if self._send == "form":
            fields = {name: _field(value) for name, value in content.items()}
            return Filled(self._method, url, headers, form=fields, noted=noted)
        # Of an HTTP client, which those who only read the configuration do not load.
        from urllib3.filepost import encode_multipart_formdata

        parts = {name: _part(value) for name, value in content.items()}
        body, kind = encode_multipart_formdata(parts, boundary=secrets.token_hex(16))
        headers["Content-Type"] = kind
        return Filled(self._method, url, headers, body=body, noted=noted or parts)

    def _texts(self, setting: str, texts: Mapping[str, str]) -> dict[str, Template]:
        return {name: self._text(f"{setting}.{name}", text) for name, text in texts.items()}

    def _text(self, setting: str, text: str) -> Template:
        try:
            fields = [field for field in self._fields if field != "document"]
            return parse(text, self._settings.enumerations, fields)
        except TemplateError as error:
            self.wrong.append((setting, str(error)))
            return Template([], {})

    def _tree(self, body: Mapping[str, Any]) -> Tree | None:
        items: dict[str, Filling] = {}
        for name, value in body.items():
            try:
                items[name] = compiled(value, self._settings.enumerations, self._fields)
            except TemplateError as error:
                self.wrong.append((f"body.{name}", str(error)))
                continue
            if self._send != "json" and isinstance(items[name], Tree):
                self.wrong.append(
                    (f"body.{name}", f'only send = "json" has tables and lists, not {self._send}')
                )
            if self._send != "multipart" and any(hole.is_file for hole in items[name].holes()):
                self.wrong.append(
                    (
                        f"body.{name}",
                        'only send = "multipart" has files; elsewhere it is {document:base64}',
                    )
                )
        return Tree(items) if body else None


class _Plain(msgspec.Struct, frozen=True, kw_only=True):
    """A ground without a token."""

    url: str
    auth: Auth = Auth()
    keys: Mapping[str, Secret]
    constants: Mapping[str, Scalar]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    enumerations: Mapping[str, Mapping[str, Scalar]]


def prepared_login(login: Login, settings: Ground) -> Prepared:
    """The request that logs in: without what has the token in it that it is to bring."""

    def known(templates: Mapping[str, str]) -> dict[str, str]:
        return {name: each for name, each in templates.items() if "{token}" not in each}

    auth = settings.auth
    plain = _Plain(
        url=settings.url,
        keys=settings.keys,
        constants=settings.constants,
        headers=known(settings.headers),
        query=known(settings.query),
        enumerations=settings.enumerations,
    )
    return Prepared(login, plain, [name for name in TO_LOG_IN if getattr(auth, name)])


def _escaped(text: str) -> str:
    return quote(text, safe="")


def _one_line(text: str) -> str:
    """A header's value ends where its line ends, whatever a course is called."""
    for sign in _UNSENDABLE:
        text = text.replace(sign, " ")
    return text


def _part(value: Any) -> str | tuple[str, bytes, str]:
    """A value as a part of a multipart body."""
    if isinstance(value, Document):
        return value.name, value.content, "application/pdf"
    return _field(value)


def _field(value: Any) -> str:
    """A value as a form has it; what PHP reads as false is the empty text."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case _:
            return str(value)
