"""An officer is shown the people of the unit and of those below, whatever address is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from benchmarks.city import Size, When
from benchmarks.city.making import make
from lms_bridge.accounts.roles import MAY, Permission, Role
from lms_bridge.accounts.sight import Unit, of_unit
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.people import units
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, employees
from tests.console.conftest import Visitor
from webhook.console.site import PATH, Site

SMALL = Size() * 0.0015


@pytest.fixture
def unit(store: Store, bridge: Bridge) -> Unit:
    """A unit of a small city in which some work, and most do not."""
    make(store, SMALL, When(utc_now()), bridge.settings)
    with store.reading() as db:
        tops = [one for one in units.tree(db, "siasn") if one.depth == 1 and one.people_in_all]
    fewest = min(tops, key=lambda one: one.people_in_all)
    return Unit(fewest.registry, fewest.id, fewest.name)


def test_an_officer_opens_nobody_elses_page(
    app: Flask, store: Store, visitor: Callable[[], Visitor], unit: Unit
) -> None:
    officer = visitor().as_(Role.OFFICER, unit=unit)
    with store.reading() as db:
        seen = set(
            db.execute(
                select(employees.c.id).where(of_unit(db, unit).sees(employees.c.id))
            ).scalars()
        )
        rows = db.execute(select(completions.c.id, completions.c.employee_id)).all()
        everybody = set(db.execute(select(employees.c.id)).scalars())
    assert 0 < len(seen) < len(everybody)
    whose = {
        "employee": {number: number for number in everybody},
        "completion": {row.id: row.employee_id for row in rows[:150]},
    }
    opened = 0
    for endpoint, path in _of_one(app):
        for number, employee_id in whose[endpoint].items():
            status = officer.get(path.replace("<int:number>", str(number))).status_code
            if employee_id not in seen:
                assert status == 404, f"{path} of {number}: {status}"
            elif status == 200:
                opened += 1
    assert opened


def test_no_list_names_anybody_else(
    app: Flask, store: Store, visitor: Callable[[], Visitor], unit: Unit
) -> None:
    officer = visitor().as_(Role.OFFICER, unit=unit)
    with store.reading() as db:
        sees = of_unit(db, unit).sees(employees.c.id)
        others = set(db.execute(select(employees.c.nip).where(~sees)).scalars())
    site: Site = app.extensions["console"]
    lists = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint in site.needs
        and site.needs[rule.endpoint] in MAY[Role.OFFICER]
        and "GET" in (rule.methods or ())
        and "<" not in rule.rule
    ]
    assert len(lists) > 5
    for rule in lists:
        answer = officer.get(f"{rule.removeprefix(PATH)}?format=csv")
        plain = "".join(answer.data.decode(errors="replace").split())
        assert [nip for nip in others if nip in plain] == [], rule


def _of_one(app: Flask) -> list[tuple[str, str]]:
    """What shows one employee, or one completion, or anything of either."""
    site: Site = app.extensions["console"]
    found = []
    for rule in app.url_map.iter_rules():
        name = rule.endpoint.removeprefix("console.").partition("_")[0]
        if (
            name in ("employee", "completion")
            and site.needs.get(rule.endpoint) == Permission.PEOPLE
            and "GET" in (rule.methods or ())
            and "<int:number>" in rule.rule
        ):
            found.append((name, rule.rule.removeprefix(PATH)))
    assert {name for name, _ in found} == {"employee", "completion"}
    return found
