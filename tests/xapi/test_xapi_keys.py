"""Under which keys each filter of GET Statements finds a statement (Communication 2.1.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from test_xapi_properties import mutated
from xapi_examples import AGENT, BY_ROLE, COURSE, CROWD, FULL, GROUP, REFERENCE, SIMPLE, told

from xapi import InvalidStatement, parse_statement
from xapi.keys import Keys, agent_keys, keys_of
from xapi.outline import outline, who
from xapi.query import read_query

SITI = "mbox:mailto:siti@example.id"
BUDI = "mbox:mailto:budi@example.id"
CLASS = "account:https://lms.example|angkatan-7"
ONE, OTHER = "account:https://lms.example|4", "openid:https://id.example/budi"
LRS = "account:https://lrs.example|lms"


def keys(statement: Any) -> Keys:
    return keys_of(outline(told(statement)), [LRS])


def one(name: str) -> dict[str, Any]:
    return {"openid": f"act:{name}"}


def key(name: str) -> str:
    return f"openid:act:{name}"


def test_a_simple_statement_is_about_its_actor_its_verb_and_its_object() -> None:
    assert keys(SIMPLE) == Keys(
        verb=SIMPLE["verb"]["id"],
        agents=(SITI,),
        related_agents=(LRS,),
        activities=(COURSE["id"],),
        related_activities=(),
        registration=None,
        target=None,
    )


def test_a_group_is_found_by_its_members_as_well() -> None:
    assert keys({**SIMPLE, "actor": GROUP}).agents == (CLASS, ONE, OTHER)
    assert keys({**SIMPLE, "actor": CROWD}).agents == (BUDI,)


@pytest.mark.parametrize(("thing", "found"), [(AGENT, (SITI,)), (GROUP, (CLASS, ONE, OTHER))])
def test_an_agent_is_also_found_as_the_object(thing: Any, found: tuple[str, ...]) -> None:
    statement = keys({**SIMPLE, "actor": one("a"), "object": thing})
    assert statement.agents == (key("a"), *found)
    assert statement.activities == ()


def test_related_agents_are_all_in_the_context_and_who_vouches() -> None:
    context = {**BY_ROLE["context"], "instructor": one("instructor"), "team": CROWD}
    assert keys({**BY_ROLE, "actor": one("a"), "context": context}).related_agents == (
        key("instructor"),
        BUDI,
        SITI,
        OTHER,
        CLASS,
        ONE,
        LRS,
    )


def test_an_authority_that_the_sender_wrote_does_not_count() -> None:
    assert keys({**SIMPLE, "authority": one("me")}).related_agents == (LRS,)


def test_related_activities_are_all_in_the_context() -> None:
    around = {
        "parent": {"id": "act:parent"},
        "grouping": [{"id": "act:grouping"}, {"id": "act:parent"}],
        "category": [{"id": "act:category"}],
        "other": [{"id": "act:other"}, COURSE],
    }
    statement = keys({**SIMPLE, "context": {"contextActivities": around}})
    assert statement.activities == (COURSE["id"],)
    assert statement.related_activities == (
        "act:parent",
        "act:grouping",
        "act:category",
        "act:other",
    )


def test_a_substatement_is_related_in_all_its_parts() -> None:
    inner = {
        "objectType": "SubStatement",
        "actor": one("inner-actor"),
        "verb": {"id": "act:inner-verb"},
        "object": {"id": "act:inner-object"},
        "context": {
            "registration": FULL["context"]["registration"],
            "instructor": one("inner-instructor"),
            "contextActivities": {"parent": {"id": "act:inner-parent"}},
        },
    }
    statement = keys({**SIMPLE, "object": inner})
    assert statement.agents == (SITI,)
    assert statement.related_agents == (key("inner-actor"), key("inner-instructor"), LRS)
    assert statement.activities == ()
    assert statement.related_activities == ("act:inner-object", "act:inner-parent")
    assert (statement.verb, statement.registration) == (SIMPLE["verb"]["id"], None)
    about_agents = keys({**SIMPLE, "object": {**inner, "object": CROWD}})
    assert BUDI in about_agents.related_agents


def test_a_reference_is_a_target_and_makes_a_voiding_statement_found() -> None:
    reference = {**REFERENCE, "id": REFERENCE["id"].upper()}
    assert keys({**SIMPLE, "object": reference}).target == REFERENCE["id"]
    assert keys({**SIMPLE, "context": {"statement": REFERENCE}}).target is None
    inner = {**SIMPLE, "objectType": "SubStatement", "object": REFERENCE}
    assert keys({**SIMPLE, "object": inner}).target is None


def test_a_registration_is_in_lower_case() -> None:
    registration = FULL["context"]["registration"]
    statement = {**SIMPLE, "context": {"registration": registration.upper()}}
    assert keys(statement).registration == registration


def test_nobody_stands_in_two_places() -> None:
    context = {"instructor": SIMPLE["actor"], "team": {**CROWD, "member": [SIMPLE["actor"]] * 2}}
    statement = keys({**SIMPLE, "context": context})
    assert (statement.agents, statement.related_agents) == ((SITI,), (LRS,))


def test_a_filter_finds_by_the_same_text() -> None:
    for actor in (AGENT, GROUP, one("a"), {"mbox": "mailto:siti@EXAMPLE.id"}):
        query = read_query([("agent", json.dumps(actor))])
        assert query.agent in keys({**SIMPLE, "actor": actor}).agents


def test_who_vouches_is_found_as_each_of_a_pair() -> None:
    pair = {**CROWD, "member": [one("app"), AGENT]}
    assert agent_keys(who(json.dumps(pair).encode())) == (key("app"), SITI)


@given(mutated())
def test_every_agent_and_activity_of_a_statement_is_found(statement: Any) -> None:
    raw = json.dumps(statement).encode()
    try:
        parse_statement(raw, version=None)
    except InvalidStatement:
        return
    found = keys_of(outline(raw))
    agents = {*found.agents, *found.related_agents}
    activities = {*found.activities, *found.related_activities}
    assert len(agents) == len(found.agents) + len(found.related_agents)
    assert len(activities) == len(found.activities) + len(found.related_activities)
    parts = {name: part for name, part in statement.items() if name != "authority"}
    for openid in _values_of("openid", parts):
        assert f"openid:{openid}" in agents
    for name, part in _activities_in(parts):
        assert part["id"] in activities, name


def _values_of(name: str, part: Any) -> list[str]:
    if isinstance(part, list):
        return [value for inner in part for value in _values_of(name, inner)]
    if not isinstance(part, dict):
        return []
    inner = [value for key, value in part.items() if key != "extensions"]
    inside = _values_of(name, inner)
    return [part[name], *inside] if isinstance(part.get(name), str) else inside


def _activities_in(statement: Any) -> list[tuple[str, Any]]:
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    found = [("object", thing)] if kind == "Activity" else []
    if kind == "SubStatement":
        found += _activities_in(thing)
    around = statement.get("context", {}).get("contextActivities", {})
    for name, activities in around.items():
        several = activities if isinstance(activities, list) else [activities]
        found += [(name, activity) for activity in several]
    return found
