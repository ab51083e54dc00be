"""The description of the API, and every route × every scope: made from the URL map."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from lms_bridge.accounts.api_tokens import SCOPES
from tests.api.conftest import Script
from tests.conftest import on_sqlite
from webhook.api import PATH
from webhook.api.service import Service

pytestmark = on_sqlite


def _routes(app: Flask) -> list[tuple[str, str, str, str]]:
    """Endpoint, method, path as it is described, path as it can be asked."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api") or rule.endpoint == "api.static":
            continue
        path = rule.rule.removeprefix(PATH)
        described = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", path)
        asked = re.sub(r"<int[^<>]*>", "1", path)
        asked = re.sub(r"<\w+>", "nothing", asked)
        assert "<" not in asked, f"{rule.rule}: an argument that this test does not know"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found.append((rule.endpoint, method, described, asked))
    return sorted(found)


def test_the_description_is_right_and_has_every_route(app: Flask) -> None:
    described = app.test_client().get(f"{PATH}/openapi.json").get_json()
    OpenAPIV31SpecValidator(described).validate()
    there = {(method.upper(), path) for path, ways in described["paths"].items() for method in ways}
    assert there == {(method, path) for _, method, path, _ in _routes(app)}


def test_only_the_description_is_open(app: Flask) -> None:
    service: Service = app.extensions["api"]
    opened = {name for name, one in service.operations.items() if one.needs is None}
    assert opened == {"api.description", "api.index"}
    client = app.test_client()
    for endpoint, method, _, path in _routes(app):
        answer = client.open(f"{PATH}{path}", method=method)
        expected = 200 if endpoint in opened else 401
        assert answer.status_code == expected, f"{method} {path}"


@pytest.mark.parametrize("scope", SCOPES)
def test_each_route_lets_in_the_scope_that_it_needs_and_no_other(
    app: Flask, city: None, script: Callable[..., Script], scope: str
) -> None:
    service: Service = app.extensions["api"]
    one = script(scope)
    for endpoint, method, _, path in _routes(app):
        needs = service.operations[endpoint].needs
        if needs is None:
            continue
        status = one.send(method, path).status_code
        if needs == scope:
            assert status not in (401, 403, 500), f"{method} {path}: {status}"
        else:
            assert status == 403, f"{method} {path}: {status}"


def test_the_page_for_people_names_every_operation_and_value(app: Flask) -> None:
    page = app.test_client().get(f"{PATH}/").text
    for _, method, path, _ in _routes(app):
        assert f"{method} {path}" in page
    wanted = set(re.findall(r'href="#([^"]+)"', page))
    assert wanted <= set(re.findall(r'id="([^"]+)"', page))
