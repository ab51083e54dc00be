"""What the standard forbids of objects, interactions and voiding (Data 2.3.2 and 2.4.4)."""

from __future__ import annotations

import pytest
from xapi_examples import (
    AGENT,
    ASKING,
    GONE,
    GROUP,
    NESTED,
    REFERENCE,
    SIMPLE,
    SUBSTATEMENT,
    VOIDED,
    Rule,
    without,
)

RULES: dict[str, Rule] = {
    # --- Data 2.4.4: objects ----------------------------------------------------------------
    "an object is one": Rule("object", "https://lms.example", "is not an object", "Data 2.4.4"),
    "an object's objectType is one of five": Rule(
        "object.objectType", "Course", "is none of Activity, Agent, Group, Sub", "Data 2.4.4"
    ),
    "that is case-sensitive": Rule("object.objectType", "activity", "is none of", "Data 2.4.4"),
    "an Agent as object says so": Rule(
        "object", {"mbox": "mailto:a@b.c"}, 'lacks "objectType"', "Data 2.4.4.2", statement=SIMPLE
    ),
    "a Group as object says so": Rule(
        "object",
        without(GROUP, "objectType"),
        'lacks "objectType"',
        "Data 2.4.4.2",
        statement=SIMPLE,
    ),
    "an Activity has an id": Rule(
        "object.id", GONE, 'lacks the property "id"', "Data 2.4.4", "$.object"
    ),
    "an Activity's id is an IRI": Rule("object.id", "course/7", "no scheme", "Data 2.4.4.1"),
    "an Activity's id is a string": Rule("object.id", 7, "is not a string", "Data 2.4.4"),
    "a definition is an object": Rule(
        "object.definition", "a course", "is not an object", "Data 2.4.4.1"
    ),
    "a definition has nothing else": Rule("object.definition.title", "x", "title", "Data 2.2"),
    "its name is a language map": Rule(
        "object.definition.name",
        {"a12345": "x"},
        "language tag",
        "Data 4.2",
        "$.object.definition.name.a12345",
    ),
    "its description is a language map": Rule(
        "object.definition.description", "x", "is not an object", "Data 2.4.4.1"
    ),
    "the keys of its description are language tags": Rule(
        "object.definition.description",
        {"zh-z-aaa-z-bbb-c-ccc": "x"},
        "language tag",
        "Data 4.2",
        '$.object.definition.description["zh-z-aaa-z-bbb-c-ccc"]',
    ),
    "its type is an IRI": Rule("object.definition.type", "course", "no scheme", "Data 2.4.4.1"),
    "its moreInfo is an IRL": Rule("object.definition.moreInfo", "x", "no scheme", "Data 2.4.4.1"),
    "extensions are an object": Rule("object.definition.extensions", [], "an object", "Data 4.1"),
    "the keys of extensions are IRIs": Rule(
        "object.definition.extensions",
        {"code": 1},
        "no absolute IRI",
        "Data 4.1",
        "$.object.definition.extensions.code",
    ),
    "a StatementRef has an id": Rule(
        "object",
        {"objectType": "StatementRef"},
        'lacks the property "id"',
        "Data 2.4.4",
        statement=SIMPLE,
    ),
    "a StatementRef's id is a UUID": Rule(
        "object", {**REFERENCE, "id": "x"}, "not a UUID", "Data 2.4.4.3", "$.object.id", SIMPLE
    ),
    "a StatementRef has nothing else": Rule(
        "object",
        {**REFERENCE, "definition": {}},
        "definition",
        "Data 2.2",
        "$.object.definition",
        SIMPLE,
    ),
    # --- Data 2.4.4.3: SubStatements --------------------------------------------------------
    "a SubStatement has no id": Rule(
        "object.id",
        "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
        "in a SubStatement",
        "Data 2.4.4.3",
        statement=NESTED,
    ),
    "a SubStatement has no stored": Rule(
        "object.stored",
        "2026-11-24T06:09:28Z",
        "in a SubStatement",
        "Data 2.4.4.3",
        statement=NESTED,
    ),
    "a SubStatement has no version": Rule(
        "object.version", "1.0.0", "in a SubStatement", "Data 2.4.4.3", statement=NESTED
    ),
    "a SubStatement has no authority": Rule(
        "object.authority", AGENT, "in a SubStatement", "Data 2.4.4.3", statement=NESTED
    ),
    "a SubStatement is not nested": Rule(
        "object.object",
        SUBSTATEMENT,
        "a SubStatement inside a SubStatement",
        "Data 2.4.4.3",
        statement=NESTED,
    ),
    "a SubStatement has an actor": Rule(
        "object.actor", GONE, 'lacks the property "actor"', "Data 2.4.4", "$.object", NESTED
    ),
    "a SubStatement's verb has an IRI": Rule(
        "object.verb.id", "visit", "no scheme", "Data 2.4.3", statement=NESTED
    ),
    "a SubStatement's timestamp is one": Rule(
        "object.timestamp", "soon", "ISO 8601", "Data 4.5", statement=NESTED
    ),
    "a SubStatement's actor has an identifier": Rule(
        "object.actor", {}, "no identifier", "Data 2.4.2.1", statement=NESTED
    ),
    "a SubStatement's team is a Group": Rule(
        "object.context.team",
        AGENT,
        'is not "Group"',
        "Data 2.4.6",
        "$.object.context.team.objectType",
        NESTED,
    ),
    # --- Data 2.3.2: voiding ----------------------------------------------------------------
    "only a statement can be voided": Rule(
        "verb.id", VOIDED, "is not a StatementRef", "Data 2.3.2", "$.object"
    ),
    "nor can a SubStatement void anything else": Rule(
        "object.verb.id", VOIDED, "is not a StatementRef", "Data 2.3.2", "$.object.object", NESTED
    ),
    # --- Data 2.4.4.1: interactions ---------------------------------------------------------
    "an interactionType is one of ten": Rule(
        "object.definition.interactionType",
        "quiz",
        "is not an interaction type",
        "Data 2.4.4.1",
        statement=ASKING,
    ),
    "an interactionType is case-sensitive": Rule(
        "object.definition.interactionType",
        "choiCe",
        "is not an interaction type",
        "Data 2.4.4.1",
        statement=ASKING,
    ),
    "choices need an interactionType": Rule(
        "object.definition",
        {"choices": []},
        'needs an "interactionType"',
        "Data 2.4.4.1",
        "$.object.definition.choices",
    ),
    "correct responses need an interactionType": Rule(
        "object.definition",
        {"correctResponsesPattern": []},
        'needs an "interactionType"',
        "Data 2.4.4.1",
        "$.object.definition.correctResponsesPattern",
    ),
    "correct responses are an array": Rule(
        "object.definition.correctResponsesPattern",
        "golf",
        "is not an array",
        "Data 2.4.4.1",
        statement=ASKING,
    ),
    "correct responses are strings": Rule(
        "object.definition.correctResponsesPattern",
        [True],
        "is not a string",
        "Data 2.4.4.1",
        "$.object.definition.correctResponsesPattern[0]",
        ASKING,
    ),
    "a choice has no scale": Rule(
        "object.definition.scale", [], 'of type "choice"', "Data 2.4.4.1", statement=ASKING
    ),
    "a number has no choices": Rule(
        "object.definition.interactionType",
        "numeric",
        'not among the lists of an interaction of type "numeric"',
        "Data 2.4.4.1",
        "$.object.definition.choices",
        ASKING,
    ),
    "a component has an id": Rule(
        "object.definition.choices.0.id",
        GONE,
        'property "id"',
        "Data 2.4.4.1",
        "$.object.definition.choices[0]",
        ASKING,
    ),
    "a component's id is a string": Rule(
        "object.definition.choices.0.id",
        1,
        "a string",
        "Data 2.4.4.1",
        "$.object.definition.choices[0].id",
        ASKING,
    ),
    "a component's id stands once": Rule(
        "object.definition.choices.1.id",
        "golf",
        "is the id of an earlier component",
        "Data 2.4.4.1",
        "$.object.definition.choices[1].id",
        ASKING,
    ),
    "a component's description is a language map": Rule(
        "object.definition.choices.0.description",
        {"e": "x"},
        "language tag",
        "Data 4.2",
        "$.object.definition.choices[0].description.e",
        ASKING,
    ),
    "a component has nothing else": Rule(
        "object.definition.choices.0.text",
        "x",
        "text",
        "Data 2.2",
        "$.object.definition.choices[0].text",
        ASKING,
    ),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_standard_says_that(rule: Rule) -> None:
    rule.check()
