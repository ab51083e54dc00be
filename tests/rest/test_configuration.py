"""What is wrong with an LMS in TOML is told when the configuration is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

from lms_bridge.config.loading import ConfigError, read
from lms_bridge.lms.rest.requests import TO_AWARD, TO_LIST_COMPLETIONS, TO_LOOK_UP, TO_REVOKE
from lms_bridge.lms.rest.settings import RestSettings
from tests.config.names import settings_of
from tests.config.test_any_configuration import values
from tests.rest.conftest import PAGE, described
from tests.trials import times


def problems(changes: dict[str, Any]) -> list[str]:
    """What is wrong once these settings of the page's example are changed; None takes one away."""
    changed = described("https://elearning.example")
    for path, value in changes.items():
        *parents, name = path.split("/")
        place = changed
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            place.pop(name)
        else:
            place[name] = value
    try:
        read({"lms": {"elearning": changed}}, base=Path("/etc"))
    except ConfigError as error:
        return [str(problem).removeprefix("lms.elearning.") for problem in error.problems]
    return []


def test_the_example_of_the_page_is_right() -> None:
    assert problems({}) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"badges/award/body/kode": "{lencana}"}, "badges.award.body.kode: there is no field"),
        (
            {"completions/query/sejak": "{since:%Q}"},
            "completions.query.sejak: bad date pattern '%Q'",
        ),
        ({"badges/award/body/tanggal": "{completed_on}"}, "badges.award.body.tanggal: {completed"),
        ({"activity": "https://e.example/courses"}, "activity: needs {course_id} in it, once"),
        ({"users/by_id/path": "/users"}, "users.by_id: does not ask for {value}"),
        ({"users/suspended": {}}, "users.suspended: needs where, and equals, contains or filled"),
        ({"completions/only": {"where": "status"}}, "completions.only: needs where, and equals"),
        ({"users/fields/number": None}, "users.fields.number: is required with by_number"),
        ({"completions/path": "/completions"}, "completions: names neither {course_id}"),
        ({"badges/find/path": "/badges"}, "badges.find: does not name {user_id}: whose badge?"),
        ({"badges/find/fields/key": None}, "badges.find.fields: key or name is required"),
        ({"badges/award/body/kode": None}, "badges.award: names neither {badge} nor {badge_name}"),
        (
            {"badges/find": None, "badges/award/body/acuan": None},
            "badges.award: does not name {id}, and there is no find",
        ),
        ({"badges/award": None}, "badges.revoke: is not used without award"),
        ({"auth/way": "basic"}, 'auth.username: is required with way = "basic"'),
        ({"answers": [{"means": "none", "status": [404]}]}, "answers: has no rule with means"),
        ({"users/by_nip": {"path": "/"}}, "users.by_nip: there is no such setting"),
    ],
    ids=lambda value: "" if isinstance(value, str) else ",".join(value),
)
def test_a_mistake_is_named_with_its_place_and_the_rule(
    changes: dict[str, Any], problem: str
) -> None:
    found = problems(changes)
    assert any(one.startswith(problem) for one in found), found


@given(path=st.sampled_from(sorted(RestSettings.__struct_fields__)), value=values)
@settings_(max_examples=times(12))
def test_whatever_stands_there_is_used_or_told_of(path: str, value: Any) -> None:
    problems({path: value})


def test_every_setting_and_every_field_is_told_of() -> None:
    simpeg = (Path(__file__).parents[2] / "docs" / "simpeg.md").read_text("utf-8")
    names = {part for path, _ in settings_of(RestSettings) for part in path.split(".")}
    names |= {*TO_AWARD, *TO_LIST_COMPLETIONS, *TO_LOOK_UP, *TO_REVOKE}
    assert {name for name in names if f"`{name}`" not in PAGE + simpeg} == set()
