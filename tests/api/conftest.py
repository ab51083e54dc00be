"""An API on each database with a little of everything behind it, and scripts that ask it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from sqlalchemy import insert
from werkzeug.test import TestResponse

from lms_bridge.accounts import api_tokens
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.sight import Unit
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.people import sums
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import (
    attempts,
    completions,
    courses,
    deliveries,
    employees,
    postings,
    units,
)
from tests.conftest import NOW
from webhook.api import PATH
from webhook.app import create_app

SITI, BUDI = "198703152010012001", "199001012015011002"
ADMIN = Actor(name="budi", role="it")
DINAS, BADAN = Unit("siasn", "U-1", "Dinas Pendidikan"), Unit("siasn", "U-2", "Badan Keuangan")


class Script:
    """A program that asks the API; whatever is answered is held to the description."""

    def __init__(self, app: Flask, secret: str) -> None:
        self._client: FlaskClient = app.test_client()
        self._described: dict[str, Any] = self._client.get(f"{PATH}/openapi.json").get_json()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = self.headers | more.pop("headers", {})
        answer = self._client.open(f"{PATH}{path}", method=method, headers=headers, **more)
        rule = answer.request.path.removeprefix(PATH)
        self._hold(method, rule, answer)
        return answer

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.send("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.send("POST", path, **({"json": json} if json is not None else {}), **more)

    def _hold(self, method: str, path: str, answer: TestResponse) -> None:
        """Hold the answer to what the description says of it."""
        if not answer.data or not (answer.mimetype or "").endswith("json"):
            return
        operation = self._operation(method, path)
        if operation is None:
            assert answer.status_code in (404, 405), path
            return
        said = operation["responses"][str(answer.status_code)]
        if "$ref" in said:
            said = self._described["components"]["responses"][said["$ref"].split("/")[-1]]
        if "content" in said:
            schema = {**said["content"][answer.mimetype]["schema"], **self._components()}
            OAS31Validator(schema).validate(answer.get_json())

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        found: dict[str, Any]
        for template, ways in self._described["paths"].items():
            pieces, given = template.split("/"), path.split("/")
            fits = [
                one.startswith("{") or one == two for one, two in zip(pieces, given, strict=False)
            ]
            if len(pieces) == len(given) and all(fits) and method.lower() in ways:
                found = ways[method.lower()]
                return found
        return None

    def _components(self) -> dict[str, Any]:
        return {"components": {"schemas": self._described["components"]["schemas"]}}


@pytest.fixture
def bridge(store: Store) -> Iterator[Bridge]:
    bridge = Bridge(Settings(language="en"), store)
    yield bridge
    bridge.intake.close()


@pytest.fixture
def app(bridge: Bridge) -> Flask:
    return create_app(bridge)


@pytest.fixture
def script(app: Flask, store: Store) -> Callable[..., Script]:
    """A script whose token has these scopes."""
    numbers = iter(range(1000))

    def made(*scopes: str, **limits: Any) -> Script:
        with store.writing() as db:
            name = f"skrip-{next(numbers)}"
            issued = api_tokens.create(
                db, name, scopes=scopes, actor=ADMIN, now=utc_now(), **limits
            )
        return Script(app, issued.secret)

    return made


@pytest.fixture
def city(store: Store) -> None:
    """Siti of one unit and Budi of another; each has three completions, one delivery is blocked."""
    with store.writing() as db:
        for unit in (DINAS, BADAN):
            row = {"registry": unit.registry, "unit_id": unit.id, "name": unit.name, "seen_at": NOW}
            db.execute(insert(units), row)
        for number, (nip, name, unit) in enumerate(
            [(SITI, "Siti Aminah", DINAS), (BUDI, "Budi Santoso", BADAN)], start=1
        ):
            db.execute(insert(employees), _employee(number, nip, name, unit))
            posting = {"employee_id": number, "registry": "siasn", "since": NOW}
            db.execute(insert(postings), posting | {"unit_id": unit.id, "unit_name": unit.name})
        for number in (1, 2, 3):
            db.execute(insert(courses), _course(number))
        for number in range(1, 7):
            db.execute(insert(completions), _completion(number))
            db.execute(insert(deliveries), _delivery(number))
        db.execute(insert(attempts), _attempt(1))
        sums.count(db, [1, 2])
        health.reset(db, "registry.siasn", now=NOW)


def _employee(number: int, nip: str, name: str, unit: Unit) -> dict[str, Any]:
    return {
        "id": number,
        "nip": nip,
        "name": name,
        "unit_id": unit.id,
        "unit_name": unit.name,
        "status": "Aktif",
        "registry_refs": {},
        "created_at": NOW,
    }


def _course(number: int) -> dict[str, Any]:
    content = {"name": f"Kursus {number}", "organiser": "BKPSDM", "kind": 4, "hours": 10}
    return {
        "id": number,
        "key": f"K{number}",
        "source": "config",
        "content": content,
        "active": number < 3,
        "revision": 1,
        "changed_at": NOW,
    }


def _completion(number: int) -> dict[str, Any]:
    """The odd ones are Siti's."""
    ends = dt.date(2026, number, 10)
    return {
        "id": number,
        "employee_id": 1 if number % 2 else 2,
        "course_id": (number + 1) // 2,
        "run": "2026",
        "role": "learner",
        "completed_at": NOW + dt.timedelta(days=number - 4),
        "time_source": "lms",
        "hours": 10,
        "certificate_number": f"N/{number}",
        "starts": ends,
        "ends": ends,
        "lms": "moodle",
        "created_at": NOW,
    }


def _delivery(number: int) -> dict[str, Any]:
    """The first is blocked, the second waits, the others are done."""
    state = {1: "blocked", 2: "waiting"}.get(number, "done")
    code, details = "new", None
    if number == 1:
        code, details = "employee_not_in_registry", {"remote": "registry.siasn", "nip": SITI}
    return {
        "id": number,
        "completion_id": number,
        "employee_id": 1 if number % 2 else 2,
        "step": "record",
        "remote": "registry.siasn",
        "lane": f"registry.siasn {number}",
        "state": state,
        "due_at": NOW,
        "reason_code": code,
        "reason_details": details,
        "progress": {},
        "effort_since": NOW,
        "created_at": NOW,
        "changed_at": NOW,
    }


def _attempt(delivery: int) -> dict[str, Any]:
    return {
        "delivery_id": delivery,
        "number": 1,
        "started_at": NOW,
        "finished_at": NOW,
        "outcome": "block",
        "reason_code": "employee_not_in_registry",
        "reason_details": {"remote": "registry.siasn", "nip": SITI},
        "exchanges": [{"method": "GET", "url": f"https://siasn.example/pns/{SITI}", "status": 200}],
    }
