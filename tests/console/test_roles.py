"""Every route of the console × every role: made from the URL map, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import Rule

from lms_bridge.accounts.roles import MAY, Permission, Role
from tests.conftest import on_sqlite
from tests.console.conftest import Visitor
from webhook.console.gate import OPEN, OWN
from webhook.console.site import PATH, Site

pytestmark = on_sqlite

ARGUMENTS = {"int": 1, "string": "nothing", "path": "nothing"}


def _rules(app: Flask) -> list[tuple[Rule, str, str]]:
    """Each rule under /console with its method and a path that fits."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(f"{PATH}/") or rule.endpoint == "console.static":
            continue
        path = rule.rule
        for name, converter in rule._converters.items():
            kind = type(converter).__name__
            value = "1" if kind == "IntegerConverter" else "nothing"
            for form in (f"<int:{name}>", f"<path:{name}>", f"<{name}>"):
                path = path.replace(form, value)
        assert "<" not in path, f"{rule.rule}: a kind of argument that this test does not know"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found.append((rule, method, path.removeprefix(PATH)))
    return sorted(found, key=lambda one: (one[2], one[1]))


def _send(visitor: Visitor, method: str, path: str) -> int:
    return (visitor.get(path) if method == "GET" else visitor.post(path)).status_code


def test_every_view_says_what_it_needs(app: Flask) -> None:
    site: Site = app.extensions["console"]
    said = {rule.endpoint for rule, _, _ in _rules(app)}
    assert said == site.needs.keys()
    assert all(needs in {*Permission, OWN, OPEN} for needs in site.needs.values())


def test_only_signing_in_and_out_is_open(app: Flask) -> None:
    site: Site = app.extensions["console"]
    opened = {endpoint for endpoint, needs in site.needs.items() if needs == OPEN}
    assert opened <= {
        "console.sign_in",
        "console.sign_out",
        "console.oidc_start",
        "console.oidc_back",
    }


@pytest.mark.parametrize("role", Role)
def test_each_route_lets_in_who_may_and_nobody_else(
    app: Flask, visitor: Callable[[], Visitor], role: Role
) -> None:
    site: Site = app.extensions["console"]
    somebody = visitor().as_(role)
    for rule, method, path in _rules(app):
        needs = site.needs[rule.endpoint]
        if needs in (OPEN, OWN):
            continue
        status = _send(somebody, method, path)
        if needs in MAY[role]:
            assert status not in (401, 403, 500), f"{method} {path} as {role}: {status}"
        else:
            assert status == 403, f"{method} {path} as {role}: {status}"


def test_nobody_is_let_in_without_signing_in(app: Flask, visitor: Callable[[], Visitor]) -> None:
    site: Site = app.extensions["console"]
    nobody = visitor()
    for rule, method, path in _rules(app):
        if site.needs[rule.endpoint] != OPEN:
            answer = nobody.get(path) if method == "GET" else nobody.post(path)
            assert answer.status_code == 303, f"{method} {path}"
            assert "/console/sign-in" in answer.headers["Location"]


def test_each_form_needs_the_token_of_the_session(
    app: Flask, visitor: Callable[[], Visitor]
) -> None:
    site: Site = app.extensions["console"]
    people = {role: visitor().as_(role) for role in Role}
    for rule, method, path in _rules(app):
        needs = site.needs[rule.endpoint]
        if method == "POST" and needs != OPEN:
            role = next(role for role in Role if needs == OWN or needs in MAY[role])
            answer = people[role].post(path, {"csrf": "another"})
            assert answer.status_code == 403, path
