"""How long the texts of a statement may be (Communication 3.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from xapi_examples import BY_ROLE, FULL, NESTED, QUESTION, SIMPLE, changed, told

from xapi import InvalidStatement, RequestTooLarge, Statement, read_statements
from xapi.limits import Limits
from xapi.versions import Version

LIMITS = Limits(identifier=100, text=2000)
IRI = "https://lms.example/" + "x" * 81
KEY = "https://example.org/x"


def read(statement: Any) -> list[Statement]:
    received = read_statements(told(statement), version=Version.V2_0, limits=LIMITS)
    return [one.statement for one in received]


def refusal(statement: Any) -> RequestTooLarge:
    with pytest.raises(RequestTooLarge) as caught:
        read(statement)
    assert caught.value.status == 413
    assert caught.value.clause == "Communication 3.2"
    return caught.value


@pytest.mark.parametrize(
    ("where", "value", "statement"),
    [
        ("verb.id", IRI, FULL),
        ("object.id", IRI, FULL),
        ("object.definition.type", IRI, FULL),
        ("object.definition.moreInfo", IRI, FULL),
        ("actor", {"mbox": f"mailto:{'x' * 90}@b.id"}, FULL),
        ("actor", {"openid": IRI}, FULL),
        ("actor", {"account": {"homePage": IRI, "name": "4"}}, FULL),
        ("actor", {"account": {"homePage": "https://lms.example", "name": "n" * 101}}, FULL),
        ("context.team", {"objectType": "Group", "member": [{"openid": IRI}]}, FULL),
        ("context.contextActivities.parent", {"id": IRI}, FULL),
        ("context.contextAgents.0.relevantTypes", [KEY, IRI], BY_ROLE),
        ("attachments.0.usageType", IRI, FULL),
        ("attachments.0.fileUrl", IRI, FULL),
        ("object.object", {"id": IRI}, NESTED),
        ("object.definition.choices", [{"id": "c" * 101}], {**FULL, "object": QUESTION}),
        ("result.extensions", {IRI: 1}, FULL),
    ],
)
def test_an_identifier_is_refused_that_is_longer_than_any(
    where: str, value: Any, statement: Any
) -> None:
    error = refusal(changed(statement, where, value))
    assert error.path.startswith(f"$.{where}".replace(".0.", "[0]."))
    assert error.value == {"characters": 101 if "mailto" not in str(value) else 102}
    assert error.rule == "are more than the 100 that this LRS takes of an identifier"


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("actor.name", "n"),
        ("result.response", "r"),
        ("object.definition.name.id", "n"),
        ("context.extensions", {KEY: {"id": ["i"]}}),
        ("context.platform", "p"),
    ],
)
def test_any_other_text_may_be_longer_but_not_without_end(where: str, value: Any) -> None:
    def long(length: int) -> Any:
        spelt = json.dumps(changed(FULL, where, value))
        text = value if isinstance(value, str) else "i"
        return json.loads(spelt.replace(f'"{text}"', f'"{text * length}"'))

    assert read(long(2000))
    assert "2000 that this LRS takes of a text" in refusal(long(2001)).rule


def test_also_the_name_of_something_inside_an_extension() -> None:
    assert refusal(changed(FULL, "context.extensions", {KEY: {"k" * 2001: 1}}))


def test_characters_count_and_not_how_they_are_spelt() -> None:
    sent = changed(
        FULL, "actor", {"account": {"homePage": "https://lms.example", "name": "é" * 100}}
    )
    assert read_statements(json.dumps(sent).encode(), limits=LIMITS)


def test_the_error_names_the_statement_of_a_batch() -> None:
    error = refusal([FULL, changed(SIMPLE, "verb.id", IRI)])
    assert str(error) == (
        'statement 1, $.verb.id: {"characters":101} are more than the 100 that this LRS takes of'
        " an identifier (xAPI 2.0 4.1.5)"
    )


def test_what_breaks_a_rule_of_the_standard_is_told_first() -> None:
    with pytest.raises(InvalidStatement, match="may only stand in one escaped"):
        read(changed(FULL, "verb.id", IRI + " "))
