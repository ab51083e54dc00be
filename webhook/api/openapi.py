"""The description of the API (OpenAPI 3.1.1), made from what its routes were declared with."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import msgspec

from lms_bridge import __version__
from webhook.api import PATH
from webhook.api.problems import MEDIA_TYPE, TITLES, ProblemDetails
from webhook.api.service import Operation

_REFUSALS = {
    "400": TITLES["request"],
    "401": TITLES["token"],
    "403": TITLES["scope"],
    "404": TITLES["missing"],
    "409": TITLES["conflict"],
    "413": TITLES["too-large"],
    "415": TITLES["media-type"],
    "429": TITLES["pace"],
}
_INTRODUCTION = (
    "What the console of lms-bridge shows, for dashboards and scripts. Each request brings a token"
    " (`lms-bridge api-tokens create`). Times are in UTC, days are those of the city. A list comes"
    " in pages; `next` of one asks for the page after it. A NIP is never a part of an address:"
    " people are named by their number, and a NIP is looked for by a POST."
)


def document(operations: Collection[Operation], *, home_page: str) -> dict[str, Any]:
    """The description of `operations`, served at the address `home_page`."""
    kinds = [each.answers for each in operations if each.answers is not None]
    kinds += [each.asks for each in operations if each.asks is not None]
    _, schemas = msgspec.json.schema_components(
        [ProblemDetails, *kinds], ref_template="#/components/schemas/{name}"
    )
    schemas = {name: _tidied(schema) for name, schema in schemas.items()}
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schemas)
    for each in operations:
        if each.asks is not None and each.method == "GET":
            schemas.pop(each.asks.__name__, None)
    return {
        "openapi": "3.1.1",
        "info": {"title": "lms-bridge", "version": __version__, "description": _INTRODUCTION},
        "servers": [{"url": f"{home_page}{PATH}"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {name: _refusal(title) for name, title in _REFUSALS.items()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the bridge, with scopes.",
                }
            },
        },
    }


def _operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [*_places(one.path), *_parameters(one, schemas)],
        "responses": {str(one.status): _answer(one), **_refusals(one)},
        # Of a scheme that is not OAuth these are roles (OpenAPI 3.1, Security Requirement).
        "security": [] if one.needs is None else [{"token": [one.needs.value]}],
    }
    if one.description:
        told["description"] = one.description
    if one.method == "POST" and one.asks is not None:
        schema = {"$ref": f"#/components/schemas/{one.asks.__name__}"}
        told["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return told


def _places(path: str) -> list[dict[str, Any]]:
    """The parameters that are a part of the path."""
    found = []
    for name in re.findall(r"\{(\w+)\}", path):
        schema = {"type": "integer", "minimum": 1} if name == "number" else {"type": "string"}
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _parameters(one: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if one.asks is None or one.method != "GET":
        return []
    schema = schemas[one.asks.__name__]
    found = []
    for name, each in schema["properties"].items():
        parameter = {"name": name, "in": "query", "schema": each}
        if name in schema.get("required", ()):
            parameter["required"] = True
        found.append(parameter)
    return found


def _answer(one: Operation) -> dict[str, Any]:
    if one.answers is None:
        return {"description": one.summary}
    kind, _ = msgspec.json.schema_components(
        [one.answers], ref_template="#/components/schemas/{name}"
    )
    return {"description": one.summary, "content": {"application/json": {"schema": kind[0]}}}


def _refusals(one: Operation) -> dict[str, Any]:
    codes = [] if one.needs is None else ["401", "403", "429"]
    codes += ["400"] if one.asks is not None else []
    codes += ["404"] if "{" in one.path or one.asks is not None else []
    codes += ["409"] if one.method == "POST" and "{" in one.path else []
    codes += ["413", "415"] if one.method == "POST" and one.asks is not None else []
    return {code: {"$ref": f"#/components/responses/{code}"} for code in sorted(codes)}


def _refusal(title: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": title, "content": {MEDIA_TYPE: {"schema": schema}}}


def _tidied(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` with its description in one line, as it stands in a docstring in several."""
    if "description" in schema:
        return {**schema, "description": " ".join(schema["description"].split())}
    return schema
