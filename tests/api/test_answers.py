"""What the API answers; each answer is held to the description as well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from lms_bridge.accounts import accesses
from lms_bridge.accounts.audit import entries
from lms_bridge.jobs import steering
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries
from tests.api.conftest import BADAN, BUDI, DINAS, SITI, Script
from tests.conftest import on_sqlite

pytestmark = pytest.mark.usefixtures("city")

Make = Callable[..., Script]


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.get_json()["items"]]


def test_somebody_is_found_by_a_nip_that_stands_in_no_address(script: Make) -> None:
    hr = script("people")
    assert ids(hr.post("/employees/search", {"nip": SITI})) == [1]
    assert ids(hr.post("/employees/search", {"name": "santo"})) == [2]
    assert ids(hr.post("/employees/search", {"name": "%"})) == []
    assert ids(hr.post("/employees/search")) == [1, 2]
    [found] = hr.post("/employees/search", {"nip": SITI}).get_json()["items"]
    assert found["unit"] == {"id": "U-1", "name": "Dinas Pendidikan"}


def test_whose_data_a_token_was_shown_is_written_down(script: Make, store: Store) -> None:
    hr = script("people")
    completion = hr.get("/completions").get_json()["items"][0]["id"]
    hr.get(f"/completions/{completion}")
    hr.get("/employees/2")
    hr.get("/employees/99")
    with store.reading() as db:
        found = [(one.what, one.employee_id) for one in accesses.entries(db)]
    assert found[0] == ("page", 2)
    assert [what for what, _ in found] == ["page", "completion", "list"]
    assert found[1][1] is not None
    assert found[2][1] is None


def test_one_employee_has_the_jp_of_a_year_and_all_trainings(script: Make) -> None:
    found = script("people").get("/employees/1?year=2026").get_json()
    assert found["hours"] == {
        "year": 2026,
        "jp": 30,
        "recorded_by_bridge": 30,
        "elsewhere": 0,
        "wanted": 20,
    }
    assert [one["completion"] for one in found["trainings"]] == [5, 3, 1]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", [6, 5, 4, 3, 2, 1]),
        ("course=K1", [2, 1]),
        ("employee=1", [5, 3, 1]),
        ("unit=U-2", [6, 4, 2]),
        ("state=stopped", [1]),
        ("state=under_way", [2]),
        ("state=through", [6, 5, 4, 3]),
        ("state=taken_back", []),
        ("since=2026-11-22&until=2026-11-23", [3, 2]),
    ],
)
def test_completions_are_narrowed(script: Make, asked: str, expected: list[int]) -> None:
    assert ids(script("people").get(f"/completions?{asked}")) == expected


def test_a_list_is_read_page_by_page(script: Make) -> None:
    hr, seen, after = script("people"), list[int](), ""
    for _ in range(3):
        answer = hr.get(f"/completions?limit=2&next={after}")
        seen += ids(answer)
        after = answer.get_json()["next"]
    assert (seen, after) == ([6, 5, 4, 3, 2, 1], None)


def test_a_completion_says_what_each_delivery_waits_for_in_the_language_asked_for(
    script: Make,
) -> None:
    hr = script("people")
    found = hr.get("/completions/1").get_json()
    [step] = found["deliveries"]
    assert (found["completion"]["state"], step["state"]) == ("stopped", "blocked")
    assert step["reason"]["code"] == "employee_not_in_registry"
    assert SITI not in step["reason"]["what"]
    indonesian = hr.get("/completions/1", headers={"Accept-Language": "id"})
    assert indonesian.headers["Content-Language"] == "id"
    [other] = indonesian.get_json()["deliveries"]
    assert other["reason"]["what"] != step["reason"]["what"]


def test_a_token_of_a_unit_shows_nobody_else(script: Make) -> None:
    officer = script("people", unit=DINAS)
    assert ids(officer.get("/employees")) == [1]
    assert ids(officer.get("/completions")) == [5, 3, 1]
    assert ids(officer.post("/employees/search", {"nip": BUDI})) == []
    assert ids(officer.get("/employees?unit=U-2")) == []
    for path in ("/employees/2", "/completions/2"):
        assert officer.get(path).status_code == 404


def test_a_delivery_is_looked_into_without_a_nip(script: Make) -> None:
    it = script("system")
    assert ids(it.get("/deliveries?state=blocked")) == [1]
    assert ids(it.get("/deliveries?remote=registry.siasn&limit=2")) == [6, 5]
    answer = it.get("/deliveries/1")
    assert answer.get_json()["attempts"][0]["outcome"] == "block"
    assert SITI not in answer.text


def test_a_delivery_is_tried_again_and_that_stands_in_the_audit_log(
    script: Make, store: Store
) -> None:
    operator = script("operate")
    assert operator.post("/deliveries/1/retry").get_json()["delivery"]["state"] == "waiting"
    again = operator.post("/deliveries/3/retry")
    assert (again.status_code, again.get_json()["title"]) == (409, "This cannot be done now")
    assert operator.post("/deliveries/77/retry").status_code == 404
    with store.reading() as db:
        assert db.scalar(select(deliveries.c.state).where(deliveries.c.id == 1)) == "waiting"
        retried = entries(db, action="delivery.retried")
    assert [(one.by, one.subject) for one in retried] == [("token:skrip-0", "delivery:1")]


@on_sqlite
def test_courses_and_the_outside_systems_are_told_of(script: Make) -> None:
    one = script("people", "system")
    assert ids(one.get("/courses?active=true")) == [1, 2]
    assert ids(one.get("/courses?key=K3")) == [3]
    assert one.get("/courses/1").get_json()["jp"] == 10
    assert one.get("/health").get_json() == {"database": "up", "remotes": []}


@on_sqlite
def test_what_has_not_changed_is_not_sent_again(script: Make) -> None:
    hr = script("people")
    tag = hr.get("/courses").headers["ETag"]
    again = hr.get("/courses", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@on_sqlite
def test_times_are_in_utc(script: Make) -> None:
    found = script("people").get("/completions/1").get_json()["completion"]
    assert found["completed_at"] == "2026-11-21T03:00:00Z"
    assert dt.date.fromisoformat(found["ends"]) == dt.date(2026, 1, 10)


def test_units_have_the_jp_of_a_year(script: Make) -> None:
    hr, officer = script("people"), script("people", unit=DINAS)
    found = hr.get("/units?year=2026").get_json()["items"]
    assert [(one["id"], one["people"], one["jp"], one["reached"]) for one in found] == [
        ("U-1", 1, 30, 1),
        ("U-2", 1, 30, 1),
    ]
    seen = officer.get("/units?year=2026").get_json()["items"]
    assert [one["id"] for one in seen] == ["U-1"]
    assert hr.get("/units?year=2020").get_json()["items"][0]["reached"] == 0


def test_what_waits_is_told_by_cause_with_its_members(script: Make) -> None:
    hr, officer = script("people"), script("people", unit=BADAN)
    [section] = hr.get("/attention").get_json()["sections"]
    [group] = section["groups"]
    assert (section["kind"], section["count"], group["count"]) == ("delivery", 1, 1)
    assert group["reason"]["code"] == "employee_not_in_registry"
    asked = f"kind=delivery&member={group['member']}"
    [member] = hr.get(f"/attention/members?{asked}").get_json()["items"]
    assert (member["employee"], member["completion"]) == (1, 1)
    assert officer.get("/attention").get_json() == {"sections": []}
    assert hr.get("/attention/members?kind=delivery&member=99").get_json()["items"] == []


def test_a_job_is_run_when_a_script_asks_for_it(script: Make, store: Store) -> None:
    one = script("system", "operate")
    assert one.get("/jobs/deliver/runs").get_json() == {"items": [], "next": None}
    before = {job["name"]: job for job in one.get("/jobs").get_json()["items"]}
    assert before["reconcile"]["asked_at"] is None
    answer = one.post("/jobs/reconcile/run")
    assert answer.status_code == 202
    assert one.post("/jobs/reconcile/run").status_code == 202
    with store.reading() as db:
        assert list(steering.requests(db)) == ["reconcile"]
        assert len(entries(db, action="job.run")) == 1
    assert one.post("/jobs/nothing/run").status_code == 404
