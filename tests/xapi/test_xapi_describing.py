"""What an LRS tells of Agents, of Activities and of itself (Comm. 2.4, 2.5, 2.8)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from test_xapi_properties import mutated
from xapi_examples import AGENT, COURSE, FULL, NESTED, QUESTION, SIMPLE, changed, told

from xapi import Account, Agent, InvalidStatement, parse_statement
from xapi.definitions import definitions_in, merged_definition
from xapi.describing import about, activity, person
from xapi.outline import outline


def merged(*definitions: Any) -> Any:
    """What is known after each of `definitions` has been told."""
    known: bytes | None = None
    for definition in definitions:
        known = merged_definition(known, told(definition))
    assert known is not None
    return json.loads(known)


# --- Agents ------------------------------------------------------------------------------------


def test_a_person_has_all_that_is_known_of_an_agent_in_arrays() -> None:
    account = Account(home_page="https://lms.example", name="4")
    known = [
        Agent(account=account, name="Siti R."),
        Agent(mbox="mailto:siti@example.id", name="Siti Rahmawati"),
        Agent(mbox_sha1sum="a" * 40),
        Agent(openid="https://id.example/siti"),
    ]
    asked = Agent(mbox="mailto:siti@example.id", name="Siti Rahmawati")
    assert json.loads(person(asked, known)) == {
        "objectType": "Person",
        "name": ["Siti Rahmawati", "Siti R."],
        "mbox": ["mailto:siti@example.id"],
        "mbox_sha1sum": ["a" * 40],
        "openid": ["https://id.example/siti"],
        "account": [{"homePage": "https://lms.example", "name": "4"}],
    }


def test_of_an_agent_that_nobody_knows_there_is_what_was_asked() -> None:
    asked = Agent(openid="act:x")
    assert json.loads(person(asked)) == {"objectType": "Person", "openid": ["act:x"]}


# --- Activities --------------------------------------------------------------------------------


def test_an_activity_is_told_also_if_nothing_is_known_of_it() -> None:
    assert json.loads(activity('act:"x"')) == {"objectType": "Activity", "id": 'act:"x"'}
    assert activity("act:x", b'{"type": "act:t"}').endswith(b'"definition":{"type": "act:t"}}')


def test_languages_and_extensions_are_added_to_those_that_are_known() -> None:
    first = {"name": {"en": "a", "id": "b"}, "extensions": {"act:x": [1], "act:y": 1}}
    second = {"name": {"fr": "c", "id": "d"}, "description": {}, "extensions": {"act:x": [2]}}
    assert merged(first, second) == {
        "name": {"en": "a", "id": "d", "fr": "c"},
        "description": {},
        "extensions": {"act:x": [2], "act:y": 1},
    }


def test_in_all_else_the_latest_word_counts() -> None:
    first = {"type": "act:a", "moreInfo": "act:b"}
    assert merged(first, {"type": "act:c"}) == {"type": "act:c", "moreInfo": "act:b"}
    assert merged(first) == merged(first, first) == merged(first, {}) == first


def test_what_makes_an_interaction_is_taken_from_one_sender() -> None:
    choice = QUESTION["definition"]
    numeric = {"interactionType": "numeric", "name": {"en": "x"}}
    assert merged(choice, numeric) == {"type": choice["type"], **numeric}
    assert merged(numeric, choice) == {**numeric, **choice}
    assert merged(choice, {"name": {"en": "x"}}) == {**choice, "name": {"en": "x"}}


def test_a_merged_definition_is_one_that_the_standard_allows() -> None:
    definition = merged(QUESTION["definition"], {"interactionType": "likert", "scale": []})
    parse_statement(told({**SIMPLE, "object": {"id": "act:x", "definition": definition}}))


def test_values_keep_their_bytes() -> None:
    known = b'{"extensions":{"act:x":1.50e+1}}'
    assert merged_definition(known, b'{"extensions":{"act:y":[ 1.0 ]}}') == (
        b'{"extensions":{"act:x":1.50e+1,"act:y":[ 1.0 ]}}'
    )


def test_definitions_are_found_in_all_places_of_a_statement() -> None:
    def defined(name: str) -> dict[str, Any]:
        return {"id": f"act:{name}", "definition": {"type": f"act:type/{name}"}}

    around = {
        "parent": defined("parent"),
        "grouping": [defined("grouping"), COURSE],
        "category": [defined("category")],
        "other": [defined("other")],
    }
    inner = {
        **NESTED["object"],
        "object": defined("object"),
        "context": {"contextActivities": around},
    }
    outer = {"parent": [{"id": "act:outer", "definition": {}}]}
    statement = {**SIMPLE, "object": inner, "context": {"contextActivities": outer}}
    found = definitions_in(outline(told(statement)))
    assert {iri: json.loads(definition) for iri, definition in found.items()} == {
        f"act:{name}": {"type": f"act:type/{name}"} for name in ("object", *around)
    } | {"act:outer": {}}


def test_an_activity_that_is_defined_twice_is_defined_together() -> None:
    statement = {
        **SIMPLE,
        "object": {"id": "act:x", "definition": {"name": {"en": "a"}}},
        "context": {
            "contextActivities": {
                "parent": [{"id": "act:x", "definition": {"name": {"id": "b"}}}],
            }
        },
    }
    [definition] = definitions_in(outline(told(statement))).values()
    assert json.loads(definition) == {"name": {"en": "a", "id": "b"}}


@pytest.mark.parametrize("thing", [COURSE, AGENT, {"objectType": "StatementRef", "id": FULL["id"]}])
def test_what_is_not_defined_is_not_told(thing: Any) -> None:
    assert definitions_in(outline(told({**SIMPLE, "object": thing}))) == {}


@given(mutated())
def test_what_any_statement_defines_can_be_told_again(statement: Any) -> None:
    raw = json.dumps(statement).encode()
    try:
        parse_statement(raw, version=None)
    except InvalidStatement:
        return
    for iri, definition in definitions_in(outline(raw)).items():
        told_again = {"id": iri, "definition": json.loads(definition)}
        parse_statement(told(changed(SIMPLE, "object", told_again)))


# --- itself ------------------------------------------------------------------------------------


def test_about_tells_the_versions_and_what_else_there_is_to_know() -> None:
    assert json.loads(about()) == {"version": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]}
    extensions = {"https://lrs.example/software": {"name": "bridge"}}
    assert json.loads(about(extensions))["extensions"] == extensions
    with pytest.raises(InvalidStatement):
        about({"software": 1})
