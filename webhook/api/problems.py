"""Answers that say what is wrong with a request (RFC 9457, "Problem Details for HTTP APIs")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from flask import Response, request
from werkzeug.exceptions import HTTPException

from webhook.api import PATH

MEDIA_TYPE = "application/problem+json"

TITLES = {
    "request": "The request cannot be understood",
    "token": "A token is required",
    "scope": "The token does not include this",
    "missing": "There is nothing here",
    "method": "This address takes no such request",
    "conflict": "This cannot be done now",
    "too-large": "What was sent is too large",
    "media-type": "JSON is required",
    "pace": "Too many requests",
    "failed": "The bridge failed",
}
"""by the last word of its ``type``, what kind of problem it is"""

Headers: TypeAlias = Mapping[str, str]
_NONE: Headers = {}
_CODES = {404: "missing", 405: "method", 413: "too-large", 415: "media-type"}
_PLACE = re.compile(r"^(?P<rule>.*?)(?: - at `\$(?P<field>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `([^`]*)`|missing required field `([^`]*)`")


class Fault(msgspec.Struct, frozen=True):
    """A field that is not as it must be."""

    field: str
    """empty: the request as a whole"""
    rule: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a request (RFC 9457)."""

    type: str
    """a reference to what kind of problem it is"""
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class Problem(Exception):
    """The request is answered with that."""

    def __init__(
        self, status: int, code: str, detail: str, *faults: Fault, headers: Headers = _NONE
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = list(faults)
        self.headers = dict(headers)


def missing() -> Problem:
    """There is nothing, or nothing that the token shows: it is the same to whoever asks."""
    return Problem(404, "missing", "There is nothing here, or nothing that the token shows.")


def of_field(field: str, rule: str) -> Problem:
    """What is wrong is one field."""
    return Problem(400, "request", f"{field}: {rule}", Fault(field, rule))


def of_invalid(error: msgspec.DecodeError) -> Problem:
    """What :mod:`msgspec` says is wrong."""
    found = _PLACE.match(str(error))
    rule, field = (found["rule"], found["field"] or "") if found else (str(error), "")
    field = field.removeprefix(".")
    if not field and (named := _UNKNOWN.search(rule)):
        field = named[1] or named[2]
    return of_field(field, rule) if field else Problem(400, "request", rule, Fault("", rule))


def answer(problem: Problem) -> Response:
    """`problem` as an answer."""
    told = ProblemDetails(
        type=f"{PATH}/#{problem.code}",
        title=TITLES[problem.code],
        status=problem.status,
        detail=problem.detail,
        errors=problem.faults,
    )
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(msgspec.json.encode(told), problem.status, headers, mimetype=MEDIA_TYPE)


def is_api() -> bool:
    """Whether the request is for the API."""
    return request.path == "/api" or request.path.startswith("/api/")


def of_http(error: HTTPException) -> Any:
    """What Flask itself refuses, in the form of the API."""
    status = error.code or 500
    if status < 400:
        return error
    headers: dict[str, str] = {}
    if status == 405:
        headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    detail = error.description or error.name
    if status == 404:
        detail = f"There is nothing here; {PATH}/ tells what there is."
    return answer(Problem(status, _CODES.get(status, "request"), detail, headers=headers))


def of_failure() -> Response:
    """A defect of the bridge."""
    return answer(Problem(500, "failed", "The bridge failed at this; its log has why."))
