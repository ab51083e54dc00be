"""What 1.0.3 and 2.0 see differently in a statement, and which of the two a request speaks."""

from __future__ import annotations

import json
import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi_examples import (
    AGENT,
    BY_ROLE,
    FULL,
    GROUP,
    SIMPLE,
    SUBSTATEMENT,
    TRAINER,
    changed,
    told,
)

from xapi import InvalidStatement, parse_statement, read_statements, same_statement
from xapi.context import ContextAgent, ContextGroup
from xapi.errors import UnsupportedVersion
from xapi.negotiation import answered, negotiated
from xapi.versions import Version


def refused(statement: Any, version: Version) -> InvalidStatement:
    with pytest.raises(InvalidStatement) as caught:
        read_statements(told([statement]), version=version)
    return caught.value


# --- context Agents and context Groups ---------------------------------------------------------


def test_2_0_relates_agents_and_groups_to_the_context() -> None:
    [received] = read_statements(told(BY_ROLE), version=Version.V2_0)
    context = received.statement.context
    assert context
    assert context.context_agents
    assert context.context_groups
    trainer, other = context.context_agents
    assert isinstance(trainer, ContextAgent)
    assert trainer.agent.mbox == AGENT["mbox"]
    assert trainer.relevant_types == (TRAINER,)
    assert not other.relevant_types
    assert isinstance(context.context_groups[1], ContextGroup)
    assert context.context_groups[1].group.is_anonymous


def test_2_0_relates_them_in_a_substatement_too() -> None:
    inner = {**SUBSTATEMENT, "context": BY_ROLE["context"]}
    read_statements(told({**SIMPLE, "object": inner}), version=Version.V2_0)


def test_what_2_0_knows_is_told_again_as_it_was() -> None:
    statement = parse_statement(told(BY_ROLE), version=Version.V2_0)
    assert json.loads(msgspec.json.encode(statement)) == BY_ROLE


@pytest.mark.parametrize("name", ["contextAgents", "contextGroups"])
@pytest.mark.parametrize("value", ["as it is", []], ids=["given", "empty"])
def test_1_0_3_knows_neither(name: str, value: Any) -> None:
    value = BY_ROLE["context"][name] if value == "as it is" else value
    statement = {**SIMPLE, "context": {name: value}}
    error = refused(statement, Version.V1_0)
    assert (error.index, error.path, error.clause) == (0, f"$.context.{name}", "Data 2.2")
    assert error.rule == f'is not allowed here: no property is called "{name}" before 2.0'
    inner = {**SIMPLE, "object": {**SUBSTATEMENT, "context": {name: value}}}
    assert refused(inner, Version.V1_0).path == f"$.object.context.{name}"
    read_statements(told([statement, inner]), version=Version.V2_0)


@pytest.mark.parametrize(
    ("where", "value", "path", "rule"),
    [
        ("contextAgents", {}, "", "is not an array"),
        ("contextAgents.0", [], "[0]", "is not an object"),
        ("contextAgents.0.objectType", "contextGroup", "[0].objectType", 'not "contextAgent"'),
        ("contextAgents.0.objectType", "ContextAgent", "[0].objectType", 'not "contextAgent"'),
        ("contextAgents.0.agent", {"name": "x"}, "[0].agent", "has no identifier"),
        ("contextAgents.0.agent", GROUP, "[0].agent.objectType", "is not the objectType"),
        ("contextAgents.0.relevantTypes", [], "[0].relevantTypes", "is empty"),
        ("contextAgents.0.relevantTypes", TRAINER, "[0].relevantTypes", "is not an array"),
        ("contextAgents.0.relevantTypes.0", "abc", "[0].relevantTypes[0]", "has no scheme"),
        ("contextAgents.0.relevantTypes.0", None, "[0].relevantTypes[0]", "is not allowed"),
        ("contextAgents.0.member", [], "[0].member", "is not allowed here"),
        ("contextGroups.0.objectType", "contextAgent", "[0].objectType", 'not "contextGroup"'),
        ("contextGroups.0.group", AGENT, "[0].group.objectType", 'is not "Group"'),
        ("contextGroups.0.group", {"openid": "act:x"}, "[0].group", 'lacks the property "obj'),
        ("contextGroups.0.agent", AGENT, "[0].agent", "is not allowed here"),
        ("contextGroups", None, "", "is not allowed outside extensions"),
    ],
)
def test_they_have_rules_of_their_own(where: str, value: Any, path: str, rule: str) -> None:
    error = refused(changed(BY_ROLE, f"context.{where}", value), Version.V2_0)
    assert error.path == f"$.context.{where.partition('.')[0]}{path}"
    assert rule in error.rule
    assert str(error).startswith("statement 0, $.context.")
    assert "(xAPI 2.0 4.2." in str(error)


@pytest.mark.parametrize("missing", ["objectType", "agent"])
def test_a_context_agent_says_what_it_is_and_who(missing: str) -> None:
    related = {"objectType": "contextAgent", "agent": AGENT}
    del related[missing]
    error = refused({**SIMPLE, "context": {"contextAgents": [related]}}, Version.V2_0)
    assert error.rule == f'lacks the property "{missing}"'
    assert error.clause == "Data 2.4.6"


def test_how_their_members_are_ordered_makes_no_other_statement() -> None:
    other = changed(BY_ROLE, "context.contextGroups.0.group.member", GROUP["member"][::-1])
    assert same_statement(told(BY_ROLE), told(other))
    other = changed(BY_ROLE, "context.contextAgents", BY_ROLE["context"]["contextAgents"][::-1])
    assert not same_statement(told(BY_ROLE), told(other))


# --- versions of statements --------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "1.0.9", "2.0", "2.0.0", "2.0.7"])
def test_2_0_takes_statements_of_either_edition(version: str) -> None:
    statement = told({**SIMPLE, "version": version})
    read_statements(statement, version=Version.V2_0)
    assert parse_statement(statement, version=None).version == version


@pytest.mark.parametrize("version", ["2.0", "2.0.0"])
def test_1_0_3_takes_no_statement_of_2_0(version: str) -> None:
    error = refused({**SIMPLE, "version": version}, Version.V1_0)
    assert (error.path, error.rule) == ("$.version", "is not a version 1.0.x")


@pytest.mark.parametrize(
    "version", ["", "1", "2", "1.1.0", "2.1.0", "3.0.0", "0.9", "2.0.x", "٢.0"]
)
def test_no_edition_takes_another(version: str) -> None:
    for edition in Version:
        assert refused({**SIMPLE, "version": version}, edition).path == "$.version"


def test_a_stored_statement_is_read_and_compared_whichever_edition_it_is_of() -> None:
    of_2_0 = told({**BY_ROLE, "version": "2.0.0"})
    with pytest.raises(InvalidStatement):
        parse_statement(of_2_0)
    assert parse_statement(of_2_0, version=None).context
    assert same_statement(of_2_0, told(BY_ROLE))


# --- the version of a request ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("1.0", Version.V1_0),
        ("1.0.0", Version.V1_0),
        ("1.0.1", Version.V1_0),
        ("1.0.2", Version.V1_0),
        ("1.0.3", Version.V1_0),
        ("1.0.17", Version.V1_0),
        ("1.0.4-rc1", Version.V1_0),
        (" 1.0.3 ", Version.V1_0),
        ("2.0", Version.V2_0),
        ("2.0.0", Version.V2_0),
        ("2.0.1", Version.V2_0),
    ],
)
def test_a_request_speaks_the_edition_that_its_header_names(header: str, version: Version) -> None:
    assert negotiated(header) is version
    assert answered(header) == version.value


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "0.9",
        "0.95",
        "1",
        "1.0.",
        "1.0.x",
        "1.1.0",
        "2",
        "2.1",
        "2.0.0.0",
        "3.0",
        "v1.0.3",
    ],
)
def test_no_other_is_spoken(header: str | None) -> None:
    with pytest.raises(UnsupportedVersion) as caught:
        negotiated(header)
    error = caught.value
    assert (error.status, error.clause) == (400, "Communication 3.3")
    assert str(error).startswith("header.X-Experience-API-Version: ")
    assert answered(header) == "2.0.0"
    assert answered(header, default=Version.V1_0) == "1.0.3"


@given(st.text())
def test_any_header_is_an_edition_or_refused(header: str) -> None:
    try:
        spoken = negotiated(header)
    except UnsupportedVersion as error:
        refusal = str(error)
    else:
        refusal = ""
        assert spoken.value == answered(header)
    assert len(refusal) < 300


def test_a_statement_without_version_gets_that_of_its_edition() -> None:
    assert [edition.of_statements for edition in Version] == ["1.0.0", "2.0.0"]


# --- how clauses are cited ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "cited"),
    [
        ("Data 2.2", "4.2.1"),
        ("Data 2.4", "4.2.2"),
        ("Data 2.4.2.3", "4.2.2.1"),
        ("Data 2.4.6.2", "4.2.2.5"),
        ("Data 2.4.11", "4.2.2"),
        ("Data 4.5", "4.2.7"),
        ("Data 9", "4.2"),
        ("Communication 2.1.3", "4.1.6.1"),
        ("Communication 3.3", "4.1"),
        ("Elsewhere", "4"),
    ],
)
def test_each_edition_has_its_own_numbers(clause: str, cited: str) -> None:
    assert Version.V1_0.cited(clause) == f"xAPI 1.0.3 {clause}"
    assert Version.V2_0.cited(clause) == f"xAPI 2.0 {cited}"


def test_an_error_cites_the_edition_that_the_request_speaks() -> None:
    statement = changed(FULL, "actor.account.name", 4)
    error = refused(statement, Version.V2_0)
    assert (error.clause, error.cited) == ("Data 2.4.2.4", "xAPI 2.0 4.2.2.1")
    assert str(error).endswith(" is not a string (xAPI 2.0 4.2.2.1)")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert refused(statement, Version.V1_0).cited == "xAPI 1.0.3 Data 2.4.2.4"
    with pytest.raises(InvalidStatement) as caught:
        parse_statement(told(statement), version=Version.V2_0)
    assert caught.value.cited == "xAPI 2.0 4.2.2.1"
